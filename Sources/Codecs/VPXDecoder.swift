import CAVCodec
import CVPX
public import Media
import Timing

/// VP8 and VP9 through libvpx. Pictures are copied out of the decoder into a pool's memory, row by row.
public final class VPXDecoder: VideoDecoder {
    public let parameters: VideoParameters
    public var needsKeyframe: Bool { gate.needsKeyframe }

    private let options: VideoDecoderOptions
    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    private var gate: KeyframeGate
    private var pool: PicturePool?
    private var converter: PixelConverter?

    /// Throws ``CodecError/Code/unsupported`` for codecs other than VP8 and VP9.
    public init(
        parameters: VideoParameters, options: VideoDecoderOptions = VideoDecoderOptions()
    ) throws(CodecError) {
        guard let interface = parameters.codec == .vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(),
            parameters.codec == .vp8 || parameters.codec == .vp9
        else {
            throw CodecError(.unsupported, "this decoder is for vp8 and vp9", codec: parameters.codec)
        }
        self.parameters = parameters
        self.options = options
        gate = KeyframeGate(longestWait: options.longestWaitForKeyframe)
        context = .allocate(capacity: 1)
        context.initialize(to: vpx_codec_ctx_t())
        var configuration = vpx_codec_dec_cfg_t(threads: UInt32(max(1, min(options.threads, 16))), w: 0, h: 0)
        let result = tessera_vpx_dec_init(context, interface, &configuration, 0)
        guard result == VPX_CODEC_OK else {
            context.deallocate()
            let cause = "libvpx does not start: \(String(cString: vpx_codec_err_to_string(result)))"
            throw CodecError(.failed, cause, codec: parameters.codec)
        }
    }

    deinit {
        vpx_codec_destroy(context)
        context.deallocate()
    }

    public func decode(
        _ chunk: EncodedChunk, wantsPicture: Bool, into pictures: inout [DecodedPicture]
    ) throws(CodecError) {
        let header = try readHeader(chunk)
        if gate.isBeforeFirstKeyframe, !header.isKeyframe { return }

        let result = chunk.data.withUnsafeBufferPointer { data in
            vpx_codec_decode(context, data.baseAddress, UInt32(data.count), nil, 0)
        }
        guard result == VPX_CODEC_OK else {
            let isConsequence = gate.needsKeyframe && !header.isKeyframe
            gate.damage(at: chunk.time, inKeyframe: header.isKeyframe)
            if isConsequence { return }
            throw error(result, at: chunk.time)
        }
        let isDamaged = parameters.codec == .vp8 && frameIsDamaged
        if isDamaged, gate.isOpen || header.isKeyframe {
            gate.damage(at: chunk.time, inKeyframe: header.isKeyframe)
            throw CodecError(.corrupt, "a truncated frame", codec: parameters.codec, time: chunk.time)
        }
        if header.isKeyframe { gate.keyframe() }

        var iterator: vpx_codec_iter_t?
        while let image = vpx_codec_get_frame(context, &iterator) {
            guard gate.admits(chunk.time), wantsPicture else { continue }
            let size = PictureSize(width: Int(image.pointee.d_w), height: Int(image.pointee.d_h))
            try options.check(size, codec: parameters.codec, time: chunk.time)
            pictures.append(DecodedPicture(picture: try copy(image, size: size), time: chunk.time))
        }
    }

    /// libvpx holds no picture back.
    public func flush(into pictures: inout [DecodedPicture]) {}

    public func reset() { gate.reset() }

    /// Reads what can be known before the decoder sees the chunk, and refuses what it must not see.
    private func readHeader(_ chunk: EncodedChunk) throws(CodecError) -> VPXFrameHeader {
        do {
            return try VPXFrameHeader.read(chunk, codec: parameters.codec, options: options)
        } catch {
            gate.damage(at: chunk.time, inKeyframe: false)
            throw error
        }
    }

    private var frameIsDamaged: Bool {
        var isDamaged: Int32 = 0
        let result = tessera_vpx_control_pointer(context, Int32(VP8D_GET_FRAME_CORRUPTED.rawValue), &isDamaged)
        return result == VPX_CODEC_OK && isDamaged != 0
    }

    private func error(_ result: vpx_codec_err_t, at time: MediaTime) -> CodecError {
        let text = vpx_codec_error_detail(context) ?? vpx_codec_err_to_string(result)
        let cause = text.map { String(cString: $0) } ?? "error \(result.rawValue) of libvpx"
        return CodecError(
            result == VPX_CODEC_MEM_ERROR ? .outOfMemory : .corrupt, cause, codec: parameters.codec, time: time)
    }

    private func copy(_ image: UnsafeMutablePointer<vpx_image_t>, size: PictureSize) throws(CodecError) -> Picture {
        let colour = StreamColour(image.pointee, isVP9: parameters.codec == .vp9).resolved(parameters, size: size)
        guard image.pointee.fmt == VPX_IMG_FMT_I420 else {
            let converter = converter ?? PixelConverter()
            self.converter = converter
            return try converter.convert(
                format: try pixelFormat(image.pointee), size: size, colour: colour, rotation: parameters.rotation,
                pixelAspect: parameters.pixelAspect
            ) { index in
                guard index < 3 else { return (nil, 0) }
                let (base, stride) = image.pointee.plane(index)
                return (UnsafePointer(base), stride)
            }
        }
        let pool: PicturePool
        if let current = self.pool, current.size == size {
            pool = current
        } else {
            pool = PicturePool(size: size)
            self.pool = pool
        }
        let picture = pool.take()
        copyRows(image, 0, to: picture.luma)
        copyRows(image, 1, to: picture.cb)
        copyRows(image, 2, to: picture.cr)
        return picture.freeze(colour: colour, rotation: parameters.rotation, pixelAspect: parameters.pixelAspect)
    }

    private func copyRows(_ image: UnsafeMutablePointer<vpx_image_t>, _ index: Int, to plane: WritablePlane) {
        let (base, stride) = image.pointee.plane(index)
        guard let base else { return }
        for row in 0..<plane.height {
            (plane.base + row * plane.stride).update(from: base + row * Int(stride), count: plane.width)
        }
    }

    private func pixelFormat(_ image: vpx_image_t) throws(CodecError) -> AVPixelFormat {
        switch (image.fmt, image.bit_depth) {
        case (VPX_IMG_FMT_I422, _): return AV_PIX_FMT_YUV422P
        case (VPX_IMG_FMT_I440, _): return AV_PIX_FMT_YUV440P
        case (VPX_IMG_FMT_I444, _): return image.cs == VPX_CS_SRGB ? AV_PIX_FMT_GBRP : AV_PIX_FMT_YUV444P
        case (VPX_IMG_FMT_I42016, 10): return AV_PIX_FMT_YUV420P10LE
        case (VPX_IMG_FMT_I42016, 12): return AV_PIX_FMT_YUV420P12LE
        case (VPX_IMG_FMT_I42216, 10): return AV_PIX_FMT_YUV422P10LE
        case (VPX_IMG_FMT_I42216, 12): return AV_PIX_FMT_YUV422P12LE
        case (VPX_IMG_FMT_I44016, 10): return AV_PIX_FMT_YUV440P10LE
        case (VPX_IMG_FMT_I44016, 12): return AV_PIX_FMT_YUV440P12LE
        case (VPX_IMG_FMT_I44416, 10): return image.cs == VPX_CS_SRGB ? AV_PIX_FMT_GBRP10LE : AV_PIX_FMT_YUV444P10LE
        case (VPX_IMG_FMT_I44416, 12): return image.cs == VPX_CS_SRGB ? AV_PIX_FMT_GBRP12LE : AV_PIX_FMT_YUV444P12LE
        default:
            throw CodecError(.unsupported, "image format \(image.fmt.rawValue) of libvpx", codec: parameters.codec)
        }
    }
}

extension vpx_image_t {
    func plane(_ index: Int) -> (base: UnsafeMutablePointer<UInt8>?, stride: Int32) {
        switch index {
        case 0: (planes.0, stride.0)
        case 1: (planes.1, stride.1)
        default: (planes.2, stride.2)
        }
    }
}

extension StreamColour {
    /// VP8 says nothing that libvpx passes on.
    init(_ image: vpx_image_t, isVP9: Bool) {
        guard isVP9 else { return }
        matrix =
            switch image.cs {
            case VPX_CS_BT_601, VPX_CS_SMPTE_170: .bt601
            case VPX_CS_BT_709, VPX_CS_SMPTE_240: .bt709
            case VPX_CS_BT_2020: .bt2020
            default: nil
            }
        // A cleared bit may only mean that nobody set it.
        range = image.range == VPX_CR_FULL_RANGE ? .full : image.cs == VPX_CS_UNKNOWN ? nil : .limited
    }
}
