import Foundation
import Glibc
import Live
import RTP
import SecureTransport
import Testing
import Timing
import WebRTC

/// A client with sockets of its own, whose every datagram a test can see and shape. Used by one thread, which moves it by
/// ``run(for:until:)``.
final class WirePeer {
    private static let identity = Result { try Identity() }

    private struct Socket {
        var descriptor: Int32
        var path: NetworkPath
        var framing = StreamFraming()
    }

    let joined: Joined
    let answer: SessionDescription
    let peer: Peer
    let session: NegotiatedSession
    private(set) var events: [PeerEvent] = []
    /// Packets of the mix's picture, and whole pictures of it.
    private(set) var videoPackets = 0
    private(set) var soundPackets = 0
    private(set) var pictures = 0
    private(set) var bytesIn = 0
    /// Of the mix's picture: the newest sequence number.
    private(set) var newestSequence: UInt16 = 0
    /// When the last whole picture came.
    private(set) var lastPicture = MediaTime.zero
    /// By SSRC: keyframes that the server asked for.
    private(set) var keyframeRequests: [SSRC: Int] = [:]
    /// Whether what comes is read; a reader that stops is slow.
    var isReading = true
    private var sockets: [Socket] = []
    private var buffer = PictureBuffer(format: .vp8)
    private var statistics = ReceiveStatistics(clockRate: 90_000)
    private var data: [UInt8] = []

    /// Joins `server`'s room, and finds the way by UDP or TCP between loopback addresses of the family of `host`.
    init(
        _ server: LiveServer, over transport: NetworkPath.Transport, host: String = "127.0.0.1",
        media: [Offerer.Media] = [.audio, .video], name: String = "Wire", room: String = "test"
    ) throws {
        var random = SystemRandomNumberGenerator()
        let identity = try WirePeer.identity.get()
        let credentials = ICECredentials(using: &random)
        let offerer = Offerer(
            media: media,
            local: LocalTransport(credentials: credentials, fingerprint: identity.fingerprint, candidates: []),
            generator: &random)
        joined = try server.join(JoinRequest(room: room, kind: .session, offer: offerer.offer.text, name: name))
        answer = try SessionDescription(parsing: joined.answer)
        session = try offerer.accept(answer)
        peer = try Peer(
            .checking(addresses: [], generator: SystemRandomNumberGenerator()), session: session,
            credentials: credentials, provider: identity, now: MonotonicClock.now)
        try open(transport, host: host)
    }

    deinit { for socket in sockets { close(socket.descriptor) } }

    /// Opens one more socket to the server and gives the agent that address and no others of its transport.
    func open(_ transport: NetworkPath.Transport, host: String = "127.0.0.1") throws {
        let candidates = answer.media.flatMap(\.candidates)
        let wanted = candidates.first { $0.transport == transport && $0.host == host }
        let remote = try #require(wanted?.address)
        let (descriptor, local) = try connectedSocket(transport, to: remote)
        sockets.append(
            Socket(
                descriptor: descriptor, path: NetworkPath(local: local, remote: remote, transport: transport)))
        peer.setLocalAddresses([local], transport: transport, now: MonotonicClock.now)
    }

    /// Closes the sockets of a transport without a word.
    func shut(_ transport: NetworkPath.Transport) {
        for socket in sockets where socket.path.transport == transport { close(socket.descriptor) }
        sockets.removeAll { $0.path.transport == transport }
        peer.setLocalAddresses([], transport: transport, now: MonotonicClock.now)
    }

    /// How often a path was selected.
    var selections: Int { events.count { if case .pathSelected = $0 { true } else { false } } }

    /// Goes on until `condition` holds; false if it does not within `seconds`.
    @discardableResult
    func run(for seconds: Double = 10, until condition: () -> Bool = { false }) -> Bool {
        let end = MonotonicClock.now + MediaTime(seconds: seconds)
        while MonotonicClock.now < end {
            step()
            if condition() { return true }
        }
        return false
    }

    private func step() {
        settle()
        var waiting = sockets.map { pollfd(fd: $0.descriptor, events: Int16(isReading ? POLLIN : 0), revents: 0) }
        poll(&waiting, nfds_t(waiting.count), 2)
        if isReading { for index in sockets.indices { read(index) } }
        let now = MonotonicClock.now
        if let deadline = peer.nextDeadline, deadline <= now { peer.handleTimeout(now: now) }
        settle()
    }

    private func read(_ index: Int) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(sockets[index].descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return }
            guard sockets[index].path.transport == .tcp else {
                take(Array(bytes[..<count]), over: sockets[index].path)
                continue
            }
            var offset = 0
            while offset < count {
                guard let step = try? sockets[index].framing.consume(bytes.span.extracting(offset..<count)) else {
                    return
                }
                offset += step.consumed
                if step.isComplete { take(sockets[index].framing.frame, over: sockets[index].path) }
            }
        }
    }

    private func take(_ datagram: [UInt8], over path: NetworkPath) {
        bytesIn += datagram.count
        var datagram = datagram
        var span = datagram.mutableSpan
        let now = MonotonicClock.now
        switch peer.handle(&span, over: path, now: now) {
        case .none: break
        case .rtp(let packet, let count, let source):
            guard session.media[source.media].kind == .video, source.role == .media else {
                soundPackets += 1
                return
            }
            videoPackets += 1
            newestSequence = packet.header.sequenceNumber.rawValue
            let bytes = span.span.extracting(0..<count)
            guard
                case .accepted(let sequence) = statistics.receive(
                    packet.header, payloadSize: packet.payload.count, arrival: now)
            else { return }
            buffer.receive(packet, sequence: sequence, in: bytes, now: now)
            while buffer.next(now: now, into: &data) != nil {
                pictures += 1
                lastPicture = now
            }
        case .rtcp(let count):
            var reader = RTCPReader(span.span.extracting(0..<count))
            while let packet = try? reader.next() {
                if case .pictureLoss(let loss) = packet { keyframeRequests[loss.media, default: 0] += 1 }
            }
        }
    }

    private func settle() {
        while let datagram = peer.nextDatagram() { send(datagram.bytes, over: datagram.path) }
        while let event = peer.nextEvent() { events.append(event) }
    }

    private func send(_ bytes: [UInt8], over path: NetworkPath) {
        guard let socket = sockets.first(where: { $0.path == path }) else { return }
        var bytes = bytes
        if path.transport == .tcp {
            let header = StreamFraming.header(length: bytes.count)
            bytes = [header.0, header.1] + bytes
        }
        Glibc.send(socket.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Protects and sends the RTP packet, or with `isControl` the compound of RTCP packets, that `write` puts together.
    func send(isControl: Bool = false, _ write: (inout ByteWriter) throws -> Void) throws {
        var bytes = [UInt8](repeating: 0, count: 1_500)
        var span = bytes.mutableSpan
        var writer = ByteWriter(span._mutatingExtracting(0..<1_400))
        try write(&writer)
        let count = writer.count
        let length =
            isControl
            ? try peer.protectRTCP(&span, count: count) : try peer.protectRTP(&span, count: count)
        if let path = peer.selectedPath { send(Array(bytes[..<length]), over: path) }
    }
}

/// A socket that is connected to `remote`, and its own address.
func connectedSocket(
    _ transport: NetworkPath.Transport, to remote: TransportAddress
) throws -> (descriptor: Int32, local: TransportAddress) {
    let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let isIPv4 = remote.family == .ipv4
    let descriptor = socket(isIPv4 ? AF_INET : AF_INET6, Int32(type.rawValue), 0)
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
        if isIPv4 {
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                $0.pointee.sin_family = sa_family_t(AF_INET)
                $0.pointee.sin_port = remote.port.bigEndian
                inet_pton(AF_INET, remote.host, &$0.pointee.sin_addr)
            }
        } else {
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                $0.pointee.sin6_family = sa_family_t(AF_INET6)
                $0.pointee.sin6_port = remote.port.bigEndian
                inet_pton(AF_INET6, remote.host, &$0.pointee.sin6_addr)
            }
        }
        return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            let status = connect(
                descriptor, address,
                socklen_t(isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size))
            getsockname(descriptor, address, &length)
            return status
        }
    }
    try #require(status == 0, "connect: \(errno)")
    let port = withUnsafePointer(to: &storage) { pointer in
        // In the same place for both families.
        pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
    // Loopback: our address is the one that we connect to.
    return (descriptor, remote.with(port: port))
}
