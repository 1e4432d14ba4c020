public import Timing

/// The client's side of ICE: it sends checks, nominates, and watches consent (RFC 8445, RFC 7675). It starts as the
/// controlling agent, and becomes controlled if the peer insists by its tie-breaker.
///
/// Only host candidates are gathered, by the caller; peer-reflexive ones are learnt from checks on either side.
public struct CheckingAgent: Sendable {
    public enum Nomination: Hashable, Sendable {
        /// One pair is nominated once it is known to work.
        case regular
        /// Every check nominates; the peer takes the best that works. A round trip shorter.
        case aggressive
    }

    public static let remoteLimit = 64
    public static let localLimit = 16
    static let pairLimit = 100
    /// Between two new checks (RFC 8445 section 14.2 asks for at least 5 ms).
    static let pace = MediaTime.milliseconds(20)
    static let firstRetransmission = MediaTime.milliseconds(100)
    static let lastRetransmission = MediaTime.milliseconds(1600)
    static let transmissions = 8
    /// A failed pair is tried again, as long as nothing is selected.
    static let retryInterval = MediaTime.milliseconds(1000)
    static let consentInterval = MediaTime.milliseconds(5000)
    /// Between consent checks while media that used to come has stopped: the address may have changed under us.
    static let alarmedInterval = MediaTime.milliseconds(500)
    public static let consentLifetime = MediaTime.milliseconds(30_000)

    enum PairState: Hashable {
        case waiting, inProgress, succeeded
        case failed(retryAt: MediaTime)
    }

    struct Pair {
        var path: NetworkPath
        var priority: UInt64
        var state = PairState.waiting
        /// The controlling peer nominated it before our own check of it succeeded.
        var peerNominated = false
        var localPriority: UInt32
    }

    private struct Transaction {
        let id: TransactionID
        let path: NetworkPath
        let nominates: Bool
        let isConsent: Bool
        let bytes: [UInt8]
        var sent = 1
        var interval = CheckingAgent.firstRetransmission
        /// Of the next transmission, or of giving up.
        var deadline: MediaTime
        let begun: MediaTime
    }

    public private(set) var credentials: ICECredentials
    public private(set) var counters = ICECounters()
    public private(set) var selectedPath: NetworkPath?
    public private(set) var isControlling = true
    /// Of the last check that was answered, request to response; nil before the first.
    public private(set) var roundTrip: MediaTime?

    private let nomination: Nomination
    private let authenticator: any MessageAuthenticator
    private var generator: any RandomNumberGenerator & Sendable
    private let tieBreaker: UInt64
    private var remote: ICECredentials?
    private var locals: [NetworkPath.Transport: [TransportAddress]] = [:]
    private var remotes: [Candidate] = []
    private var pairs: [Pair] = []
    private var transactions: [Transaction] = []
    private var known: [NetworkPath] = []
    private var nextCheck: MediaTime?
    private var nextConsent: MediaTime?
    private var lastConsent: MediaTime?
    private var lastMedia: MediaTime?
    private var begun: MediaTime?
    private var isOver = false
    /// After a restart the old path serves on until a new one is nominated, even if it is the same.
    private var isRestarting = false
    private var alarm: MediaTime?

    public init(
        credentials: ICECredentials, nomination: Nomination = .regular, authenticator: any MessageAuthenticator,
        generator: any RandomNumberGenerator & Sendable
    ) {
        self.credentials = credentials
        self.nomination = nomination
        self.authenticator = authenticator
        self.generator = generator
        tieBreaker = self.generator.next()
    }

    // MARK: What to check

    /// The peer's credentials, and so the start of checks.
    public mutating func start(remote: ICECredentials, now: MediaTime) {
        self.remote = remote
        begun = begun ?? now
        nextCheck = nextCheck ?? now
    }

    /// An ICE restart (RFC 8445 section 9): everything is checked anew with new credentials. Media goes on over the old path
    /// until then.
    public mutating func restart(credentials: ICECredentials, remote: ICECredentials, now: MediaTime) {
        self.credentials = credentials
        self.remote = remote
        isRestarting = selectedPath != nil
        transactions = []
        for index in pairs.indices {
            pairs[index].state = .waiting
            pairs[index].peerNominated = false
        }
        nextCheck = now
    }

    private var needsSelection: Bool { selectedPath == nil || isRestarting }

    /// Replaces the addresses we send from; those that are gone are used no more. A selected path from such an address
    /// is dropped and another is sought at once.
    public mutating func setLocalAddresses(
        _ addresses: [TransportAddress], transport: NetworkPath.Transport = .udp, now: MediaTime,
        output: inout ICEOutput
    ) {
        locals[transport] = Array(addresses.prefix(CheckingAgent.localLimit))
        let gone = { (path: NetworkPath) in path.transport == transport && !addresses.contains(path.local) }
        pairs.removeAll { gone($0.path) }
        transactions.removeAll { gone($0.path) }
        for path in known where gone(path) { output.changes.append(.retired(path)) }
        known.removeAll(where: gone)
        if let selectedPath, gone(selectedPath) { self.selectedPath = nil }
        for candidate in remotes { pairUp(candidate) }
        if remote != nil { nextCheck = now }
    }

    /// The connection that was `path` is closed: nothing can go over it any more. Another is sought if it was selected.
    public mutating func close(_ path: NetworkPath, now: MediaTime, output: inout ICEOutput) {
        pairs.removeAll { $0.path == path }
        transactions.removeAll { $0.path == path }
        locals[path.transport]?.removeAll { $0 == path.local && path.transport == .tcp }
        guard let index = known.firstIndex(of: path) else { return }
        known.remove(at: index)
        output.changes.append(.retired(path))
        guard selectedPath == path else { return }
        selectedPath = nil
        // Pairs that worked before may not work any more.
        for index in pairs.indices where pairs[index].state == .succeeded { pairs[index].state = .waiting }
        nextCheck = now
    }

    /// One more of the peer's candidates. Names, other components, and those over a limit are tolerated and unused.
    public mutating func add(remote candidate: Candidate, now: MediaTime) {
        guard candidate.component == 1, let address = candidate.address, address.port != 0,
            candidate.transport == .udp || candidate.tcpType == .passive,
            remotes.count < CheckingAgent.remoteLimit,
            !remotes.contains(where: { $0.address == address && $0.transport == candidate.transport })
        else { return }
        remotes.append(candidate)
        pairUp(candidate)
        if remote != nil { nextCheck = min(nextCheck ?? now, now) }
    }

    private mutating func pairUp(_ candidate: Candidate) {
        guard let address = candidate.address else { return }
        for (index, local) in (locals[candidate.transport] ?? []).enumerated() where local.family == address.family {
            let path = NetworkPath(local: local, remote: address, transport: candidate.transport)
            addPair(path, remotePriority: candidate.priority, localPreference: UInt16(65535 - index))
        }
    }

    private mutating func addPair(_ path: NetworkPath, remotePriority: UInt32, localPreference: UInt16) {
        guard !pairs.contains(where: { $0.path == path }), pairs.count < CheckingAgent.pairLimit else { return }
        let own = UInt64(Candidate.priority(kind: .host, localPreference: localPreference))
        let theirs = UInt64(remotePriority)
        // RFC 8445 section 6.1.2.3, G being the controlling side.
        let (mine, other) = isControlling ? (own, theirs) : (theirs, own)
        let priority = min(own, theirs) << 32 | (max(own, theirs) & 0x7FFF_FFFF) << 1 | (mine > other ? 1 : 0)
        let reflexive = Candidate.priority(kind: .peerReflexive, localPreference: localPreference)
        pairs.append(Pair(path: path, priority: priority, localPriority: reflexive))
        pairs.sort { $0.priority > $1.priority }
    }

    // MARK: What arrives

    /// Whether datagrams other than STUN may be taken from `path`.
    public func isAuthenticated(_ path: NetworkPath) -> Bool { known.contains(path) }

    /// An authenticated datagram other than STUN came over `path`.
    public mutating func heardMedia(over path: NetworkPath, now: MediaTime) {
        lastMedia = now
        guard let nextConsent, nextConsent > now + CheckingAgent.alarmedInterval else { return }
        // The deadline of the alarm; the check itself is made only if nothing has come by then.
        alarm = now + CheckingAgent.alarmedInterval
    }

    /// A STUN message came over `path`; `datagram` is what `message` was read from.
    public mutating func handle(
        _ message: STUNMessage, in datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime,
        output: inout ICEOutput
    ) {
        guard message.method == STUNMessage.bindingMethod, !isOver else {
            counters.unexpected += 1
            return
        }
        switch message.messageClass {
        case .indication: return
        case .request: answer(message, in: datagram, over: path, now: now, output: &output)
        case .success, .failure: conclude(message, in: datagram, over: path, now: now, output: &output)
        }
    }

    private mutating func answer(
        _ message: STUNMessage, in datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime,
        output: inout ICEOutput
    ) {
        guard let username = message.username else {
            counters.wrongUser += 1
            return
        }
        let expected = Array("\(credentials.usernameFragment):\(remote?.usernameFragment ?? "")".utf8)
        let given = datagram.array(username)
        // Before the answer is here, a check may come already; only our own half can be compared.
        guard remote == nil ? given.starts(with: expected) : given == expected else {
            counters.wrongUser += 1
            return
        }
        let key = Array(credentials.password.utf8)
        guard message.isAuthentic(in: datagram, key: key, authenticator: authenticator) else {
            counters.wrongIntegrity += 1
            return
        }
        counters.accepted += 1
        let conflict = isControlling ? message.controlling : message.controlled
        if let theirs = conflict {
            // RFC 8445 section 7.3.1.1: the larger tie-breaker controls.
            if (tieBreaker >= theirs) == isControlling {
                var answer = STUNWriter(.failure, transactionID: message.transactionID)
                answer.add(errorCode: 487)
                let bytes = answer.finish(key: key, authenticator: authenticator)
                output.datagrams.append(OutgoingDatagram(bytes: bytes, path: path))
                return
            }
            isControlling.toggle()
        }
        var answer = STUNWriter(.success, transactionID: message.transactionID)
        answer.add(xorMappedAddress: path.remote)
        let bytes = answer.finish(key: key, authenticator: authenticator)
        output.datagrams.append(OutgoingDatagram(bytes: bytes, path: path))

        guard locals[path.transport]?.contains(path.local) == true else { return }
        addPair(path, remotePriority: message.priority ?? 0, localPreference: 65535)
        guard let index = pairs.firstIndex(where: { $0.path == path }) else { return }
        if message.useCandidate, !isControlling {
            pairs[index].peerNominated = true
            if pairs[index].state == .succeeded { select(path, now: now, output: &output) }
        }
        // A triggered check (RFC 8445 section 7.3.1.4).
        if pairs[index].state != .succeeded, pairs[index].state != .inProgress, remote != nil {
            check(index, now: now, output: &output)
        }
    }

    private mutating func conclude(
        _ message: STUNMessage, in datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime,
        output: inout ICEOutput
    ) {
        guard let found = transactions.firstIndex(where: { $0.id == message.transactionID && $0.path == path }),
            let remote
        else {
            counters.unexpected += 1
            return
        }
        let key = Array(remote.password.utf8)
        guard message.isAuthentic(in: datagram, key: key, authenticator: authenticator) else {
            counters.wrongIntegrity += 1
            return
        }
        counters.accepted += 1
        let transaction = transactions.remove(at: found)
        guard message.messageClass == .success else {
            if message.errorCode == 487, !transaction.isConsent { isControlling.toggle() }
            if let index = pairs.firstIndex(where: { $0.path == path }), pairs[index].state == .inProgress {
                pairs[index].state =
                    message.errorCode == 487 ? .waiting : .failed(retryAt: now + CheckingAgent.retryInterval)
                nextCheck = now
            }
            return
        }
        if transaction.sent == 1 { roundTrip = now - transaction.begun }
        if !known.contains(path) {
            known.append(path)
            output.changes.append(.authenticated(path))
        }
        if path == selectedPath { lastConsent = now }
        guard let index = pairs.firstIndex(where: { $0.path == path }) else { return }
        pairs[index].state = .succeeded
        if isControlling {
            if transaction.nominates {
                let current = isRestarting ? nil : pairs.first { $0.path == selectedPath }
                if current == nil || pairs[index].priority > current?.priority ?? 0 {
                    select(path, now: now, output: &output)
                }
            } else if needsSelection, !transactions.contains(where: { $0.nominates }) {
                // Regular nomination: the best pair that works by now is checked once more with USE-CANDIDATE.
                if let best = pairs.firstIndex(where: { $0.state == .succeeded }) {
                    check(best, nominating: true, now: now, output: &output)
                }
            }
        } else if pairs[index].peerNominated {
            select(path, now: now, output: &output)
        }
    }

    private mutating func select(_ path: NetworkPath, now: MediaTime, output: inout ICEOutput) {
        guard path != selectedPath || isRestarting else { return }
        isRestarting = false
        selectedPath = path
        lastConsent = now
        nextConsent = now + jittered(CheckingAgent.consentInterval)
        output.changes.append(.selected(path))
    }

    // MARK: Checks

    private mutating func jittered(_ interval: MediaTime) -> MediaTime {
        // 0.8 to 1.2 of the interval (RFC 7675 section 5.1).
        let part = Int64(generator.next() >> 54)
        return MediaTime(nanoseconds: interval.nanoseconds * (8192 + part * 4) / 10240)
    }

    private mutating func newTransactionID() -> TransactionID {
        TransactionID(high: UInt32(truncatingIfNeeded: generator.next()), low: generator.next())
    }

    private mutating func check(
        _ index: Int, nominating: Bool? = nil, isConsent: Bool = false, now: MediaTime, output: inout ICEOutput
    ) {
        guard let remote else { return }
        let pair = pairs[index]
        let nominates = isControlling && (nominating ?? (nomination == .aggressive))
        let id = newTransactionID()
        var request = STUNWriter(.request, transactionID: id)
        request.add(username: "\(remote.usernameFragment):\(credentials.usernameFragment)")
        request.add(controlling: isControlling, tieBreaker: tieBreaker)
        if nominates { request.addUseCandidate() }
        request.add(priority: pair.localPriority)
        let bytes = request.finish(key: Array(remote.password.utf8), authenticator: authenticator)
        if pair.state != .succeeded { pairs[index].state = .inProgress }
        transactions.append(
            Transaction(
                id: id, path: pair.path, nominates: nominates, isConsent: isConsent, bytes: bytes,
                deadline: now + (isConsent ? CheckingAgent.consentInterval : CheckingAgent.firstRetransmission),
                begun: now))
        output.datagrams.append(OutgoingDatagram(bytes: bytes, path: pair.path))
    }

    public var nextDeadline: MediaTime? {
        guard !isOver else { return nil }
        var deadline = transactions.lazy.map(\.deadline).min()
        func consider(_ time: MediaTime?) {
            if let time { deadline = min(deadline ?? time, time) }
        }
        consider(nextCheck)
        if selectedPath != nil {
            consider(nextConsent)
            consider(alarm)
            consider(lastConsent.map { $0 + CheckingAgent.consentLifetime })
        } else if remote != nil {
            consider(giveUp)
        }
        return deadline
    }

    private var giveUp: MediaTime? {
        (lastConsent ?? begun).map { $0 + CheckingAgent.consentLifetime }
    }

    public mutating func handleTimeout(now: MediaTime, output: inout ICEOutput) {
        guard !isOver else { return }
        if let giveUp, now >= giveUp {
            isOver = true
            selectedPath = nil
            transactions = []
            output.changes.append(.failed)
            return
        }
        retransmit(now: now, output: &output)
        if let time = nextCheck, now >= time { startNextCheck(now: now, output: &output) }
        if let selectedPath, let index = pairs.firstIndex(where: { $0.path == selectedPath }) {
            let isAlarmed = alarm.map { now >= $0 } ?? false
            if isAlarmed || nextConsent.map({ now >= $0 }) ?? false {
                check(index, nominating: true, isConsent: true, now: now, output: &output)
                let quiet = lastMedia.map { now - $0 } ?? .zero
                let isQuiet = quiet >= CheckingAgent.alarmedInterval && quiet < CheckingAgent.consentInterval
                alarm = isQuiet ? now + CheckingAgent.alarmedInterval : nil
                nextConsent = now + jittered(CheckingAgent.consentInterval)
            }
        }
    }

    private mutating func retransmit(now: MediaTime, output: inout ICEOutput) {
        var index = 0
        while index < transactions.count {
            guard now >= transactions[index].deadline else {
                index += 1
                continue
            }
            let transaction = transactions[index]
            if transaction.isConsent || transaction.sent >= CheckingAgent.transmissions {
                transactions.remove(at: index)
                if let pair = pairs.firstIndex(where: { $0.path == transaction.path }), !transaction.isConsent {
                    if pairs[pair].state == .inProgress {
                        pairs[pair].state = .failed(retryAt: now + CheckingAgent.retryInterval)
                    } else if needsSelection {
                        // The nomination itself got lost: begin again.
                        pairs[pair].state = .waiting
                    }
                    nextCheck = nextCheck ?? now + CheckingAgent.pace
                }
                continue
            }
            transactions[index].sent += 1
            transactions[index].interval = min(
                MediaTime(nanoseconds: transaction.interval.nanoseconds * 2), CheckingAgent.lastRetransmission)
            transactions[index].deadline = now + transactions[index].interval
            output.datagrams.append(OutgoingDatagram(bytes: transaction.bytes, path: transaction.path))
            index += 1
        }
    }

    private mutating func startNextCheck(now: MediaTime, output: inout ICEOutput) {
        for index in pairs.indices {
            if case .failed(let retryAt) = pairs[index].state, now >= retryAt { pairs[index].state = .waiting }
        }
        if let index = pairs.firstIndex(where: { $0.state == .waiting }) {
            check(index, now: now, output: &output)
            nextCheck = now + CheckingAgent.pace
            return
        }
        if needsSelection, isControlling, !transactions.contains(where: { $0.nominates }),
            let best = pairs.firstIndex(where: { $0.state == .succeeded })
        {
            check(best, nominating: true, now: now, output: &output)
        }
        let retries = pairs.compactMap { pair -> MediaTime? in
            if case .failed(let retryAt) = pair.state { return retryAt }
            return nil
        }
        nextCheck = needsSelection ? retries.min() : nil
    }
}
