import Codecs
import Compositor
import Foundation
import Layout
import Media
import Mixing
public import Timing

/// For how many participants of one room a machine is good, from a short measurement of what they cost.
///
/// A participant costs the decoding of their pictures (360p) and sound, their tile, and packets; the room costs the encode
/// of its picture and of the mixes for those who are heard. This is a forecast; what the server gives up, and when it lets
/// nobody in any more, follows what ticks really take.
public struct Capacity: Sendable {
    /// Of one picture of a participant.
    public var decode: MediaTime
    /// Of the mixed picture with nine moving tiles.
    public var composite: MediaTime
    public var encode: MediaTime
    /// Of 20 ms of sound.
    public var soundDecode: MediaTime
    public var soundEncode: MediaTime
    public var participants = 0

    private static let tiles = 9
    private static let camera = PictureSize(width: 640, height: 360)
    private static let frames = 10
    /// Share of all cores that may be busy before ticks come late, and of the thread that draws.
    private static let usable = 0.8
    private static let drawing = 0.6
    /// Of a core: packets of a participant, and clocks and housekeeping of a room.
    private static let packets = 0.004
    private static let standing = 0.03
    /// At a time, on average.
    private static let heard = 3.0

    /// Takes about a quarter of a second. Nil if the codecs cannot be had.
    public static func measure(_ configuration: LiveConfiguration) -> Capacity? {
        guard let (decode, composite, encode) = pictures(configuration), let sound = sound(configuration) else {
            return nil
        }
        var capacity = Capacity(
            decode: decode, composite: composite, encode: encode, soundDecode: sound.decode, soundEncode: sound.encode)
        capacity.forecast(
            cores: ProcessInfo.processInfo.activeProcessorCount, decoders: configuration.decoders,
            rate: configuration.frameRate.framesPerSecond, limit: configuration.participantLimit)
        return capacity
    }

    private mutating func forecast(cores: Int, decoders: Int, rate: Double, limit: Int) {
        let tile = composite.seconds / Double(Capacity.tiles)
        let room = rate * encode.seconds + 50 * Capacity.heard * soundEncode.seconds + Capacity.standing
        let each = rate * (decode.seconds + tile) + 50 * soundDecode.seconds + Capacity.packets
        let bounds = [
            (Double(cores) * Capacity.usable - room) / each,
            Capacity.drawing / (rate * tile),
            Capacity.usable * Double(min(decoders, cores)) / (rate * decode.seconds),
        ]
        participants = rate * encode.seconds > 0.9 ? 0 : min(max(Int(bounds.min() ?? 0), 0), limit)
    }

    private static func pictures(
        _ configuration: LiveConfiguration
    ) -> (decode: MediaTime, composite: MediaTime, encode: MediaTime)? {
        let size = configuration.canvas
        let rung = Rung(size: camera, frameRate: configuration.frameRate, bitrate: 600_000)
        let stage = Stage(
            participants: (0..<tiles).map { index in
                Stage.Participant(
                    id: "\(index)", name: TestCard.name(of: index), joined: .milliseconds(Int64(index)),
                    hasPicture: true)
            })
        guard let layout = try? LayoutFile("grid"),
            let pipeline = try? ViewPipeline(
                layout: layout.layout, canvas: CanvasSize(width: size.width, height: size.height), images: [:]),
            let top = configuration.ladder.first,
            let mixed = try? VideoRendition(LiveRendition.configuration(.vp8, top, size: size)),
            let source = try? VideoEncoders.make(LiveRendition.configuration(.vp8, rung, size: camera)),
            let decoder = try? VideoDecoders.make(for: VideoParameters(codec: .vp8, size: camera))
        else { return nil }
        let cards = (0..<tiles).map { TestCard(index: $0, size: camera) }
        var (decode, composite, encode) = (DurationHistogram(), DurationHistogram(), DurationHistogram())
        for frame in 0..<frames {
            let time = configuration.frameRate.time(ofFrame: Int64(frame))
            let shown = cards.map { $0.picture(at: time) }
            let chunk = try? source.encode(shown[0], time: time, forceKeyframe: false, activeMap: nil)
            let began = MonotonicClock.now
            if let chunk { _ = try? decoder.decode(chunk) }
            let decoded = MonotonicClock.now
            let scene = pipeline.layOut(stage, at: time)
            guard
                let picture = try? pipeline.compose(
                    scene,
                    pictures: { content in
                        guard case .camera(let id) = content, let index = Int(id) else { return nil }
                        return shown[index]
                    })
            else { return nil }
            let composed = MonotonicClock.now
            _ = try? mixed.encode(picture, time: time)
            // The first are keyframes, and meet cold caches.
            guard frame >= 3 else { continue }
            decode.record(decoded - began)
            composite.record(composed - decoded)
            encode.record(MonotonicClock.now - composed)
        }
        return (decode.quantile(0.5), composite.quantile(0.5), encode.quantile(0.5))
    }

    private static func sound(_ configuration: LiveConfiguration) -> (decode: MediaTime, encode: MediaTime)? {
        guard
            let encoder = try? OpusEncoder(
                SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: configuration.soundBitrate)),
            let decoder = try? OpusDecoder(channels: 2)
        else { return nil }
        var chunks: [EncodedChunk] = []
        var samples = [Float](repeating: 0, count: 2 * SoundBlock.framesPerTick)
        var decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket * 2)
        let ticks = 12
        for index in samples.indices { samples[index] = Float(index * 7919 % 1000) / 5000 - 0.1 }
        let began = MonotonicClock.now
        for tick in 0..<ticks {
            samples.withUnsafeBufferPointer {
                try? encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
            }
        }
        let encoded = MonotonicClock.now
        for chunk in chunks {
            decoded.withUnsafeMutableBufferPointer { output in
                chunk.data.withUnsafeBufferPointer { _ = try? decoder.decode($0, into: output) }
            }
        }
        let ended = MonotonicClock.now
        func each(_ time: MediaTime) -> MediaTime { MediaTime(nanoseconds: time.nanoseconds / Int64(ticks)) }
        return (each(ended - encoded), each(encoded - began))
    }
}
