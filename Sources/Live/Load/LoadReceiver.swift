import Codecs
import Foundation
import Media
import RTP
import Timing

/// The mix as one client of the load receives it: pictures put together again, sound decoded, both measured.
final class LoadReceiver {
    /// How much of the sound is kept, in seconds.
    private static let soundMemory = 8

    private let video: (any VideoDecoder)?
    private let sound: OpusDecoder?
    private(set) var videoSSRC: SSRC?
    private(set) var soundSSRC: SSRC?
    private var videoStatistics = ReceiveStatistics(clockRate: 90_000)
    private var soundStatistics = ReceiveStatistics(clockRate: OpusPacket.clockRate)
    /// Of the sender's wall clock, to reckon from.
    private var epoch = NTPTime(rawValue: 0)
    private var videoReport: (ntp: NTPTime, timestamp: UInt32)?
    private var soundReport: (ntp: NTPTime, timestamp: UInt32)?
    /// Arrival less the sender's time, of the newest sound and picture; the origin of each cancels out.
    private var soundTransit: MediaTime?
    private var buffer: PictureBuffer
    private var data: [UInt8] = []
    private var lost: [Int64] = []
    private var pictures: [DecodedPicture] = []
    private var samples: [Float]
    /// Of pictures as they came, and as a receiver shows them who waits for those that are sent again.
    private var meter = FrameMeter()
    private var shown = FrameMeter()
    private var clock = PictureClock()
    private var tones: ToneWatch
    private let frequencies: [Double]
    private let probe: LatencyProbe?
    private var chirps = ChirpFinder<(arrival: MediaTime, captured: NTPTime?)>()
    private(set) var newest: Picture?
    /// Of decoded sound, mono, the newest last.
    private(set) var heard: [Float] = []
    private(set) var firstShown: MediaTime?
    private var report: LoadReport
    private let decodes: Bool

    init(_ options: LoadOptions) throws(CodecError) {
        decodes = options.decodes
        probe = options.watches ? options.probe : nil
        frequencies = decodes ? options.tones : []
        tones = ToneWatch(frequencies)
        report = LoadReport(name: options.name)
        let codec = options.codec
        buffer = PictureBuffer(format: codec == .h264 ? .h264 : codec == .vp9 ? .vp9 : .vp8)
        video =
            decodes
            ? try VideoDecoders.make(
                for: VideoParameters(codec: codec, size: PictureSize(width: 1280, height: 720))) : nil
        sound = decodes ? try OpusDecoder(channels: 2) : nil
        samples = [Float](repeating: 0, count: decodes ? OpusDecoder.longestPacket * 2 : 0)
    }

    // MARK: - Pictures

    func receiveVideo(_ packet: RTPPacket, in bytes: Span<UInt8>, isRepeated: Bool, now: MediaTime) {
        let sequence: Int64
        if isRepeated {
            sequence = videoStatistics.position(of: packet.header.sequenceNumber)
        } else {
            videoSSRC = packet.header.ssrc
            switch videoStatistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
            case .accepted(let extended): sequence = extended
            case .restarted(let extended):
                buffer.restart()
                sequence = extended
            case .rejected: return
            }
            _ = clock.receive(packet.header.timestamp, arrival: now)
        }
        buffer.receive(packet, sequence: sequence, in: bytes, now: now)
        drain(now: now)
    }

    private func drain(now: MediaTime) {
        while let picture = buffer.next(now: now, into: &data) { take(picture, now: now) }
    }

    private func take(_ received: ReceivedPicture, now: MediaTime) {
        report.frames += 1
        if received.isKeyframe { report.keyframes += 1 }
        meter.add(now)
        clock.complete(received, now: now)
        let wanted = clock.playout(
            of: RTPTimestamp(UInt32(truncatingIfNeeded: received.timestamp)), sound: nil, delay: clock.wantedDelay,
            now: now)
        shown.add(max(now, wanted ?? now, shown.last ?? now))
        noteLag(RTPTimestamp(received.timestamp), now: now)
        guard let video else {
            if firstShown == nil { firstShown = now }
            return
        }
        pictures.removeAll(keepingCapacity: true)
        do {
            try video.decode(
                EncodedChunk(data: data, time: now, isKeyframe: received.isKeyframe), wantsPicture: true,
                into: &pictures)
        } catch {
            report.undecodable += 1
            buffer.decodingFailed()
        }
        report.decoded += pictures.count
        if let picture = pictures.last?.picture {
            newest = picture
            if firstShown == nil { firstShown = MonotonicClock.now }
            probe?.saw(picture, firstPacket: received.firstArrival, captured: captured(received))
        }
    }

    /// When a picture was mixed, by the sender's clock.
    private func captured(_ received: ReceivedPicture) -> NTPTime? {
        guard let videoReport else { return nil }
        let timestamp = UInt32(truncatingIfNeeded: received.timestamp)
        let distance = Int32(bitPattern: timestamp &- videoReport.timestamp)
        return videoReport.ntp.advanced(by: MediaTime(clamping: Int64(distance), per: 90_000))
    }

    private func noteLag(_ timestamp: RTPTimestamp, now: MediaTime) {
        guard let videoReport, let soundTransit else { return }
        let distance = Int32(bitPattern: timestamp.rawValue &- videoReport.timestamp)
        let sent = videoReport.ntp.advanced(by: MediaTime(clamping: Int64(distance), per: 90_000))
        report.pictureLag = (now - sent.since(epoch) - soundTransit).milliseconds
    }

    // MARK: - Sound

    func receiveSound(_ packet: RTPPacket, in bytes: Span<UInt8>, now: MediaTime) {
        soundSSRC = packet.header.ssrc
        if case .rejected = soundStatistics.receive(
            packet.header, payloadSize: packet.payload.count, arrival: now)
        {
            return
        }
        report.soundPackets += 1
        var captured: NTPTime?
        if let soundReport {
            let distance = Int32(bitPattern: packet.header.timestamp.rawValue &- soundReport.timestamp)
            let sent = soundReport.ntp.advanced(by: MediaTime(clamping: Int64(distance), per: 48_000))
            soundTransit = now - sent.since(epoch)
            captured = sent
        }
        guard let sound else { return }
        let payload = bytes.extracting(packet.payload)
        let frames = samples.withUnsafeMutableBufferPointer { samples in
            payload.withUnsafeBufferPointer { payload in (try? sound.decode(payload, into: samples)) ?? 0 }
        }
        for frame in 0..<frames {
            let sample = 0.5 * (samples[2 * frame] + samples[2 * frame + 1])
            heard.append(sample)
            tones.add(sample)
        }
        if let probe, let (packet, offset) = chirps.add(heard.suffix(frames), tag: (now, captured)) {
            let place = MediaTime(clamping: Int64(offset), per: 48_000)
            probe.heardChirp(at: packet.arrival + place, captured: packet.captured.map { $0.advanced(by: place) })
        }
        let limit = LoadReceiver.soundMemory * 48_000
        if heard.count > limit + 48_000 { heard.removeFirst(heard.count - limit) }
    }

    // MARK: - Control

    func receive(_ sender: SenderReport, now: MediaTime) {
        if epoch.rawValue == 0 { epoch = sender.ntp }
        if sender.ssrc == videoSSRC {
            videoStatistics.receive(sender, arrival: now)
            videoReport = (sender.ntp, sender.timestamp.rawValue)
        } else if sender.ssrc == soundSSRC {
            soundStatistics.receive(sender, arrival: now)
            soundReport = (sender.ntp, sender.timestamp.rawValue)
        }
    }

    /// What to ask the server for now.
    func requests(now: MediaTime) -> (lost: [Int64], wantsKeyframe: Bool) {
        drain(now: now)
        let wantsKeyframe = buffer.requests(now: now, lost: &lost)
        report.nacksSent += lost.count
        if wantsKeyframe { report.keyframesRequested += 1 }
        return (lost, wantsKeyframe)
    }

    func setRoundTrip(_ time: MediaTime) {
        buffer.roundTrip = time
        report.roundTrip = time.milliseconds
    }

    func reportBlocks(now: MediaTime) -> [ReportBlock] {
        var blocks: [ReportBlock] = []
        if let videoSSRC, let block = videoStatistics.reportBlock(ssrc: videoSSRC, now: now) { blocks.append(block) }
        if let soundSSRC, let block = soundStatistics.reportBlock(ssrc: soundSSRC, now: now) { blocks.append(block) }
        return blocks
    }

    /// Figures begin anew; what the connection itself took stays.
    func restartFigures() {
        meter = FrameMeter()
        shown = FrameMeter()
        report.frames = 0
    }

    var snapshot: LoadReport {
        var result = report
        result.packetsIn = videoStatistics.packets + soundStatistics.packets
        result.packetsLost = max(0, videoStatistics.cumulativeLost)
        result.soundLost = max(0, soundStatistics.cumulativeLost)
        if let first = meter.first, let last = meter.last {
            result.watched = (last - first).seconds
            if result.watched > 0 { result.framesPerSecond = Double(meter.gaps) / result.watched }
        }
        result.gapMedian = meter.quantile(0.5)
        result.gapP99 = meter.quantile(0.99)
        result.gapLongest = meter.longest
        result.gapsLong = meter.gaps(beyond: 1.5 * result.gapMedian)
        result.freezes = shown.freezes
        result.frozen = shown.frozen
        result.tones = frequencies.compactMap { frequency in
            tones.level(of: frequency).map {
                LoadReport.Tone(frequency: frequency, least: $0.least, maximum: $0.maximum)
            }
        }
        if !heard.isEmpty {
            let sum = heard.reduce(Float(0)) { $0 + $1 * $1 }
            result.soundLevel = 10 * log10(Double(max(sum / Float(heard.count), 1e-12)))
        }
        return result
    }
}
