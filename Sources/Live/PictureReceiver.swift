import Media
import Mixing
import RTP
import Timing

/// One incoming stream of pictures, from packets to whole encoded pictures. On the network thread.
final class PictureReceiver {
    let feed: PictureFeed
    let codec: Codec
    /// The stream's own name, as its packets give it; nil before the first.
    private(set) var ssrc: SSRC?
    private var statistics = ReceiveStatistics(clockRate: 90_000)
    private var buffer: PictureBuffer
    private var clock = PictureClock()
    private var data: [UInt8] = []
    private var lost: [Int64] = []
    private let sound: SoundPlayout?
    private let holdsSound: Bool
    private var heldSound = MediaTime.zero
    private var lastPicture: MediaTime?

    /// What becomes of what comes.
    enum Duty {
        /// Nothing: it is counted, as another layer is shown.
        case counts
        /// It is to be shown from its next keyframe on, and then ``shows`` by itself.
        case prepares
        case shows
    }

    var duty = Duty.shows {
        didSet {
            if oldValue == .counts, duty != .counts { buffer.restart() }
            guard duty == .counts, heldSound != .zero else { return }
            heldSound = .zero
            sound?.setMinimumDelay(.zero)
        }
    }
    /// Whether pictures are to come after all that was shown before, as when layers take turns.
    var keepsOrder = false

    /// `sound` is the participant's own, which the pictures are to be in step with; if it is to be held back while they
    /// come late, `holdsSound`.
    init(format: PictureFormat, feed: PictureFeed, sound: SoundPlayout?, holdsSound: Bool = false) {
        self.feed = feed
        self.sound = sound
        self.holdsSound = holdsSound
        codec =
            switch format {
            case .vp8: .vp8
            case .vp9: .vp9
            case .h264: .h264
            }
        buffer = PictureBuffer(format: format)
    }

    /// What is to be sent to the peer for a stream.
    struct Requests {
        var lost: [Int64] = []
        var wantsKeyframe = false
    }

    /// Takes a packet, `bytes` being what it was parsed from; a repeated one comes unwrapped.
    func receive(
        _ packet: RTPPacket, in bytes: Span<UInt8>, orientation: VideoOrientation?, isRepeated: Bool, now: MediaTime
    ) {
        if ssrc != packet.header.ssrc {
            // Another stream in the place of the one before.
            if isRepeated { return }
            if ssrc != nil {
                buffer.restart()
                statistics = ReceiveStatistics(clockRate: 90_000)
                clock = PictureClock()
            }
            ssrc = packet.header.ssrc
        }
        let sequence: Int64
        if isRepeated {
            sequence = statistics.position(of: packet.header.sequenceNumber)
        } else {
            switch statistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
            case .accepted(let extended): sequence = extended
            case .restarted(let extended):
                buffer.restart()
                sequence = extended
            case .rejected: return
            }
            _ = clock.receive(packet.header.timestamp, arrival: now)
        }
        guard duty != .counts else { return }
        buffer.receive(packet, sequence: sequence, orientation: orientation, in: bytes, now: now)
        drain(now: now)
    }

    /// Hands on what has become whole.
    private func drain(now: MediaTime) {
        while let picture = buffer.next(now: now, into: &data) {
            clock.complete(picture, now: now)
            lastPicture = now
            let timestamp = RTPTimestamp(picture.timestamp)
            var time = clock.playout(of: timestamp, sound: sound?.anchor, delay: clock.wantedDelay, now: now) ?? now
            if keepsOrder, let newest = feed.newest { time = max(time, newest + .milliseconds(1)) }
            duty = .shows
            let turns = Int(picture.orientation?.quarterTurns ?? 0) * 90
            feed.submit(
                EncodedChunk(data: data, time: time, isKeyframe: picture.isKeyframe),
                rotation: Rotation(rawValue: turns) ?? .none)
        }
    }

    /// Does what is due, and says what to ask the sender for.
    func requests(now: MediaTime) -> Requests {
        if duty == .shows, feed.takeKeyframeWish() { buffer.decodingFailed() }
        drain(now: now)
        holdSound(now: now)
        let wantsKeyframe = buffer.requests(now: now, lost: &lost)
        return Requests(lost: lost, wantsKeyframe: wantsKeyframe)
    }

    /// Lets the sound wait for pictures that come late as a rule, so that lips stay in step: by as much as the clock
    /// wants, 200 ms at most; up at once, down only by what is worth it, and not for pictures that have stopped.
    private func holdSound(now: MediaTime) {
        guard holdsSound, let sound else { return }
        let isRunning = lastPicture.map { now - $0 < MediaTime(seconds: 2) } ?? false
        let wanted = isRunning ? clock.wantedDelay : .zero
        guard wanted > heldSound || heldSound - wanted > .milliseconds(20) || wanted == .zero, wanted != heldSound
        else { return }
        heldSound = wanted
        sound.setMinimumDelay(wanted)
    }

    func receive(_ report: SenderReport, now: MediaTime) {
        statistics.receive(report, arrival: now)
        clock.receive(report)
    }

    func reportBlock(now: MediaTime) -> ReportBlock? {
        guard let ssrc else { return nil }
        return statistics.reportBlock(ssrc: ssrc, now: now)
    }

    func setRoundTrip(_ time: MediaTime) { buffer.roundTrip = time }

    var packets: UInt64 { statistics.packets }
    var octets: UInt64 { statistics.octets }
    var packetsLost: Int64 { max(0, statistics.cumulativeLost) }
    var nacks: UInt64 { buffer.nack.requests }
    var keyframeRequests: UInt64 { buffer.keyframe.count }
}

/// One incoming stream of sound, from packets to the jitter buffer. On the network thread.
final class SoundReceiver {
    let playout: SoundPlayout
    private let tap: SoundTap
    private(set) var ssrc: SSRC?
    private var statistics = ReceiveStatistics(clockRate: OpusPacket.clockRate)
    private let redundancy: PayloadType?

    init(playout: SoundPlayout, tap: SoundTap, redundancy: PayloadType?) {
        self.playout = playout
        self.tap = tap
        self.redundancy = redundancy
    }

    /// `level` is what the sender says of the packet's loudness.
    func receive(_ packet: RTPPacket, in bytes: Span<UInt8>, level: AudioLevel?, now: MediaTime) {
        if let level { playout.note(level, at: now) }
        if ssrc != packet.header.ssrc {
            if ssrc != nil {
                statistics = ReceiveStatistics(clockRate: OpusPacket.clockRate)
                restart()
            }
            ssrc = packet.header.ssrc
        }
        let sequence: Int64
        switch statistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
        case .accepted(let extended): sequence = extended
        case .restarted(let extended):
            restart()
            sequence = extended
        case .rejected: return
        }
        guard packet.header.payloadType == redundancy else {
            take(bytes.extracting(packet.payload), packet.header.timestamp, sequence, isCopy: false, now: now)
            return
        }
        // Which packet before it a copy repeats follows from its place; a damaged payload is as good as lost.
        var blocks: [RedundantSound.Block] = []
        try? RedundantSound.forEachBlock(in: packet.payload, of: bytes) { blocks.append($0) }
        for (index, block) in blocks.enumerated() {
            let distance = Int64(blocks.count - 1 - index)
            take(
                bytes.extracting(block.data),
                RTPTimestamp(packet.header.timestamp.rawValue &- UInt32(block.timestampOffset)), sequence - distance,
                isCopy: !block.isPrimary, now: now)
        }
    }

    private func take(
        _ payload: Span<UInt8>, _ timestamp: RTPTimestamp, _ sequence: Int64, isCopy: Bool, now: MediaTime
    ) {
        playout.receive(payload, timestamp: timestamp, sequence: sequence, isCopy: isCopy, now: now)
        tap.receive(
            payload, timestamp: timestamp, sequence: sequence, isCopy: isCopy, playout: playout, now: now)
    }

    private func restart() {
        playout.restart()
        tap.restart()
    }

    func receive(_ report: SenderReport, now: MediaTime) {
        statistics.receive(report, arrival: now)
        playout.receive(report)
        tap.receive(report)
    }

    func reportBlock(now: MediaTime) -> ReportBlock? {
        guard let ssrc else { return nil }
        return statistics.reportBlock(ssrc: ssrc, now: now)
    }

    var packets: UInt64 { statistics.packets }
    var octets: UInt64 { statistics.octets }
    var packetsLost: Int64 { max(0, statistics.cumulativeLost) }
}
