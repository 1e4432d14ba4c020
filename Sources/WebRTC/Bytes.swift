import RTP

/// Reads at a place, for messages whose parts are found by offsets; all go through ``ByteReader`` and none traps.
extension Span where Element == UInt8 {
    package func byte(at offset: Int) -> UInt8? { read(at: offset) { reader in try? reader.uint8() } }

    /// Big-endian, as all integers on the wire.
    package func uint16(at offset: Int) -> UInt16? { read(at: offset) { reader in try? reader.uint16() } }

    package func uint24(at offset: Int) -> UInt32? { read(at: offset) { reader in try? reader.uint24() } }

    package func uint32(at offset: Int) -> UInt32? { read(at: offset) { reader in try? reader.uint32() } }

    package func uint64(at offset: Int) -> UInt64? { read(at: offset) { reader in try? reader.uint64() } }

    /// Nil before the start and beyond the end.
    private func read<Value>(at offset: Int, _ body: (inout ByteReader) -> Value?) -> Value? {
        guard offset >= 0, offset < count else { return nil }
        var reader = ByteReader(self, in: offset..<count)
        return body(&reader)
    }

    /// A copy of the bytes in `range`, as far as they exist.
    package func array(_ range: Range<Int>) -> [UInt8] {
        let bounds = range.clamped(to: 0..<count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bounds.count)
        for index in bounds { bytes.append(self[index]) }
        return bytes
    }
}

extension [UInt8] {
    package mutating func append(bigEndian value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func append(bigEndian value: UInt32) {
        append(bigEndian: UInt16(truncatingIfNeeded: value >> 16))
        append(bigEndian: UInt16(truncatingIfNeeded: value))
    }

    package mutating func append(bigEndian value: UInt64) {
        append(bigEndian: UInt32(truncatingIfNeeded: value >> 32))
        append(bigEndian: UInt32(truncatingIfNeeded: value))
    }
}
