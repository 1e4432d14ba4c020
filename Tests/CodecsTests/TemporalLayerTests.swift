import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct TemporalLayerTests {
    /// A picture whose left half moves and whose right half changes only at frames 13 and 30.
    private func picture(_ size: PictureSize, frame: Int) -> Picture {
        let moving = TestPictures.make(size, frame: frame, noise: false)
        let still = TestPictures.make(size, frame: frame < 13 ? 100 : frame < 30 ? 200 : 300, noise: false)
        let picture = WritablePicture(size: size)
        for (target, left, right) in [
            (picture.luma, moving.luma, still.luma), (picture.cb, moving.cb, still.cb),
            (picture.cr, moving.cr, still.cr),
        ] {
            for y in 0..<target.height {
                for x in 0..<target.width {
                    let source = x < target.width / 2 ? left : right
                    target.base[y * target.stride + x] = source.base[y * source.stride + x]
                }
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }

    @Test(arguments: [Codec.vp8, .vp9], [1, 2, 3]) func everySubsetOfLayersIsWhole(codec: Codec, count: Int) throws {
        var configuration = VideoEncoderConfiguration.test(codec, 320, 192, bitrate: 1_500_000)
        configuration.temporalLayers = count
        configuration.keyframeInterval = 22
        let encoder = try VPXEncoder(configuration)
        let size = configuration.size
        var map = MacroblockMap(size: size, allSet: true)
        var chunks: [EncodedChunk] = []
        // Base layer frames that the right half is still to be coded in.
        var owed = 3
        for frame in 0..<60 {
            if frame == 13 || frame == 30 { owed = 3 }
            map.setAll(owed > 0)
            map.set(x: 0, y: 0, width: 160, height: 192)
            let chunk = try #require(
                try encoder.encode(
                    picture(size, frame: frame), time: FrameRate.fps30.time(ofFrame: Int64(frame)),
                    forceKeyframe: false, activeMap: map))
            if chunk.isKeyframe { owed = 3 }
            if chunk.temporalLayer == 0 { owed -= 1 }
            chunks.append(chunk)
        }
        #expect(chunks.indices.filter { chunks[$0].isKeyframe } == [0, 22, 44])
        let period = count == 1 ? [0] : count == 2 ? [0, 1] : [0, 2, 1, 2]
        for (index, chunk) in chunks.enumerated() {
            #expect(chunk.temporalLayer == period[(index % 22) % period.count])
        }
        for highest in 0..<count {
            let decoder = try VideoDecoders.make(for: encoder.parameters)
            for (frame, chunk) in chunks.enumerated() where chunk.temporalLayer <= highest {
                let decoded = try #require(try decoder.decode(chunk).first).picture
                let quality = PictureComparison(picture(size, frame: frame), decoded).luma
                #expect(quality > 30, "layers to \(highest), frame \(frame)")
            }
        }
        // A layer is taken up again at a chunk that says so.
        guard count == 3 else { return }
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        var highest = 0
        for (frame, chunk) in chunks.enumerated() {
            if frame > 30, chunk.isLayerSync { highest = max(highest, chunk.temporalLayer) }
            guard chunk.temporalLayer <= highest else { continue }
            let decoded = try #require(try decoder.decode(chunk).first).picture
            #expect(PictureComparison(picture(size, frame: frame), decoded).luma > 30, "frame \(frame)")
        }
        #expect(highest == 2)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func layersKeepTheBitrate(codec: Codec) throws {
        var configuration = VideoEncoderConfiguration.live(
            codec: codec, size: PictureSize(width: 640, height: 360), frameRate: .fps30, bitrate: 800_000)
        configuration.temporalLayers = 3
        let encoder = try VPXEncoder(configuration)
        var bits = [0, 0, 0]
        for chunk in try TestPictures.encode(encoder, count: 150) {
            bits[chunk.temporalLayer] += chunk.data.count * 8
        }
        #expect(abs(Double(bits.reduce(0, +)) / 5 / 800_000 - 1) < 0.2)
        #expect(bits[0] < bits.reduce(0, +) * 6 / 10)
    }
}
