import CLinux
import Glibc
import WebRTC

/// Where peers without UDP connect to: a TCP socket at the address and the port of a ``DatagramSocket``.
final class StreamListener {
    let address: TransportAddress
    let descriptor: Int32

    /// Throws the system's error number.
    init(bindingTo address: TransportAddress) throws(SystemError) {
        self.address = address
        let family = address.family == .ipv4 ? AF_INET : AF_INET6
        descriptor = tessera_tcp_socket(family)
        guard descriptor >= 0 else { throw SystemError(number: errno, call: "socket") }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size) }
        var storage = sockaddr_storage()
        let length = storage.set(address)
        let bound = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw failed("bind") }
        guard listen(descriptor, 128) == 0 else { throw failed("listen") }
    }

    private func failed(_ call: String) -> SystemError { SystemError(number: errno, call: call) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    enum Outcome {
        case connection(StreamConnection)
        /// Nobody waits.
        case none
        /// The process has no more descriptors, or the system no more memory: to be tried again later.
        case exhausted
    }

    /// Takes the next connection.
    func accept() -> Outcome {
        var storage = sockaddr_storage()
        while true {
            let accepted = tessera_accept(descriptor, &storage)
            if accepted >= 0 {
                guard let remote = storage.address else {
                    close(accepted)
                    continue
                }
                let path = NetworkPath(local: address, remote: remote, transport: .tcp)
                return .connection(StreamConnection(descriptor: accepted, path: path))
            }
            switch errno {
            case EAGAIN: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            // It was given up before it was taken.
            default: continue
            }
        }
    }
}
