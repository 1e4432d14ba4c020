import Codecs
import Foundation
public import Media
public import Timing

/// What a client of the load publishes: the chunks of a media file, VP8 and Opus, as they are. Played round and round.
public struct LoadMedia: Sendable {
    public var name: String
    /// VP8 without reordering; the first is a keyframe. Empty for none.
    public var video: [EncodedChunk]
    /// Opus, 20 ms each. Empty for none.
    public var sound: [EncodedChunk]
    /// The same pictures, smaller: what is sent where little is asked for. Keyframes are at the same places. Empty for none.
    public var smallVideo: [EncodedChunk]
    /// After which everything begins again.
    public var period: MediaTime
    /// A tone that lies under the sound, in Hz, to know who is heard by; nil for none.
    public var tone: Double?
    /// Level of each chunk of sound in -dBov, as clients claim it (RFC 6464); empty for no claims.
    public var levels: [UInt8] = []
    /// Where chirps begin, in samples, by the index of the chunk of sound.
    public var chirps: [Int: Int] = [:]

    /// Throws if there is nothing to play, or if the pictures do not begin with a keyframe.
    public init(
        name: String, video: [EncodedChunk], sound: [EncodedChunk], smallVideo: [EncodedChunk] = [], tone: Double? = nil
    ) throws(LiveError) {
        guard !video.isEmpty || !sound.isEmpty else { throw LiveError(400, "\(name) holds neither VP8 nor Opus") }
        if let first = video.first, !first.isKeyframe {
            throw LiveError(400, "the pictures of \(name) do not begin with a keyframe")
        }
        self.name = name
        self.video = video
        self.sound = sound
        self.tone = tone
        let isAlike = smallVideo.map(\.isKeyframe) == video.map(\.isKeyframe)
        self.smallVideo = isAlike ? smallVideo : []
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
        self.smallVideo.removeAll { $0.time >= end }
    }

    /// The time of a chunk that is played at the beginning of a period.
    var origin: MediaTime { sound.first?.time ?? video.first?.time ?? .zero }

    /// Measures ``levels``, by decoding all sound once.
    public mutating func measureLevels() {
        guard let decoder = try? OpusDecoder(channels: 1) else { return }
        var decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket)
        levels = sound.map { chunk in
            let frames = decoded.withUnsafeMutableBufferPointer { output in
                chunk.data.withUnsafeBufferPointer { (try? decoder.decode($0, into: output)) ?? 0 }
            }
            let power = decoded[..<frames].reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, frames))
            return UInt8(min(127, max(0, -10 * log10(max(power, 1e-13)))))
        }
    }
}
