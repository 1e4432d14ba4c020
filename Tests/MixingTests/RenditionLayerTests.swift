import Codecs
import Compositor
import Media
import MediaTesting
import Mixing
import Testing
import Timing

/// A rendition with temporal layers, from which upper ones are left out.
@Suite struct RenditionLayerTests {
    private let size = PictureSize(width: 320, height: 192)

    /// Drawings, so that what an encoder leaves of them can be told: the left half moves, the right half changes at a
    /// few frames only, some of which are of an upper layer.
    private func picture(_ frame: Int) -> Picture {
        let change = RenditionLayerTests.changes.last { $0 <= frame } ?? 0
        let picture = WritablePicture(size: size)
        for (plane, shrink) in [(picture.luma, 1), (picture.cb, 2), (picture.cr, 2)] {
            for y in 0..<plane.height {
                for x in 0..<plane.width {
                    let isLeft = x * shrink < size.width / 2
                    let phase = isLeft ? frame * 2 : change * 37
                    let wave = (x * shrink + phase) / 24 + (y * shrink) / 24
                    plane.base[y * plane.stride + x] = UInt8((60 + 40 * (wave % 4) + change) % 220)
                }
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }

    private static let changes = [0, 41, 43, 90]

    private func composite(_ frame: Int) -> Composite {
        var changed = MacroblockMap(size: size)
        if RenditionLayerTests.changes.contains(frame) {
            changed.setAll(true)
        } else {
            changed.set(x: 0, y: 0, width: size.width / 2, height: size.height)
        }
        return Composite(picture: picture(frame), changed: changed, isUnchanged: false)
    }

    /// Every subset decodes to what was composed, in blocks that were left alone as well.
    @Test(arguments: [Codec.vp8, .vp9], [1, 2, 3]) func everySubsetIsWhole(codec: Codec, layers: Int) throws {
        var configuration = VideoEncoderConfiguration.live(
            codec: codec, size: size, frameRate: .fps30, bitrate: 2_000_000)
        configuration.temporalLayers = layers
        configuration.mayDropFrames = false
        let rendition = try VideoRendition(configuration)
        var chunks: [(frame: Int, chunk: EncodedChunk)] = []
        for frame in 0..<120 {
            if let chunk = try rendition.encode(composite(frame), time: FrameRate.fps30.time(ofFrame: Int64(frame))) {
                chunks.append((frame, chunk))
            }
        }
        #expect(chunks.count == 120)
        for highest in 0..<layers {
            let decoder = try VideoDecoders.make(for: rendition.encoder.parameters)
            var worst = Double.infinity
            for (frame, chunk) in chunks where chunk.temporalLayer <= highest {
                let decoded = try #require(try decoder.decode(chunk).first).picture
                // The frame of a cut is coarse; it is refined by and by.
                guard !RenditionLayerTests.changes.contains(where: { (0..<9).contains(frame - $0) }) else { continue }
                worst = min(worst, PictureComparison(picture(frame), decoded).luma)
            }
            #expect(worst > 28, "layers to \(highest) of \(layers)")
        }
    }

    /// Nothing is encoded any more once all is refined, but only after the base layer has had it.
    @Test func stillPicturesSettleInTheBaseLayer() throws {
        var configuration = VideoEncoderConfiguration.live(
            codec: .vp8, size: size, frameRate: .fps30, bitrate: 2_000_000)
        configuration.temporalLayers = 3
        configuration.mayDropFrames = false
        let rendition = try VideoRendition(configuration)
        let still = picture(0)
        var chunks: [EncodedChunk] = []
        for frame in 0..<25 {
            var changed = MacroblockMap(size: size, allSet: frame == 0)
            if frame == 0 { changed.setAll(true) }
            let composite = Composite(picture: still, changed: changed, isUnchanged: frame > 0)
            if let chunk = try rendition.encode(composite, time: FrameRate.fps30.time(ofFrame: Int64(frame))) {
                chunks.append(chunk)
            }
        }
        // The keyframe, and two more of the base layer with what lies between.
        #expect(chunks.map(\.temporalLayer) == [0, 2, 1, 2, 0, 2, 1, 2, 0])
    }
}
