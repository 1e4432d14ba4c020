import Codecs
import Containers
import Media
import Mixing
import Recording
import Timing

/// Mixes and encodes all of an archive job's sound into a spool, in one pass, so that it has no joints; on the calling
/// thread. It takes about a twentieth of the time that the pictures take, and is done again from its beginning if its
/// worker is lost in it.
struct SoundPass {
    let plan: ArchivePlan
    let cancel: CancelFlag

    private final class Source {
        let track: RecordedTrack
        let file: MediaFile
        let timeline: SoundTimeline
        let silences: [Range<MediaTime>]
        var silence = 0

        init(_ track: RecordedTrack, file: MediaFile, channels: Int, silences: [Range<MediaTime>]) {
            (self.track, self.file, self.silences) = (track, file, silences)
            timeline = SoundTimeline(channels: channels == 1 ? 1 : 2)
        }

        /// Decodes until all sound before `end` of the composite, which begins at `start`, is there.
        func decode(before end: MediaTime, start: MediaTime) {
            while !timeline.isDecided(before: end) {
                guard var block = file.nextSound() else { return timeline.end() }
                block.time += track.start
                while silence < silences.count, silences[silence].upperBound <= block.time { silence += 1 }
                if silence < silences.count, silences[silence].contains(block.time) {
                    // Nothing is heard far beyond, so nothing need be decoded to know that.
                    if block.time - start >= end { return }
                    continue
                }
                block.time -= start
                timeline.offer(block)
            }
        }
    }

    /// Mixes `ticks` of pictures' worth of sound. Gives the loudness of everybody at each of them, if it is wanted.
    ///
    /// - Parameter progress: called after each tick of pictures.
    func run(
        to path: String?, measuresLevels: Bool, progress: () -> Void
    ) throws(ArchiveError) -> (contents: ChunkSpool.Contents?, levels: LevelTable?) {
        let spool: ChunkSpool.Writer?
        if let path { spool = try ChunkSpool.Writer(path) } else { spool = nil }
        let encoder = try SoundPass.encoder(plan)
        let pipeline = SoundPipeline()
        let sources = open()
        for (index, source) in sources.enumerated() {
            pipeline.add(id: String(index), timeline: source.timeline, canBeSilenced: false)
        }
        let ids = plan.session.people.map(\.id)
        var levels: [Float] = []
        var chunks: [EncodedChunk] = []
        var next: Int64 = -1
        let tickDuration = SoundPipeline.tickDuration.nanoseconds
        let end = plan.duration
        for tick in 0...plan.ticks {
            guard !cancel.isSet else { throw ArchiveError(.cancelled, "was stopped") }
            let until = plan.rate.time(ofFrame: tick)
            while next * tickDuration < until.nanoseconds {
                let time = MediaTime(nanoseconds: next * tickDuration)
                // The mixer gives out sound a little later than it takes it in: a tick more is always enough.
                let needed = MediaTime(nanoseconds: (next + 2) * tickDuration)
                for source in sources { source.decode(before: needed, start: plan.start) }
                pipeline.mix(tick: next)
                next += 1
                guard time >= .zero, let spool else { continue }
                try PictureChunk.encoding { () throws(CodecError) in
                    try pipeline.withMix { samples throws(CodecError) in
                        let frames = min(Int64(samples.count / 2), (end - time).count(per: 48_000))
                        let kept = UnsafeBufferPointer(rebasing: samples[..<Int(2 * max(0, frames))])
                        try encoder.encode(kept, time: time, into: &chunks)
                    }
                }
                for chunk in chunks { try spool.write(chunk) }
                chunks.removeAll(keepingCapacity: true)
            }
            guard tick < plan.ticks else { break }
            if measuresLevels { measure(ids, sources, pipeline, &levels) }
            progress()
        }
        guard let spool else { return (nil, LevelTable(ids: ids, levels: levels)) }
        try PictureChunk.encoding { () throws(CodecError) in try encoder.flush(into: &chunks) }
        for chunk in chunks { try spool.write(chunk) }
        return (try spool.finish(), measuresLevels ? LevelTable(ids: ids, levels: levels) : nil)
    }

    private func measure(
        _ ids: [String], _ sources: [Source], _ pipeline: SoundPipeline, _ levels: inout [Float]
    ) {
        var loudest: [String: Float] = [:]
        for (index, source) in sources.enumerated() {
            let level = pipeline.takeLevel(of: String(index))
            // Whoever has a camera's sound is not made a speaker by the sound of their screen.
            guard !source.track.isScreen else { continue }
            loudest[source.track.participant] = max(loudest[source.track.participant] ?? level, level)
        }
        for id in ids { levels.append(loudest[id] ?? SoundPipeline.silence) }
    }

    private func open() -> [Source] {
        var sources: [Source] = []
        var options = MediaFile.Options()
        options.tracks = [.sound]
        for track in plan.session.tracks where track.hasSound && track.soundEnd > plan.start {
            guard let file = try? MediaFile(path: track.path, options: options, cancel: cancel),
                let sound = file.info.sound
            else { continue }
            // Decoders need a little run-up.
            let first = plan.start - .milliseconds(500) - track.start
            if first > MediaTime(seconds: 1) { _ = file.seek(to: first) }
            sources.append(
                Source(
                    track, file: file, channels: sound.parameters.channels,
                    silences: plan.session.silences[track.participant] ?? []))
        }
        return sources
    }

    static func encoder(_ plan: ArchivePlan) throws(ArchiveError) -> any SoundEncoder {
        let configuration = SoundEncoderConfiguration(
            codec: plan.request.codecs.sound, channels: 2, bitrate: plan.soundBitrate)
        return try PictureChunk.encoding { () throws(CodecError) in try SoundEncoders.make(configuration) }
    }
}
