import Codecs
import Dispatch
import Layout
import Media
import Mixing
import RTP
import Room
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
    let catalogue: LayoutCatalogue
    /// Those who follow all rooms.
    let followers = Mutex<[RoomSubscription.Link]>([])
    /// Sessions by their tokens.
    private let tokens = Mutex<[String: Entry]>([:])
    private let measured = Mutex<(capacity: Capacity?, listener: (@Sendable (Capacity) -> Void)?)>((nil, nil))
    /// Where what has ended is taken apart: freeing decoders takes a while, and no clock waits for it.
    private let yard = DispatchQueue(label: "yard")

    /// What is known of a session without asking the network thread.
    private struct Entry {
        let number: Int
        let room: LiveRoom
        let participant: String
    }
    private let nextNumber = Atomic(1)
    /// Told of each room that opens, on the thread of whoever opens it, before anybody is in it. Set before the start.
    public var onOpen: (@Sendable (String) -> Void)?

    /// Binds the sockets. Throws if the port is taken, or an address makes no sense.
    public init(_ configuration: LiveConfiguration) throws(LiveError) {
        self.configuration = configuration
        catalogue = try LayoutCatalogue(folders: configuration.layoutFolders, default: configuration.defaultLayout)
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

    /// What this machine is good for; nil until that is known, soon after the start.
    public var capacity: Capacity? { measured.withLock(\.capacity) }

    /// `listener` is told once, as soon as that is known, here or on a thread of its own.
    public func onCapacity(_ listener: @escaping @Sendable (Capacity) -> Void) {
        let known = measured.withLock { measured in
            if measured.capacity == nil { measured.listener = listener }
            return measured.capacity
        }
        if let known { listener(known) }
    }

    /// What candidates carry.
    public var addresses: [String] {
        candidates.filter { $0.transport == .udp }.map { "\($0.host):\($0.port)" }
    }

    public func start() {
        network.onEnd = { [unowned self] session in ended(session) }
        network.start()
        pool.start(threads: max(1, configuration.decoders))
        WarmUp.begin(configuration) { [weak self] capacity in
            guard let self else { return }
            let listener = self.measured.withLock { measured in
                measured.capacity = capacity
                return measured.listener
            }
            listener?(capacity)
        }
        frameClock.start(stride: { [overload] in overload.step.tickStride }) { [unowned self] now in
            overload.advance(to: now)
            for room in rooms.withLock({ Array($0.values) }) {
                room.tick(now: now)
                endIfAbandoned(room, now: now)
            }
        }
        soundClock.start { [unowned self] now in soundTick(now: now) }
    }

    /// Says goodbye to everybody and ends the threads.
    public func stop() {
        frameClock.stop()
        soundClock.stop()
        network.stop()
        pool.stop()
        for room in rooms.withLock({ Array($0.values) }) { room.close(now: MonotonicClock.now) }
    }

    private func soundTick(now: MediaTime) {
        for room in rooms.withLock({ Array($0.values) }) {
            let time = room.time(at: now)
            let outputs = room.soundTick(now: now)
            guard !outputs.isEmpty else { continue }
            network.post { network in
                let now = MonotonicClock.now
                for output in outputs {
                    // A packet of two ticks began with the one before.
                    let start = time + .milliseconds(20) - output.chunk.duration
                    for index in output.output.append(output.chunk, mediaTime: start, now: now) {
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
        if let view = request.view { _ = try catalogue.layout(named: view) }
        let number = nextNumber.add(1, ordering: .relaxed).oldValue
        let participant = try makeParticipant(request, session, number: number)
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
        let room = try admit(participant, request)
        let added = PeerSession(
            number: number, token: token, room: room, participant: participant, peer: peer, credentials: credentials,
            entityTag: entityTag, rung: rung, ladder: configuration.ladder)
        tokens.withLock { $0[token] = Entry(number: number, room: room, participant: participant.id) }
        network.post { $0.add(added) }
        // Removed before there was anything to say goodbye to.
        if room.room.participant(participant.id) == nil { network.post { $0.close(number) } }
        return Joined(session: token, participant: participant.id, answer: answer.text, entityTag: entityTag)
    }

    /// Lets a participant into their room, which is made if there is none.
    private func admit(_ participant: LiveParticipant, _ request: JoinRequest) throws(LiveError) -> LiveRoom {
        let choice = ViewChoice(layout: request.view, withoutSelf: request.withoutSelf)
        // The last one may just have left the room that was found.
        for _ in 0..<3 {
            let room = try open(request.room, defaultSettings).room
            do throws(LiveError) {
                try room.admit(participant, role: request.role, choice: choice, now: MonotonicClock.now)
                return room
            } catch {
                guard error.status == 410 else {
                    endIfAbandoned(room, now: MonotonicClock.now)
                    throw error
                }
            }
        }
        throw LiveError(503, "the room '\(request.room)' is being closed", retryAfter: 1)
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
        _ request: JoinRequest, _ session: NegotiatedSession, number: Int
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
            id: "p\(number)", name: name, kind: request.kind, session: number, sound: sound, camera: feeds.first,
            screen: feeds.count > 1 ? feeds[1] : nil)
    }

    /// Of a room that is made by who joins first: it goes with the last who leaves.
    var defaultSettings: RoomSettings {
        var settings = RoomSettings()
        settings.participantLimit = configuration.participantLimit
        settings.viewLimit = configuration.viewLimit
        settings.layout = configuration.defaultLayout
        return settings
    }

    /// The room of that name, made with these settings if there is none. Throws with 503 for a room too many.
    func open(_ name: String, _ settings: RoomSettings) throws(LiveError) -> (room: LiveRoom, isNew: Bool) {
        if let room = rooms.withLock({ $0[name] }) { return (room, false) }
        let surroundings = LiveRoom.Surroundings(
            catalogue: catalogue,
            makeView: { [unowned self] (id, layout) throws(LiveError) in
                try makeView(id, layout: layout)
            },
            disconnect: { [network] sessions in
                network.post { network in for session in sessions { network.close(session) } }
            },
            redirect: { [network] sessions in
                network.post { network in
                    for session in sessions { network.session(session)?.follow(now: MonotonicClock.now) }
                }
            })
        let fresh = try LiveRoom(
            name: name, configuration: configuration, settings: settings, surroundings: surroundings,
            now: MonotonicClock.now)
        for link in followers.withLock({ $0 }) { _ = fresh.observe(link) }
        let limit = configuration.roomLimit
        let result = rooms.withLock { rooms -> (LiveRoom, Bool)? in
            if let room = rooms[name] { return (room, false) }
            guard rooms.count < limit else { return nil }
            rooms[name] = fresh
            return (fresh, true)
        }
        guard let result else {
            throw LiveError(503, "there are \(limit) rooms, the most that are allowed", retryAfter: 30)
        }
        if result.1 { onOpen?(name) }
        return result
    }

    private func makeView(_ id: ViewID, layout: LayoutFile) throws(LiveError) -> LiveView {
        try LiveView(key: "\(id.number)", layout: layout, configuration: configuration, overload: overload) {
            [network] rendition, chunk in
            rendition.send(chunk, through: network)
        }
    }

    private func ended(_ session: PeerSession) {
        _ = tokens.withLock { $0.removeValue(forKey: session.token) }
        let now = MonotonicClock.now
        session.room.dismiss(session.participant.id, now: now)
        endIfAbandoned(session.room, now: now)
        yard.asyncAfter(deadline: .now() + .milliseconds(100)) { _ = session }
    }

    private func endIfAbandoned(_ room: LiveRoom, now: MediaTime) {
        guard room.closeIfAbandoned(now: now) else { return }
        rooms.withLock { rooms in if rooms[room.name] === room { rooms[room.name] = nil } }
    }

    public func leave(session token: String) throws(LiveError) {
        // Gone at once for whoever asks, and their place free: the network thread follows.
        guard let entry = tokens.withLock({ $0.removeValue(forKey: token) }) else {
            throw LiveError(404, "there is no such session")
        }
        let now = MonotonicClock.now
        entry.room.dismiss(entry.participant, now: now)
        endIfAbandoned(entry.room, now: now)
        network.post { $0.close(entry.number) }
    }

    /// As ``leave(session:)``, of a session that is in `room`; 404 if it is in another.
    public func leave(session token: String, in room: String) throws(LiveError) {
        _ = try number(of: token, in: room)
        try leave(session: token)
    }

    /// As ``trickle(session:fragment:ifMatch:)``, of a session that is in `room`; 404 if it is in another.
    public func trickle(session token: String, in room: String, fragment text: String, ifMatch: String?)
        throws(LiveError) -> TrickleResult
    {
        _ = try number(of: token, in: room)
        return try trickle(session: token, fragment: text, ifMatch: ifMatch)
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

    /// The session of that token; it must be in `room`, if that is given. Throws with 404.
    func number(of token: String, in room: String? = nil) throws(LiveError) -> Int {
        try entry(token, in: room).number
    }

    /// Whose session it is.
    func participant(of token: String, in room: String?) throws(LiveError) -> (room: LiveRoom, id: String) {
        let entry = try entry(token, in: room)
        return (entry.room, entry.participant)
    }

    private func entry(_ token: String, in room: String?) throws(LiveError) -> Entry {
        guard let entry = tokens.withLock({ $0[token] }), entry.room.name == room ?? entry.room.name else {
            throw LiveError(404, "there is no such session")
        }
        return entry
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
