/// A username fragment and password of one side (RFC 8839 section 5.4).
public struct ICECredentials: Hashable, Sendable {
    /// 4 to 256 characters of `A-Z a-z 0-9 + /`.
    public var usernameFragment: String
    /// 22 to 256 of the same characters.
    public var password: String

    /// Nil when either is too short, too long, or holds a character that RFC 8839 forbids.
    public init?(usernameFragment: String, password: String) {
        guard ICECredentials.isValid(usernameFragment, from: 4), ICECredentials.isValid(password, from: 22) else {
            return nil
        }
        self.usernameFragment = usernameFragment
        self.password = password
    }

    /// Our own: a fragment of exactly 8 characters (48 bits, which ``PeerDirectory`` looks up as one integer) and a
    /// password of 24 (144 bits). `generator` must be fit for secrets; `SystemRandomNumberGenerator` is.
    public init(using generator: inout some RandomNumberGenerator) {
        usernameFragment = ICECredentials.text(8, &generator)
        password = ICECredentials.text(24, &generator)
    }

    private static func text(_ count: Int, _ generator: inout some RandomNumberGenerator) -> String {
        String(decoding: (0..<count).map { _ in alphabet[Int(generator.next() >> 58)] }, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func isValid(_ text: String, from least: Int) -> Bool {
        (least...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                // Written by some stacks although the grammar has no place for them.
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="): true
                default: false
                }
            }
    }
}

/// One candidate (RFC 8839 section 5.1, RFC 6544 for TCP).
public struct Candidate: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"

        /// RFC 8445 section 5.1.2.2.
        var preference: UInt32 {
            switch self {
            case .host: 126
            case .peerReflexive: 110
            case .serverReflexive: 100
            case .relayed: 0
            }
        }
    }

    public enum TCPType: String, Hashable, Sendable {
        case active, passive
        case simultaneousOpen = "so"
    }

    /// 1 to 32 characters.
    public var foundation: String
    /// 1 to 256; only 1 is used, since RTCP is always multiplexed.
    public var component: Int
    public var transport: NetworkPath.Transport
    public var priority: UInt32
    /// Nil for a name that has to be looked up, such as «….local» (RFC 8828): such a candidate is tolerated and unused.
    public var address: TransportAddress?
    /// The address as written.
    public var host: String
    public var port: UInt16
    public var kind: Kind
    public var tcpType: TCPType?

    /// A host candidate of our own. Over TCP it is passive (RFC 6544): we listen, the peer connects. `preference`
    /// orders our addresses, larger first.
    public init(host address: TransportAddress, transport: NetworkPath.Transport = .udp, preference: UInt16 = 65535) {
        self.address = address
        host = address.host
        port = address.port
        self.transport = transport
        component = 1
        kind = .host
        tcpType = transport == .tcp ? .passive : nil
        // Direction 4 (passive) in the upper bits of the local preference (RFC 6544 section 4.2); TCP after UDP.
        let local = transport == .tcp ? UInt32(2) << 13 | UInt32(preference & 0x1FFF) : UInt32(preference)
        priority = Candidate.priority(kind: .host, localPreference: UInt16(local))
        // One foundation for each base address and transport (RFC 8445 section 5.1.1.3).
        var hash = UInt64(0xCBF2_9CE4_8422_2325)
        for word in [address.high, address.low, transport == .udp ? 0 : 1] {
            hash = (hash ^ word) &* 0x100_0000_01B3
            hash ^= hash >> 29
        }
        foundation = String(UInt32(truncatingIfNeeded: hash))
    }

    /// RFC 8445 section 5.1.2.1, for component 1.
    public static func priority(kind: Kind, localPreference: UInt16) -> UInt32 {
        kind.preference << 24 | UInt32(localPreference) << 8 | 255
    }

    /// Reads what follows `a=` or stands in a browser's candidate: «candidate:1 1 udp 2122 192.0.2.1 5000 typ host».
    /// Nil when it is no candidate or of a transport other than UDP and TCP.
    public init?(parsing text: some StringProtocol) {
        let fields = text.split(separator: " ", maxSplits: 63)
        guard fields.count >= 8, fields[0].hasPrefix("candidate:"), fields[6] == "typ",
            let component = Int(fields[1]), (1...256).contains(component),
            let priority = UInt32(fields[3]), let port = UInt16(fields[5]), let kind = Kind(rawValue: String(fields[7]))
        else { return nil }
        foundation = String(fields[0].dropFirst(10))
        guard (1...32).contains(foundation.utf8.count), fields[4].utf8.count <= 253 else { return nil }
        switch fields[2].lowercased() {
        case "udp": transport = .udp
        case "tcp": transport = .tcp
        default: return nil
        }
        self.component = component
        self.priority = priority
        self.port = port
        self.kind = kind
        host = String(fields[4])
        address = TransportAddress(host, port: port)
        var index = 8
        while index + 1 < fields.count {
            if fields[index] == "tcptype" { tcpType = TCPType(rawValue: String(fields[index + 1])) }
            index += 2
        }
        if transport == .tcp, tcpType == nil { return nil }
    }

    /// As it stands after `a=`.
    public var attribute: String {
        let transport = self.transport == .udp ? "udp" : "tcp"
        let ending = tcpType.map { " tcptype \($0.rawValue)" } ?? ""
        return
            "candidate:\(foundation) \(component) \(transport) \(priority) \(host) \(port) typ \(kind.rawValue)\(ending)"
    }
}
