import CLinux
import Glibc
import WebRTC

/// One TCP connection of a peer, on which datagrams follow each other with their lengths before them (RFC 4571), as
/// ICE-TCP has it (RFC 6544). Used by one thread, which it never blocks.
///
/// What is to be sent waits in a queue of fixed size. A reader too slow for it loses packets, large ones first, as on a
/// network that is too narrow: pictures suffer before sound and checks do.
final class StreamConnection {
    /// Bytes that may wait here; the system holds about as much again.
    static let queueLimit = 96 << 10
    /// From here on only packets of at most ``smallPacket`` bytes are taken.
    static let crowded = 64 << 10
    static let smallPacket = 400

    let descriptor: Int32
    let path: NetworkPath
    /// Which peer's it is, once a check has told.
    var owner: Int?
    /// Datagrams that came before a check told.
    var strangerDatagrams = 0
    /// Set once it is of no use any more.
    var isBroken = false
    /// Whether the system said that it has no room; it will say when there is some.
    private(set) var isBlocked = false
    /// Datagrams for which there was no room.
    private(set) var unsent = 0

    private var framing = StreamFraming()
    private let queue: UnsafeMutablePointer<UInt8>
    private let capacity = StreamConnection.queueLimit + DatagramSocket.datagramSize + 2
    private var head = 0
    private var tail = 0

    /// Takes over `descriptor`, which does not block.
    init(descriptor: Int32, path: NetworkPath) {
        self.descriptor = descriptor
        self.path = path
        queue = .allocate(capacity: capacity)
        queue.initialize(repeating: 0, count: capacity)
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        // What lies in the system's queue only grows old there.
        var room: Int32 = 64 << 10
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, size)
    }

    deinit {
        close(descriptor)
        queue.deallocate()
    }

    /// Bytes that wait.
    var queued: Int { tail - head }

    /// Reads what has come, at most as much as `buffer` holds, and hands out each datagram, to be changed in place. It
    /// sets ``isBroken`` at the end of the stream and when the stream is no sequence of datagrams.
    func receive(into buffer: UnsafeMutableBufferPointer<UInt8>, _ body: (inout MutableSpan<UInt8>) -> Void) {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN && errno != EINTR { isBroken = true }
            return
        }
        let bytes = Span(_unsafeElements: UnsafeBufferPointer(rebasing: buffer[..<count]))
        var offset = 0
        while offset < count, !isBroken {
            do throws(StreamFraming.Failure) {
                let step = try framing.consume(bytes.extracting(offset..<count))
                offset += step.consumed
                if step.isComplete {
                    var datagram = framing.frame.mutableSpan
                    body(&datagram)
                }
            } catch {
                isBroken = true
            }
        }
    }

    /// Lets `write` put a datagram together at the end of the queue; it returns the length, or nil for none. It goes out
    /// with the next ``flush()``.
    func send(_ write: (inout MutableSpan<UInt8>) -> Int?) {
        guard !isBroken else { return }
        guard queued <= StreamConnection.queueLimit else {
            unsent += 1
            return
        }
        if capacity - tail < DatagramSocket.datagramSize + 2 { compact() }
        var bytes = MutableSpan(_unsafeStart: queue + tail + 2, count: DatagramSocket.datagramSize)
        guard let length = write(&bytes), length > 0 else { return }
        guard queued <= StreamConnection.crowded || length <= StreamConnection.smallPacket else {
            unsent += 1
            return
        }
        (queue[tail], queue[tail + 1]) = StreamFraming.header(length: length)
        tail += 2 + length
    }

    private func compact() {
        memmove(queue, queue + head, tail - head)
        tail -= head
        head = 0
    }

    /// Hands over what waits, as far as the system has room.
    func flush() {
        guard !isBlocked, !isBroken else { return }
        while head < tail {
            let sent = Glibc.send(descriptor, queue + head, tail - head, Int32(MSG_NOSIGNAL))
            if sent > 0 {
                head += sent
            } else if errno == EINTR {
                continue
            } else {
                if errno == EAGAIN { isBlocked = true } else { isBroken = true }
                break
            }
        }
        if head == tail { (head, tail) = (0, 0) }
    }

    /// There is room again.
    func unblock() { isBlocked = false }
}
