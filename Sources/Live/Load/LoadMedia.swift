public import Media
public import Timing

/// What a client of the load publishes: the chunks of a media file, VP8 and Opus, as they are. Played round and round.
public struct LoadMedia: Sendable {
    public var name: String
    /// VP8 without reordering; the first is a keyframe. Empty for none.
    public var video: [EncodedChunk]
    /// Opus, 20 ms each. Empty for none.
    public var sound: [EncodedChunk]
    /// After which everything begins again.
    public var period: MediaTime

    /// Throws if there is nothing to play, or if the pictures do not begin with a keyframe.
    public init(name: String, video: [EncodedChunk], sound: [EncodedChunk]) throws(LiveError) {
        guard !video.isEmpty || !sound.isEmpty else { throw LiveError(400, "\(name) holds neither VP8 nor Opus") }
        if let first = video.first, !first.isKeyframe {
            throw LiveError(400, "the pictures of \(name) do not begin with a keyframe")
        }
        self.name = name
        self.video = video
        self.sound = sound
        let step = MediaTime.milliseconds(20)
        if let first = sound.first, let last = sound.last {
            period = last.time - first.time + step
        } else if let first = video.first, let last = video.last {
            let frames = Int64(max(1, video.count - 1))
            period = last.time - first.time
            period = period + MediaTime(nanoseconds: period.nanoseconds / frames)
        } else {
            period = step
        }
        period = max(period, step)
        // What both begin with is played at the same time; what reaches beyond the period is never played.
        let origin = sound.first?.time ?? video.first?.time ?? .zero
        let end = origin + period
        self.video.removeAll { $0.time >= end }
    }

    /// The time of a chunk that is played at the beginning of a period.
    var origin: MediaTime { sound.first?.time ?? video.first?.time ?? .zero }
}
