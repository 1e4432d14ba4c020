import Glibc

/// Where the bytes of a file that is being written go: a seam, so that tests can fill the disk or slow it down.
/// Used by one thread at a time.
public protocol RecordingSink: AnyObject {
    /// Writes all of `bytes` at `offset` from the start, or throws having written any part of them.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError)
    /// Cuts the file off after `length` bytes.
    func truncate(to length: Int64) throws(SinkError)
    /// Waits until what was written is on the medium.
    func synchronise() throws(SinkError)
    /// No call follows.
    func close() throws(SinkError)
}

/// Why bytes could not be written.
public struct SinkError: Error, Hashable, Sendable {
    /// The system's error number, such as ENOSPC.
    public let number: Int32

    public init(number: Int32) {
        self.number = number
    }

    /// No space left on the device, or the quota is used up, or the file would be larger than the system permits.
    public var isOutOfSpace: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }
}

/// A sink that writes a local file.
public final class FileSink: RecordingSink {
    private var descriptor: Int32

    /// Creates the file.
    ///
    /// - Parameter replacing: whether a file of that name may be there; it is then emptied.
    public init(path: String, replacing: Bool) throws(SinkError) {
        guard !path.utf8.contains(0) else { throw SinkError(number: ENOENT) }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | (replacing ? O_TRUNC : O_EXCL)
        descriptor = open(path, flags, 0o666)
        guard descriptor >= 0 else { throw SinkError(number: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            descriptor = -1
            throw SinkError(number: EINVAL)
        }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError) {
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw SinkError(number: written == 0 ? ENOSPC : errno)
            }
        }
    }

    public func truncate(to length: Int64) throws(SinkError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw SinkError(number: errno) }
    }

    public func synchronise() throws(SinkError) {
        guard fsync(descriptor) == 0 else { throw SinkError(number: errno) }
    }

    public func close() throws(SinkError) {
        guard descriptor >= 0 else { return }
        let closed = Glibc.close(descriptor)
        descriptor = -1
        guard closed == 0 else { throw SinkError(number: errno) }
    }
}
