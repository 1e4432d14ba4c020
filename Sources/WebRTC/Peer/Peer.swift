import RTP
public import Timing

/// One WebRTC connection without I/O: datagrams and the time go in; datagrams, events and one next deadline come out.
///
/// Nothing here blocks, reads a clock or keeps what it was given. After every call the owner empties ``nextDatagram()``
/// and ``nextEvent()`` and looks at ``nextDeadline``. Media is not queued: it is decrypted and encrypted in the caller's
/// memory, without allocation. A peer belongs to one thread at a time.
public final class Peer {
    public enum Role {
        /// The server: answers checks.
        case lite
        /// A client: sends checks from these addresses.
        case checking(
            addresses: [TransportAddress], nomination: CheckingAgent.Nomination = .regular,
            generator: any RandomNumberGenerator & Sendable)
    }

    static let eventLimit = 64
    static let datagramLimit = 128

    public private(set) var session: NegotiatedSession
    public private(set) var isConnected = false
    public private(set) var end: PeerEnd?
    /// Where to send; nil before ICE selected a path.
    public private(set) var selectedPath: NetworkPath?
    /// When something authentic last came; nil before.
    public private(set) var lastHeard: MediaTime?
    /// Of SRTP, once connected.
    public private(set) var profile: SRTPProfile?

    private var storedCounters = PeerCounters()
    private let provider: any SecureTransportProvider
    private let limits: PeerLimits
    private let begun: MediaTime
    private var lite: LiteAgent?
    private var checking: CheckingAgent?
    private var dtls: DTLSAssociation
    private var srtp: (any SRTPSession)?
    private var sources: SourceTable
    private var lastDTLSPath: NetworkPath?
    private var isSilent = false
    private var events: [PeerEvent] = []
    private var datagrams: [OutgoingDatagram] = []
    private var allowance: (packets: Int, at: MediaTime)

    /// `credentials` are ours, as the signalling told them to the peer.
    public init(
        _ role: Role, session: NegotiatedSession, credentials: ICECredentials, provider: any SecureTransportProvider,
        limits: PeerLimits = PeerLimits(), now: MediaTime
    ) throws {
        self.session = session
        self.provider = provider
        self.limits = limits
        begun = now
        allowance = (limits.packetRate, now)
        sources = SourceTable(session)
        let transport = session.transport
        dtls = DTLSAssociation(
            engine: try provider.makeDTLS(isClient: transport.isDTLSClient), isClient: transport.isDTLSClient,
            fingerprints: transport.fingerprints)
        switch role {
        case .lite:
            lite = LiteAgent(
                credentials: credentials, remoteUsernameFragment: transport.credentials.usernameFragment,
                authenticator: provider.authenticator)
        case .checking(let addresses, let nomination, let generator):
            var agent = CheckingAgent(
                credentials: credentials, nomination: nomination, authenticator: provider.authenticator,
                generator: generator)
            var output = ICEOutput()
            agent.setLocalAddresses(addresses, now: now, output: &output)
            for candidate in transport.candidates { agent.add(remote: candidate, now: now) }
            agent.start(remote: transport.credentials, now: now)
            checking = agent
        }
    }

    // MARK: What comes in

    /// A datagram came over `path`. Media is decrypted in place; see ``Arrival``.
    public func handle(_ datagram: inout MutableSpan<UInt8>, over path: NetworkPath, now: MediaTime) -> Arrival {
        guard end == nil else { return .none }
        switch DatagramKind(datagram.span) {
        case .stun:
            handleSTUN(datagram.span, over: path, now: now)
            return .none
        case .dtls:
            handleDTLS(datagram.span, over: path, now: now)
            return .none
        case .rtp: return handleRTP(&datagram, over: path, now: now)
        case .rtcp: return handleRTCP(&datagram, over: path, now: now)
        case .turnChannel, .unknown:
            storedCounters.unknownKind += 1
            return .none
        }
    }

    private func handleSTUN(_ datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime) {
        let message: STUNMessage
        do {
            message = try STUNMessage(parsing: datagram)
        } catch {
            storedCounters.ice.malformed += 1
            return
        }
        var output = ICEOutput()
        let before = ice.accepted
        lite?.handle(message, in: datagram, over: path, now: now, output: &output)
        checking?.handle(message, in: datagram, over: path, now: now, output: &output)
        if ice.accepted != before { heard(now: now) }
        follow(output, now: now)
    }

    private var ice: ICECounters { lite?.counters ?? checking?.counters ?? ICECounters() }

    private func isAuthenticated(_ path: NetworkPath) -> Bool {
        lite?.isAuthenticated(path) ?? checking?.isAuthenticated(path) ?? false
    }

    private func handleDTLS(_ datagram: Span<UInt8>, over path: NetworkPath, now: MediaTime) {
        guard isAuthenticated(path) else {
            storedCounters.unauthenticatedPath += 1
            return
        }
        lastDTLSPath = path
        let outcome = dtls.receive(datagram, now: now)
        follow(outcome, now: now)
    }

    private func handleRTP(
        _ datagram: inout MutableSpan<UInt8>, over path: NetworkPath, now: MediaTime
    ) -> Arrival {
        guard let srtp = admit(path, now: now) else { return .none }
        guard sources.receives(PayloadType(datagram[1])) else {
            storedCounters.unknownPayloadType += 1
            return .none
        }
        let count: Int
        do {
            count = try srtp.unprotectRTP(&datagram)
        } catch {
            note(error)
            return .none
        }
        heardMedia(over: path, now: now)
        let bytes = datagram.span.extracting(0..<count)
        guard let packet = try? RTPPacket(parsing: bytes) else {
            storedCounters.malformed += 1
            return .none
        }
        do {
            let source = try sources.source(of: packet, in: bytes)
            storedCounters.rtpPackets += 1
            return .rtp(packet: packet, count: count, source: source)
        } catch {
            switch error {
            case .unknownPayloadType: storedCounters.unknownPayloadType += 1
            case .unknownSource: storedCounters.unknownSource += 1
            }
            return .none
        }
    }

    private func handleRTCP(
        _ datagram: inout MutableSpan<UInt8>, over path: NetworkPath, now: MediaTime
    ) -> Arrival {
        guard let srtp = admit(path, now: now) else { return .none }
        do {
            let count = try srtp.unprotectRTCP(&datagram)
            heardMedia(over: path, now: now)
            storedCounters.rtcpPackets += 1
            return .rtcp(count: count)
        } catch {
            note(error)
            return .none
        }
    }

    /// The keys, if media may be taken from `path` at all and the peer is within its rate.
    private func admit(_ path: NetworkPath, now: MediaTime) -> (any SRTPSession)? {
        guard isAuthenticated(path) else {
            storedCounters.unauthenticatedPath += 1
            return nil
        }
        guard let srtp else {
            storedCounters.beforeKeys += 1
            return nil
        }
        let passed = min(max(now - allowance.at, .zero), .milliseconds(1_000))
        let earned = Int(passed.nanoseconds) * limits.packetRate / 1_000_000_000
        if earned > 0 {
            allowance = (min(allowance.packets + earned, limits.packetRate), now)
        }
        guard allowance.packets > 0 else {
            storedCounters.overRate += 1
            return nil
        }
        allowance.packets -= 1
        return srtp
    }

    private func note(_ failure: SRTPFailure) {
        switch failure {
        case .malformed: storedCounters.malformed += 1
        case .authentication: storedCounters.forged += 1
        case .replayed: storedCounters.replayed += 1
        case .unencrypted: storedCounters.unencrypted += 1
        case .tooManySources: storedCounters.tooManySources += 1
        case .noRoom, .library: storedCounters.otherSRTP += 1
        }
    }

    private func heardMedia(over path: NetworkPath, now: MediaTime) {
        heard(now: now)
        checking?.heardMedia(over: path, now: now)
        var output = ICEOutput()
        lite?.heardMedia(over: path, now: now, output: &output)
        if !output.changes.isEmpty { follow(output, now: now) }
    }

    private func heard(now: MediaTime) {
        lastHeard = now
        guard isSilent else { return }
        isSilent = false
        post(.heardAgain)
    }

    // MARK: What follows from it

    private func follow(_ output: ICEOutput, now: MediaTime) {
        for datagram in output.datagrams { post(datagram) }
        for change in output.changes {
            switch change {
            case .authenticated(let path): post(.pathAuthenticated(path))
            case .retired(let path):
                if path == selectedPath { selectedPath = nil }
                post(.pathRetired(path))
            case .selected(let path):
                selectedPath = path
                post(.pathSelected(path))
                dtls.start(now: now)
                sendDTLS()
            case .failed: finish(isConnected ? .consentLost : .unreachable)
            }
        }
    }

    private func follow(_ outcome: DTLSAssociation.Outcome, now: MediaTime) {
        sendDTLS()
        switch outcome {
        case .none: break
        case .connected(let profile, let keyingMaterial):
            do {
                srtp = try provider.makeSRTP(
                    profile: profile, keyingMaterial: keyingMaterial, isClient: session.transport.isDTLSClient)
                self.profile = profile
                isConnected = true
                post(.connected(profile))
            } catch {
                finish(.handshake(.library("\(error)")))
            }
        case .closed: finish(.closedByPeer)
        case .failed(let failure): finish(.handshake(failure))
        }
        for data in dtls.takeApplicationData() { post(.applicationData(data)) }
    }

    private func sendDTLS() {
        let flight = dtls.takeDatagrams()
        guard !flight.isEmpty, let path = isConnected ? selectedPath ?? lastDTLSPath : lastDTLSPath ?? selectedPath
        else {
            return
        }
        for bytes in flight { post(OutgoingDatagram(bytes: bytes, path: path)) }
    }

    private func post(_ datagram: OutgoingDatagram) {
        guard datagrams.count < Peer.datagramLimit else {
            storedCounters.overflowed += 1
            return
        }
        datagrams.append(datagram)
    }

    private func post(_ event: PeerEvent) {
        if case .applicationData = event, events.count >= Peer.eventLimit {
            storedCounters.overflowed += 1
            return
        }
        events.append(event)
    }

    private func finish(_ reason: PeerEnd) {
        guard end == nil else { return }
        end = reason
        isConnected = false
        srtp = nil
        post(.ended(reason))
    }

    // MARK: What goes out

    /// The next handshake or check to send; nil when there is none left.
    public func nextDatagram() -> OutgoingDatagram? { datagrams.isEmpty ? nil : datagrams.removeFirst() }

    /// What happened next; nil when all is told.
    public func nextEvent() -> PeerEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// Encrypts the RTP packet in the first `count` bytes of `packet`, which has room for 16 more, and returns its length:
    /// it is ready to be sent over ``selectedPath``. The same packet may be sent again only with identical bytes.
    public func protectRTP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SendFailure) -> Int {
        guard let srtp, selectedPath != nil else { throw .notConnected }
        do { return try srtp.protectRTP(&packet, count: count) } catch { throw .srtp(error) }
    }

    /// As ``protectRTP(_:count:)`` for a compound of RTCP packets, with room for 20 more bytes.
    public func protectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SendFailure) -> Int {
        guard let srtp, selectedPath != nil else { throw .notConnected }
        do { return try srtp.protectRTCP(&packet, count: count) } catch { throw .srtp(error) }
    }

    /// Sends what a data channel carries, at most 1,150 bytes; dropped unless connected.
    public func send(applicationData: Span<UInt8>) {
        guard end == nil else { return }
        dtls.send(applicationData: applicationData)
        sendDTLS()
    }

    // MARK: Time

    /// When ``handleTimeout(now:)`` is to be called at the latest; nil at the end.
    public var nextDeadline: MediaTime? {
        guard end == nil else { return nil }
        var deadline = isConnected ? nil : begun + (lastHeard == nil && lite != nil ? limits.halfOpen : limits.connect)
        func consider(_ time: MediaTime?) {
            if let time { deadline = min(deadline ?? time, time) }
        }
        if let lastHeard { consider(lastHeard + (isSilent ? limits.consent : limits.silence)) }
        consider(lite?.nextDeadline)
        consider(checking?.nextDeadline)
        consider(dtls.nextDeadline)
        return deadline
    }

    /// Does what is due.
    public func handleTimeout(now: MediaTime) {
        guard end == nil else { return }
        var output = ICEOutput()
        lite?.handleTimeout(now: now, output: &output)
        checking?.handleTimeout(now: now, output: &output)
        follow(output, now: now)
        guard end == nil else { return }
        follow(dtls.handleTimeout(now: now), now: now)
        guard end == nil else { return }
        if let lastHeard {
            if !isSilent, now - lastHeard >= limits.silence {
                isSilent = true
                post(.silent)
            }
            if now - lastHeard >= limits.consent { return finish(.consentLost) }
        } else if lite != nil, now - begun >= limits.halfOpen {
            return finish(.neverChecked)
        }
        if !isConnected, now - begun >= limits.connect { finish(.handshake(.timeout)) }
    }

    // MARK: Changes by signalling or by the network

    /// Candidates that the peer found later. The server needs none.
    public func add(remote candidates: [Candidate], now: MediaTime) {
        for candidate in candidates { checking?.add(remote: candidate, now: now) }
    }

    /// A client's addresses changed, as when a phone leaves Wi-Fi.
    public func setLocalAddresses(
        _ addresses: [TransportAddress], transport: NetworkPath.Transport = .udp, now: MediaTime
    ) {
        var output = ICEOutput()
        checking?.setLocalAddresses(addresses, transport: transport, now: now, output: &output)
        follow(output, now: now)
    }

    /// The TCP connection that was `path` is closed.
    public func pathClosed(_ path: NetworkPath, now: MediaTime) {
        guard end == nil else { return }
        var output = ICEOutput()
        lite?.close(path, output: &output)
        checking?.close(path, now: now, output: &output)
        follow(output, now: now)
    }

    /// A later offer and answer changed the media, as when a screen is shared. The transport stays as it is; if the peer's
    /// credentials are new, ``restartICE(credentials:remote:now:)`` is called too.
    public func update(_ session: NegotiatedSession) {
        var session = session
        session.transport.isDTLSClient = self.session.transport.isDTLSClient
        self.session = session
        sources = SourceTable(session)
    }

    /// ICE restarts with new credentials on both sides; media goes on over the old path until a new one is nominated.
    public func restartICE(credentials: ICECredentials, remote: ICECredentials, now: MediaTime) {
        lite?.restart(credentials: credentials, remoteUsernameFragment: remote.usernameFragment)
        checking?.restart(credentials: credentials, remote: remote, now: now)
    }

    /// Says goodbye and ends.
    public func close(now: MediaTime) {
        guard end == nil else { return }
        dtls.close()
        sendDTLS()
        finish(.closed)
    }

    public var counters: PeerCounters {
        var result = storedCounters
        let ice = ice
        result.ice = ice
        result.ice.malformed = storedCounters.ice.malformed
        result.refusedDTLS = dtls.refused
        return result
    }

    /// How often a flight of the handshake was sent again.
    public var handshakeRetransmissions: Int { dtls.retransmissions }
    /// Of the last check that a client's agent got answered; nil before, and for the server.
    public var roundTrip: MediaTime? { checking?.roundTrip }
    /// Streams whose section is known, at most 64.
    public var knownSources: Int { sources.count }
}
