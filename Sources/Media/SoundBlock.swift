public import Timing

/// Decoded sound: 48 kHz floats, full scale ±1, channels interleaved.
public struct SoundBlock: Sendable {
    /// The one sample rate inside Tessera, in Hz. Other rates are converted where they enter.
    public static let sampleRate = 48_000
    /// Frames (samples of each channel) in one sound tick of 20 ms.
    public static let framesPerTick = 960

    /// The time of the first sample.
    public var time: MediaTime
    /// 1 or 2.
    public let channels: Int
    /// `frames * channels` samples.
    public var samples: [Float]

    public init(time: MediaTime, channels: Int, samples: [Float]) {
        precondition(channels == 1 || channels == 2, "sound is mono or stereo here")
        precondition(samples.count % channels == 0, "a block holds whole frames")
        self.time = time
        self.channels = channels
        self.samples = samples
    }

    public var frames: Int { samples.count / channels }
    public var duration: MediaTime { MediaTime(clamping: Int64(frames), per: Int64(SoundBlock.sampleRate)) }
    public var end: MediaTime { time + duration }
}
