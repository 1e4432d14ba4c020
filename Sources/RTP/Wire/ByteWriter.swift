/// Writes big-endian fields one after another into memory of the caller. What does not fit is an error, never a
/// partial field.
public struct ByteWriter: ~Escapable, ~Copyable {
    private var bytes: MutableSpan<UInt8>
    /// Where in `bytes` writing began, and where it must end.
    private let start: Int
    private let end: Int
    /// How many bytes have been written.
    public private(set) var count = 0

    @_lifetime(copy bytes)
    public init(_ bytes: consuming MutableSpan<UInt8>) {
        start = 0
        end = bytes.count
        self.bytes = bytes
    }

    /// Writes to a part of `bytes` only; what of `range` lies outside them is cut off.
    @_lifetime(copy bytes)
    public init(_ bytes: consuming MutableSpan<UInt8>, in range: Range<Int>) {
        start = min(max(range.lowerBound, 0), bytes.count)
        end = min(max(range.upperBound, start), bytes.count)
        self.bytes = bytes
    }

    /// How many bytes more can be written.
    public var room: Int { end - start - count }

    @_lifetime(self: copy self)
    public mutating func put(_ value: UInt8) throws(WireError) {
        try require(1)
        bytes[start + count] = value
        count += 1
    }

    @_lifetime(self: copy self)
    public mutating func put(_ value: UInt16) throws(WireError) {
        try require(2)
        bytes[start + count] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[start + count + 1] = UInt8(truncatingIfNeeded: value)
        count += 2
    }

    /// The lower 24 bits of `value`.
    @_lifetime(self: copy self)
    public mutating func put24(_ value: UInt32) throws(WireError) {
        try require(3)
        try put(UInt8(truncatingIfNeeded: value >> 16))
        try put(UInt16(truncatingIfNeeded: value))
    }

    @_lifetime(self: copy self)
    public mutating func put(_ value: UInt32) throws(WireError) {
        try require(4)
        try put(UInt16(truncatingIfNeeded: value >> 16))
        try put(UInt16(truncatingIfNeeded: value))
    }

    @_lifetime(self: copy self)
    public mutating func put(_ value: UInt64) throws(WireError) {
        try require(8)
        try put(UInt32(truncatingIfNeeded: value >> 32))
        try put(UInt32(truncatingIfNeeded: value))
    }

    @_lifetime(self: copy self)
    public mutating func put(_ source: Span<UInt8>) throws(WireError) {
        try require(source.count)
        let position = start + count
        source.withUnsafeBufferPointer { from in
            bytes.withUnsafeMutableBufferPointer { to in
                guard let from = from.baseAddress, let to = to.baseAddress else { return }
                (to + position).update(from: from, count: source.count)
            }
        }
        count += source.count
    }

    @_lifetime(self: copy self)
    public mutating func put(_ text: String) throws(WireError) {
        for byte in text.utf8 { try put(byte) }
    }

    @_lifetime(self: copy self)
    public mutating func put(zeros number: Int) throws(WireError) {
        for _ in 0..<max(0, number) { try put(UInt8(0)) }
    }

    /// Changes what was already written at `offset`.
    @_lifetime(self: copy self)
    public mutating func patch(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset + 2 <= count, "only what was written can be changed")
        bytes[start + offset] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[start + offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Changes what was already written at `offset`.
    @_lifetime(self: copy self)
    public mutating func patch(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count, "only what was written can be changed")
        bytes[start + offset] = value
    }

    /// Takes back all that was written after `count` bytes.
    @_lifetime(self: copy self)
    public mutating func rewind(to count: Int) {
        precondition(count >= 0 && count <= self.count, "only what was written can be taken back")
        self.count = count
    }

    private func require(_ size: Int) throws(WireError) {
        guard size <= room else { throw WireError(.noRoom, at: count) }
    }
}
