import Codecs
import Compositor
import Containers
import Foundation
import Layout
import Live
import Media
import Mixing
import Testing
import Timing

/// What temporal layers cost, printed; run with TESSERA_FIGURES=1 on an idle machine.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil)) struct LayerFigures {
    /// Nine samples in a grid, ten seconds.
    private func composites(_ size: PictureSize) throws -> [Composite] {
        let pipeline = try ViewPipeline(
            layout: try LayoutFile("grid").layout, canvas: CanvasSize(width: 1280, height: 720), images: [:])
        let reduction = PictureReduction(from: PictureSize(width: 1280, height: 720), to: size)
        let decoders = try (0..<9).map { _ in
            try VideoDecoders.make(for: VideoParameters(codec: .vp8, size: PictureSize(width: 640, height: 360)))
        }
        let media = try (0..<9).map { try Samples.media($0) }
        var current = [Picture?](repeating: nil, count: 9)
        return try (0..<150).map { frame in
            for place in 0..<9 where frame < media[place].video.count {
                if let picture = try decoders[place].decode(media[place].video[frame]).first?.picture {
                    current[place] = picture
                }
            }
            let stage = Stage(
                participants: (0..<9).map {
                    Stage.Participant(
                        id: "\($0)", name: "\($0)", joined: .milliseconds(Int64($0)), pictureAspect: 16.0 / 9)
                })
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            let composite = try pipeline.compose(pipeline.layOut(stage, at: time)) { content in
                guard case .camera(let id) = content, let place = Int(id) else { return nil }
                return current[place]
            }
            return size.width == 1280 ? composite : reduction.reduce(composite)
        }
    }

    @Test func costOfLayers() throws {
        for (size, bitrate) in [
            (PictureSize(width: 1280, height: 720), 1_500_000), (.init(width: 640, height: 360), 500_000),
        ] {
            let composites = try composites(size)
            for codec in [Codec.vp8, .vp9] {
                for layers in [1, 2, 3] {
                    var configuration = VideoEncoderConfiguration.live(
                        codec: codec, size: size, frameRate: .fps30, bitrate: bitrate)
                    configuration.temporalLayers = layers
                    configuration.measuresQuality = true
                    var best = Double.infinity
                    var bytes = [0, 0, 0]
                    var frames = 0
                    var psnr = 0.0
                    for _ in 0..<2 {
                        let rendition = try VideoRendition(configuration)
                        bytes = [0, 0, 0]
                        frames = 0
                        var used = MediaTime.zero
                        for (index, composite) in composites.enumerated() {
                            let began = MonotonicClock.now
                            let chunk = try rendition.encode(
                                composite, time: FrameRate.fps30.time(ofFrame: Int64(index)))
                            used += MonotonicClock.now - began
                            if let chunk {
                                bytes[chunk.temporalLayer] += chunk.data.count
                                frames += 1
                            }
                        }
                        best = min(best, used.milliseconds / Double(composites.count))
                        psnr = rendition.encoder.quality?.psnr ?? 0
                    }
                    print(
                        "\(codec) \(size) \(layers) layers: \(best) ms a frame, PSNR \(psnr) dB, \(frames) frames, ",
                        "kbit/s by layer \(bytes.map { $0 * 8 / 5 / 1000 })")
                }
            }
        }
    }
}
