import CAVFormat
import Glibc

/// A regular local file, open for reading, behind an `AVIOContext`: the only bytes a demuxer can reach.
final class InputFile {
    let path: String
    private let descriptor: Int32
    private let cancel: CancelFlag?
    private var position: Int64 = 0
    /// Bytes from here on are not shown to the demuxer.
    var visibleEnd = Int64.max
    /// The system's error of a read that failed, else 0.
    private(set) var failure: Int32 = 0
    /// Points back to this object, which outlives it.
    private(set) var context: UnsafeMutablePointer<AVIOContext>?

    private static let bufferSize = 64 * 1024

    init(path: String, cancel: CancelFlag?) throws(ContainerError) {
        self.path = path
        self.cancel = cancel
        // Without O_NONBLOCK a named pipe would hold the caller until somebody writes.
        let opened = path.utf8.contains(0) ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw InputFile.openError(path: path, number: path.utf8.contains(0) ? ENOENT : errno) }
        descriptor = opened
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw InputFile.openError(path: path, number: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            throw ContainerError(.isDirectory, path: path, cause: "is a directory", remedy: "name a media file in it")
        default:
            throw ContainerError(
                .notRegularFile, path: path, cause: "is a device, pipe or socket", remedy: "save it to a file first")
        }
        if status.st_size == 0 {
            throw ContainerError(
                .emptyFile, path: path, cause: "is empty (0 bytes)", remedy: "a media file was expected")
        }
    }

    deinit {
        if let context {
            av_free(context.pointee.buffer)
            var pointer: UnsafeMutablePointer<AVIOContext>? = context
            avio_context_free(&pointer)
        }
        close(descriptor)
    }

    var isCancelled: Bool { cancel?.isSet ?? false }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Bytes at an offset, for looking at a file's structure; fewer than asked at its end.
    func bytes(at offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    /// The context to hand to libavformat, made once. Nil if memory is out.
    func makeContext() -> UnsafeMutablePointer<AVIOContext>? {
        if let context { return context }
        guard let buffer = av_malloc(InputFile.bufferSize) else { return nil }
        context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), Int32(InputFile.bufferSize), 0,
            Unmanaged.passUnretained(self).toOpaque(),
            { opaque, buffer, count in
                guard let opaque, let buffer else { return tessera_AVERROR(EINVAL) }
                return Unmanaged<InputFile>.fromOpaque(opaque).takeUnretainedValue().read(into: buffer, count: count)
            },
            nil,
            { opaque, offset, whence in
                guard let opaque else { return -1 }
                return Unmanaged<InputFile>.fromOpaque(opaque).takeUnretainedValue().seek(to: offset, whence: whence)
            })
        if context == nil { av_free(buffer) }
        return context
    }

    private func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
        if isCancelled { return tessera_AVERROR_EXIT }
        let count = min(Int64(count), visibleEnd - position)
        guard count > 0 else { return tessera_AVERROR_EOF }
        while true {
            let got = pread(descriptor, buffer, Int(count), off_t(position))
            if got > 0 {
                position += Int64(got)
                return Int32(got)
            }
            if got == 0 { return tessera_AVERROR_EOF }
            if errno == EINTR { continue }
            failure = errno
            return tessera_AVERROR(errno)
        }
    }

    private func seek(to offset: Int64, whence: Int32) -> Int64 {
        let target: Int64
        switch whence & ~AVSEEK_FORCE {
        case AVSEEK_SIZE: return min(size, visibleEnd)
        case SEEK_SET: target = offset
        case SEEK_CUR: target = position.addingReportingOverflow(offset).partialValue
        case SEEK_END: target = min(size, visibleEnd).addingReportingOverflow(offset).partialValue
        default: return Int64(tessera_AVERROR(EINVAL))
        }
        guard target >= 0 else { return Int64(tessera_AVERROR(EINVAL)) }
        position = target
        return target
    }

    private static func openError(path: String, number: Int32) -> ContainerError {
        switch number {
        case ENOENT, ENOTDIR:
            ContainerError(.noSuchFile, path: path, cause: "no such file", remedy: "check the path")
        case EACCES, EPERM:
            ContainerError(.notPermitted, path: path, cause: "may not be read", remedy: "check its permissions")
        default:
            ContainerError(.unreadable, path: path, cause: "cannot be opened (\(systemMessage(number)))")
        }
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number))
}

/// libavformat's words for its error code.
func libraryMessage(_ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    av_strerror(code, &text, text.count)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
