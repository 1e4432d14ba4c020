/// Follows a counter that wraps around on the wire (16 bits of a sequence number, 32 of an RTP timestamp) and extends
/// it to 64 bits, so that values can be compared and subtracted.
///
/// A value is taken to be the one nearest to the furthest seen so far: reordering may reach back half of the range.
/// The first value is extended to itself, and one that is older than the first, to something below zero if need be.
public struct ExtendedCounter<Wire: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The furthest value seen; nil before the first.
    public private(set) var furthest: Int64?

    public init() {}

    /// What `value` stands for, without taking note of it.
    public func position(of value: Wire) -> Int64 {
        guard let furthest else { return Int64(value) }
        let distance = value &- Wire(truncatingIfNeeded: furthest)
        let range = Int64(1) << Int64(Wire.bitWidth)
        let forward = Int64(distance)
        return furthest &+ (forward < range / 2 ? forward : forward - range)
    }

    /// Extends `value` and takes note of it.
    public mutating func extend(_ value: Wire) -> Int64 {
        let position = position(of: value)
        if position > furthest ?? Int64.min { furthest = position }
        return position
    }

    /// Extends `value` as lying ahead of all that was seen, however far: for a sender that began anew.
    public mutating func jump(to value: Wire) -> Int64 {
        guard let furthest else { return extend(value) }
        let position = furthest &+ Int64(value &- Wire(truncatingIfNeeded: furthest))
        self.furthest = position
        return position
    }
}
