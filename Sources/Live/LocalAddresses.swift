import CLinux
import Glibc
import WebRTC

/// The addresses of this machine that peers may reach.
enum LocalAddresses {
    /// Of all interfaces that are up: IPv4 and IPv6, loopback included (for clients on this machine), without
    /// link-local ones, which need a zone. Those of other interfaces than loopback come first.
    static func all(port: UInt16) -> [TransportAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [TransportAddress(ipv4: 0x7F00_0001, port: port)] }
        defer { freeifaddrs(list) }
        var found: [TransportAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard entry.pointee.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.pointee.ifa_addr else {
                continue
            }
            var storage = sockaddr_storage()
            let size: Int
            switch Int32(address.pointee.sa_family) {
            case AF_INET: size = MemoryLayout<sockaddr_in>.size
            case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
            default: continue
            }
            memcpy(&storage, address, size)
            guard let local = storage.address?.with(port: port) else { continue }
            let isLinkLocal = local.family == .ipv6 && local.high >> 54 == 0x3FA
            if !isLinkLocal, !found.contains(local) { found.append(local) }
        }
        return found.filter { !$0.isLoopback } + found.filter(\.isLoopback)
    }
}
