import NetworkTesting
import RTP
import Testing
import Timing
import WebRTC

/// One end of a call: it sends fake pictures and sound, takes the other's, asks for what is missing and answers what it
/// is asked for, as a server or a client does.
final class MediaEnd {
    private unowned let pair: PeerPair
    private let peer: Peer
    private let isUp: Bool

    // What is sent.
    private var packetizer = PicturePacketizer(format: .vp8)
    private var pictureHistory = PacketHistory(
        packetLimit: 2048, byteLimit: 2 << 20, duration: .milliseconds(2000), maximumPayload: 1150)
    private var soundHistory = PacketHistory(
        packetLimit: 256, byteLimit: 1 << 18, duration: .milliseconds(2000), maximumPayload: 1150)
    private var pictureStream: SendStream
    private var soundStream: SendStream
    private var repairs = RepairBudget()
    private var wantsKeyframe = true
    private var nextPicture = MediaTime.zero
    private var nextSound = MediaTime.zero
    private var lastKeyframe = MediaTime(nanoseconds: .min / 2)
    private var number = 0

    // What is received.
    private var pictures = PictureBuffer(format: .vp8)
    private var pictureStatistics = ReceiveStatistics(clockRate: 90_000)
    private var soundStatistics = ReceiveStatistics(clockRate: 48_000)
    private var sound = SoundBuffer()
    private var pictureSource: SSRC?
    private var nextPlay = MediaTime.zero
    private var queued = 0
    private var data: [UInt8] = []
    private var lost: [Int64] = []
    /// When whole pictures came that can be decoded, and when sound was played that had come.
    private(set) var shown: [MediaTime] = []
    private(set) var heard: [MediaTime] = []
    private(set) var mostWaiting = 0
    private(set) var failures: [String] = []
    private(set) var requests = 0
    private var lastNumber = -1

    init(_ pair: PeerPair, _ peer: Peer, isUp: Bool) throws {
        self.pair = pair
        self.peer = peer
        self.isUp = isUp
        /// Wrap-arounds come after a few seconds: not before the receiver has heard of the stream (RFC 3711 section 3.3.1
        /// leaves the rollover counter to be guessed).
        func stream(_ index: Int, clockRate: Int64, wrapsAfter packets: Int) throws -> SendStream {
            let media = peer.session.media[index]
            let local = try #require(media.local)
            let codec = try #require(media.codec)
            let repair = codec.retransmission.flatMap { type in
                local.retransmission.map { SendStream.Repair(ssrc: $0, payloadType: type) }
            }
            return SendStream(
                ssrc: local.ssrc, payloadType: codec.payloadType, clockRate: clockRate,
                firstSequence: SequenceNumber(UInt16(65_535 - packets)), timestampOffset: .max - UInt32(4 * clockRate),
                repair: repair,
                firstRepairSequence: 65_480, memory: 2048)
        }
        soundStream = try stream(0, clockRate: 48_000, wrapsAfter: 150)
        pictureStream = try stream(1, clockRate: 90_000, wrapsAfter: 400)
    }

    private func send(_ write: (inout ByteWriter) throws -> Void, isControl: Bool = false) {
        guard let path = peer.selectedPath else { return }
        var buffer = [UInt8](repeating: 0, count: 1_500)
        var span = buffer.mutableSpan
        var writer = ByteWriter(span._mutatingExtracting(0..<1_400))
        guard (try? write(&writer)) != nil else { return }
        let count = writer.count
        let length =
            isControl ? try? peer.protectRTCP(&span, count: count) : try? peer.protectRTP(&span, count: count)
        guard let length else { return }
        pair.send(Array(buffer[..<length]), over: path, isUp: isUp)
    }

    func tick() {
        let now = pair.now
        guard peer.isConnected else { return }
        if now >= nextPicture {
            nextPicture = max(nextPicture + .milliseconds(33), now)
            sendPicture(now: now)
        }
        if now >= nextSound {
            nextSound = max(nextSound + .milliseconds(20), now)
            sendSound(now: now)
        }
        show(now: now)
        while now >= nextPlay {
            nextPlay = max(nextPlay + .milliseconds(20), now)
            play(now: now)
            if nextPlay == now { break }
        }
    }

    private func sendPicture(now: MediaTime) {
        let isKeyframe = wantsKeyframe && now - lastKeyframe >= .milliseconds(300)
        if isKeyframe {
            wantsKeyframe = false
            lastKeyframe = now
        }
        var bytes = [UInt8](repeating: 0xAA, count: isKeyframe ? 20_000 : 4_000)
        let header: [UInt8] = isKeyframe ? [0, 0, 0, 0x9D, 1, 0x2A, 0x80, 2, 0x68, 1] : [1]
        bytes.replaceSubrange(0..<header.count, with: header)
        number += 1
        bytes.replaceSubrange(16..<20, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) })
        let description = PictureDescription(isKeyframe: isKeyframe)
        let packets = pictureHistory.append(
            picture: bytes.span, description, with: &packetizer, mediaTime: now, now: now)
        repairs.sent(packets.count * 1_200)
        for index in packets {
            send { writer in
                _ = try pictureStream.write(
                    index, of: pictureHistory, source: 1, extensions: HeaderExtensions(), map: .empty, now: now,
                    into: &writer)
            }
        }
    }

    private func sendSound(now: MediaTime) {
        // 20 ms of wideband speech coding, as the first byte says.
        var bytes = [UInt8](repeating: 7, count: 80)
        bytes[0] = 0x48
        guard let index = soundHistory.append(sound: bytes.span, startsTalk: false, mediaTime: now, now: now) else {
            return
        }
        send { writer in
            _ = try soundStream.write(
                index, of: soundHistory, source: 1, extensions: HeaderExtensions(), map: .empty, now: now,
                into: &writer)
        }
    }

    func receive(_ packet: RTPPacket, _ bytes: [UInt8], _ source: IncomingSource) {
        let now = pair.now
        if source.media == 0 {
            switch soundStatistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
            case .accepted(let sequence):
                sound.receive(
                    bytes.span.extracting(packet.payload), timestamp: packet.header.timestamp, sequence: sequence,
                    now: now)
            case .restarted, .rejected: failures.append("sound out of order at \(now)")
            }
            mostWaiting = max(mostWaiting, sound.waiting)
            return
        }
        switch source.role {
        case .media:
            pictureSource = packet.header.ssrc
            switch pictureStatistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
            case .accepted(let sequence): pictures.receive(packet, sequence: sequence, in: bytes.span, now: now)
            case .restarted, .rejected: failures.append("pictures out of order at \(now)")
            }
        case .retransmission:
            guard let ssrc = source.repairs ?? pictureSource,
                let original = try? Retransmission.original(
                    of: packet, in: bytes.span, ssrc: ssrc, payloadType: packet.header.payloadType)
            else { return }
            let sequence = pictureStatistics.position(of: original.header.sequenceNumber)
            pictures.receive(original, sequence: sequence, in: bytes.span, now: now)
        }
        show(now: now)
    }

    private func show(now: MediaTime) {
        while let picture = pictures.next(now: now, into: &data) {
            let number = data[16..<20].reduce(0) { $0 << 8 | Int($1) }
            if number <= lastNumber { failures.append("picture \(number) after \(lastNumber)") }
            if !picture.isKeyframe, number != lastNumber + 1 { failures.append("picture \(number) lacks a reference") }
            lastNumber = number
            shown.append(now)
        }
        mostWaiting = max(mostWaiting, pictures.waiting)
        let wantsKeyframe = pictures.requests(now: now, lost: &lost)
        guard let pictureSource, wantsKeyframe || !lost.isEmpty else { return }
        requests += 1
        let own = soundStream.ssrc
        let lost = lost
        send(
            { writer in
                if !lost.isEmpty {
                    try GenericNack(sender: own, media: pictureSource, lost: lost).write(into: &writer)
                }
                if wantsKeyframe {
                    try PictureLossIndication(sender: own, media: pictureSource).write(into: &writer)
                }
            }, isControl: true)
    }

    private func play(now: MediaTime) {
        var made = queued
        var hasHeard = false
        // A tick's samples take few decisions, whatever comes.
        for _ in 0..<16 where made < 960 {
            switch sound.next(now: now, queued: made, into: &data) {
            case .decode(let packet, _):
                made += packet.samples
                hasHeard = true
            case .recover(_, let samples), .conceal(let samples), .silence(let samples): made += samples
            }
        }
        queued = max(0, made - 960)
        if hasHeard { heard.append(now) }
    }

    func control(_ bytes: [UInt8]) {
        let now = pair.now
        var wanted: [SequenceNumber] = []
        var reader = RTCPReader(bytes.span)
        while let packet = try? reader.next() {
            switch packet {
            case .nack(let nack): nack.forEach { wanted.append($0) }
            case .pictureLoss: wantsKeyframe = true
            default: break
            }
        }
        for sequence in wanted
        where repairs.admitRequest(now: now) && pictureStream.source(ofLost: sequence, now: now) == 1
            && repairs.admit(1_200)
        {
            send { writer in
                _ = try pictureStream.writeAgain(
                    sequence, of: pictureHistory, extensions: HeaderExtensions(), map: .empty, now: now, into: &writer)
            }
        }
    }

    /// How long after `time` something came; nil if it did not.
    func pictureAfter(_ time: MediaTime) -> MediaTime? { shown.first { $0 >= time }.map { $0 - time } }
    func soundAfter(_ time: MediaTime) -> MediaTime? { heard.first { $0 >= time }.map { $0 - time } }
}

/// Two peers with media both ways, through ICE, DTLS, SRTP and a seeded network.
final class MediaCall {
    let pair: PeerPair
    let ends: [MediaEnd]

    init(seed: UInt64, impairment: Impairment) throws {
        pair = try PeerPair(seed: seed, impairment: impairment)
        let client = try MediaEnd(pair, pair.client, isUp: true)
        let server = try MediaEnd(pair, pair.server, isUp: false)
        ends = [client, server]
        pair.onMedia = { packet, bytes, source, isUp in (isUp ? server : client).receive(packet, bytes, source) }
        pair.onControl = { bytes, isUp in (isUp ? server : client).control(bytes) }
        pair.onTick = {
            client.tick()
            server.tick()
        }
    }
}
