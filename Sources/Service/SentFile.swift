import Glibc

/// A part of a file on the disk, as the body of a response. It is read as it is sent, piece by piece; what it is made from
/// stays there while it is, even if its name goes.
public final class SentFile: Sendable {
    private let descriptor: Int32
    /// Bytes of the whole file.
    public let size: Int64
    /// What of it is sent.
    public let range: Range<Int64>
    /// Changes with the file.
    let tag: String

    /// Nil if there is no such regular file.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        size = Int64(status.st_size)
        range = 0..<size
        tag = [
            Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ino),
        ]
        .map { String($0, radix: 16) }.joined(separator: "-")
    }

    private init(_ file: SentFile, range: Range<Int64>) {
        descriptor = dup(file.descriptor)
        (size, tag, self.range) = (file.size, file.tag, range)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The same with another part of it.
    func part(_ range: Range<Int64>) -> SentFile { SentFile(self, range: range.clamped(to: 0..<size)) }

    /// At most `count` bytes from `offset` in the file on; empty if it cannot be read, or was cut short meanwhile.
    func read(at offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    /// The one range that `header` asks for of so many bytes (RFC 9110, section 14.1.2). Nil if it asks for none, for
    /// several, or for what has no meaning, which is to be passed over; empty if no byte of it is there.
    static func range(_ header: String, size: Int64) -> Range<Int64>? {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        switch (Int64(ends[0]), Int64(ends[1])) {
        case (nil, let last?):
            guard ends[0].isEmpty else { return 0..<0 }
            return last == 0 ? 0..<0 : max(0, size - last)..<size
        case (let first?, nil):
            guard ends[1].isEmpty else { return nil }
            return first < size ? first..<size : 0..<0
        case (let first?, let last?):
            guard first <= last else { return nil }
            return first < size ? first..<min(size, last == .max ? size : last + 1) : 0..<0
        case (nil, nil): return nil
        }
    }
}
