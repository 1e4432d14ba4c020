import CAVCodec
public import Media
import Timing

/// Reads still images: PNG, JPEG, WebP, GIF (its first picture) and BMP.
public enum ImageReader {
    /// The picture in a file's bytes, with an alpha plane where something shines through. JPEG's orientation becomes
    /// the picture's rotation. Throws ``CodecError/Code/unsupported`` for other formats, ``CodecError/Code/tooLarge``
    /// beyond `maximumSize` or 7680x4320 pixels in all, ``CodecError/Code/corrupt`` for damaged files.
    public static func read(
        _ bytes: [UInt8], maximumSize: PictureSize = PictureSize(width: 8192, height: 8192)
    ) throws(CodecError) -> Picture {
        guard let format = Format(bytes) else {
            throw CodecError(.unsupported, "no image that is known here; PNG, JPEG, WebP, GIF and BMP are")
        }
        var options = VideoDecoderOptions()
        options.maximumSize = maximumSize
        let codec = Codec(name: format.codec)
        if let size = format.size(bytes) { try options.check(size, codec: codec, time: nil) }
        let decoder = try LibavDecoder(codec: codec, setup: []) { context in
            context.pointee.max_pixels = Int64(options.maximumArea)
        }
        let received: LibavDecoder.Received
        do {
            try bytes.withUnsafeBufferPointer { data throws(CodecError) in
                try decoder.send(data, time: .zero, decodeTime: .zero, isKeyframe: true)
            }
            decoder.end()
            received = try decoder.receive(time: nil)
        } catch {
            throw CodecError(error.code, "the image cannot be read: \(error.cause)", codec: codec)
        }
        guard received == .frame else { throw CodecError(.corrupt, "the image holds no picture", codec: codec) }
        let frame = decoder.frame
        let serious = FF_DECODE_ERROR_INVALID_BITSTREAM | FF_DECODE_ERROR_DECODE_SLICES
        guard frame.pointee.decode_error_flags & serious == 0 else {
            throw CodecError(.corrupt, "parts of the image are missing", codec: codec)
        }
        let size = PictureSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
        try options.check(size, codec: codec, time: nil)
        let known = StreamColour(frame.pointee)
        let colour = ColourDescription(matrix: known.matrix ?? .bt601, range: known.range ?? .limited)
        let picture = try PixelConverter().picture(
            frame, colour: colour, rotation: rotation(of: frame), pixelAspect: 1)
        return withoutNeedlessAlpha(picture)
    }

    private enum Format {
        case png, jpeg, webp, gif, bmp

        init?(_ bytes: [UInt8]) {
            if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
                self = .png
            } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
                self = .jpeg
            } else if bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)),
                bytes[8..<12].elementsEqual(Array("WEBP".utf8))
            {
                self = .webp
            } else if bytes.starts(with: Array("GIF8".utf8)) {
                self = .gif
            } else if bytes.starts(with: Array("BM".utf8)), bytes.count >= 26 {
                self = .bmp
            } else {
                return nil
            }
        }

        /// The name of the codec in libavcodec.
        var codec: String {
            switch self {
            case .png: "png"
            case .jpeg: "mjpeg"
            case .webp: "webp"
            case .gif: "gif"
            case .bmp: "bmp"
            }
        }

        /// What the header says, where it stands at a fixed place.
        func size(_ bytes: [UInt8]) -> PictureSize? {
            func big(_ offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
            func little(_ offset: Int, _ count: Int) -> Int {
                bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            switch self {
            case .png: return bytes.count >= 24 ? PictureSize(width: big(16), height: big(20)) : nil
            case .gif: return bytes.count >= 10 ? PictureSize(width: little(6, 2), height: little(8, 2)) : nil
            case .jpeg, .webp, .bmp: return nil
            }
        }
    }

    /// Exif's orientation, of which the mirrored ones are shown unmirrored.
    private static func rotation(of frame: UnsafeMutablePointer<AVFrame>) -> Rotation {
        guard let entry = av_dict_get(frame.pointee.metadata, "Orientation", nil, 0), let value = entry.pointee.value
        else { return .none }
        let text = String(cString: value).filter { $0 != " " }
        return switch text {
        case "3", "4": .half
        case "5", "6": .quarter
        case "7", "8": .threeQuarters
        default: .none
        }
    }

    /// The same picture as an opaque one, if nothing shines through.
    private static func withoutNeedlessAlpha(_ picture: Picture) -> Picture {
        guard let alpha = picture.alpha else { return picture }
        for row in 0..<alpha.height {
            for column in 0..<alpha.width where alpha.base[row * alpha.stride + column] != 255 { return picture }
        }
        return Picture(
            luma: picture.luma, cb: picture.cb, cr: picture.cr, owner: picture, colour: picture.colour,
            rotation: picture.rotation, pixelAspect: picture.pixelAspect)
    }
}
