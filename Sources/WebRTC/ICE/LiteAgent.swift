public import Timing

/// The server's side of ICE: it answers checks and never sends any (RFC 8445 section 2.5, ICE-lite).
///
/// A path becomes known by one authenticated request. Which of the known paths is used is the peer's choice, told by
/// USE-CANDIDATE; stacks differ in how they tell it, so the rules are:
/// - the first path nominated is selected;
/// - a path nominated later is selected if its priority is not lower (aggressive nomination, a new port after a NAT's
///   timeout), or if nothing authenticated came over the selected one for ``quietLimit``, or if it was nominated twice
///   since the selected one was last (an agent that nominates only what it uses, as Chrome does towards a lite agent);
/// - media over a path that was nominated after the selected one selects it.
public struct LiteAgent: Sendable {
    /// How many addresses one peer may have at a time; beyond it the one unused for longest is given up.
    public static let pathLimit = 8
    /// A selected path silent for so long is left for any other that is nominated.
    public static let quietLimit = MediaTime.milliseconds(300)
    /// A path without an authenticated datagram for so long is given up (RFC 7675's consent).
    public static let pathLifetime = MediaTime.milliseconds(30_000)

    private struct KnownPath {
        let path: NetworkPath
        var priority: UInt32
        var lastHeard: MediaTime
        var lastNominated: MediaTime?
        /// Nominations since the selected path's last one.
        var nominations = 0
        /// Of which credentials; those before a restart go once the new ones have a selected path.
        var generation: Int
    }

    public private(set) var credentials: ICECredentials
    public private(set) var counters = ICECounters()
    /// Where to send; nil before the first nomination.
    public private(set) var selectedPath: NetworkPath?
    /// When an authenticated datagram last came, over any path.
    public private(set) var lastHeard: MediaTime?

    private var remoteUsernameFragment: String
    private var generation = 0
    private var previous: (credentials: ICECredentials, remoteUsernameFragment: String)?
    private var paths: [KnownPath] = []
    private let authenticator: any MessageAuthenticator

    public init(
        credentials: ICECredentials, remoteUsernameFragment: String, authenticator: any MessageAuthenticator
    ) {
        self.credentials = credentials
        self.remoteUsernameFragment = remoteUsernameFragment
        self.authenticator = authenticator
    }

    /// An ICE restart (RFC 8445 section 9). Until a check with the new credentials is nominated, the old path stays in
    /// use and the old credentials are answered.
    public mutating func restart(credentials: ICECredentials, remoteUsernameFragment: String) {
        previous = (self.credentials, self.remoteUsernameFragment)
        self.credentials = credentials
        self.remoteUsernameFragment = remoteUsernameFragment
        generation += 1
    }

    /// Whether datagrams other than STUN may be taken from `path`.
    public func isAuthenticated(_ path: NetworkPath) -> Bool {
        paths.contains { $0.path == path }
    }

    /// An authenticated datagram other than STUN came over `path`.
    public mutating func heardMedia(over path: NetworkPath, now: MediaTime, output: inout ICEOutput) {
        guard let index = paths.firstIndex(where: { $0.path == path }) else { return }
        paths[index].lastHeard = now
        lastHeard = now
        guard path != selectedPath, let nominated = paths[index].lastNominated else { return }
        let selectedNominated = paths.first { $0.path == selectedPath }?.lastNominated
        if selectedNominated.map({ nominated > $0 }) ?? true { select(index, output: &output) }
    }

    /// A STUN message came over `path`; `datagram` is what `message` was read from.
    public mutating func handle(
        _ message: STUNMessage, in datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime,
        output: inout ICEOutput
    ) {
        guard message.method == STUNMessage.bindingMethod else {
            counters.unexpected += 1
            return
        }
        guard message.messageClass == .request else {
            // Indications are keep-alives (RFC 8445 section 11); responses cannot be to us, who never ask.
            if message.messageClass != .indication { counters.unexpected += 1 }
            return
        }
        guard let username = message.username else {
            counters.wrongUser += 1
            return
        }
        let isCurrent = matches(username, in: datagram, credentials, remoteUsernameFragment)
        let old = previous.flatMap {
            matches(username, in: datagram, $0.credentials, $0.remoteUsernameFragment) ? $0 : nil
        }
        guard let user = isCurrent ? credentials : old?.credentials else {
            counters.wrongUser += 1
            return
        }
        let key = Array(user.password.utf8)
        // No answer to what is not authenticated: there is nothing a peer could do better with it.
        guard message.isAuthentic(in: datagram, key: key, authenticator: authenticator) else {
            counters.wrongIntegrity += 1
            return
        }
        counters.accepted += 1
        guard message.unknownRequired.isEmpty else {
            var answer = STUNWriter(.failure, transactionID: message.transactionID)
            answer.add(errorCode: 420)
            answer.add(unknownAttributes: message.unknownRequired)
            let bytes = answer.finish(key: key, authenticator: authenticator)
            output.datagrams.append(OutgoingDatagram(bytes: bytes, path: path))
            return
        }
        // A lite agent is always controlled (RFC 8445 section 6.1.1); a peer that thinks it is too must change roles.
        guard message.controlled == nil else {
            var answer = STUNWriter(.failure, transactionID: message.transactionID)
            answer.add(errorCode: 487)
            let bytes = answer.finish(key: key, authenticator: authenticator)
            output.datagrams.append(OutgoingDatagram(bytes: bytes, path: path))
            return
        }
        lastHeard = now
        let index = note(path, message.priority ?? 0, isCurrent ? generation : generation - 1, now, &output)
        if message.useCandidate, isCurrent || paths[index].generation == generation - 1 && previous != nil {
            nominate(index, now: now, output: &output)
        }
        var answer = STUNWriter(.success, transactionID: message.transactionID)
        answer.add(xorMappedAddress: path.remote)
        let bytes = answer.finish(key: key, authenticator: authenticator)
        output.datagrams.append(OutgoingDatagram(bytes: bytes, path: path))
    }

    private func matches(
        _ username: Range<Int>, in datagram: Span<UInt8>, _ own: ICECredentials, _ remote: String
    ) -> Bool {
        let ownBytes = own.usernameFragment.utf8
        let remoteBytes = remote.utf8
        guard username.count == ownBytes.count + 1 + remoteBytes.count else { return false }
        var offset = username.lowerBound
        for byte in ownBytes {
            guard datagram.byte(at: offset) == byte else { return false }
            offset += 1
        }
        guard datagram.byte(at: offset) == UInt8(ascii: ":") else { return false }
        for byte in remoteBytes {
            offset += 1
            guard datagram.byte(at: offset) == byte else { return false }
        }
        return true
    }

    /// The index of `path` among the known ones, where it is now if it was not.
    private mutating func note(
        _ path: NetworkPath, _ priority: UInt32, _ generation: Int, _ now: MediaTime, _ output: inout ICEOutput
    ) -> Int {
        if let index = paths.firstIndex(where: { $0.path == path }) {
            paths[index].lastHeard = now
            paths[index].priority = priority
            paths[index].generation = max(paths[index].generation, generation)
            return index
        }
        if paths.count >= LiteAgent.pathLimit {
            let unused = paths.indices.filter { paths[$0].path != selectedPath }
            if let oldest = unused.min(by: { paths[$0].lastHeard < paths[$1].lastHeard }) {
                output.changes.append(.retired(paths[oldest].path))
                paths.remove(at: oldest)
            }
        }
        paths.append(KnownPath(path: path, priority: priority, lastHeard: now, generation: generation))
        output.changes.append(.authenticated(path))
        return paths.count - 1
    }

    private mutating func nominate(_ index: Int, now: MediaTime, output: inout ICEOutput) {
        paths[index].lastNominated = now
        guard let current = paths.firstIndex(where: { $0.path == selectedPath }) else {
            select(index, output: &output)
            return
        }
        if current == index {
            for other in paths.indices { paths[other].nominations = 0 }
            // Not a new choice, but the first with new credentials: the restart is complete.
            if paths[index].generation == generation { previous = nil }
            return
        }
        // After a restart only the new credentials' paths count.
        guard paths[index].generation >= paths[current].generation else { return }
        paths[index].nominations += 1
        if paths[index].generation > paths[current].generation
            || paths[index].priority >= paths[current].priority
            || now - paths[current].lastHeard > LiteAgent.quietLimit
            || paths[index].nominations >= 2
        {
            select(index, output: &output)
        }
    }

    private mutating func select(_ index: Int, output: inout ICEOutput) {
        selectedPath = paths[index].path
        for other in paths.indices { paths[other].nominations = 0 }
        if paths[index].generation == generation { previous = nil }
        output.changes.append(.selected(paths[index].path))
    }

    /// The connection that was `path` is closed: nothing can go over it any more. The peer's next nomination, or media over
    /// another path that it nominated, says where to go on.
    public mutating func close(_ path: NetworkPath, output: inout ICEOutput) {
        guard let index = paths.firstIndex(where: { $0.path == path }) else { return }
        paths.remove(at: index)
        if selectedPath == path { selectedPath = nil }
        output.changes.append(.retired(path))
    }

    /// When the next path's lifetime ends.
    public var nextDeadline: MediaTime? {
        paths.map { $0.lastHeard + LiteAgent.pathLifetime }.min()
    }

    public mutating func handleTimeout(now: MediaTime, output: inout ICEOutput) {
        for index in paths.indices.reversed() where now - paths[index].lastHeard >= LiteAgent.pathLifetime {
            let path = paths.remove(at: index).path
            output.changes.append(.retired(path))
            if path == selectedPath { selectedPath = nil }
        }
    }
}
