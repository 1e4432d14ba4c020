/// Looks at the outermost structure of a file for signs that its end is missing, without reading the media.
///
/// ISO base media (ISO/IEC 14496-12, 4.2): boxes of a 32-bit size, a type and, if the size is 1, a 64-bit size.
/// Matroska (RFC 8794): elements of an identifier and a size, both of 1 to 8 bytes, all ones for an unknown size.
/// RIFF: a 32-bit size after the first four bytes.
struct StructureScan {
    private let file: InputFile
    private let size: Int64
    /// More outermost boxes than this are not looked at (a day of half-second fragments).
    private static let boxLimit = 400_000

    init(_ file: InputFile) {
        self.file = file
        size = file.size
    }

    /// What shows that the end is missing, as a clause; nil if nothing does.
    func cutOff() -> String? {
        let head = file.bytes(at: 0, count: 12)
        guard head.count == 12 else { return nil }
        if head[0..<4] == [0x1A, 0x45, 0xDF, 0xA3] { return cutOffMatroska() }
        if head[0..<4] == [0x52, 0x49, 0x46, 0x46] { return cutOffRIFF(head) }
        if StructureScan.firstBoxes.contains(Array(head[4..<8])) { return cutOffBoxes() }
        return nil
    }

    /// Where an incomplete fragment's description begins, at the end of ISO base media; nil if there is none. Demuxers
    /// stumble over it, and nothing behind it is of use.
    func incompleteFragment() -> Int64? {
        let head = file.bytes(at: 0, count: 12)
        guard head.count == 12, StructureScan.firstBoxes.contains(Array(head[4..<8])) else { return nil }
        var result: Int64?
        walkBoxes { type, offset, end in
            if end > size, type == Array("moof".utf8) { result = offset }
            return true
        }
        return result
    }

    /// True if the file is ISO base media without the index that says where its media are.
    func lacksMovieBox() -> Bool {
        let head = file.bytes(at: 0, count: 12)
        guard head.count == 12, StructureScan.firstBoxes.contains(Array(head[4..<8])) else { return false }
        var found = false
        walkBoxes { type, _, _ in
            found = type == Array("moov".utf8)
            return !found
        }
        return !found
    }

    private static let firstBoxes: [[UInt8]] = ["ftyp", "moov", "mdat", "free", "wide", "skip"].map { Array($0.utf8) }

    private func walkBoxes(_ visit: (_ type: [UInt8], _ offset: Int64, _ end: Int64) -> Bool) {
        var offset: Int64 = 0
        for _ in 0..<StructureScan.boxLimit {
            let header = file.bytes(at: offset, count: 16)
            guard header.count >= 8 else { return }
            var length = Int64(bigEndian(header[0..<4]))
            if length == 0 { length = size - offset }
            if length == 1 {
                guard header.count == 16, header[8] < 0x80 else { return }
                length = Int64(bigEndian(header[8..<16]))
            }
            let (end, overflow) = offset.addingReportingOverflow(length)
            guard length >= 8, !overflow else { return }
            guard visit(Array(header[4..<8]), offset, end) else { return }
            offset = end
            if offset >= size { return }
        }
    }

    private func cutOffBoxes() -> String? {
        var result: String?
        walkBoxes { type, _, end in
            guard end > size else { return true }
            let name = String(decoding: type, as: UTF8.self)
            result = "its last part («\(name)») should go on for another \(end - size) bytes"
            return false
        }
        return result
    }

    private func cutOffRIFF(_ head: [UInt8]) -> String? {
        let length = Int64(head[4]) | Int64(head[5]) << 8 | Int64(head[6]) << 16 | Int64(head[7]) << 24
        // Writers that cannot go back leave nothing or all ones.
        guard length > 0, length < 0xFFFF_FF00, length + 8 > size else { return nil }
        return "it should go on for another \(length + 8 - size) bytes"
    }

    private func cutOffMatroska() -> String? {
        guard let header = element(at: 0), let body = header.end, let segment = element(at: body),
            segment.identifier == 0x1853_8067
        else { return nil }
        if let end = segment.end {
            return end > size ? "it should go on for another \(end - size) bytes" : nil
        }
        var offset = segment.start
        for _ in 0..<StructureScan.boxLimit {
            guard offset < size, let child = element(at: offset), let end = child.end else { return nil }
            if end > size { return "its last cluster should go on for another \(end - size) bytes" }
            offset = end
        }
        return nil
    }

    /// An element's identifier, where its content starts, and where that ends unless its size is unknown.
    private func element(at offset: Int64) -> (identifier: UInt64, start: Int64, end: Int64?)? {
        let bytes = file.bytes(at: offset, count: 16)
        guard let first = bytes.first, first != 0 else { return nil }
        let idLength = first.leadingZeroBitCount + 1
        guard bytes.count > idLength, bytes[idLength] != 0 else { return nil }
        let sizeLength = bytes[idLength].leadingZeroBitCount + 1
        guard bytes.count >= idLength + sizeLength else { return nil }
        let identifier = bigEndian(bytes[0..<idLength])
        let mask: UInt64 = (1 << (7 * UInt64(sizeLength))) - 1
        let length = bigEndian(bytes[idLength..<idLength + sizeLength]) & mask
        let start = offset + Int64(idLength + sizeLength)
        if length == mask { return (identifier, start, nil) }
        let (end, overflow) = start.addingReportingOverflow(Int64(length))
        return overflow ? nil : (identifier, start, end)
    }

    private func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
