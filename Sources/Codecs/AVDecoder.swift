import CAVCodec
public import Media
import Timing

/// Pictures of any codec that libavcodec knows. Frames that are I420 of 8 bits are handed out as they are, without a
/// copy; others are converted.
public final class AVDecoder: VideoDecoder {
    public let parameters: VideoParameters
    public var needsKeyframe: Bool { gate.needsKeyframe }

    /// What a chunk's frame is told on its way in and says on its way out.
    private enum Mark {
        static let wanted: Int64 = 1
        static let admitted: Int64 = 2
    }

    private let options: VideoDecoderOptions
    private let decoder: LibavDecoder
    private let converter = PixelConverter()
    private var gate: KeyframeGate
    private var isFirst = true
    private var lastTime: MediaTime?

    /// Throws ``CodecError/Code/unsupported`` if there is no such decoder, ``CodecError/Code/invalidArgument`` if the
    /// stream's setup is unusable.
    public init(
        parameters: VideoParameters, options: VideoDecoderOptions = VideoDecoderOptions()
    ) throws(CodecError) {
        self.parameters = parameters
        self.options = options
        gate = KeyframeGate(longestWait: options.longestWaitForKeyframe)
        decoder = try LibavDecoder(codec: parameters.codec, setup: parameters.setup) { context in
            context.pointee.width = Int32(clamping: max(0, min(parameters.size.width, options.maximumSize.width)))
            context.pointee.height = Int32(clamping: max(0, min(parameters.size.height, options.maximumSize.height)))
            context.pointee.max_pixels = Int64(options.maximumArea)
            context.pointee.thread_count = Int32(max(1, min(options.threads, 16)))
        }
        guard decoder.context.pointee.codec_type == AVMEDIA_TYPE_VIDEO else {
            throw CodecError(.unsupported, "it is no codec of pictures", codec: parameters.codec)
        }
    }

    public func decode(
        _ chunk: EncodedChunk, wantsPicture: Bool, into pictures: inout [DecodedPicture]
    ) throws(CodecError) {
        if parameters.codec == .vp8 { try checkHeader(chunk) }
        if isFirst { setReordering(chunk) }
        isFirst = false
        let wasWaiting = gate.needsKeyframe
        if chunk.isKeyframe { gate.keyframe() }
        let mark = (wantsPicture ? Mark.wanted : 0) | (gate.admits(chunk.time) ? Mark.admitted : 0)
        decoder.context.pointee.reordered_opaque = mark
        // What neither is shown nor needed by others is not even decoded.
        decoder.context.pointee.skip_frame = wantsPicture ? AVDISCARD_DEFAULT : AVDISCARD_NONREF

        do {
            try decoder.decode(chunk) { frame throws(CodecError) in try take(frame, into: &pictures) }
        } catch {
            gate.damage(at: chunk.time, inKeyframe: chunk.isKeyframe)
            // What cannot be decoded because of earlier damage is no news.
            if wasWaiting, !chunk.isKeyframe, !chunk.data.isEmpty, error.code == .corrupt { return }
            throw error
        }
    }

    public func flush(into pictures: inout [DecodedPicture]) throws(CodecError) {
        decoder.end()
        try decoder.takeFrames(at: lastTime ?? .zero) { frame throws(CodecError) in try take(frame, into: &pictures) }
    }

    public func reset() {
        decoder.reset()
        gate.reset()
        lastTime = nil
    }

    /// libavcodec has its buffers before it tells the size of a picture of VP8.
    private func checkHeader(_ chunk: EncodedChunk) throws(CodecError) {
        do {
            _ = try VPXFrameHeader.read(chunk, codec: .vp8, options: options)
        } catch {
            gate.damage(at: chunk.time, inKeyframe: false)
            throw error
        }
    }

    /// The first chunk's times tell how many frames are put back in order; a decoder that has to find out by itself
    /// shows the first few in the wrong order.
    private func setReordering(_ chunk: EncodedChunk) {
        let interval = chunk.duration > .zero ? chunk.duration : parameters.frameRate?.interval ?? .milliseconds(33)
        let ahead = chunk.time - chunk.decodeTime
        guard ahead > .zero, interval > .zero else { return }
        decoder.context.pointee.has_b_frames = Int32(min(16, (ahead.seconds / interval.seconds).rounded(.up)))
    }

    private func take(
        _ frame: UnsafeMutablePointer<AVFrame>, into pictures: inout [DecodedPicture]
    ) throws(CodecError) {
        let time = time(of: frame)
        let mark = frame.pointee.reordered_opaque
        var isAdmitted = mark & Mark.admitted != 0
        if !isAdmitted, frame.pointee.key_frame != 0 {
            gate.keyframe()
            isAdmitted = true
        }
        let serious =
            FF_DECODE_ERROR_INVALID_BITSTREAM | FF_DECODE_ERROR_CONCEALMENT_ACTIVE | FF_DECODE_ERROR_DECODE_SLICES
        let isDamaged =
            frame.pointee.decode_error_flags & serious != 0 || frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
        if isDamaged, gate.isOpen {
            throw CodecError(.corrupt, "parts of a picture are missing", codec: parameters.codec, time: time)
        }
        guard isAdmitted, mark & Mark.wanted != 0 else { return }
        let size = PictureSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
        try options.check(size, codec: parameters.codec, time: time)
        // VP8 has no way to say more than that it is BT.601, and is often of other colours all the same.
        let colour = parameters.codec == .vp8 ? StreamColour() : StreamColour(frame.pointee)
        let picture = try converter.picture(
            frame, colour: colour.resolved(parameters, size: size), rotation: parameters.rotation,
            pixelAspect: pixelAspect(of: frame))
        pictures.append(DecodedPicture(picture: picture, time: time))
    }

    private func time(of frame: UnsafeMutablePointer<AVFrame>) -> MediaTime {
        var nanoseconds = frame.pointee.pts
        if nanoseconds == tessera_AV_NOPTS_VALUE { nanoseconds = frame.pointee.best_effort_timestamp }
        if nanoseconds == tessera_AV_NOPTS_VALUE {
            let next = lastTime.map { $0 + (parameters.frameRate?.interval ?? .milliseconds(33)) } ?? .zero
            nanoseconds = next.nanoseconds
        }
        let time = MediaTime(nanoseconds: nanoseconds)
        lastTime = time
        return time
    }

    /// The container has the first word, since people correct it there.
    private func pixelAspect(of frame: UnsafeMutablePointer<AVFrame>) -> Double {
        if parameters.pixelAspect != 1 { return parameters.pixelAspect }
        let aspect = frame.pointee.sample_aspect_ratio
        guard aspect.num > 0, aspect.den > 0 else { return 1 }
        let value = Double(aspect.num) / Double(aspect.den)
        return (0.05...20).contains(value) ? value : 1
    }
}

extension StreamColour {
    init(_ frame: AVFrame) {
        matrix =
            switch frame.colorspace {
            case AVCOL_SPC_BT709, AVCOL_SPC_SMPTE240M: .bt709
            case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M, AVCOL_SPC_FCC: .bt601
            case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: .bt2020
            default: nil
            }
        range =
            switch frame.color_range {
            case AVCOL_RANGE_MPEG: .limited
            case AVCOL_RANGE_JPEG: .full
            default: PixelConverter.isFullRange(AVPixelFormat(frame.format)) ? .full : nil
            }
    }
}

/// Holds a frame of libavcodec for as long as a picture shows it. The frame is only read.
private final class FrameOwner: @unchecked Sendable {
    private var frame: UnsafeMutablePointer<AVFrame>?

    init(_ frame: UnsafeMutablePointer<AVFrame>) {
        self.frame = frame
    }

    deinit { av_frame_free(&frame) }
}

extension PixelConverter {
    /// The formats that differ from others only in that they are of full range.
    static func isFullRange(_ format: AVPixelFormat) -> Bool { plain(format) != format }

    private static func plain(_ format: AVPixelFormat) -> AVPixelFormat {
        switch format {
        case AV_PIX_FMT_YUVJ420P: AV_PIX_FMT_YUV420P
        case AV_PIX_FMT_YUVJ422P: AV_PIX_FMT_YUV422P
        case AV_PIX_FMT_YUVJ440P: AV_PIX_FMT_YUV440P
        case AV_PIX_FMT_YUVJ444P: AV_PIX_FMT_YUV444P
        case AV_PIX_FMT_YUVJ411P: AV_PIX_FMT_YUV411P
        default: format
        }
    }

    /// The frame as a picture: over the frame's own memory if it is I420 of 8 bits, else converted.
    func picture(
        _ frame: UnsafeMutablePointer<AVFrame>, colour: ColourDescription, rotation: Rotation, pixelAspect: Double
    ) throws(CodecError) -> Picture {
        let size = PictureSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
        let format = PixelConverter.plain(AVPixelFormat(frame.pointee.format))
        let hasAlpha = format == AV_PIX_FMT_YUVA420P
        let data = frame.pointee.data
        let strides = frame.pointee.linesize
        if format == AV_PIX_FMT_YUV420P || hasAlpha, strides.0 > 0, strides.1 > 0, strides.2 > 0,
            let luma = data.0, let cb = data.1, let cr = data.2, frame.pointee.buf.0 != nil,
            let copy = av_frame_clone(frame)
        {
            func plane(_ base: UnsafeMutablePointer<UInt8>, _ stride: Int32, _ size: PictureSize) -> Plane {
                Plane(base: base, stride: Int(stride), width: size.width, height: size.height)
            }
            return Picture(
                luma: plane(luma, strides.0, size), cb: plane(cb, strides.1, size.chroma),
                cr: plane(cr, strides.2, size.chroma),
                alpha: hasAlpha ? data.3.map { plane($0, strides.3, size) } : nil, owner: FrameOwner(copy),
                colour: colour, rotation: rotation, pixelAspect: pixelAspect)
        }
        return try convert(
            format: format, size: size, colour: colour, rotation: rotation, pixelAspect: pixelAspect
        ) { index in
            switch index {
            case 0: (UnsafePointer(data.0), strides.0)
            case 1: (UnsafePointer(data.1), strides.1)
            case 2: (UnsafePointer(data.2), strides.2)
            default: (UnsafePointer(data.3), strides.3)
            }
        }
    }
}
