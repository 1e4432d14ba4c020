import Foundation
import Glibc
import Media
import Timing

/// A file of encoded chunks with their exact times, on their way from one piece of a job to the whole.
///
/// ```
///   "TSSPOOL1"
///   for each chunk: bytes (4) | flags (1: keyframe) | time (8) | decode time (8) | duration (8) | data
///   at the end:     0xffffffff (4) | chunks (8) | fingerprint of all before (8)
/// ```
///
/// All little-endian, times in nanoseconds. A file has its name only when it is whole.
struct ChunkSpool {
    fileprivate static let magic = Array("TSSPOOL1".utf8)
    fileprivate static let endMark = UInt32.max
    fileprivate static let headLength = 29
    private static let chunkLimit = 64 << 20

    /// What a whole file holds, looked through to its end; nil if there is none, or it is not whole.
    struct Contents: Hashable, Sendable {
        var chunks: Int
        var bytes: Int64
        var fingerprint: String
    }

    static func check(_ path: String) -> Contents? {
        guard let reader = Reader(path) else { return nil }
        while reader.next() != nil {}
        return reader.contents
    }

    /// Writes a file under another name, which it loses when it is whole.
    final class Writer {
        private let path: String
        private let part: String
        private let file: UnsafeMutablePointer<FILE>
        private var fingerprint = Fingerprint()
        private var chunks = 0
        private var bytes: Int64 = 0
        private var isOpen = true

        init(_ path: String) throws(ArchiveError) {
            self.path = path
            // Two workers, of whom one lost the job, do not meet.
            part = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
            guard let file = fopen(part, "wbe") else {
                throw ArchiveError(.failed, "\(part): cannot be written (\(String(cString: strerror(errno))))")
            }
            self.file = file
            try put(ChunkSpool.magic)
        }

        deinit {
            guard isOpen else { return }
            fclose(file)
            unlink(part)
        }

        func write(_ chunk: EncodedChunk) throws(ArchiveError) {
            var head: [UInt8] = []
            head.reserveCapacity(ChunkSpool.headLength)
            head.append(little: UInt32(chunk.data.count))
            head.append(chunk.isKeyframe ? 1 : 0)
            for time in [chunk.time, chunk.decodeTime, chunk.duration] {
                head.append(little: UInt64(bitPattern: time.nanoseconds))
            }
            try put(head)
            try put(chunk.data)
            chunks += 1
            bytes += Int64(chunk.data.count)
        }

        /// Ends the file and gives it its name.
        func finish() throws(ArchiveError) -> Contents {
            let sum = fingerprint
            var tail: [UInt8] = []
            tail.append(little: ChunkSpool.endMark)
            tail.append(little: UInt64(chunks))
            tail.append(little: sum.value)
            try put(tail)
            isOpen = false
            let isWhole = fflush(file) == 0 && fsync(fileno(file)) == 0
            let isClosed = fclose(file) == 0
            guard isWhole, isClosed, rename(part, path) == 0 else {
                let cause = String(cString: strerror(errno))
                unlink(part)
                throw ArchiveError(.failed, "\(path): cannot be written (\(cause))")
            }
            return Contents(chunks: chunks, bytes: bytes, fingerprint: sum.text)
        }

        private func put(_ bytes: [UInt8]) throws(ArchiveError) {
            let written = bytes.withUnsafeBytes { buffer in
                fingerprint.add(buffer)
                return fwrite(buffer.baseAddress, 1, buffer.count, file)
            }
            guard written == bytes.count else {
                throw ArchiveError(.failed, "\(path): cannot be written (\(String(cString: strerror(errno))))")
            }
        }
    }

    /// Reads a file from its beginning to its end.
    final class Reader {
        private let file: UnsafeMutablePointer<FILE>
        private var fingerprint = Fingerprint()
        private var chunks = 0
        private var bytes: Int64 = 0
        /// Once the end has been reached and is as it should be.
        private(set) var contents: Contents?

        init?(_ path: String) {
            guard let file = fopen(path, "rbe") else { return nil }
            self.file = file
            guard take(ChunkSpool.magic.count) == ChunkSpool.magic else { return nil }
        }

        deinit { fclose(file) }

        /// The next chunk; nil at the end, and where the file is not whole.
        func next() -> EncodedChunk? {
            let sum = fingerprint
            guard contents == nil, let length = take(4).map({ UInt32(truncatingIfNeeded: $0.little(0, 4)) }) else {
                return nil
            }
            if length == ChunkSpool.endMark {
                guard let tail = take(16), tail.little(0, 8) == UInt64(chunks), tail.little(8, 8) == sum.value else {
                    return nil
                }
                contents = Contents(chunks: chunks, bytes: bytes, fingerprint: sum.text)
                return nil
            }
            guard length <= ChunkSpool.chunkLimit, let head = take(ChunkSpool.headLength - 4),
                let data = take(Int(length))
            else { return nil }
            chunks += 1
            bytes += Int64(length)
            func time(_ place: Int) -> MediaTime {
                MediaTime(nanoseconds: Int64(bitPattern: head.little(place, 8)))
            }
            return EncodedChunk(
                data: data, time: time(1), decodeTime: time(9), duration: time(17), isKeyframe: head[0] & 1 != 0)
        }

        private func take(_ count: Int) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: count)
            let read = buffer.withUnsafeMutableBytes { fread($0.baseAddress, 1, count, file) }
            guard read == count else { return nil }
            buffer.withUnsafeBytes { fingerprint.add($0) }
            return buffer
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: some FixedWidthInteger) {
        for byte in 0..<(value.bitWidth / 8) { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    fileprivate func little(_ start: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[start + $1]) << (8 * UInt64($1)) }
    }
}
