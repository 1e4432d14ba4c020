public import Codecs
public import Containers
public import Media
import Synchronization
public import Timing

/// A decoded picture of a file, when it is to be shown, and for how long.
public struct TimedPicture: Sendable {
    public let picture: Picture
    /// On the file's own timeline.
    public let time: MediaTime
    /// ``MediaTime/limit`` for a still image.
    public let duration: MediaTime
}

/// A media file as decoded pictures and decoded sound, each in the order of its times and each asked for on its own.
///
/// One thread at a time asks for pictures, one at a time for sound; the two may be different threads at the same time.
/// Everything else may be called from anywhere. Damage never ends a stream: what cannot be decoded is left out and
/// counted, and a file whose end is missing is decoded as far as it goes.
public final class MediaFile: @unchecked Sendable {
    public struct Options: Sendable {
        public var tracks: Set<Track> = [.video, .sound]
        public var decoder = VideoDecoderOptions()

        public init() {}
    }

    /// What the file holds; a stream that no decoder here understands is left out of it.
    public let info: FileInfo
    private let packets: PacketDistributor
    private let openingWarnings: [String]
    /// Packets that were damaged or could not be decoded.
    private let damaged = Atomic(0)
    /// Of them, those that the container had marked.
    private let marked = Atomic(0)

    // Touched by whoever asks for pictures.
    private let videoDecoder: (any VideoDecoder)?
    private var pictures: [DecodedPicture] = []
    private var nextPictureIndex = 0
    /// Durations of chunks whose pictures have not come out yet.
    private var durations: [(time: MediaTime, duration: MediaTime)] = []
    private var picturesEnded = false
    private var stillImage: Picture?
    private var firstPictureTime: MediaTime?
    private var undecoded = UndecodedPictures()
    private let dropped = Atomic(0)

    // Touched by whoever asks for sound.
    private let soundDecoder: (any SoundDecoder)?
    private var blocks: [SoundBlock] = []
    private var nextBlockIndex = 0
    private var soundEnded = false
    private var firstSoundTime: MediaTime?

    public init(path: String, options: Options = Options(), cancel: CancelFlag? = nil) throws(RecordingError) {
        let reader: FileReader
        do {
            reader = try FileReader(path: path, cancel: cancel)
        } catch {
            throw RecordingError(error)
        }
        var info = reader.info
        var warnings: [String] = []
        var videoDecoder: (any VideoDecoder)?
        var soundDecoder: (any SoundDecoder)?
        var stillImage: Picture?
        var failure: CodecError?
        if !options.tracks.contains(.video) { info.video = nil }
        if !options.tracks.contains(.sound) { info.sound = nil }
        if let video = info.video {
            do throws(CodecError) {
                if info.isStillImage {
                    stillImage = try MediaFile.readImage(reader, options: options.decoder)
                } else {
                    videoDecoder = try VideoDecoders.make(for: video.parameters, options: options.decoder)
                }
            } catch {
                failure = error
                info.video = nil
                warnings.append("\(path): its pictures are left out: \(error)")
            }
        }
        if let sound = info.sound {
            do {
                soundDecoder = try SoundDecoders.make(for: sound.parameters)
            } catch {
                failure = error
                info.sound = nil
                warnings.append("\(path): its sound is left out: \(error)")
            }
        }
        if info.video == nil, info.sound == nil, let failure { throw RecordingError(failure, path: path) }
        self.info = info
        self.videoDecoder = videoDecoder
        self.soundDecoder = soundDecoder
        self.stillImage = stillImage
        openingWarnings = warnings
        var wanted: Set<Track> = []
        if videoDecoder != nil { wanted.insert(.video) }
        if soundDecoder != nil { wanted.insert(.sound) }
        packets = PacketDistributor(reader, wanted: wanted, cancel: cancel)
    }

    private static func readImage(_ reader: FileReader, options: VideoDecoderOptions) throws(CodecError) -> Picture {
        guard case .packet(let packet)? = try? reader.read() else {
            throw CodecError(.corrupt, "the image holds no picture")
        }
        return try ImageReader.read(packet.chunk.data, maximumSize: options.maximumSize)
    }

    // MARK: - What is known of it

    /// Packets that were damaged, or could not be decoded, so far.
    public var corruptPackets: Int {
        let unparsed = (packets.end?.damaged ?? 0) - marked.load(ordering: .relaxed)
        return damaged.load(ordering: .relaxed) + max(0, unparsed)
    }

    /// Why the file is believed to lack its end; nil if nothing shows that it does.
    public var truncated: String? { packets.end?.truncated ?? info.cutOff }

    /// Timestamps that were replaced; known at the end.
    public var repairedTimes: Int { packets.end?.repairedTimes ?? 0 }

    /// What its user should know, each in one line; complete once the file has been read to its end.
    public var warnings: [String] {
        var lines = openingWarnings
        if let truncated {
            lines.append("\(info.path): its end is missing (\(truncated)); it is used as far as it goes")
        }
        let count = corruptPackets
        if count > 0 {
            lines.append("\(info.path): \(count) damaged \(count == 1 ? "packet was" : "packets were") left out")
        }
        if repairedTimes > 0 { lines.append("\(info.path): \(repairedTimes) timestamps were missing or wrong") }
        return lines
    }

    // MARK: - Pictures

    /// The next picture, or nil at the end. A still image gives one picture without end.
    ///
    /// - Parameter time: pictures that are no longer shown at this time are decoded only as far as later ones need.
    public func nextPicture(from time: MediaTime = -MediaTime.limit) -> TimedPicture? {
        if let image = stillImage {
            stillImage = nil
            return TimedPicture(picture: image, time: .zero, duration: .limit)
        }
        guard let videoDecoder else { return nil }
        let from = max(time, firstPictureTime ?? time)
        while true {
            while nextPictureIndex < pictures.count {
                let decoded = pictures[nextPictureIndex]
                nextPictureIndex += 1
                let duration = takeDuration(of: decoded.time)
                if decoded.time + duration <= from { continue }
                return TimedPicture(picture: decoded.picture, time: decoded.time, duration: duration)
            }
            pictures.removeAll(keepingCapacity: true)
            nextPictureIndex = 0
            if picturesEnded { return nil }
            decodePictures(videoDecoder, from: from)
        }
    }

    private func decodePictures(_ decoder: any VideoDecoder, from time: MediaTime) {
        guard let packet = packets.next(.video) else {
            picturesEnded = true
            do { try decoder.flush(into: &pictures) } catch { damaged.add(1, ordering: .relaxed) }
            return
        }
        let chunk = packet.chunk
        let duration = chunk.duration > .zero ? chunk.duration : nominalInterval
        durations.append((chunk.time, duration))
        if durations.count > 64 { durations.removeFirst() }
        do {
            try decoder.decode(chunk, wantsPicture: chunk.time + duration > time, into: &pictures)
            if packet.isDamaged { countDamage(marked: true) }
        } catch {
            countDamage(marked: packet.isDamaged)
        }
    }

    // MARK: - Pictures that nobody sees

    /// Whether pictures can be passed over: their codec shows them in the order in which it stores them.
    public var canPassPictures: Bool { videoDecoder != nil && [.vp8, .vp9].contains(info.video?.parameters.codec) }

    /// Passes over the next picture without decoding it, and says when it would have been shown; nil at the end. What
    /// it takes to decode it after all is kept until the next keyframe comes. Only if ``canPassPictures``.
    public func passPicture() -> (time: MediaTime, duration: MediaTime)? {
        guard let videoDecoder else { return nil }
        while let packet = packets.next(.video) {
            if UndecodedPictures.isKeyframe(packet.chunk) {
                dropped.add(undecoded.packets.count, ordering: .relaxed)
                undecoded.removeAll()
            } else if undecoded.isFull {
                // No keyframe for long: what has come is decoded, so that no more than this is ever kept.
                decodePassed(videoDecoder, from: .limit)
            }
            undecoded.add(packet)
            guard UndecodedPictures.isShown(packet.chunk, codec: videoDecoder.parameters.codec) else { continue }
            let duration = packet.chunk.duration
            return (packet.chunk.time, duration > .zero ? duration : nominalInterval)
        }
        return nil
    }

    /// Decodes what was passed over as far as later pictures need it, and gives those to be shown at `time` or later.
    public func picturesPassed(from time: MediaTime) -> [TimedPicture] {
        guard let videoDecoder else { return [] }
        decodePassed(videoDecoder, from: time)
        defer {
            pictures.removeAll(keepingCapacity: true)
            nextPictureIndex = 0
        }
        return pictures[nextPictureIndex...].filter { $0.time >= time }.map {
            TimedPicture(picture: $0.picture, time: $0.time, duration: takeDuration(of: $0.time))
        }
    }

    private func decodePassed(_ decoder: any VideoDecoder, from time: MediaTime) {
        for packet in undecoded.packets {
            let duration = packet.chunk.duration > .zero ? packet.chunk.duration : nominalInterval
            durations.append((packet.chunk.time, duration))
            if durations.count > 64 { durations.removeFirst() }
            do {
                try decoder.decode(packet.chunk, wantsPicture: packet.chunk.time >= time, into: &pictures)
                if packet.isDamaged { countDamage(marked: true) }
            } catch {
                countDamage(marked: packet.isDamaged)
            }
        }
        undecoded.removeAll()
    }

    /// Packets of pictures that were passed over and never decoded.
    public var picturesNotDecoded: Int { dropped.load(ordering: .relaxed) }

    private var nominalInterval: MediaTime { info.video?.parameters.frameRate?.interval ?? .milliseconds(33) }

    private func takeDuration(of time: MediaTime) -> MediaTime {
        guard let index = durations.firstIndex(where: { $0.time == time }) else { return nominalInterval }
        return durations.remove(at: index).duration
    }

    private func countDamage(marked isMarked: Bool) {
        damaged.add(1, ordering: .relaxed)
        if isMarked { marked.add(1, ordering: .relaxed) }
    }

    // MARK: - Sound

    /// The next block of sound, or nil at the end. Gaps in the file are gaps between blocks.
    public func nextSound() -> SoundBlock? {
        guard let soundDecoder else { return nil }
        while true {
            while nextBlockIndex < blocks.count {
                let block = blocks[nextBlockIndex]
                nextBlockIndex += 1
                guard let first = firstSoundTime, block.time < first else { return block }
                guard block.end > first else { continue }
                return block.cut(before: first)
            }
            blocks.removeAll(keepingCapacity: true)
            nextBlockIndex = 0
            if soundEnded { return nil }
            decodeSound(soundDecoder)
        }
    }

    private func decodeSound(_ decoder: any SoundDecoder) {
        guard let packet = packets.next(.sound) else {
            endSound(decoder)
            return
        }
        do {
            try decoder.decode(packet.chunk, into: &blocks)
            if packet.isDamaged { countDamage(marked: true) }
        } catch {
            countDamage(marked: packet.isDamaged)
        }
        guard packet.endPadding > .zero else { return }
        // Padding is at the very end, behind what the decoder may hold back; in chained streams it is not.
        let frames = Int(packet.endPadding.count(per: Int64(SoundBlock.sampleRate)))
        let following = packets.next(.sound)
        if following == nil { endSound(decoder) }
        cutEnd(frames)
        if let following {
            do { try decoder.decode(following.chunk, into: &blocks) } catch { countDamage(marked: following.isDamaged) }
        }
    }

    private func endSound(_ decoder: any SoundDecoder) {
        soundEnded = true
        do { try decoder.flush(into: &blocks) } catch { damaged.add(1, ordering: .relaxed) }
    }

    private func cutEnd(_ frames: Int) {
        var left = frames
        while left > 0, let last = blocks.last {
            if last.frames <= left {
                left -= last.frames
                blocks.removeLast()
            } else {
                blocks[blocks.count - 1].samples.removeLast(left * last.channels)
                left = 0
            }
        }
    }

    // MARK: - Seeking

    /// Goes on with the picture shown at `time` and the sound from `time` on; false if the file cannot be searched.
    /// No other thread may be asking for anything meanwhile.
    public func seek(to time: MediaTime) -> Bool {
        guard !info.isStillImage, packets.seek(to: time) else { return false }
        videoDecoder?.reset()
        soundDecoder?.reset()
        pictures = []
        blocks = []
        durations = []
        undecoded.removeAll()
        (nextPictureIndex, nextBlockIndex) = (0, 0)
        (picturesEnded, soundEnded) = (false, false)
        (firstPictureTime, firstSoundTime) = (time, time)
        return true
    }
}

extension SoundBlock {
    /// What is heard at or after `start`, which lies within the block.
    fileprivate func cut(before start: MediaTime) -> SoundBlock {
        let skipped = min(max(0, Int((start - time).count(per: Int64(SoundBlock.sampleRate)))), frames)
        return SoundBlock(
            time: time + MediaTime(clamping: Int64(skipped), per: Int64(SoundBlock.sampleRate)), channels: channels,
            samples: Array(samples[(skipped * channels)...]))
    }
}
