/// A point on a media timeline, or the distance between two such points, in whole nanoseconds.
///
/// Which timeline is meant is said where a value is used: an input's own, or the pipeline's, whose zero is its first
/// tick. The range is ±292 years; arithmetic traps beyond it, so values read from files or peers are made with
/// ``init(clamping:per:)``.
public struct MediaTime: Hashable, Sendable, Comparable, AdditiveArithmetic {
    public var nanoseconds: Int64

    public static let zero = MediaTime(nanoseconds: 0)
    /// The largest time that is ever made from foreign input: one century, so that sums of a few never overflow.
    public static let limit = MediaTime(nanoseconds: 3_155_760_000_000_000_000)

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Rounded to the nearest nanosecond and held within ±``limit``; not-a-number becomes zero.
    public init(seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        let bound = Double(MediaTime.limit.nanoseconds)
        nanoseconds = scaled.isNaN ? 0 : Int64(min(max(scaled, -bound), bound))
    }

    public static func milliseconds(_ value: Int64) -> MediaTime { MediaTime(nanoseconds: value * 1_000_000) }

    /// `count` units of 1/`rate` second, as sample counts and container timestamps are given, rounded down and held
    /// within ±``limit``. A `rate` of zero or less gives zero.
    public init(clamping count: Int64, per rate: Int64) {
        guard rate > 0 else {
            nanoseconds = 0
            return
        }
        let product = count.multipliedFullWidth(by: 1_000_000_000)
        let bound = MediaTime.limit.nanoseconds
        let negative = product.high < 0
        // The quotient fits when |product.high| is well below the divisor; otherwise the value is beyond the limit.
        if product.high >= rate / 2 || product.high < -(rate / 2) - 1 {
            nanoseconds = negative ? -bound : bound
            return
        }
        let (quotient, remainder) = rate.dividingFullWidth(product)
        let floored = remainder < 0 ? quotient - 1 : quotient
        nanoseconds = min(max(floored, -bound), bound)
    }

    public var seconds: Double { Double(nanoseconds) / 1e9 }
    public var milliseconds: Double { Double(nanoseconds) / 1e6 }

    /// This time in units of 1/`rate` second, rounded to the nearest. `rate` is positive and at most 1 GHz.
    public func count(per rate: Int64) -> Int64 {
        let product = nanoseconds.multipliedFullWidth(by: rate)
        let (quotient, remainder) = Int64(1_000_000_000).dividingFullWidth(product)
        if remainder >= 500_000_000 { return quotient + 1 }
        if remainder < -500_000_000 { return quotient - 1 }
        return quotient
    }

    public static func < (left: MediaTime, right: MediaTime) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    public static func - (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    public static prefix func - (time: MediaTime) -> MediaTime { MediaTime(nanoseconds: -time.nanoseconds) }
}

extension MediaTime: CustomStringConvertible {
    /// Seconds with three decimals, as in «12.345 s».
    public var description: String {
        let milliseconds = Int64((Double(nanoseconds) / 1e6).rounded())
        let whole = abs(milliseconds) / 1000
        let part = String(abs(milliseconds) % 1000)
        return (milliseconds < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - part.count) + part + " s"
    }
}
