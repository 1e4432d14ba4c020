import Codecs
import Layout
import Media
import Mixing
import RTP
import SecureTransport
import Synchronization
import Timing
import WebRTC

/// Rooms in which everybody sends one stream and receives one stream. All calls may come from any thread; none waits for
/// media.
public final class LiveServer: @unchecked Sendable {
    public let configuration: LiveConfiguration
    let network: NetworkThread
    private let identity: Identity
    private let pool = DecodePool()
    let frameClock: Metronome
    let soundClock: Metronome
    let overload = Overload()
    private let candidates: [Candidate]
    let rooms = Mutex<[String: LiveRoom]>([:])
    /// Numbers of sessions by their tokens.
    private let tokens = Mutex<[String: Int]>([:])
    private let nextNumber = Atomic(1)

    /// Binds the sockets. Throws if the port is taken, or an address makes no sense.
    public init(_ configuration: LiveConfiguration) throws(LiveError) {
        self.configuration = configuration
        network = try NetworkThread(port: configuration.mediaPort)
        do {
            identity = try Identity()
        } catch {
            throw LiveError(500, "\(error)")
        }
        var addresses = network.addresses
        if let text = configuration.publicAddress {
            guard let address = TransportAddress(text, port: addresses[0].port) else {
                throw LiveError(400, "--public-address \(text): expected an IP address, such as 203.0.113.7")
            }
            addresses.insert(address, at: 0)
        }
        var streamAddresses = network.streamAddresses
        if configuration.publicAddress != nil, !streamAddresses.isEmpty { streamAddresses.insert(addresses[0], at: 0) }
        candidates =
            addresses.enumerated().map { Candidate(host: $1, preference: UInt16(65_535 - $0)) }
            + streamAddresses.enumerated().map {
                Candidate(host: $1, transport: .tcp, preference: UInt16(8_191 - $0))
            }
        frameClock = Metronome(name: "frame-clock", rate: configuration.frameRate)
        soundClock = Metronome(name: "sound-clock", rate: FrameRate(50))
    }

    /// What candidates carry.
    public var addresses: [String] {
        candidates.filter { $0.transport == .udp }.map { "\($0.host):\($0.port)" }
    }

    public func start() {
        network.onEnd = { [unowned self] session in ended(session) }
        network.start()
        pool.start(threads: max(1, configuration.decoders))
        WarmUp.begin(configuration)
        frameClock.start { [unowned self] now in
            overload.advance(to: now)
            for room in rooms.withLock({ Array($0.values) }) { room.tick(now: now) }
        }
        soundClock.start { [unowned self] now in soundTick(now: now) }
    }

    /// Says goodbye to everybody and ends the threads.
    public func stop() {
        frameClock.stop()
        soundClock.stop()
        network.stop()
        pool.stop()
        for room in rooms.withLock({ Array($0.values) }) { room.close() }
    }

    private func soundTick(now: MediaTime) {
        for room in rooms.withLock({ Array($0.values) }) {
            let time = room.time(at: now)
            let outputs = room.soundTick(now: now)
            guard !outputs.isEmpty else { continue }
            network.post { network in
                let now = MonotonicClock.now
                for output in outputs {
                    for index in output.output.append(output.chunk, mediaTime: time, now: now) {
                        for number in output.sessions {
                            network.session(number)?.send(sound: index, of: output.output, now: now, network: network)
                        }
                    }
                }
            }
        }
    }

    // MARK: - Joining and leaving

    public func join(_ request: JoinRequest) throws(LiveError) -> Joined {
        try checkName(request.room, of: "room")
        try checkCapacity()
        let rung = try rung(for: request)
        let offer: SessionDescription
        do {
            offer = try SessionDescription(parsing: request.offer)
        } catch {
            throw LiveError(400, "the offer cannot be read: \(error.description)")
        }
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials(using: &generator)
        let (answer, session) = try negotiate(request, offer, credentials: credentials, generator: &generator)
        let room = try room(named: request.room)
        let view = try room.enterView(request.view, kind: request.kind) { key throws(LiveError) in
            try makeView(key, in: room)
        }
        let number = nextNumber.add(1, ordering: .relaxed).oldValue
        let participant = try makeParticipant(request, session, number: number, view: view, in: room)
        let peer: Peer
        // A tick is left for the tile to go within eight seconds.
        var limits = PeerLimits()
        limits.silence = .milliseconds(7_500)
        do {
            peer = try Peer(
                .lite, session: session, credentials: credentials, provider: identity, limits: limits,
                now: MonotonicClock.now)
        } catch {
            throw LiveError(500, "\(error)")
        }
        let token = LiveServer.randomToken(&generator)
        let entityTag = String(token.suffix(8))
        let added = PeerSession(
            number: number, token: token, room: room, participant: participant, peer: peer, credentials: credentials,
            entityTag: entityTag, rung: rung)
        try room.admit(participant, limit: configuration.participantLimit)
        tokens.withLock { $0[token] = number }
        network.post { $0.add(added) }
        return Joined(session: token, participant: participant.id, answer: answer.text, entityTag: entityTag)
    }

    private func negotiate(
        _ request: JoinRequest, _ offer: SessionDescription, credentials: ICECredentials,
        generator: inout SystemRandomNumberGenerator
    ) throws(LiveError) -> (SessionDescription, NegotiatedSession) {
        var capabilities = MediaCapabilities()
        capabilities.video = videoFormats(for: request, offer)
        let purpose: Answerer.Purpose =
            switch request.kind {
            case .session: .session
            case .publish: .publish
            case .view: .view
            }
        let answerer = Answerer(
            purpose: purpose, capabilities: capabilities,
            local: LocalTransport(credentials: credentials, fingerprint: identity.fingerprint, candidates: candidates))
        do {
            let result = try answerer.answer(to: offer, generator: &generator)
            return (result.answer, result.session)
        } catch {
            throw LiveError(
                error.code == .unacceptable ? 406 : 400, "the offer cannot be accepted: \(error.description)")
        }
    }

    private func makeParticipant(
        _ request: JoinRequest, _ session: NegotiatedSession, number: Int, view: String, in room: LiveRoom
    ) throws(LiveError) -> LiveParticipant {
        var sound: SoundPlayout?
        var feeds: [PictureFeed] = []
        do {
            for media in session.media where media.direction.receives {
                guard let codec = media.codec else { continue }
                switch codec.format {
                case .opus:
                    let isStereo = codec.parameters.contains { $0.name == "sprop-stereo" && $0.value == "1" }
                    if sound == nil { sound = try SoundPlayout(channels: isStereo ? 2 : 1) }
                case .vp8: feeds.append(try PictureFeed(codec: .vp8, pool: pool))
                case .vp9: feeds.append(try PictureFeed(codec: .vp9, pool: pool))
                case .h264: feeds.append(try PictureFeed(codec: .h264, pool: pool))
                }
            }
        } catch {
            throw LiveError(500, error.description)
        }
        let name = request.name.map { String($0.prefix(64)) } ?? "Guest \(number)"
        guard !name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
            throw LiveError(400, "a name has no control characters")
        }
        return LiveParticipant(
            id: "p\(number)", name: name, role: request.role, kind: request.kind,
            joined: room.time(at: MonotonicClock.now), session: number, view: view, sound: sound, camera: feeds.first,
            screen: feeds.count > 1 ? feeds[1] : nil)
    }

    private func room(named name: String) throws(LiveError) -> LiveRoom {
        if let room = rooms.withLock({ $0[name] }) { return room }
        let fresh = try LiveRoom(name: name, configuration: configuration, now: MonotonicClock.now)
        let (room, count) = rooms.withLock { rooms -> (LiveRoom?, Int) in
            if let room = rooms[name] { return (room, 0) }
            guard rooms.count < configuration.roomLimit else { return (nil, rooms.count) }
            rooms[name] = fresh
            return (fresh, 0)
        }
        guard let room else {
            throw LiveError(503, "there are \(count) rooms, the most that are allowed", retryAfter: 30)
        }
        return room
    }

    func makeView(_ key: String, in room: LiveRoom) throws(LiveError) -> LiveView {
        let layout: LayoutFile
        do {
            layout = try LayoutFile(key)
        } catch {
            throw LiveError(422, "\(error)")
        }
        return try LiveView(
            key: key, layout: layout, configuration: configuration, overload: overload
        ) { [network] rendition, chunk in
            rendition.send(chunk, through: network)
        }
    }

    private func ended(_ session: PeerSession) {
        _ = tokens.withLock { $0.removeValue(forKey: session.token) }
        let room = session.room
        guard room.dismiss(session.participant) else { return }
        // The last one out.
        let isGone = rooms.withLock { rooms in
            guard room.closeIfEmpty() else { return false }
            rooms[room.name] = nil
            return true
        }
        if isGone { room.close() }
    }

    public func leave(session token: String) throws(LiveError) {
        // Gone at once for whoever asks: the network thread follows.
        guard let number = tokens.withLock({ $0.removeValue(forKey: token) }) else {
            throw LiveError(404, "there is no such session")
        }
        network.post { $0.close(number) }
    }

    /// A WHIP or WHEP client's candidates, or its wish to restart ICE (RFC 9725, section 4.3). `ifMatch` is the request's
    /// If-Match as it came.
    public func trickle(session token: String, fragment text: String, ifMatch: String?) throws(LiveError)
        -> TrickleResult
    {
        let number = try number(of: token)
        let fragment: TrickleFragment
        do {
            fragment = try TrickleFragment(parsing: text)
        } catch {
            throw LiveError(400, "the fragment cannot be read: \(error.description)")
        }
        guard let ifMatch else {
            throw LiveError(428, "If-Match is missing: give the ETag of the session, or * to restart")
        }
        guard
            let (tag, remote) = network.ask({ network in
                network.session(number).map { ($0.entityTag, $0.peer.session.transport.credentials) }
            })
        else { throw LiveError(404, "there is no such session") }
        if ifMatch == "*" {
            guard let restarted = fragment.credentials, restarted != remote else {
                throw LiveError(400, "a restart needs new a=ice-ufrag and a=ice-pwd lines")
            }
            var generator = SystemRandomNumberGenerator()
            let own = ICECredentials(using: &generator)
            let tag = String(LiveServer.randomToken(&generator).suffix(8))
            network.post { network in
                guard let session = network.session(number) else { return }
                session.entityTag = tag
                network.restart(session, credentials: own, remote: restarted)
            }
            var answer = TrickleFragment()
            answer.usernameFragment = own.usernameFragment
            answer.password = own.password
            answer.candidates = candidates
            answer.endOfCandidates = true
            return .restarted(fragment: answer.text, entityTag: tag)
        }
        guard ifMatch == "\"\(tag)\"" else { throw LiveError(412, "If-Match names another state of the session") }
        // An ICE-lite agent learns its peer's addresses from their checks; candidates need nothing more than to be read.
        return .accepted
    }

    func number(of token: String) throws(LiveError) -> Int {
        guard let number = tokens.withLock({ $0[token] }) else { throw LiveError(404, "there is no such session") }
        return number
    }

    private static func randomToken(_ generator: inout SystemRandomNumberGenerator) -> String {
        let halves = [generator.next(), generator.next()].map { String($0, radix: 16) }
        return halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }

    /// Rooms, participants and recordings are 1 to 64 of `A-Z a-z 0-9 _ -`.
    func checkName(_ name: String, of thing: String) throws(LiveError) {
        let isFine = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isFine, (1...64).contains(name.utf8.count) else {
            throw LiveError(400, "a \(thing) name is 1 to 64 of A-Z a-z 0-9 _ -")
        }
    }
}
