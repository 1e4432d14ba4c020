/// An IP address with a port. An IPv4 address mapped into IPv6 (`::ffff:a.b.c.d`) is the IPv4 address, so that a
/// dual-stack socket and a candidate compare equal.
public struct TransportAddress: Hashable, Sendable {
    public enum Family: Hashable, Sendable {
        case ipv4, ipv6
    }

    public let family: Family
    /// The first 64 bits of an IPv6 address; zero for IPv4.
    public let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 bits of an IPv4 one.
    public let low: UInt64
    public let port: UInt16

    /// `ipv4` in host order: 0x7F000001 is 127.0.0.1.
    public init(ipv4: UInt32, port: UInt16) {
        family = .ipv4
        high = 0
        low = UInt64(ipv4)
        self.port = port
    }

    /// Both halves in host order.
    public init(ipv6 high: UInt64, _ low: UInt64, port: UInt16) {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        family = isMapped ? .ipv4 : .ipv6
        self.high = high
        self.low = isMapped ? low & 0xFFFF_FFFF : low
        self.port = port
    }

    /// Reads «192.0.2.1» or «2001:db8::1» (RFC 4291 section 2.2; a zone such as «%eth0» is refused); nil for anything
    /// else, host names included.
    public init?(_ text: String, port: UInt16) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        if let ipv4 = TransportAddress.ipv4(bytes[...]) {
            self.init(ipv4: ipv4, port: port)
        } else if let groups = TransportAddress.ipv6(bytes) {
            let high = groups[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = groups[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            self.init(ipv6: high, low, port: port)
        } else {
            return nil
        }
    }

    /// The same host with another port.
    public func with(port: UInt16) -> TransportAddress {
        switch family {
        case .ipv4: TransportAddress(ipv4: UInt32(truncatingIfNeeded: low), port: port)
        case .ipv6: TransportAddress(ipv6: high, low, port: port)
        }
    }

    public var isLoopback: Bool {
        switch family {
        case .ipv4: low >> 24 == 127
        case .ipv6: high == 0 && low == 1
        }
    }

    private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var parts = 0
        for part in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var octet: UInt32 = 0
            for character in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
                octet = octet * 10 + UInt32(character - UInt8(ascii: "0"))
            }
            parts += 1
            guard octet <= 255, parts <= 4 else { return nil }
            value = value << 8 | octet
        }
        return parts == 4 ? value : nil
    }

    private static func ipv6(_ text: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        var before: [UInt16] = []
        var after: [UInt16] = []
        var elided = false
        var index = 0
        if text.count >= 2, text[0] == colon {
            guard text[1] == colon else { return nil }
        }
        while index < text.count {
            if text[index] == colon, index + 1 < text.count, text[index + 1] == colon {
                guard !elided else { return nil }
                elided = true
                index += 2
                continue
            }
            if text[index] == colon {
                guard index > 0, text[index - 1] != colon, index + 1 < text.count else { return nil }
                index += 1
            }
            let end = text[index...].firstIndex(of: colon) ?? text.count
            let group = text[index..<end]
            if end == text.count, group.contains(UInt8(ascii: ".")) {
                guard let ipv4 = ipv4(group) else { return nil }
                let halves = [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
                if elided { after += halves } else { before += halves }
            } else {
                guard (1...4).contains(group.count), let value = hexadecimal(group) else { return nil }
                if elided { after.append(value) } else { before.append(value) }
            }
            guard before.count + after.count <= 8 else { return nil }
            index = end
        }
        let count = before.count + after.count
        guard elided ? count <= 7 : count == 8 else { return nil }
        return before + Array(repeating: 0, count: 8 - count) + after
    }

    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for character in text {
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(character - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(character - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(character - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    /// The address without its port, as candidates carry it (IPv6 as in RFC 5952).
    public var host: String {
        switch family {
        case .ipv4:
            return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        case .ipv6:
            let groups = [48, 32, 16, 0].map { high >> $0 & 0xFFFF } + [48, 32, 16, 0].map { low >> $0 & 0xFFFF }
            var best = 0..<0
            var start = 0
            while start < 8 {
                var end = start
                while end < 8, groups[end] == 0 { end += 1 }
                if end - start > max(best.count, 1) { best = start..<end }
                start = max(end, start + 1)
            }
            let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
            return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
        }
    }
}

extension TransportAddress: CustomStringConvertible {
    /// «192.0.2.1:5000» or «[2001:db8::1]:5000».
    public var description: String { family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}

/// The way between one of our addresses and one of a peer's. Over TCP it names one connection.
public struct NetworkPath: Hashable, Sendable {
    public enum Transport: Hashable, Sendable {
        case udp, tcp
    }

    public var local: TransportAddress
    public var remote: TransportAddress
    public var transport: Transport

    public init(local: TransportAddress, remote: TransportAddress, transport: Transport = .udp) {
        self.local = local
        self.remote = remote
        self.transport = transport
    }
}

/// A datagram to send: handshakes and checks, not media.
public struct OutgoingDatagram: Hashable, Sendable {
    public var bytes: [UInt8]
    public var path: NetworkPath

    public init(bytes: [UInt8], path: NetworkPath) {
        self.bytes = bytes
        self.path = path
    }
}
