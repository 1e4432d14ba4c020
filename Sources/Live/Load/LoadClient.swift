import Foundation
public import Media
import RTP
import Synchronization
public import Timing
import WebRTC

/// What a client of the load does.
public struct LoadOptions: Sendable {
    public var name: String
    public var kind: JoinKind
    /// What it publishes; needed unless it only views.
    public var media: LoadMedia?
    /// Whether pictures and sound are decoded, or only counted.
    public var decodes: Bool
    /// What it offers to receive pictures in; VP8 if it publishes.
    public var codec = Codec.vp8
    /// The network on the way; nil for a good one.
    public var impairment: Impairment?
    /// What tones to listen for, in Hz, if sound is decoded.
    public var tones: [Double] = []
    /// Where it notes what it sends as publisher ``publisher``, and, if it ``watches``, what it sees and hears.
    public var probe: LatencyProbe?
    public var publisher = 0
    public var watches = false
    /// When it begins to send, by the remainder of the monotonic clock's time by 100 ms; nil for at once.
    public var phase: MediaTime?

    public init(name: String, kind: JoinKind = .session, media: LoadMedia?, decodes: Bool = true) {
        self.name = name
        self.kind = kind
        self.media = media
        self.decodes = decodes
    }

    var sections: [Offerer.Media] {
        let direction: MediaDirection =
            switch kind {
            case .session: .sendrecv
            case .publish: .sendonly
            case .view: .recvonly
            }
        return [
            Offerer.Media(kind: .audio, direction: direction, formats: [.opus]),
            Offerer.Media(
                kind: .video, direction: direction, formats: [codec == .h264 ? .h264 : codec == .vp9 ? .vp9 : .vp8]),
        ]
    }
}

/// One client: ICE, DTLS and SRTP over a socket of its own; publishes a file and watches the mix. Made by
/// ``LoadCrowd/join(_:answer:)``; calls may come from any thread.
public final class LoadClient: @unchecked Sendable {
    public let name: String
    let number: UInt32
    let socket: DatagramSocket
    private unowned let crowd: LoadCrowd
    private let local: TransportAddress
    private let began: MediaTime
    private let peer: Peer
    private let extensions: HeaderExtensionMap
    private let receiver: LoadReceiver
    private var sound: LoadStream?
    private var video: LoadStream?
    private let probe: LatencyProbe?
    private let publisher: Int
    private let chirps: [Int: Int]
    private let levels: [UInt8]
    private let phase: MediaTime?
    private var outward: ImpairedLink?
    private var inward: ImpairedLink?
    /// Where datagrams are put together that an impaired network takes.
    private var scratch = [UInt8](repeating: 0, count: DatagramSocket.datagramSize)
    /// When ``work(now:)`` has something to do again.
    private(set) var nextWork = MediaTime.zero
    private var videoSection: Int?
    private var ownSSRC: SSRC
    /// Where the server is, for what an impaired network holds back.
    private var server: TransportAddress?
    private var sendingSince: MediaTime?
    private var sendsVideo = true
    private var sendsSound = true
    private var transportSequence: UInt16 = 0
    private var nextReport = MediaTime.zero
    private var nextRequests = MediaTime.zero
    private var nextFeedback = MediaTime.zero
    /// When packets came, for the server's estimate of the network.
    private var arrivals: ArrivalLog?
    private var figures: LoadReport
    private let shared: Mutex<Shared>

    private struct Shared {
        var report: LoadReport
        var picture: Picture?
        var sound: [Float] = []
    }

    init(
        _ options: LoadOptions, number: UInt32, crowd: LoadCrowd, socket: DatagramSocket, local: TransportAddress,
        peer: Peer, began: MediaTime, answered: MediaTime
    ) throws {
        name = options.name
        self.number = number
        self.crowd = crowd
        self.socket = socket
        self.local = local
        self.peer = peer
        self.began = began
        extensions = peer.session.extensions
        receiver = try LoadReceiver(options)
        probe = options.probe
        publisher = options.publisher
        chirps = options.media?.chirps ?? [:]
        levels = options.media?.levels ?? []
        phase = options.phase
        if let impairment = options.impairment {
            outward = ImpairedLink(impairment, stream: UInt64(number) * 2)
            inward = ImpairedLink(impairment, stream: UInt64(number) * 2 + 1)
        }
        figures = LoadReport(name: options.name)
        figures.answered = (answered - began).milliseconds
        shared = Mutex(Shared(report: figures))
        ownSSRC = SSRC(UInt32.random(in: 1 ... .max))
        if extensions[.transportSequenceNumber] != nil { arrivals = ArrivalLog(sender: ownSSRC, media: SSRC(0)) }
        for section in peer.session.media {
            guard let codec = section.codec else { continue }
            if codec.format.isVideo { videoSection = section.index }
            guard let stream = section.local, let media = options.media else { continue }
            let repair = codec.retransmission.flatMap { type in
                stream.retransmission.map { SendStream.Repair(ssrc: $0, payloadType: type) }
            }
            let negotiated = NegotiatedStream(
                mid: section.mid, ssrc: stream.ssrc, payloadType: codec.payloadType, repair: repair)
            ownSSRC = stream.ssrc
            if codec.format == .vp8, !media.video.isEmpty {
                video = LoadStream(negotiated, chunks: media.video, media: media, isVideo: true)
            } else if codec.format == .opus, !media.sound.isEmpty {
                sound = LoadStream(negotiated, chunks: media.sound, media: media, isVideo: false)
            }
        }
    }

    // MARK: - For others

    /// What was seen until now.
    public var report: LoadReport { shared.withLock(\.report) }
    /// What was seen until this moment.
    public var currentReport: LoadReport { snapshot().report }
    /// The newest decoded picture of the mix.
    public var picture: Picture? { shared.withLock(\.picture) }

    /// The last `seconds` of the decoded mix, mono at 48 kHz, at most 8 s; fewer if fewer have come.
    public func sound(seconds: Double) -> [Float] {
        Array(snapshot().sound.suffix(Int(seconds * 48_000)))
    }

    /// Looks at everything on the client's own thread.
    private func snapshot() -> Shared {
        let ready = DispatchSemaphore(value: 0)
        crowd.post { [self] _ in
            publish(withSound: true)
            ready.signal()
        }
        ready.wait()
        return shared.withLock { shared in
            defer { shared.sound = [] }
            return shared
        }
    }

    /// Says goodbye.
    public func leave() {
        crowd.post { [self] crowd in
            close(now: MonotonicClock.now)
            crowd.forget(number)
        }
    }

    /// Is gone without a word, as when the power fails.
    public func vanish() { crowd.post { [self] crowd in crowd.forget(number) } }

    /// Sends on, or stops sending, pictures and sound; checks and reports go on.
    public func setSending(video: Bool, sound: Bool) {
        crowd.post { [self] _ in
            sendsVideo = video
            sendsSound = sound
        }
    }

    /// Figures of what is watched begin anew.
    public func restartFigures() {
        crowd.post { [self] _ in
            receiver.restartFigures()
            figures.bytesIn = 0
        }
    }

    // MARK: - On the crowd's thread

    func close(now: MediaTime) {
        peer.close(now: now)
        settle(now: now)
        flush()
        publish()
    }

    private func publish(withSound: Bool = false) {
        var report = receiver.snapshot
        report.isConnected = peer.isConnected
        report.end = peer.end.map { "\($0)" }
        report.answered = figures.answered
        report.connected = figures.connected
        report.firstFrame = receiver.firstShown.map { ($0 - began).milliseconds }
        report.bytesIn = figures.bytesIn
        report.bytesOut = figures.bytesOut
        report.packetsOut = figures.packetsOut
        report.resent = figures.resent
        report.lossOut = figures.lossOut
        report.keyframesAnswered = video?.keyframesAsked ?? 0
        for link in [outward, inward] {
            guard let link else { continue }
            report.impaired += link.figures.lost + link.figures.overflowed
            report.overflowed += link.figures.overflowed
        }
        shared.withLock { shared in
            shared.report = report
            shared.picture = receiver.newest
            if withSound { shared.sound = receiver.heard }
        }
    }

    func read() {
        for _ in 0..<4 {
            let now = MonotonicClock.now
            let count = socket.receive { datagram, sender in
                if inward == nil {
                    receive(&datagram, from: sender, now: now)
                } else if sender == peer.selectedPath?.remote || peer.selectedPath == nil {
                    // Only the server sends here; where from is known once there is a path.
                    server = sender
                    inward?.put(datagram.span, now: now)
                }
            }
            if count < DatagramSocket.batchSize { break }
        }
        let now = MonotonicClock.now
        takeDelayed(now: now)
        settle(now: now)
        flush()
        nextWork = now
    }

    private func receive(_ datagram: inout MutableSpan<UInt8>, from sender: TransportAddress, now: MediaTime) {
        figures.bytesIn += UInt64(datagram.count)
        let path = NetworkPath(local: local, remote: sender)
        switch peer.handle(&datagram, over: path, now: now) {
        case .none: break
        case .rtp(let packet, let count, let source):
            take(packet, in: datagram.span.extracting(0..<count), source: source, now: now)
        case .rtcp(let count): control(datagram.span.extracting(0..<count), now: now)
        }
    }

    /// What an impaired network has held back until now.
    private func takeDelayed(now: MediaTime) {
        guard var link = inward, let server else { return }
        // Taken out meanwhile: handling what comes may send, but never receives.
        inward = nil
        link.takeDue(now: now) { receive(&$0, from: server, now: now) }
        inward = link
    }

    private func flush() {
        let now = MonotonicClock.now
        if var link = outward {
            outward = nil
            link.takeDue(now: now) { datagram in
                guard let path = peer.selectedPath?.remote ?? server else { return }
                socket.send(to: path) { bytes in
                    for index in 0..<datagram.count { bytes[index] = datagram[index] }
                    return datagram.count
                }
            }
            outward = link
        }
        socket.flush()
    }

    private func withScratch(_ write: (inout MutableSpan<UInt8>) -> Int?) -> Int? {
        scratch.withUnsafeMutableBufferPointer { buffer in
            var bytes = MutableSpan(_unsafeElements: buffer)
            return write(&bytes)
        }
    }

    /// Lets `write` put a datagram together, for the network.
    private func transmit(to address: TransportAddress, _ write: (inout MutableSpan<UInt8>) -> Int?) {
        guard outward != nil else {
            socket.send(to: address, write)
            return
        }
        server = server ?? address
        let length = withScratch(write) ?? 0
        guard length > 0 else { return }
        let bytes = scratch
        outward?.put(bytes.span.extracting(0..<length), now: MonotonicClock.now)
    }

    private func take(_ packet: RTPPacket, in bytes: Span<UInt8>, source: IncomingSource, now: MediaTime) {
        if let block = packet.extensions,
            let number = (try? HeaderExtensions(parsing: block, in: bytes, map: extensions))?.transportSequenceNumber
        {
            arrivals?.media = packet.header.ssrc
            arrivals?.receive(number, arrival: now)
        }
        guard source.media == videoSection else {
            receiver.receiveSound(packet, in: bytes, now: now)
            return
        }
        switch source.role {
        case .media: receiver.receiveVideo(packet, in: bytes, isRepeated: false, now: now)
        case .retransmission:
            guard let ssrc = source.repairs ?? receiver.videoSSRC,
                let original = try? Retransmission.original(
                    of: packet, in: bytes, ssrc: ssrc, payloadType: packet.header.payloadType)
            else { return }
            receiver.receiveVideo(original, in: bytes, isRepeated: true, now: now)
        }
    }

    private func control(_ bytes: Span<UInt8>, now: MediaTime) {
        var reader = RTCPReader(bytes)
        while let packet = try? reader.next() {
            switch packet {
            case .senderReport(let report):
                receiver.receive(report, now: now)
                note(report.blocks, now: now)
            case .receiverReport(let report): note(report.blocks, now: now)
            case .nack(let nack): resend(nack, now: now)
            case .pictureLoss(let loss): if loss.media == video?.out.stream.ssrc { video?.jumpToKeyframe() }
            case .fullIntraRequest(let request):
                if request.items.contains(where: { $0.media == video?.out.stream.ssrc }) { video?.jumpToKeyframe() }
            case .bandwidthEstimate(let estimate): video?.limit(bitsPerSecond: estimate.bitrate)
            case .sourceDescription, .goodbye, .transportFeedback, .extendedReport, .unknown: break
            }
        }
    }

    private func note(_ blocks: [ReportBlock], now: MediaTime) {
        for block in blocks {
            if let time = block.roundTrip(now: crowd.wallClock(at: now)) { receiver.setRoundTrip(time) }
            if block.ssrc == video?.out.stream.ssrc { figures.lossOut = Double(block.fractionLost) / 256 }
        }
    }

    private func resend(_ nack: GenericNack, now: MediaTime) {
        guard let video, nack.media == video.out.stream.ssrc else { return }
        nack.forEach { sequence in
            guard video.out.stream.source(ofLost: sequence, now: now) != nil else { return }
            figures.resent += 1
            let values = nextExtensions(of: video)
            send { writer throws(WireError) in
                try video.out.stream.writeAgain(
                    sequence, of: video.history, extensions: values, map: extensions, now: now, into: &writer)
            }
        }
    }

    private func nextExtensions(of stream: LoadStream) -> HeaderExtensions {
        var values = HeaderExtensions()
        if extensions[.mid] != nil { values.mid = stream.out.mid }
        if extensions[.transportSequenceNumber] != nil {
            transportSequence &+= 1
            values.transportSequenceNumber = transportSequence
        }
        if stream.format == nil, extensions[.audioLevel] != nil, stream.taken < levels.count {
            let level = levels[stream.taken]
            values.audioLevel = AudioLevel(level: level, voice: level < 45)
        }
        return values
    }

    /// Does what is due; when to call again at the latest.
    func work(now: MediaTime) -> MediaTime {
        takeDelayed(now: now)
        if let deadline = peer.nextDeadline, deadline <= now { peer.handleTimeout(now: now) }
        settle(now: now)
        var next = peer.nextDeadline ?? now + .milliseconds(1000)
        if peer.isConnected {
            if now >= nextRequests {
                nextRequests = now + .milliseconds(10)
                askForMissing(now: now)
            }
            if now >= nextFeedback {
                nextFeedback = now + .milliseconds(50)
                while let feedback = arrivals?.takeFeedback() {
                    sendControl { writer throws(WireError) in try feedback.write(into: &writer) }
                }
            }
            if now >= nextReport {
                nextReport = now + .milliseconds(500)
                sendReports(now: now)
                publish()
            }
            next = min(next, nextRequests, nextFeedback, nextReport, sendDue(now: now))
        }
        flush()
        next = min(next, outward?.nextDue ?? next, inward?.nextDue ?? next)
        nextWork = next
        return next
    }

    /// Sends what is due of both streams; when more is.
    private func sendDue(now: MediaTime) -> MediaTime {
        let start = sendingSince ?? firstSending(now: now)
        sendingSince = start
        guard start <= now else { return start }
        var next = now + .milliseconds(1000)
        for stream in [sound, video] {
            guard let stream else { continue }
            while let packets = stream.takeDue(now - start, now: now) {
                guard stream.format == nil ? sendsSound : sendsVideo else { continue }
                for index in packets { send(index, of: stream, now: now) }
                if probe != nil { note(stream) }
            }
            next = min(next, start + stream.due)
        }
        return next
    }

    /// At once, or when the clock comes to the phase.
    private func firstSending(now: MediaTime) -> MediaTime {
        guard let phase else { return now }
        let whole: Int64 = 100_000_000
        let ahead = ((phase.nanoseconds - now.nanoseconds) % whole + whole) % whole
        return now + MediaTime(nanoseconds: ahead)
    }

    /// What is measured by has been handed to the network just now, or will be with the next line.
    private func note(_ stream: LoadStream) {
        guard outward == nil else { return }
        let now = MonotonicClock.now
        flush()
        if stream.format != nil {
            probe?.sent(publisher: publisher, frame: stream.taken, at: now)
        } else if let offset = chirps[stream.taken] {
            let place = MediaTime(clamping: Int64(offset), per: 48_000)
            probe?.sentChirp(at: now + place, media: stream.mediaTime(ofChunk: stream.taken) + place)
        }
    }

    private func send(_ index: Int64, of stream: LoadStream, now: MediaTime) {
        let values = nextExtensions(of: stream)
        send { writer throws(WireError) in
            try stream.out.stream.write(
                index, of: stream.history, source: 1, extensions: values, map: extensions, now: now, into: &writer)
        }
    }

    private func askForMissing(now: MediaTime) {
        guard let media = receiver.videoSSRC else { return }
        let requests = receiver.requests(now: now)
        guard !requests.lost.isEmpty || requests.wantsKeyframe else { return }
        sendControl { [ownSSRC] writer throws(WireError) in
            if !requests.lost.isEmpty {
                try GenericNack(sender: ownSSRC, media: media, lost: requests.lost).write(into: &writer)
            }
            if requests.wantsKeyframe {
                try PictureLossIndication(sender: ownSSRC, media: media).write(into: &writer)
            }
        }
    }

    private func sendReports(now: MediaTime) {
        let blocks = receiver.reportBlocks(now: now)
        let ntp = crowd.wallClock(at: now)
        var isFirst = true
        for stream in [video, sound] {
            guard let stream, stream.out.stream.packetCount > 0, let sendingSince else { continue }
            let report = stream.out.stream.senderReport(
                ntp: ntp, mediaTime: now - sendingSince, blocks: isFirst ? blocks : [])
            isFirst = false
            sendControl { writer throws(WireError) in
                try report.write(into: &writer)
                try SourceDescription(chunks: [.init(ssrc: report.ssrc, canonicalName: "load")]).write(into: &writer)
            }
        }
        guard isFirst, !blocks.isEmpty else { return }
        sendControl { [ownSSRC] writer throws(WireError) in
            try ReceiverReport(ssrc: ownSSRC, blocks: blocks).write(into: &writer)
            try SourceDescription(chunks: [.init(ssrc: ownSSRC, canonicalName: "load")]).write(into: &writer)
        }
    }

    private func settle(now: MediaTime) {
        while let datagram = peer.nextDatagram() {
            transmit(to: datagram.path.remote) { bytes in
                for (index, byte) in datagram.bytes.enumerated() { bytes[index] = byte }
                return datagram.bytes.count
            }
        }
        while let event = peer.nextEvent() {
            switch event {
            case .connected:
                figures.connected = (now - began).milliseconds
                publish()
            case .ended: publish()
            case .pathAuthenticated, .pathRetired, .pathSelected, .applicationData, .silent, .heardAgain: break
            }
        }
    }

    private static let packetLimit = 1400

    private func send(_ write: (inout ByteWriter) throws(WireError) -> Bool) {
        guard let path = peer.selectedPath else { return }
        transmit(to: path.remote) { bytes in
            var writer = ByteWriter(bytes._mutatingExtracting(0..<LoadClient.packetLimit))
            guard (try? write(&writer)) == true else { return nil }
            let count = writer.count
            guard let length = try? peer.protectRTP(&bytes, count: count) else { return nil }
            figures.packetsOut += 1
            figures.bytesOut += UInt64(length)
            return length
        }
    }

    private func sendControl(_ write: (inout ByteWriter) throws(WireError) -> Void) {
        guard let path = peer.selectedPath else { return }
        transmit(to: path.remote) { bytes in
            var writer = ByteWriter(bytes._mutatingExtracting(0..<LoadClient.packetLimit))
            guard (try? write(&writer)) != nil, writer.count > 0 else { return nil }
            let count = writer.count
            return try? peer.protectRTCP(&bytes, count: count)
        }
    }
}
