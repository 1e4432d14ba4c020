import CLinux
import Glibc
import WebRTC

/// One UDP socket, bound to one address of this machine. Datagrams come and go in batches; nothing is allocated for
/// them. Used by one thread.
final class DatagramSocket {
    /// The largest datagram that is taken whole; longer ones are cut off, and fail their checks.
    static let datagramSize = 2048
    static let batchSize = 64

    let address: TransportAddress
    let descriptor: Int32
    /// Datagrams that the system did not take.
    private(set) var unsent = 0

    private let incoming: MessageBatch
    private let outgoing: MessageBatch
    private var queued = 0

    /// Throws the system's error number.
    init(bindingTo address: TransportAddress) throws(SystemError) {
        let family = address.family == .ipv4 ? AF_INET : AF_INET6
        let descriptor = tessera_udp_socket(family)
        guard descriptor >= 0 else { throw SystemError(number: errno, call: "socket") }
        self.descriptor = descriptor
        self.address = address
        incoming = MessageBatch(count: DatagramSocket.batchSize)
        outgoing = MessageBatch(count: DatagramSocket.batchSize)
        var one: Int32 = 1
        if family == AF_INET6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        // Half a second of what a hundred participants send.
        var room: Int32 = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var storage = sockaddr_storage()
        let length = storage.set(address)
        let bound = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else {
            let number = errno
            close(descriptor)
            throw SystemError(number: number, call: "bind")
        }
    }

    deinit { close(descriptor) }

    /// The port, where the system chose it.
    var boundPort: UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return storage.address?.port ?? address.port
    }

    /// Takes what has come, a batch at most, and hands out each datagram, to be changed in place, with its sender.
    /// Returns how many came.
    func receive(_ body: (inout MutableSpan<UInt8>, TransportAddress) -> Void) -> Int {
        incoming.prepareForReceiving()
        let count = Int(tessera_recvmmsg(descriptor, incoming.messages, UInt32(DatagramSocket.batchSize)))
        guard count > 0 else { return 0 }
        for index in 0..<count {
            guard let sender = incoming.addresses[index].address else { continue }
            let length = min(Int(incoming.messages[index].length), DatagramSocket.datagramSize)
            var bytes = MutableSpan(_unsafeStart: incoming.buffer(index), count: length)
            body(&bytes, sender)
        }
        return count
    }

    /// Lets `write` put a datagram together in a free buffer; it returns the length, or nil for none. The datagram goes
    /// out with the next ``flush()``.
    func send(to address: TransportAddress, _ write: (inout MutableSpan<UInt8>) -> Int?) {
        if queued == DatagramSocket.batchSize { flush() }
        var bytes = MutableSpan(_unsafeStart: outgoing.buffer(queued), count: DatagramSocket.datagramSize)
        guard let length = write(&bytes), length > 0 else { return }
        outgoing.set(queued, length: length, address: address)
        queued += 1
    }

    /// Hands over what waits. What the system has no room for is dropped, as a network would.
    func flush() {
        var done = 0
        while done < queued {
            let sent = Int(tessera_sendmmsg(descriptor, outgoing.messages + done, UInt32(queued - done)))
            if sent > 0 {
                done += sent
            } else if sent < 0, errno == EINTR {
                continue
            } else {
                // The first of the rest failed by itself (unreachable, too long): the others still have a chance.
                unsent += 1
                done += 1
            }
        }
        queued = 0
    }
}

/// Memory for a batch of datagrams, with the structures that the system wants.
private final class MessageBatch {
    let messages: UnsafeMutablePointer<tessera_message>
    let addresses: UnsafeMutablePointer<sockaddr_storage>
    private let vectors: UnsafeMutablePointer<iovec>
    private let bytes: UnsafeMutablePointer<UInt8>
    private let count: Int

    init(count: Int) {
        self.count = count
        messages = .allocate(capacity: count)
        addresses = .allocate(capacity: count)
        vectors = .allocate(capacity: count)
        bytes = .allocate(capacity: count * DatagramSocket.datagramSize)
        messages.initialize(repeating: tessera_message(), count: count)
        addresses.initialize(repeating: sockaddr_storage(), count: count)
        vectors.initialize(repeating: iovec(), count: count)
        bytes.initialize(repeating: 0, count: count * DatagramSocket.datagramSize)
        for index in 0..<count {
            vectors[index].iov_base = UnsafeMutableRawPointer(buffer(index))
            messages[index].header.msg_iov = vectors + index
            messages[index].header.msg_iovlen = 1
            messages[index].header.msg_name = UnsafeMutableRawPointer(addresses + index)
        }
    }

    deinit {
        messages.deallocate()
        addresses.deallocate()
        vectors.deallocate()
        bytes.deallocate()
    }

    func buffer(_ index: Int) -> UnsafeMutablePointer<UInt8> { bytes + index * DatagramSocket.datagramSize }

    func prepareForReceiving() {
        for index in 0..<count {
            vectors[index].iov_len = DatagramSocket.datagramSize
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
        }
    }

    func set(_ index: Int, length: Int, address: TransportAddress) {
        vectors[index].iov_len = length
        messages[index].header.msg_namelen = addresses[index].set(address)
    }
}

/// A call to the system that failed.
struct SystemError: Error {
    let number: Int32
    let call: String

    var description: String { "\(call): \(String(cString: strerror(number)))" }
}

extension sockaddr_storage {
    /// Becomes `address`; returns its length.
    mutating func set(_ address: TransportAddress) -> socklen_t {
        withUnsafeMutablePointer(to: &self) { pointer in
            switch address.family {
            case .ipv4:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { ipv4 in
                    ipv4.pointee = sockaddr_in()
                    ipv4.pointee.sin_family = sa_family_t(AF_INET)
                    ipv4.pointee.sin_port = address.port.bigEndian
                    ipv4.pointee.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
                }
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            case .ipv6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { ipv6 in
                    ipv6.pointee = sockaddr_in6()
                    ipv6.pointee.sin6_family = sa_family_t(AF_INET6)
                    ipv6.pointee.sin6_port = address.port.bigEndian
                    withUnsafeMutableBytes(of: &ipv6.pointee.sin6_addr) { bytes in
                        bytes.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                        bytes.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
                    }
                }
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            }
        }
    }

    /// Nil for another family than IP.
    var address: TransportAddress? {
        withUnsafePointer(to: self) { pointer in
            switch Int32(ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { ipv4 in
                    TransportAddress(
                        ipv4: UInt32(bigEndian: ipv4.pointee.sin_addr.s_addr),
                        port: UInt16(bigEndian: ipv4.pointee.sin_port))
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { ipv6 in
                    withUnsafeBytes(of: ipv6.pointee.sin6_addr) { bytes in
                        TransportAddress(
                            ipv6: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                            port: UInt16(bigEndian: ipv6.pointee.sin6_port))
                    }
                }
            default: nil
            }
        }
    }
}
