import Media
import Mixing
import RTP
import Timing
import WebRTC

/// One peer of the server with its streams: takes its packets apart, and puts together what it is sent. Belongs to the
/// network thread, once that has been given it.
final class PeerSession: @unchecked Sendable {
    /// Within this process.
    let number: Int
    /// Public name, 128 random bits.
    let token: String
    let room: LiveRoom
    let participant: LiveParticipant
    let peer: Peer
    var credentials: ICECredentials
    /// Changes with each restart of ICE (RFC 9725, section 4.3.3).
    var entityTag: String

    private var pictures: [Int: LayeredReceiver] = [:]
    private var sounds: [Int: SoundReceiver] = [:]
    private let soundOut: OutgoingStream?
    private let videoOut: OutgoingStream?
    /// How the pictures that we send are coded.
    private let videoFormat: PictureFormat?
    /// The rung of the ladder that the peer is to get; nil for sound alone.
    private var rung: String?
    /// What is sent, and what is to take its place with its next keyframe.
    private var watched: LiveRendition?
    private var awaited: LiveRendition?
    /// Encodes that a lost packet may have been from, by ``EncodedOutput/source``.
    private var recentSources: [UInt32: EncodedOutput] = [:]
    /// The highest temporal layer that the peer is to get, and the highest that it is sent: up it goes only where a
    /// picture says that it needs no other of its layer.
    private var layerLimit = PeerSession.allLayers
    private var sentLayer = PeerSession.allLayers
    private static let allLayers = 2
    private var repairs = RepairBudget()
    private var nextKeyframeWish = MediaTime.zero
    private var nextLook = MediaTime.zero
    private let extensions: HeaderExtensionMap
    private var arrivals: ArrivalLog?
    private let ownSSRC: SSRC
    private let canonicalName: String
    private var nextReport = MediaTime.zero
    private var nextFeedback = MediaTime.zero
    private var nextRequests = MediaTime.zero
    private(set) var figures = SessionFigures()

    init(
        number: Int, token: String, room: LiveRoom, participant: LiveParticipant, peer: Peer,
        credentials: ICECredentials, entityTag: String, rung: String?
    ) {
        self.number = number
        self.token = token
        self.room = room
        self.participant = participant
        self.peer = peer
        self.credentials = credentials
        self.entityTag = entityTag
        self.rung = rung
        let session = peer.session
        extensions = session.extensions
        var soundOut: OutgoingStream?
        var videoOut: OutgoingStream?
        var videoFormat: PictureFormat?
        var cameraFound = false
        var names: [String] = []
        for media in session.media {
            guard let codec = media.codec else { continue }
            if let local = media.local {
                let repair = codec.retransmission.flatMap { type in
                    local.retransmission.map { SendStream.Repair(ssrc: $0, payloadType: type) }
                }
                let stream = NegotiatedStream(
                    mid: media.mid, ssrc: local.ssrc, payloadType: codec.payloadType, repair: repair)
                names.append(local.cname)
                if codec.format.isVideo {
                    videoFormat = videoFormat ?? PictureFormat(codec.format)
                    videoOut = videoOut ?? OutgoingStream(stream, clockRate: 90_000)
                } else {
                    soundOut = soundOut ?? OutgoingStream(stream, clockRate: 48_000)
                }
            }
            guard media.direction.receives else { continue }
            if let format = PictureFormat(codec.format) {
                let feed = cameraFound ? participant.screen : participant.camera
                cameraFound = true
                if let feed {
                    pictures[media.index] = LayeredReceiver(
                        format: format, layers: media.layers.count, feed: feed, sound: participant.sound,
                        holdsSound: feed === participant.camera)
                }
            } else if let playout = participant.sound, sounds.isEmpty {
                sounds[media.index] = SoundReceiver(
                    playout: playout, tap: participant.soundTap, redundancy: codec.redundancy)
            }
        }
        self.soundOut = soundOut
        self.videoOut = videoOut
        self.videoFormat = videoFormat
        canonicalName = names.first ?? "tessera"
        ownSSRC = videoOut?.stream.ssrc ?? soundOut?.stream.ssrc ?? SSRC(UInt32.random(in: 1 ... .max))
        if extensions[.transportSequenceNumber] != nil {
            arrivals = ArrivalLog(sender: ownSSRC, media: SSRC(0))
        }
    }

    // MARK: - In

    /// Takes a datagram; what follows goes out through `network`.
    func receive(_ datagram: inout MutableSpan<UInt8>, over path: NetworkPath, now: MediaTime, network: NetworkThread) {
        figures.bytesIn += UInt64(datagram.count)
        switch peer.handle(&datagram, over: path, now: now) {
        case .none: break
        case .rtp(let packet, let count, let source):
            receive(packet, in: datagram.span.extracting(0..<count), source: source, now: now, network: network)
        case .rtcp(let count):
            receiveControl(datagram.span.extracting(0..<count), now: now, network: network)
        }
    }

    private func receive(
        _ packet: RTPPacket, in bytes: Span<UInt8>, source: IncomingSource, now: MediaTime, network: NetworkThread
    ) {
        var values = HeaderExtensions()
        if let block = packet.extensions {
            values = (try? HeaderExtensions(parsing: block, in: bytes, map: extensions)) ?? values
        }
        if let sequence = values.transportSequenceNumber { arrivals?.receive(sequence, arrival: now) }
        if let receiver = sounds[source.media] {
            if source.role == .media { receiver.receive(packet, in: bytes, level: values.audioLevel, now: now) }
            return
        }
        guard let receiver = pictures[source.media] else { return }
        receiver.receive(packet, in: bytes, source: source, orientation: values.videoOrientation, now: now)
        ask(receiver, now: now, network: network)
    }

    /// Asks for what is missing of a stream.
    private func ask(_ receiver: LayeredReceiver, now: MediaTime, network: NetworkThread) {
        receiver.requests(now: now) { media, requests in
            sendControl(network) { [ownSSRC] writer throws(WireError) in
                if !requests.lost.isEmpty {
                    try GenericNack(sender: ownSSRC, media: media, lost: requests.lost).write(into: &writer)
                }
                if requests.wantsKeyframe {
                    try PictureLossIndication(sender: ownSSRC, media: media).write(into: &writer)
                }
            }
            figures.nacksSent += UInt64(requests.lost.count)
            if requests.wantsKeyframe { figures.keyframesAsked += 1 }
        }
    }

    private func receiveControl(_ bytes: Span<UInt8>, now: MediaTime, network: NetworkThread) {
        var reader = RTCPReader(bytes)
        // A compound in one datagram has at most a few dozen packets; a hostile one is not read for ever.
        for _ in 0..<64 {
            let packet: RTCPPacket?
            do {
                packet = try reader.next()
            } catch {
                figures.malformedControl += 1
                continue
            }
            guard let packet else { return }
            handle(packet, now: now, network: network)
        }
    }

    private func handle(_ packet: RTCPPacket, now: MediaTime, network: NetworkThread) {
        switch packet {
        case .senderReport(let report):
            for receiver in pictures.values { receiver.receive(report, now: now) }
            for receiver in sounds.values where receiver.ssrc == report.ssrc { receiver.receive(report, now: now) }
            note(report.blocks, now: now, network: network)
        case .receiverReport(let report): note(report.blocks, now: now, network: network)
        case .nack(let nack): resend(nack, now: now, network: network)
        case .pictureLoss(let loss): if loss.media == videoOut?.stream.ssrc { askForKeyframe() }
        case .fullIntraRequest(let request):
            if request.items.contains(where: { $0.media == videoOut?.stream.ssrc }) { askForKeyframe() }
        case .sourceDescription, .goodbye, .bandwidthEstimate, .transportFeedback, .extendedReport, .unknown: break
        }
    }

    private func note(_ blocks: [ReportBlock], now: MediaTime, network: NetworkThread) {
        for block in blocks {
            if let time = block.roundTrip(now: network.wallClock(at: now)) {
                figures.roundTrip = time
                for receiver in pictures.values { receiver.setRoundTrip(time) }
            }
            if block.ssrc == videoOut?.stream.ssrc { figures.lossOut = Double(block.fractionLost) / 256 }
        }
    }

    private func askForKeyframe() {
        figures.keyframeRequests += 1
        (awaited ?? watched)?.requestKeyframe()
    }

    // MARK: - Out

    /// The rung of the ladder that the peer is to get, nil for sound alone; switched to at a keyframe.
    func setRung(_ name: String?, now: MediaTime) {
        rung = name
        follow(now: now)
    }

    /// The highest temporal layer that the peer is to get, 0 (a quarter of the frames) to 2 (all of them). Of H.264
    /// all frames are sent.
    func setLayerLimit(_ limit: Int) {
        layerLimit = min(max(limit, 0), PeerSession.allLayers)
        sentLayer = min(sentLayer, layerLimit)
        for rendition in [watched, awaited] {
            rendition?.setThinned(layerLimit < PeerSession.allLayers, session: number)
        }
    }

    /// Whether a picture of these layers is left out.
    private func leavesOut(_ chunk: EncodedChunk) -> Bool {
        if chunk.isKeyframe { sentLayer = layerLimit }
        if chunk.temporalLayer > sentLayer, chunk.temporalLayer <= layerLimit, chunk.isLayerSync {
            sentLayer = chunk.temporalLayer
        }
        return chunk.temporalLayer > sentLayer
    }

    /// Sees to it that the peer is sent the rendition that it is to get of the view that it watches, which may have
    /// changed.
    func follow(now: MediaTime) {
        nextLook = now + .milliseconds(100)
        guard peer.isConnected, let videoFormat, participant.kind != .publish else { return }
        let wanted = rung.flatMap { rung in
            room.view(of: participant)?.rendition(RenditionKey(rung: rung, format: videoFormat))
        }
        if wanted === watched {
            if awaited !== watched { awaited?.remove(number) }
            awaited = nil
            return
        }
        guard let wanted else {
            stopWatching()
            return
        }
        guard wanted !== awaited else { return }
        awaited?.remove(number)
        awaited = wanted
        nextKeyframeWish = now + .milliseconds(500)
        wanted.add(number)
        if layerLimit < PeerSession.allLayers { wanted.setThinned(true, session: number) }
    }

    /// Nothing more is to be encoded for the peer.
    func stopWatching() {
        watched?.remove(number)
        awaited?.remove(number)
        watched = nil
        awaited = nil
    }

    private func resend(_ nack: GenericNack, now: MediaTime, network: NetworkThread) {
        guard let videoOut, nack.media == videoOut.stream.ssrc, let path = peer.selectedPath else { return }
        let interval = RepairBudget.interval(roundTrip: figures.roundTrip)
        nack.forEach { sequence in
            guard repairs.admitRequest(now: now),
                let source = videoOut.stream.source(ofLost: sequence, now: now, interval: interval),
                let output = recentSources[source], repairs.admit(PeerSession.packetLimit)
            else { return }
            figures.resent += 1
            send(over: path, network) { writer throws(WireError) in
                try videoOut.stream.writeAgain(
                    sequence, of: output.history, extensions: HeaderExtensions(), map: .empty, now: now, into: &writer)
            }
        }
    }

    /// Sends the packets of a picture, from the first keyframe of an encode on.
    func send(
        _ packets: Range<Int64>, of rendition: LiveRendition, _ chunk: EncodedChunk, now: MediaTime,
        network: NetworkThread
    ) {
        guard let videoOut, let path = peer.selectedPath, peer.isConnected else { return }
        if rendition === awaited {
            guard chunk.isKeyframe else {
                // The one that was asked for may have come before there was a path to send it over, and a receiver
                // that has seen no packet cannot ask.
                if now >= nextKeyframeWish {
                    nextKeyframeWish = now + .milliseconds(500)
                    rendition.requestKeyframe()
                }
                return
            }
            watched?.remove(number)
            watched = rendition
            awaited = nil
            recentSources[rendition.output.source] = rendition.output
        }
        guard rendition === watched else { return }
        let output = rendition.output
        if leavesOut(chunk) {
            if let format = output.format { videoOut.stream.skipPicture(format, source: output.source) }
            return
        }
        figures.framesOut += 1
        repairs.sent(packets.count * PeerSession.packetLimit)
        for index in packets {
            send(over: path, network) { writer throws(WireError) in
                try videoOut.stream.write(
                    index, of: output.history, source: output.source, extensions: HeaderExtensions(), map: .empty,
                    now: now, into: &writer)
            }
        }
    }

    /// Sends a packet of sound.
    func send(sound index: Int64, of output: EncodedOutput, now: MediaTime, network: NetworkThread) {
        guard let soundOut, let path = peer.selectedPath, peer.isConnected else { return }
        send(over: path, network) { writer throws(WireError) in
            try soundOut.stream.write(
                index, of: output.history, source: output.source, extensions: HeaderExtensions(), map: .empty, now: now,
                into: &writer)
        }
    }

    private func send(
        over path: NetworkPath, _ network: NetworkThread,
        _ write: (inout ByteWriter) throws(WireError) -> Bool
    ) {
        network.send(over: path) { bytes in
            var writer = ByteWriter(bytes._mutatingExtracting(0..<PeerSession.packetLimit))
            guard (try? write(&writer)) == true else { return nil }
            let count = writer.count
            return try? peer.protectRTP(&bytes, count: count)
        }
        figures.packetsOut += 1
    }

    /// Bytes of a packet before encryption.
    private static let packetLimit = 1400

    private func sendControl(
        _ network: NetworkThread, _ write: (inout ByteWriter) throws(WireError) -> Void
    ) {
        guard let path = peer.selectedPath, peer.isConnected else { return }
        network.send(over: path) { bytes in
            var writer = ByteWriter(bytes._mutatingExtracting(0..<PeerSession.packetLimit))
            guard (try? write(&writer)) != nil, writer.count > 0 else { return nil }
            let count = writer.count
            return try? peer.protectRTCP(&bytes, count: count)
        }
    }

    // MARK: - Time

    /// Does what is due: the peer's own timers, requests, feedback, reports.
    func housekeep(now: MediaTime, network: NetworkThread) {
        if let deadline = peer.nextDeadline, deadline <= now { peer.handleTimeout(now: now) }
        guard peer.isConnected else { return }
        if now >= nextLook { follow(now: now) }
        if now >= nextRequests {
            nextRequests = now + .milliseconds(10)
            for receiver in pictures.values { ask(receiver, now: now, network: network) }
        }
        if now >= nextFeedback {
            nextFeedback = now + .milliseconds(50)
            sendFeedback(network)
        }
        if now >= nextReport {
            nextReport = now + .milliseconds(900 + Int64.random(in: 0...200))
            sendReports(now: now, network: network)
        }
    }

    private func sendFeedback(_ network: NetworkThread) {
        guard arrivals != nil, let media = pictures.values.first?.ssrc ?? sounds.values.first?.ssrc else { return }
        arrivals?.media = media
        while let feedback = arrivals?.takeFeedback() {
            sendControl(network) { writer throws(WireError) in try feedback.write(into: &writer) }
        }
    }

    private func sendReports(now: MediaTime, network: NetworkThread) {
        var blocks = pictures.values.flatMap { $0.reportBlocks(now: now) }
        blocks += sounds.values.compactMap { $0.reportBlock(now: now) }
        figures.lossIn = Double(blocks.map(\.fractionLost).max() ?? 0) / 256
        let ntp = network.wallClock(at: now)
        let time = room.time(at: now)
        let name = canonicalName
        var isFirst = true
        for out in [videoOut, soundOut].compactMap({ $0 }) where out.stream.packetCount > 0 {
            let report = out.stream.senderReport(ntp: ntp, mediaTime: time, blocks: isFirst ? blocks : [])
            isFirst = false
            let ssrc = out.stream.ssrc
            sendControl(network) { writer throws(WireError) in
                try report.write(into: &writer)
                try SourceDescription(chunks: [.init(ssrc: ssrc, canonicalName: name)]).write(into: &writer)
            }
        }
        guard isFirst else { return }
        sendControl(network) { [ownSSRC] writer throws(WireError) in
            try ReceiverReport(ssrc: ownSSRC, blocks: blocks).write(into: &writer)
            try SourceDescription(chunks: [.init(ssrc: ownSSRC, canonicalName: name)]).write(into: &writer)
        }
    }

    /// Everything counted of this session.
    var snapshot: SessionFigures {
        var result = figures
        for receiver in pictures.values {
            result.videoPacketsIn += receiver.packets
            result.packetsLostIn += receiver.packetsLost
        }
        for receiver in sounds.values {
            result.soundPacketsIn += receiver.packets
            result.packetsLostIn += receiver.packetsLost
        }
        return result
    }
}

/// What a session has sent and received.
struct SessionFigures: Sendable {
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var packetsOut: UInt64 = 0
    var framesOut: UInt64 = 0
    var resent: UInt64 = 0
    var nacksSent: UInt64 = 0
    var keyframesAsked: UInt64 = 0
    var keyframeRequests: UInt64 = 0
    var malformedControl: UInt64 = 0
    var videoPacketsIn: UInt64 = 0
    var soundPacketsIn: UInt64 = 0
    var packetsLostIn: Int64 = 0
    /// Shares, 0 to 1, of the last report.
    var lossIn = 0.0
    var lossOut = 0.0
    var roundTrip: MediaTime?
}

extension PictureFormat {
    /// Nil for sound.
    init?(_ format: MediaFormat) {
        switch format {
        case .vp8: self = .vp8
        case .vp9: self = .vp9
        case .h264: self = .h264
        case .opus: return nil
        }
    }
}
