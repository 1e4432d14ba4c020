/// What a caller did wrong; the mixer is as it was before the call.
public enum AudioMixerError: Error, Equatable, CustomStringConvertible {
    /// No such input: it was never added, or has been removed.
    case unknownInput(AudioMixer.InputID)
    case badChannelCount(Int)
    /// The number of samples is not that of the frames they are said to cover.
    case wrongSampleCount(samples: Int, channels: Int, frames: Range<Int>)
    /// Frames must lie within the tick, 0..<960, and there must be some.
    case framesOutsideTick(Range<Int>)
    /// These frames, or later ones, were already offered for this tick.
    case framesOutOfOrder(Range<Int>, firstFree: Int)
    /// The input has no output of its own: ``InputSettings/wantsMixMinus`` is off, or was turned on after the tick.
    case noMixMinus(AudioMixer.InputID)

    public var description: String {
        switch self {
        case .unknownInput(let id):
            "no input \(id.number) in the mixer: it was never added, or has been removed"
        case .badChannelCount(let count):
            "sound with \(count) channels offered to the mixer, which takes 1 or 2"
        case .wrongSampleCount(let samples, let channels, let frames):
            "\(samples) samples offered for frames \(frames) of \(channels) channel(s), which take "
                + "\(frames.count * channels)"
        case .framesOutsideTick(let frames):
            "frames \(frames) offered for a tick, whose frames are \(0..<AudioMixer.framesPerTick)"
        case .framesOutOfOrder(let frames, let firstFree):
            "frames \(frames) offered, but this tick already has sound up to frame \(firstFree)"
        case .noMixMinus(let id):
            "input \(id.number) has no output of its own in this tick: set wantsMixMinus before mixing"
        }
    }
}
