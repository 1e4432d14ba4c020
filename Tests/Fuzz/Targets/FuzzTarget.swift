import Layout
import RTP
import SecureTransport
import Timing
import WebRTC

/// A parser of what others write, to be fed arbitrary bytes: it may refuse them, but it may not trap, hang, or read where
/// nothing is.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case stun, demux, framing, rtp, rtcp, sdp, trickle, candidate, vp8, vp9, h264, opus, red, peer, layout, freeswitch,
        twilio, owt, token, http, manifest, archive

    public func run(_ bytes: [UInt8]) {
        switch self {
        case .stun: FuzzTarget.stun(bytes)
        case .demux: FuzzTarget.demux(bytes)
        case .framing: FuzzTarget.framing(bytes)
        case .rtp: FuzzTarget.rtp(bytes)
        case .rtcp: FuzzTarget.rtcp(bytes)
        case .sdp: FuzzTarget.sdp(bytes)
        case .trickle:
            guard let fragment = try? TrickleFragment(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
            _ = try? TrickleFragment(parsing: fragment.text)
        case .candidate:
            guard let candidate = Candidate(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
            guard Candidate(parsing: candidate.attribute) != nil else { fatalError("what is written is not read") }
        case .vp8: FuzzTarget.pictures(.vp8, bytes)
        case .vp9: FuzzTarget.pictures(.vp9, bytes)
        case .h264: FuzzTarget.pictures(.h264, bytes)
        case .opus: _ = try? OpusPacket(parsing: bytes.span)
        case .red:
            _ = try? RedundantSound.forEachBlock(in: 0..<bytes.count, of: bytes.span) { block in
                precondition(block.data.upperBound <= bytes.count, "a block within the bytes")
            }
        case .peer: FuzzTarget.peer(bytes)
        case .layout:
            guard let layout = try? Layout(parsing: bytes) else { return }
            _ = Preview(of: layout, participants: 5, size: CanvasSize(width: 320, height: 180)).scene
        case .freeswitch: _ = try? ImportedLayout.read(bytes, from: .freeswitch, fallbackName: "imported")
        case .twilio: _ = try? ImportedLayout.read(bytes, from: .twilio, fallbackName: "imported")
        case .owt: _ = try? ImportedLayout.read(bytes, from: .owt, fallbackName: "imported")
        case .token: FuzzTarget.token(bytes)
        case .http: FuzzTarget.http(bytes)
        case .manifest: FuzzTarget.manifest(bytes)
        case .archive: FuzzTarget.archive(bytes)
        }
    }

    /// Pieces of a datagram stream: each piece's length in two bytes before it.
    private static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var offset = 0
        while offset + 2 <= bytes.count, pieces.count < 64 {
            let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            let end = min(bytes.count, offset + 2 + length)
            pieces.append(bytes[(offset + 2)..<end])
            offset = end
        }
        return pieces
    }

    private static func stun(_ bytes: [UInt8]) {
        guard let message = try? STUNMessage(parsing: bytes.span) else { return }
        let key = Array("a password of some length".utf8)
        _ = message.isAuthentic(in: bytes.span, key: key, authenticator: identity.authenticator)
    }

    private static let identity: Identity = {
        guard let identity = try? Identity() else { fatalError("no certificate") }
        return identity
    }()

    private static func demux(_ bytes: [UInt8]) {
        var directory = PeerDirectory<Int>()
        _ = directory.add(usernameFragment: "abcdefgh", for: 1)
        let path = NetworkPath(
            local: TransportAddress(ipv4: 1, port: 1), remote: TransportAddress(ipv4: 2, port: 2))
        _ = DatagramKind(bytes.span)
        _ = directory.destination(of: bytes.span, over: path)
    }

    private static func framing(_ bytes: [UInt8]) {
        var framing = StreamFraming()
        for piece in pieces(bytes) {
            let piece = Array(piece)
            var offset = 0
            while offset < piece.count {
                guard let step = try? framing.consume(piece.span.extracting(offset..<piece.count)) else { return }
                precondition(step.consumed > 0 || step.isComplete, "it goes on")
                offset += step.consumed
                if step.isComplete, framing.frame.count > StreamFraming.frameLimit { fatalError("too long a frame") }
            }
        }
    }

    private static func rtp(_ bytes: [UInt8]) {
        guard let packet = try? RTPPacket(parsing: bytes.span) else { return }
        let map = HeaderExtensionMap(HeaderExtension.allCases.map { (number: $0.rawValue + 1, extension: $0) })
        if let block = packet.extensions { _ = try? HeaderExtensions(parsing: block, in: bytes.span, map: map) }
        for index in 0..<packet.contributorCount { _ = packet.contributor(index, in: bytes.span) }
        for format in [PictureFormat.vp8, .vp9, .h264] {
            _ = try? PictureFragment(parsing: format, in: packet.payload, of: bytes.span)
        }
        _ = try? Retransmission.original(of: packet, in: bytes.span, ssrc: SSRC(1), payloadType: PayloadType(96))
    }

    private static func rtcp(_ bytes: [UInt8]) {
        var reader = RTCPReader(bytes.span)
        for _ in 0..<1_000 {
            do {
                guard let packet = try reader.next() else { return }
                switch packet {
                case .nack(let nack): nack.forEach { _ in }
                case .transportFeedback(let feedback): feedback.forEach { _, _ in }
                default: break
                }
                var buffer = [UInt8](repeating: 0, count: 8_192)
                var span = buffer.mutableSpan
                var writer = ByteWriter(span._mutatingExtracting(0..<8_192))
                if case .unknown = packet { continue }
                try? packet.write(into: &writer)
            } catch { continue }
        }
        fatalError("more packets than bytes")
    }

    private static func sdp(_ bytes: [UInt8]) {
        guard let offer = try? SessionDescription(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
        var generator = SystemRandomNumberGenerator()
        let local = LocalTransport(
            credentials: ICECredentials(using: &generator), fingerprint: identity.fingerprint,
            candidates: [Candidate(host: TransportAddress(ipv4: 0x7F00_0001, port: 9))])
        for purpose in [Answerer.Purpose.session, .publish, .view] {
            let answerer = Answerer(purpose: purpose, local: local)
            guard let (answer, _) = try? answerer.answer(to: offer, generator: &generator) else { continue }
            guard (try? SessionDescription(parsing: answer.text)) != nil else {
                fatalError("an answer that cannot be read")
            }
        }
    }

    /// The bytes as a few packets of one stream, with jumps of sequence number and time between them.
    private static func pictures(_ format: PictureFormat, _ bytes: [UInt8]) {
        if let fragment = try? PictureFragment(parsing: format, in: 0..<bytes.count, of: bytes.span) {
            precondition(fragment.body.upperBound <= bytes.count && !fragment.body.isEmpty, "a body within the bytes")
        }
        var buffer = PictureBuffer(format: format)
        var data: [UInt8] = []
        var lost: [Int64] = []
        var sequence: Int64 = 65_530
        var now = MediaTime.zero
        for piece in pieces(bytes) {
            guard let control = piece.first else { continue }
            sequence += Int64(control & 7)
            now = now + .milliseconds(Int64(control >> 4) * 10)
            var packet: [UInt8] = [
                0x80, 96 | (control & 8) << 4, UInt8(truncatingIfNeeded: sequence >> 8),
                UInt8(truncatingIfNeeded: sequence),
                0, 0, control >> 6, control & 0x30, 0, 0, 0, 1,
            ]
            packet += piece.dropFirst()
            guard let parsed = try? RTPPacket(parsing: packet.span) else { continue }
            buffer.receive(parsed, sequence: sequence, in: packet.span, now: now)
            while buffer.next(now: now, into: &data) != nil {}
            _ = buffer.requests(now: now, lost: &lost)
        }
    }

    /// Datagrams to the peer of a server, from an address that a check has authenticated.
    private static func peer(_ bytes: [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials(using: &generator)
        let offerer = Offerer(
            media: [.audio, .video],
            local: LocalTransport(credentials: credentials, fingerprint: identity.fingerprint, candidates: []),
            generator: &generator)
        let own = ICECredentials(using: &generator)
        let answerer = Answerer(
            purpose: .session,
            local: LocalTransport(credentials: own, fingerprint: identity.fingerprint, candidates: []))
        guard let (_, session) = try? answerer.answer(to: offerer.offer, generator: &generator),
            let peer = try? Peer(.lite, session: session, credentials: own, provider: identity, now: .zero)
        else { fatalError("no peer") }
        let path = NetworkPath(
            local: TransportAddress(ipv4: 1, port: 1), remote: TransportAddress(ipv4: 2, port: 2))
        var request = STUNWriter(.request, transactionID: TransactionID(high: 1, low: 2))
        request.add(username: "\(own.usernameFragment):\(credentials.usernameFragment)")
        request.add(controlling: true, tieBreaker: 1)
        request.addUseCandidate()
        request.add(priority: 1)
        var datagrams = [request.finish(key: Array(own.password.utf8), authenticator: identity.authenticator)]
        datagrams += pieces(bytes).map(Array.init)
        var now = MediaTime.zero
        for datagram in datagrams {
            var datagram = datagram
            var span = datagram.mutableSpan
            _ = peer.handle(&span, over: path, now: now)
            now = now + .milliseconds(50)
            if let deadline = peer.nextDeadline, deadline <= now { peer.handleTimeout(now: now) }
            while peer.nextDatagram() != nil {}
            while peer.nextEvent() != nil {}
        }
    }
}
