import RTP

/// Finds the peer that a datagram on the one port of all peers is for: STUN requests by our half of their USERNAME,
/// everything else by the path, once a check has authenticated it. Nothing here is changed by a datagram.
public struct PeerDirectory<ID: Hashable & Sendable>: Sendable {
    private var fragments: [UInt64: ID] = [:]
    private var paths: [NetworkPath: ID] = [:]

    public init() {}

    /// What a datagram is for.
    public enum Destination: Sendable {
        case peer(ID)
        /// A STUN request for a user we do not have, or malformed: to be counted and dropped.
        case unknownUser
        /// From an address that no check has authenticated.
        case unknownPath
        /// Neither STUN, DTLS, RTP nor RTCP by its first byte (RFC 7983).
        case unknownProtocol
    }

    /// One look at the USERNAME's first eight bytes, or one at the path; no allocation.
    public func destination(of datagram: Span<UInt8>, over path: NetworkPath) -> Destination {
        let kind = DatagramKind(datagram)
        guard kind != .unknown, kind != .turnChannel else { return .unknownProtocol }
        if kind == .stun, let fragment = PeerDirectory.usernameFragment(in: datagram) {
            return fragments[fragment].map { .peer($0) } ?? .unknownUser
        }
        if let id = paths[path] { return .peer(id) }
        return kind == .stun ? .unknownUser : .unknownPath
    }

    /// `usernameFragment` is ours, of 8 characters as ``ICECredentials/init(using:)`` makes them. False if taken.
    public mutating func add(usernameFragment: String, for id: ID) -> Bool {
        guard let key = PeerDirectory.key(usernameFragment), fragments[key] == nil || fragments[key] == id else {
            return false
        }
        fragments[key] = id
        return true
    }

    public mutating func remove(usernameFragment: String) {
        if let key = PeerDirectory.key(usernameFragment) { fragments[key] = nil }
    }

    /// Follows a peer's ``ICEOutput/Change/authenticated(_:)``. False when the path is another peer's: it keeps it, since a
    /// peer could otherwise take over somebody's media by a check with a forged source address.
    public mutating func add(path: NetworkPath, for id: ID) -> Bool {
        guard paths[path] == nil || paths[path] == id else { return false }
        paths[path] = id
        return true
    }

    /// Follows ``ICEOutput/Change/retired(_:)``.
    public mutating func remove(path: NetworkPath, of id: ID) {
        if paths[path] == id { paths[path] = nil }
    }

    /// Forgets everything of a peer.
    public mutating func remove(_ id: ID) {
        fragments = fragments.filter { $0.value != id }
        paths = paths.filter { $0.value != id }
    }

    public var count: (fragments: Int, paths: Int) { (fragments.count, paths.count) }

    private static func key(_ fragment: String) -> UInt64? {
        guard fragment.utf8.count == 8 else { return nil }
        return fragment.utf8.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The first eight bytes of a request's USERNAME, if a colon follows them.
    private static func usernameFragment(in datagram: Span<UInt8>) -> UInt64? {
        var offset = STUNMessage.headerLength
        for _ in 0..<STUNMessage.attributeLimit {
            guard let type = datagram.uint16(at: offset), let length = datagram.uint16(at: offset + 2) else {
                return nil
            }
            if type == STUNMessage.Attribute.username {
                guard length >= 9, datagram.byte(at: offset + 12) == UInt8(ascii: ":") else { return nil }
                return datagram.uint64(at: offset + 4)
            }
            offset += 4 + (Int(length) + 3) / 4 * 4
        }
        return nil
    }
}
