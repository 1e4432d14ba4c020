/// The one way in which bytes of a peer are read: in order, big-endian, each read checked against the end.
///
/// Offsets, in errors and in ranges handed out, count from the start of the whole span, also when only a part of it is
/// read.
public struct ByteReader: ~Escapable {
    public let bytes: Span<UInt8>
    /// Where the next read begins.
    public private(set) var offset: Int
    /// Where reading ends.
    public let end: Int

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    /// Reads a part of `bytes`; what of `range` lies outside them is cut off.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        self.bytes = bytes
        offset = min(max(range.lowerBound, 0), bytes.count)
        end = min(max(range.upperBound, offset), bytes.count)
    }

    public var remaining: Int { end - offset }
    public var isAtEnd: Bool { offset == end }

    /// The byte `distance` ahead, without reading it; nil beyond the end.
    public func peek(_ distance: Int = 0) -> UInt8? {
        guard distance >= 0, distance < remaining else { return nil }
        return bytes[offset + distance]
    }

    public mutating func uint8() throws(WireError) -> UInt8 {
        try require(1)
        defer { offset += 1 }
        return bytes[offset]
    }

    public mutating func uint16() throws(WireError) -> UInt16 {
        try require(2)
        defer { offset += 2 }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    public mutating func uint24() throws(WireError) -> UInt32 {
        try require(3)
        return UInt32(try uint8()) << 16 | UInt32(try uint16())
    }

    public mutating func uint32() throws(WireError) -> UInt32 {
        try require(4)
        return UInt32(try uint16()) << 16 | UInt32(try uint16())
    }

    public mutating func uint64() throws(WireError) -> UInt64 {
        try require(8)
        return UInt64(try uint32()) << 32 | UInt64(try uint32())
    }

    public mutating func skip(_ count: Int) throws(WireError) {
        _ = try range(count)
    }

    /// Passes over `count` bytes and says where they are.
    public mutating func range(_ count: Int) throws(WireError) -> Range<Int> {
        try require(count)
        defer { offset += count }
        return offset..<offset + count
    }

    /// Passes over all that is left and says where it is.
    public mutating func rest() -> Range<Int> {
        defer { offset = end }
        return offset..<end
    }

    /// The next `count` bytes as text; nil if they are not UTF-8.
    public mutating func text(_ count: Int) throws(WireError) -> String? {
        let range = try range(count)
        return bytes.text(in: range)
    }

    private func require(_ count: Int) throws(WireError) {
        guard count >= 0, count <= end - offset else { throw WireError(.truncated, at: offset) }
    }
}

extension Span<UInt8> {
    /// The part of the span that `range` names; what lies outside is cut off.
    @_lifetime(copy self)
    public func clipped(to range: Range<Int>) -> Span<UInt8> {
        let lower = Swift.min(Swift.max(range.lowerBound, 0), count)
        let upper = Swift.min(Swift.max(range.upperBound, lower), count)
        return extracting(lower..<upper)
    }

    /// The bytes in `range` as text; nil if they are not UTF-8 or lie outside.
    func text(in range: Range<Int>) -> String? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        return extracting(range).withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }
}

extension Array<UInt8> {
    /// Appends the bytes of a span; no allocation while capacity lasts.
    public mutating func append(contentsOf bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
