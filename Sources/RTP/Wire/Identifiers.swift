/// Names one stream of RTP packets within a session (RFC 3550, section 3).
public struct SSRC: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ value: UInt32) { rawValue = value }
    public var description: String { "\(rawValue)" }
}

/// Says how a payload is coded, by agreement of the session: 0 to 127.
public struct PayloadType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8

    /// Nil above 127.
    public init?(rawValue: UInt8) {
        guard rawValue < 128 else { return nil }
        self.rawValue = rawValue
    }

    /// The lower seven bits of `value`.
    public init(_ value: UInt8) { rawValue = value & 0x7f }
    public var description: String { "\(rawValue)" }
}

/// Counts the packets of a stream in 16 bits. It has no order of its own: extend it first.
public struct SequenceNumber: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public init(_ value: UInt16) { rawValue = value }
    /// The wire's part of an extended sequence number.
    public init(_ extended: Int64) { rawValue = UInt16(truncatingIfNeeded: extended) }
    public var description: String { "\(rawValue)" }
}

/// A media clock's time in 32 bits, in units of the clock rate of the payload format. It has no order of its own:
/// extend it first.
public struct RTPTimestamp: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ value: UInt32) { rawValue = value }
    /// The wire's part of an extended timestamp.
    public init(_ extended: Int64) { rawValue = UInt32(truncatingIfNeeded: extended) }
    public var description: String { "\(rawValue)" }
}
