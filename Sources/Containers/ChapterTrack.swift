import Glibc

/// The text track that libavformat makes of chapters in an MP4, beside the list of chapters in `udta`.
///
/// Players that know chapters of MP4 read the list; of the track, many (ffprobe among them) say that it cannot be decoded.
/// The list holds ``limit`` chapters.
enum ChapterTrack {
    static let limit = 255
    /// Of an index; a larger one is left as it is.
    private static let sizeLimit = 256 << 20

    /// Where in the file the boxes' types stand that are to become `free`, so that nobody sees the track; nothing moves.
    /// Empty if there is no such track, or the file is not understood.
    static func places(in path: String) -> [Int64] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var position: Int64 = 0
        var head = [UInt8](repeating: 0, count: 16)
        // Boxes of the top level, as many as stand before the media (ISO/IEC 14496-12, 4.2).
        for _ in 0..<8 {
            guard pread(file, &head, 16, off_t(position)) == 16 else { return [] }
            let short = number(head, 0)
            let size = short == 1 ? number(head, 8) << 32 | number(head, 12) : short
            guard size >= 8 else { return [] }
            if type(head, 4) == "moov" {
                guard size <= sizeLimit else { return [] }
                var index = [UInt8](repeating: 0, count: size)
                guard pread(file, &index, size, off_t(position)) == size else { return [] }
                return places(inIndex: index).map { position + Int64($0) }
            }
            position += Int64(size)
        }
        return []
    }

    /// The same within a `moov` box.
    static func places(inIndex index: [UInt8]) -> [Int] {
        var found: [Int] = []
        var references: [Int] = []
        for track in boxes(index, in: 8..<index.count) where type(index, track.lowerBound + 4) == "trak" {
            for box in boxes(index, in: inside(track)) {
                switch type(index, box.lowerBound + 4) {
                case "tref":
                    let isToChapters = boxes(index, in: inside(box)).contains {
                        type(index, $0.lowerBound + 4) == "chap"
                    }
                    if isToChapters { references.append(box.lowerBound + 4) }
                case "mdia":
                    let isText = boxes(index, in: inside(box)).contains {
                        type(index, $0.lowerBound + 4) == "hdlr" && $0.count >= 20
                            && type(index, $0.lowerBound + 16) == "text"
                    }
                    if isText { found.append(track.lowerBound + 4) }
                default: continue
                }
            }
        }
        return found.isEmpty ? [] : found + references
    }

    private static func inside(_ box: Range<Int>) -> Range<Int> { box.lowerBound + 8..<box.upperBound }

    /// The boxes that lie side by side in `range`, headers included; none of what is not understood.
    private static func boxes(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var position = range.lowerBound
        while position + 8 <= range.upperBound {
            let size = number(bytes, position)
            guard size >= 8, size <= range.upperBound - position else { break }
            result.append(position..<position + size)
            position += size
        }
        return result
    }

    private static func number(_ bytes: [UInt8], _ at: Int) -> Int {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func type(_ bytes: [UInt8], _ at: Int) -> String {
        String(decoding: bytes[at..<at + 4], as: UTF8.self)
    }
}
