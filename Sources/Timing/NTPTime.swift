/// A wall clock's time as NTP and RTCP write it (RFC 3550, section 4): seconds since 1900 in units of 2^-32 s. It wraps
/// around in 2036; differences are taken across the wrap.
public struct NTPTime: Hashable, Sendable {
    public var rawValue: UInt64

    /// Seconds from 1900 to 1970.
    private static let unixEpoch: Int64 = 2_208_988_800

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// From the time since the beginning of 1970 (UTC).
    public init(unix time: MediaTime) {
        let (seconds, nanoseconds) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let whole = UInt64(bitPattern: seconds &+ NTPTime.unixEpoch) << 32
        rawValue = whole &+ NTPTime.units(nanoseconds)
    }

    /// The middle 32 bits, in units of 1/65536 s, as reports quote them back (LSR).
    public var middle: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }

    /// From `other` to this time, within ±68 years.
    public func since(_ other: NTPTime) -> MediaTime {
        let difference = Int64(bitPattern: rawValue &- other.rawValue)
        let seconds = difference >> 32
        let fraction = UInt64(bitPattern: difference) & 0xffff_ffff
        return MediaTime(nanoseconds: seconds * 1_000_000_000 + Int64((fraction &* 1_000_000_000) >> 32))
    }

    public func advanced(by time: MediaTime) -> NTPTime {
        let (seconds, nanoseconds) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return NTPTime(
            rawValue: rawValue &+ (UInt64(bitPattern: seconds) << 32) &+ NTPTime.units(nanoseconds))
    }

    /// Less than a second of nanoseconds, of either sign, in units of 2^-32 s, rounded to the nearest.
    private static func units(_ nanoseconds: Int64) -> UInt64 {
        let scaled = nanoseconds.magnitude << 32
        let units = (scaled + 500_000_000) / 1_000_000_000
        return nanoseconds < 0 ? 0 &- units : units
    }
}
