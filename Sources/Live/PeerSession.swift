import Media
import Mixing
import RTP
import Synchronization
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
    /// The rung of the ladder that the peer is to get, as its network allows; nil for sound alone.
    private var rung: String?
    private let ladder: [Rung]
    /// What goes out, and how fast.
    private let path: OutgoingPath
    /// What is sent, and what is to take its place with its next keyframe.
    private var watched: LiveRendition?
    private var awaited: LiveRendition?
    /// Encodes that a lost packet may have been from, by ``EncodedOutput/source``.
    private var recentSources: [UInt32: EncodedOutput] = [:]
    /// The highest temporal layer that the peer is to get, and the highest that it is sent: up it goes only where a
    /// picture says that it needs no other of its layer.
    private var layerLimit = PeerSession.allLayers
    /// What somebody asked for.
    private var layerWish = PeerSession.allLayers
    private var nextOwnKeyframe = MediaTime.zero
    private var sentLayer = PeerSession.allLayers
    private static let allLayers = 2
    private var repairs = RepairBudget()
    private var soundVariant = SoundVariant.plain
    private var nextKeyframeWish = MediaTime.zero
    private var nextLook = MediaTime.zero
    private let extensions: HeaderExtensionMap
    private var arrivals: ArrivalLog?
    private let ownSSRC: SSRC
    private let canonicalName: String
    private var nextReport = MediaTime.zero
    private var nextFeedback = MediaTime.zero
    /// What is asked of the peer, and how good its connection is.
    private var useful = UsefulBitrate()
    private var nextWish = MediaTime.zero
    private var quality = QualityMeter()
    private var nextRequests = MediaTime.zero
    private(set) var figures = SessionFigures()

    init(
        number: Int, token: String, room: LiveRoom, participant: LiveParticipant, peer: Peer,
        credentials: ICECredentials, entityTag: String, rung: String?, ladder: [Rung]
    ) {
        self.number = number
        self.token = token
        self.room = room
        self.participant = participant
        self.peer = peer
        self.credentials = credentials
        self.entityTag = entityTag
        self.rung = rung
        self.ladder = ladder
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
        path = OutgoingPath(
            isNumbered: extensions[.transportSequenceNumber] != nil,
            bitrates: videoOut == nil || participant.kind == .publish ? [] : ladder.map(\.bitrate),
            hasLayers: videoFormat != .h264, wished: ladder.firstIndex { $0.name == rung })
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
        case .pictureLoss(let loss): if loss.media == videoOut?.stream.ssrc { askForKeyframe(now: now) }
        case .fullIntraRequest(let request):
            if request.items.contains(where: { $0.media == videoOut?.stream.ssrc }) { askForKeyframe(now: now) }
        case .transportFeedback(let feedback): path.receive(feedback, now: now)
        case .bandwidthEstimate(let estimate): path.receive(estimate, now: now)
        case .sourceDescription, .goodbye, .extendedReport, .unknown: break
        }
    }

    private func note(_ blocks: [ReportBlock], now: MediaTime, network: NetworkThread) {
        for block in blocks {
            if let time = block.roundTrip(now: network.wallClock(at: now)) {
                figures.roundTrip = time
                path.setRoundTrip(time)
                for receiver in pictures.values { receiver.setRoundTrip(time) }
            }
            if block.ssrc == soundOut?.stream.ssrc {
                figures.soundLossOut = Double(block.fractionLost) / 256
                path.receive(soundLoss: figures.soundLossOut)
            }
            guard block.ssrc == videoOut?.stream.ssrc else { continue }
            figures.lossOut = Double(block.fractionLost) / 256
            path.receive(loss: figures.lossOut, now: now)
        }
    }

    private func askForKeyframe(now: MediaTime) {
        figures.keyframeRequests += 1
        path.keyframeRequested(now: now)
        (awaited ?? watched)?.requestKeyframe()
    }

    // MARK: - Out

    /// The best rung of the ladder that the peer is to get, nil for sound alone; switched to at a keyframe.
    func setRung(_ name: String?, now: MediaTime) {
        path.setWish(ladder.firstIndex { $0.name == name })
        rung = name
        applyChoice(now: now)
        follow(now: now)
    }

    /// The highest temporal layer that the peer is to get, 0 (a quarter of the frames) to 2 (all of them). Of H.264
    /// all frames are sent.
    func setLayerLimit(_ limit: Int) {
        layerWish = min(max(limit, 0), PeerSession.allLayers)
        limitLayers()
    }

    private func limitLayers() {
        let limit = min(layerWish, path.choice?.step.topLayer ?? PeerSession.allLayers)
        guard limit != layerLimit else { return }
        layerLimit = limit
        sentLayer = min(sentLayer, layerLimit)
        for rendition in [watched, awaited] {
            rendition?.setThinned(layerLimit < PeerSession.allLayers, session: number)
        }
    }

    /// Follows what the network allows.
    private func applyChoice(now: MediaTime) {
        guard let step = path.choice?.step else { return }
        for change in path.takeChanges() {
            room.renditionChanged(
                of: participant, to: change.to.rung.map { ladder[$0].name },
                layers: change.to.isSlideShow || change.to.rung == nil ? 0 : change.to.topLayer + 1,
                reason: change.reason.rawValue, now: now)
        }
        limitLayers()
        let name = step.rung.map { ladder[$0].name }
        guard name != rung else { return }
        rung = name
        follow(now: now)
    }

    /// Whether a picture of these layers is left out.
    private func leavesOut(_ chunk: EncodedChunk) -> Bool {
        if chunk.isKeyframe { sentLayer = layerLimit }
        if !chunk.isKeyframe, path.choice?.step.isSlideShow == true { return true }
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
        nextOwnKeyframe = now + .milliseconds(1000)
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
        guard let videoOut, nack.media == videoOut.stream.ssrc else { return }
        let interval = RepairBudget.interval(roundTrip: figures.roundTrip)
        nack.forEach { sequence in
            guard repairs.admitRequest(now: now),
                let (source, index) = videoOut.stream.packet(ofLost: sequence, now: now, interval: interval),
                let size = recentSources[source]?.history[index]?.size
            else { return }
            let bytes = size + PeerSession.headerSize
            guard repairs.admit(bytes) else { return }
            _ = self.path.queue.offer(repeated: sequence, bytes: bytes, now: now)
        }
        pump(now: now, network: network)
    }

    /// Sends the packets of a picture, from the first keyframe of an encode on.
    func send(
        _ packets: Range<Int64>, of rendition: LiveRendition, _ chunk: EncodedChunk, now: MediaTime,
        network: NetworkThread
    ) {
        guard videoOut != nil, peer.selectedPath != nil, peer.isConnected else { return }
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
            path.queue.keepOnly(source: rendition.output.source)
        }
        guard rendition === watched else { return }
        let output = rendition.output
        if leavesOut(chunk) {
            path.queue.skip(source: output.source)
        } else {
            var bytes = 0
            for index in packets { bytes += (output.history[index]?.size ?? 0) + PeerSession.headerSize }
            let picture = SendQueue.Picture(
                source: output.source, packets: packets, bytes: bytes, temporalLayer: chunk.temporalLayer,
                isKeyframe: chunk.isKeyframe, isLayerSync: chunk.isLayerSync)
            if chunk.isKeyframe { path.keyframeBytes = bytes }
            if path.queue.offer(picture, now: now) {
                figures.framesOut += 1
                repairs.sent(packets.count * PeerSession.packetLimit)
            }
        }
        pump(now: now, network: network)
    }

    /// Sends what may go of what waits.
    private func pump(now: MediaTime, network: NetworkThread) {
        guard let videoOut, let way = peer.selectedPath, peer.isConnected else { return }
        while let item = path.queue.next(now: now) {
            let values = path.extensions
            switch item {
            case .skipped(let source):
                guard let format = recentSources[source]?.format else { continue }
                videoOut.stream.skipPicture(format, source: source)
            case .packet(let index, let source):
                guard let output = recentSources[source] else { continue }
                send(.picture, over: way, now: now, network) { writer throws(WireError) in
                    try videoOut.stream.write(
                        index, of: output.history, source: source, extensions: values, map: extensions, now: now,
                        into: &writer)
                }
            case .repeated(let sequence):
                guard let source = videoOut.stream.source(ofLost: sequence, now: now, interval: .zero),
                    let output = recentSources[source]
                else { continue }
                figures.resent += 1
                send(.picture, over: way, now: now, network) { writer throws(WireError) in
                    try videoOut.stream.writeAgain(
                        sequence, of: output.history, extensions: values, map: extensions, now: now, into: &writer)
                }
            }
        }
    }

    /// Sends padding to learn what the network takes.
    private func probe(now: MediaTime, network: NetworkThread) {
        guard let videoOut, videoOut.stream.repair != nil, let way = peer.selectedPath,
            let probe = path.nextProbe(now: now)
        else { return }
        let first = path.position
        for _ in 0..<probe.packets {
            let values = path.extensions
            send(.probe, over: way, now: now, network) { writer throws(WireError) in
                try videoOut.stream.writePadding(
                    UInt8(clamping: probe.padding), mediaTime: room.time(at: now), extensions: values,
                    map: extensions, into: &writer)
            }
        }
        path.sent(probe, from: first, now: now)
    }

    /// Lets the choice follow the network, and asks for a keyframe when there is room for the one that is needed.
    private func steer(now: MediaTime, network: NetworkThread) {
        path.look(now: now)
        applyChoice(now: now)
        if path.soundVariant != soundVariant {
            soundVariant = path.soundVariant
            participant.state.withLock { $0.soundVariant = soundVariant }
        }
        probe(now: now, network: network)
        pump(now: now, network: network)
        let isSlideShow = path.choice?.step.isSlideShow ?? false
        guard isSlideShow || path.queue.needsKeyframe, now >= nextOwnKeyframe, path.queue.wait < .milliseconds(100),
            let current = awaited ?? watched
        else { return }
        nextOwnKeyframe = now + (isSlideShow ? path.slideInterval : MediaTime(seconds: 1))
        if !isSlideShow { path.keyframeRequested(now: now) }
        current.requestKeyframe()
    }

    /// Sends a packet of sound: it waits for nothing.
    func send(sound index: Int64, of output: EncodedOutput, now: MediaTime, network: NetworkThread) {
        guard let soundOut, let way = peer.selectedPath, peer.isConnected else { return }
        let values = path.extensions
        send(.sound, over: way, now: now, network) { writer throws(WireError) in
            try soundOut.stream.write(
                index, of: output.history, source: output.source, extensions: values, map: extensions, now: now,
                into: &writer)
        }
    }

    private func send(
        _ kind: OutgoingPath.Kind, over way: NetworkPath, now: MediaTime, _ network: NetworkThread,
        _ write: (inout ByteWriter) throws(WireError) -> Bool
    ) {
        network.send(over: way) { bytes in
            var writer = ByteWriter(bytes._mutatingExtracting(0..<PeerSession.packetLimit))
            guard (try? write(&writer)) == true else { return nil }
            let count = writer.count
            guard let size = try? peer.protectRTP(&bytes, count: count) else { return nil }
            path.sent(size, kind, now: now)
            figures.bytesOut += UInt64(size)
            return size
        }
        figures.packetsOut += 1
    }

    /// Bytes of a packet before encryption.
    private static let packetLimit = 1400
    /// Header, extension and authentication of a packet, about.
    private static let headerSize = 36

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
        steer(now: now, network: network)
        if now >= nextRequests {
            nextRequests = now + .milliseconds(10)
            for receiver in pictures.values { ask(receiver, now: now, network: network) }
        }
        if now >= nextFeedback {
            nextFeedback = now + .milliseconds(50)
            sendFeedback(network)
        }
        if now >= nextWish {
            nextWish = now + .milliseconds(250)
            askForBitrate(now: now, network: network)
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

    /// Tells a publisher what is of use (REMB), so that nobody sends for a small tile what fills a large one.
    private func askForBitrate(now: MediaTime, network: NetworkThread) {
        var sources: [UsefulBitrate.Source] = []
        for receiver in pictures.values where receiver.ssrc != nil {
            let feed = receiver.feed
            let isScreen = feed === participant.screen
            // Nothing is known yet of where it is shown.
            guard isScreen || !feed.isWanted || feed.wishedHeight != nil else { return }
            sources.append(
                UsefulBitrate.Source(
                    isWanted: feed.isWanted, height: isScreen ? nil : feed.wishedHeight, isLayered: receiver.isLayered))
        }
        guard let bitrate = useful.update(sources, now: now) else { return }
        let media = pictures.values.compactMap(\.ssrc)
        sendControl(network) { [ownSSRC] writer throws(WireError) in
            try ReceiverBandwidthEstimate(sender: ownSSRC, bitrate: UInt64(bitrate), sources: media)
                .write(into: &writer)
        }
    }

    private func sendReports(now: MediaTime, network: NetworkThread) {
        var blocks = pictures.values.flatMap { $0.reportBlocks(now: now) }
        blocks += sounds.values.compactMap { $0.reportBlock(now: now) }
        figures.lossIn = Double(blocks.map(\.fractionLost).max() ?? 0) / 256
        quality.note(loss: max(figures.lossIn, figures.lossOut, figures.soundLossOut), roundTrip: figures.roundTrip)
        participant.state.withLock { $0.quality = quality.quality }
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

    var receivesPictures: Bool { path.choice != nil }

    /// Everything counted of this session.
    var snapshot: SessionFigures {
        var result = figures
        result.estimate = path.estimator.isMeasured ? path.estimator.estimate : nil
        result.rate = path.rate
        result.wait = path.queue.wait
        result.framesDropped = path.queue.dropped
        result.rung = rung
        result.layers = path.choice?.step.isSlideShow == true ? 0 : layerLimit + 1
        result.rungChanges = path.changes
        result.probes = path.probes
        result.asked = useful.asked
        result.quality = quality.quality
        result.hasLeanSound = soundVariant.isLean
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
