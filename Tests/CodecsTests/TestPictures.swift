import Codecs
import Media
import MediaTesting
import Timing

/// Moving test pictures with smooth areas, edges and a little noise, so that they code like camera pictures.
enum TestPictures {
    static func make(
        _ size: PictureSize, frame: Int, colour: ColourDescription = .bt601Limited, noise: Bool = true
    ) -> Picture {
        let picture = WritablePicture(size: size)
        var random = SeededRandom(seed: UInt64(frame + 1))
        let luma = picture.luma
        let shift = frame * 3
        for y in 0..<luma.height {
            for x in 0..<luma.width {
                var value = 60 + (x + shift) * 80 / max(1, luma.width) + y * 40 / max(1, luma.height)
                if ((x + shift) / 40 + y / 40) % 2 == 0 { value += 30 }
                if noise { value += Int(random.next() % 5) }
                luma.base[y * luma.stride + x] = UInt8(min(235, value))
            }
        }
        for (plane, base) in [(picture.cb, 90), (picture.cr, 150)] {
            for y in 0..<plane.height {
                for x in 0..<plane.width {
                    plane.base[y * plane.stride + x] = UInt8(base + (x + y + frame) * 40 / (plane.width + plane.height))
                }
            }
        }
        return picture.freeze(colour: colour)
    }

    /// One picture out of raw I420.
    static func i420(_ bytes: [UInt8], frame: Int, size: PictureSize, colour: ColourDescription) -> Picture {
        let picture = WritablePicture(size: size)
        var position = frame * (size.area + 2 * size.chroma.area)
        for plane in [picture.luma, picture.cb, picture.cr] {
            for y in 0..<plane.height {
                for x in 0..<plane.width { plane.base[y * plane.stride + x] = bytes[position + x] }
                position += plane.width
            }
        }
        return picture.freeze(colour: colour)
    }

    /// Encodes `count` pictures at 30 fps.
    static func encode(
        _ encoder: any VideoEncoder, count: Int, from first: Int = 0, noise: Bool = true
    ) throws -> [EncodedChunk] {
        var chunks: [EncodedChunk] = []
        for frame in first..<first + count {
            let picture = make(encoder.configuration.size, frame: frame, noise: noise)
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            if let chunk = try encoder.encode(picture, time: time, forceKeyframe: false, activeMap: nil) {
                chunks.append(chunk)
            }
        }
        return chunks + (try encoder.flush())
    }
}

extension VideoEncoderConfiguration {
    static func test(_ codec: Codec, _ width: Int, _ height: Int, bitrate: Int = 2_000_000) -> Self {
        VideoEncoderConfiguration(
            codec: codec, size: PictureSize(width: width, height: height), frameRate: .fps30, bitrate: bitrate)
    }
}
