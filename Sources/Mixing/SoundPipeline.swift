import AudioMixer
import Media
public import Timing

/// The sound half of the pipeline: reads each source's timeline tick by tick, mixes, and keeps how loud everybody is
/// for the layout. One thread uses it.
///
/// Ticks are counted from the timeline's zero: tick n covers the 20 ms from n x 20 ms on. The mixer gives out sound a
/// little later than it takes it in; sources are read that much ahead, so that the mix of tick n is what happens in it.
public final class SoundPipeline {
    /// 20 ms.
    public static let tickDuration = MediaTime.milliseconds(20)

    private struct Source {
        let id: String
        let timeline: SoundTimeline
        let input: AudioMixer.InputID
        var loudest: Float = SoundPipeline.silence
    }

    /// dBFS of silence, as RFC 6464 has it.
    public static let silence: Float = -127

    private let mixer: AudioMixer
    private var sources: [Source] = []
    private var buffer = [Float](repeating: 0, count: 2 * AudioMixer.framesPerTick)

    /// `loudest` is how many of the sources that can be silenced are heard at a time; nil for all.
    public init(loudest: Int? = nil) {
        mixer = AudioMixer(AudioMixer.Configuration(loudest: loudest))
    }

    /// `id` names the source in ``takeLevel(of:)`` and is not in use.
    public func add(id: String, timeline: SoundTimeline, canBeSilenced: Bool = true) {
        precondition(!sources.contains { $0.id == id }, "a sound source of that name exists")
        sources.append(
            Source(id: id, timeline: timeline, input: mixer.addInput(InputSettings(canBeSilenced: canBeSilenced))))
    }

    /// Whether all sound that tick `index` needs has come.
    public func isDecided(tick index: Int64) -> Bool {
        let end = SoundPipeline.readTime(tick: index + 1)
        return sources.allSatisfy { $0.timeline.isDecided(before: end) }
    }

    /// Mixes tick `index`; ticks come in order, beginning with -1, whose mix lies before zero and is thrown away.
    public func mix(tick index: Int64) {
        let start = index * Int64(AudioMixer.framesPerTick) + Int64(AudioMixer.latencyFrames)
        for place in sources.indices {
            let source = sources[place]
            let channels = source.timeline.channels
            buffer.withUnsafeMutableBufferPointer { buffer in
                let tick = UnsafeMutableBufferPointer(rebasing: buffer[..<(AudioMixer.framesPerTick * channels)])
                guard source.timeline.read(from: start, into: tick) else { return }
                // The input is one that this pipeline added, and a whole tick in its channels is in the buffer.
                try? mixer.offer(UnsafeBufferPointer(tick), channels: channels, to: source.input)
            }
        }
        mixer.mix()
        for place in sources.indices {
            guard let levels = mixer.levels(of: sources[place].input), levels.isSpeaking else { continue }
            sources[place].loudest = max(sources[place].loudest, Float(levels.rms))
        }
    }

    /// The mix of the last tick: 960 frames of interleaved stereo.
    public func withMix<Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Void
    ) throws(Failure) {
        try mixer.withMix(body)
    }

    /// The loudest that the source's speech was since the last call, in dBFS; ``silence`` if there was none.
    public func takeLevel(of id: String) -> Float {
        guard let place = sources.firstIndex(where: { $0.id == id }) else { return SoundPipeline.silence }
        defer { sources[place].loudest = SoundPipeline.silence }
        return sources[place].loudest
    }

    private static func readTime(tick index: Int64) -> MediaTime {
        MediaTime(
            clamping: index * Int64(AudioMixer.framesPerTick) + Int64(AudioMixer.latencyFrames),
            per: Int64(SoundBlock.sampleRate))
    }
}
