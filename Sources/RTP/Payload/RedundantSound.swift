/// Sound with copies of what went before (RFC 2198), as browsers send Opus when «red» is agreed upon.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |1|   block PT  |  timestamp offset         |   block length    |  per redundant block
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |0|   block PT  |  then the data of all blocks, the primary last
/// +-+-+-+-+-+-+-+-+
/// ```
public enum RedundantSound {
    /// The most redundant blocks that are read; a payload with more is refused.
    public static let maximumBlocks = 16

    public struct Block: Hashable, Sendable {
        public var payloadType: PayloadType
        /// How much earlier than the packet's own timestamp, 0 to 16383; 0 for the primary.
        public var timestampOffset: UInt16
        public var data: Range<Int>
        public var isPrimary: Bool
    }

    /// Calls `body` for each block with data, oldest first, the primary last. Throws, before any call, if headers or
    /// data are cut off.
    public static func forEachBlock(
        in range: Range<Int>, of bytes: Span<UInt8>, _ body: (Block) -> Void
    ) throws(WireError) {
        var reader = ByteReader(bytes, in: range)
        var total = 0
        var count = 0
        while let first = reader.peek(), first & 0x80 != 0 {
            count += 1
            guard count <= maximumBlocks else {
                throw WireError(.malformed("more than \(maximumBlocks) redundant blocks"), at: reader.offset)
            }
            total += Int(try reader.uint32() & 0x3ff)
        }
        let primary = PayloadType(try reader.uint8())
        guard total <= reader.remaining else { throw WireError(.truncated, at: reader.end) }
        // All is in bounds: now the headers again, each with its data.
        var headers = ByteReader(bytes, in: range)
        for _ in 0..<count {
            let word = try headers.uint32()
            let data = try reader.range(Int(word & 0x3ff))
            guard !data.isEmpty else { continue }
            body(
                Block(
                    payloadType: PayloadType(UInt8(word >> 24 & 0x7f)), timestampOffset: UInt16(word >> 10 & 0x3fff),
                    data: data, isPrimary: false))
        }
        let data = reader.rest()
        if !data.isEmpty { body(Block(payloadType: primary, timestampOffset: 0, data: data, isPrimary: true)) }
    }

    /// Writes the header of a redundant block; all come first, oldest first, then ``writePrimaryHeader(_:into:)``, then
    /// the data in the same order. False, and nothing written, if the block is too long or too old to be told of.
    public static func writeHeader(
        _ payloadType: PayloadType, timestampOffset: Int64, length: Int, into writer: inout ByteWriter
    ) throws(WireError) -> Bool {
        guard (1...0x3fff).contains(timestampOffset), (1...0x3ff).contains(length) else { return false }
        let fields = UInt32(timestampOffset) << 10 | UInt32(length)
        try writer.put(0x8000_0000 | UInt32(payloadType.rawValue) << 24 | fields)
        return true
    }

    public static func writePrimaryHeader(
        _ payloadType: PayloadType, into writer: inout ByteWriter
    ) throws(WireError) {
        try writer.put(payloadType.rawValue)
    }
}
