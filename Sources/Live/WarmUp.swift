import Codecs
import Compositor
import Foundation
import Layout
import Media
import Mixing
import Timing

/// What a process does slowly the first time (finding fonts, the tables of codecs, code that has not run yet) is done
/// when a server starts, on a thread of its own, so that the first participant does not wait for it.
enum WarmUp {
    /// Names in some scripts, since each may have a font of its own.
    private static let names = ["Ada", "Zoë", "Олена", "حسن", "王芳", "유진", "प्रिया"]

    /// `completion` is called on that thread with what the machine is good for.
    static func begin(_ configuration: LiveConfiguration, _ completion: @escaping @Sendable (Capacity) -> Void) {
        let thread = Thread {
            run(configuration)
            if let capacity = Capacity.measure(configuration) { completion(capacity) }
        }
        thread.name = "warm-up"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Nothing of it is kept, and nothing that fails here matters: whoever needs it is told then.
    static func run(_ configuration: LiveConfiguration) {
        let size = configuration.canvas
        let stage = Stage(
            participants: names.enumerated().map { index, name in
                Stage.Participant(
                    id: name, name: name, joined: .milliseconds(Int64(index)), hasPicture: index == 0,
                    isMuted: index == 1)
            })
        guard let layout = try? LayoutFile(configuration.defaultLayout),
            let pipeline = try? ViewPipeline(
                layout: layout.layout, canvas: CanvasSize(width: size.width, height: size.height), images: [:]),
            let rung = configuration.ladder.first,
            let rendition = try? VideoRendition(LiveRendition.configuration(.vp8, rung, size: size)),
            let decoder = try? VideoDecoders.make(for: VideoParameters(codec: .vp8, size: size))
        else { return }
        var camera: Picture?
        for frame in 0..<3 {
            let time = configuration.frameRate.time(ofFrame: Int64(frame))
            let scene = pipeline.layOut(stage, at: time)
            guard let composite = try? pipeline.compose(scene, pictures: { _ in camera }),
                let chunk = try? rendition.encode(composite, time: time)
            else { return }
            camera = (try? decoder.decode(chunk))?.first?.picture
            for lower in configuration.ladder.dropFirst() {
                _ = PictureReduction(from: size, to: lower.size).reduce(composite)
            }
        }
        sound()
    }

    private static func sound() {
        guard
            let encoder = try? OpusEncoder(
                SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: 48_000)),
            let decoder = try? OpusDecoder(channels: 2)
        else { return }
        var chunks: [EncodedChunk] = []
        var samples = [Float](repeating: 0, count: 2 * SoundBlock.framesPerTick)
        for tick in 0..<4 {
            for index in samples.indices { samples[index] = index % 96 < 48 ? 0.1 : -0.1 }
            samples.withUnsafeBufferPointer {
                try? encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
            }
        }
        var decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket * 2)
        for chunk in chunks {
            decoded.withUnsafeMutableBufferPointer { output in
                chunk.data.withUnsafeBufferPointer { _ = try? decoder.decode($0, into: output) }
            }
        }
    }
}
