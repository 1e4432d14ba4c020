import NetworkTesting
import RTP
import SecureTransport
import Timing
import WebRTC

/// One certificate for all tests.
let identity = try! Identity()

let serverAddress = TransportAddress(ipv4: 0x0A00_0001, port: 40_000)
let clientAddress = TransportAddress(ipv4: 0xC000_0202, port: 51_000)

/// A server's peer and a client's, joined by a network in virtual time.
final class PeerPair {
    struct Received: Equatable {
        var time: MediaTime
        var sequence: UInt16
        var source: IncomingSource
    }

    private struct Flight {
        var bytes: [UInt8]
        /// As the receiver sees it.
        var path: NetworkPath
    }

    let server: Peer
    let client: Peer
    let offer: SessionDescription
    let answer: SessionDescription
    private(set) var now = MediaTime.zero
    private var up: VirtualLink<Flight>
    private var down: VirtualLink<Flight>
    /// What a NAT makes of the client's address; nil without one.
    var translated: TransportAddress?
    var serverEvents: [PeerEvent] = []
    var clientEvents: [PeerEvent] = []
    var atServer: [Received] = []
    var atClient: [Received] = []
    var controlAtServer = 0
    var largestDatagram = 0
    var isSendingMedia = false
    private var nextMedia = MediaTime.zero
    private var sequence: UInt16 = 65_500
    /// Lets a test look at, change or drop (by returning nil) what the network carries.
    var tamper: ((_ bytes: [UInt8], _ isUp: Bool) -> [UInt8]?)?
    var connectedAt: MediaTime?
    /// What the peers' owners do with media, with its plain bytes, and every few milliseconds.
    var onMedia: ((_ packet: RTPPacket, _ bytes: [UInt8], _ source: IncomingSource, _ isUp: Bool) -> Void)?
    var onControl: ((_ bytes: [UInt8], _ isUp: Bool) -> Void)?
    var onTick: (() -> Void)?
    private var nextTick = MediaTime.zero

    init(
        seed: UInt64, impairment: Impairment = Impairment(), serverSetup: SetupRole = .passive,
        nomination: CheckingAgent.Nomination = .regular, media: [Offerer.Media] = [.audio, .video],
        limits: PeerLimits = PeerLimits()
    ) throws {
        var random = NetworkRandom(seed: seed)
        up = VirtualLink(seed: random.next(), impairment: impairment)
        down = VirtualLink(seed: random.next(), impairment: impairment)
        let clientTransport = LocalTransport(
            credentials: ICECredentials(using: &random), fingerprint: identity.fingerprint, candidates: [])
        let offerer = Offerer(media: media, local: clientTransport, generator: &random)
        offer = try SessionDescription(parsing: offerer.offer.text)
        let serverTransport = LocalTransport(
            credentials: ICECredentials(using: &random), fingerprint: identity.fingerprint,
            candidates: [Candidate(host: serverAddress)])
        var answerer = Answerer(purpose: .session, local: serverTransport)
        answerer.preferredSetup = serverSetup
        let (answer, session) = try answerer.answer(to: offer, generator: &random)
        self.answer = try SessionDescription(parsing: answer.text)
        server = try Peer(
            .lite, session: session, credentials: serverTransport.credentials, provider: identity, limits: limits,
            now: .zero)
        client = try Peer(
            .checking(
                addresses: [clientAddress], nomination: nomination, generator: NetworkRandom(seed: random.next())),
            session: try offerer.accept(self.answer), credentials: clientTransport.credentials, provider: identity,
            limits: limits, now: .zero)
    }

    func setImpairment(_ impairment: Impairment) {
        up.impairment = impairment
        down.impairment = impairment
    }

    /// Sends raw bytes to the server as if from `address`.
    func inject(_ bytes: [UInt8], from address: TransportAddress) {
        deliver(Flight(bytes: bytes, path: NetworkPath(local: serverAddress, remote: address)), isUp: true)
    }

    func run(until end: MediaTime, stopWhen condition: (() -> Bool)? = nil) {
        flush()
        while now < end {
            if condition?() == true { return }
            var next = end
            for time in [server.nextDeadline, client.nextDeadline, up.nextArrival, down.nextArrival] {
                if let time { next = min(next, time) }
            }
            if isSendingMedia { next = min(next, nextMedia) }
            if onTick != nil { next = min(next, nextTick) }
            now = max(now, next)
            while let flight = up.receive(now: now) { deliver(flight, isUp: true) }
            while let flight = down.receive(now: now) { deliver(flight, isUp: false) }
            if let deadline = server.nextDeadline, deadline <= now { server.handleTimeout(now: now) }
            if let deadline = client.nextDeadline, deadline <= now { client.handleTimeout(now: now) }
            if isSendingMedia, now >= nextMedia {
                sendMedia()
                nextMedia = now + .milliseconds(20)
            }
            if let onTick, now >= nextTick {
                nextTick = now + .milliseconds(5)
                onTick()
            }
            flush()
        }
    }

    func connect(within limit: MediaTime = .milliseconds(10_000)) -> Bool {
        run(until: now + limit) { self.server.isConnected && self.client.isConnected }
        if server.isConnected, client.isConnected { connectedAt = connectedAt ?? now }
        return server.isConnected && client.isConnected
    }

    private func deliver(_ flight: Flight, isUp: Bool) {
        var bytes = flight.bytes
        if let tamper {
            guard let changed = tamper(bytes, isUp) else { return }
            bytes = changed
        }
        let peer = isUp ? server : client
        var span = bytes.mutableSpan
        let arrival = peer.handle(&span, over: flight.path, now: now)
        switch arrival {
        case .none: break
        case .rtp(let packet, let count, let source):
            onMedia?(packet, Array(bytes[..<count]), source, isUp)
            let received = Received(time: now, sequence: packet.header.sequenceNumber.rawValue, source: source)
            if isUp { atServer.append(received) } else { atClient.append(received) }
        case .rtcp(let count):
            onControl?(Array(bytes[..<count]), isUp)
            if isUp { controlAtServer += 1 }
        }
    }

    func flush() {
        while let datagram = server.nextDatagram() { send(datagram.bytes, over: datagram.path, isUp: false) }
        while let datagram = client.nextDatagram() { send(datagram.bytes, over: datagram.path, isUp: true) }
        while let event = server.nextEvent() { serverEvents.append(event) }
        while let event = client.nextEvent() { clientEvents.append(event) }
    }

    func send(_ bytes: [UInt8], over path: NetworkPath, isUp: Bool) {
        largestDatagram = max(largestDatagram, bytes.count)
        if isUp {
            let source = translated ?? path.local
            let seen = NetworkPath(local: path.remote, remote: source)
            up.send(Flight(bytes: bytes, path: seen), size: bytes.count, now: now)
        } else {
            // What goes to an address that the NAT does not hold any more is lost.
            if let translated {
                guard path.remote == translated else { return }
            }
            let own = translated == nil ? path.remote : (client.selectedPath?.local ?? clientAddress)
            let seen = NetworkPath(local: own, remote: path.local)
            down.send(Flight(bytes: bytes, path: seen), size: bytes.count, now: now)
        }
    }

    /// An unprotected RTP packet with a mid, of `count` bytes of payload.
    func packet(
        sequence: UInt16, media: Int = 0, ssrc: SSRC? = nil, payloadType: UInt8? = nil, payload count: Int = 50,
        of peer: Peer? = nil
    ) -> [UInt8] {
        let session = (peer ?? client).session
        let negotiated = session.media[media]
        var bytes: [UInt8] = [0x90, payloadType ?? negotiated.codec?.payloadType.rawValue ?? 0]
        for value in [UInt32(sequence) << 16, 0] { bytes += [UInt8(value >> 24), UInt8(value >> 16 & 255)] }
        bytes += [0, 0]
        let source = (ssrc ?? negotiated.local?.ssrc ?? SSRC(7)).rawValue
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: source >> $0) }
        let number = session.extensions[.mid] ?? 1
        let mid = Array((negotiated.mid ?? "0").utf8)
        bytes += [0xBE, 0xDE, 0, 1, number << 4 | UInt8(mid.count - 1)] + mid
        while bytes.count & 3 != 0 { bytes.append(0) }
        return bytes + (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    }

    func protect(_ packet: [UInt8], by peer: Peer) -> [UInt8]? {
        var buffer = packet + [UInt8](repeating: 0, count: 16)
        var span = buffer.mutableSpan
        guard let count = try? peer.protectRTP(&span, count: packet.count) else { return nil }
        return Array(buffer.prefix(count))
    }

    private func sendMedia() {
        sequence &+= 1
        for (peer, isUp) in [(client, true), (server, false)] {
            guard let path = peer.selectedPath,
                let bytes = protect(packet(sequence: sequence, of: peer), by: peer)
            else { continue }
            send(bytes, over: path, isUp: isUp)
        }
    }

    /// The longest time without media at the server, from `start` to now.
    func longestGap(since start: MediaTime) -> MediaTime {
        var last = start
        var gap = MediaTime.zero
        for received in atServer where received.time >= start {
            gap = max(gap, received.time - last)
            last = received.time
        }
        return max(gap, now - last)
    }
}
