import CAVCodec
public import Media
public import Timing

/// H.264 through libx264: no B-frames, nothing held back, keyframes that are IDR frames, parameter sets both before
/// every keyframe and in ``VideoParameters/setup`` (Annex B).
public final class H264Encoder: VideoEncoder {
    public private(set) var configuration: VideoEncoderConfiguration
    public let parameters: VideoParameters

    /// Units of timestamps per second: whole for the usual frame rates.
    private static let clock: Int64 = 90_000

    /// Those of libx264 that are of use in real time or nearly so. (It writes to stderr about others.)
    private static let presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"]

    private let encoder: LibavEncoder
    private let meter: QualityMeter?
    private var firstTime: MediaTime?
    private var lastTimestamp: Int64 = -1

    /// Throws ``CodecError/Code/invalidArgument`` for settings out of range and sizes that are not even.
    public init(_ configuration: VideoEncoderConfiguration) throws(CodecError) {
        try configuration.check()
        guard configuration.codec == .h264 else {
            throw CodecError(.unsupported, "this encoder is for h264", codec: configuration.codec)
        }
        guard configuration.size.width % 2 == 0, configuration.size.height % 2 == 0 else {
            let cause = "a size of \(configuration.size); h264 wants even numbers"
            throw CodecError(.invalidArgument, cause, codec: .h264)
        }
        guard H264Encoder.presets.contains(configuration.h264Preset) else {
            let cause = "a preset «\(configuration.h264Preset)»; \(H264Encoder.presets.joined(separator: ", "))"
            throw CodecError(.invalidArgument, cause, codec: .h264)
        }
        var refused: String?
        let encoder = try LibavEncoder(name: "libx264", codec: .h264) { context in
            context.pointee.width = Int32(configuration.size.width)
            context.pointee.height = Int32(configuration.size.height)
            context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
            context.pointee.time_base = AVRational(num: 1, den: Int32(H264Encoder.clock))
            context.pointee.framerate = AVRational(configuration.frameRate)
            context.pointee.gop_size = Int32(configuration.keyframeInterval)
            context.pointee.max_b_frames = 0
            context.pointee.thread_count = Int32(configuration.threads)
            context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
            context.pointee.setBitrate(configuration)
            context.pointee.setColour(configuration.colour)
            let tune = configuration.h264Tune.map { "zerolatency,\($0)" } ?? "zerolatency"
            let profile = configuration.h264Profile.map { [("profile", $0)] } ?? []
            let options = [
                ("preset", configuration.h264Preset), ("tune", tune), ("forced-idr", "1"),
                ("x264-params", "repeat-headers=1"),
            ]
            for (name, value) in options + profile
            where av_opt_set(context.pointee.priv_data, name, value, 0) < 0 {
                refused = "\(name) «\(value)»"
            }
        }
        if let refused { throw CodecError(.invalidArgument, refused, codec: .h264) }
        self.configuration = configuration
        self.encoder = encoder
        parameters = VideoParameters(
            codec: .h264, size: configuration.size, setup: encoder.setup, colour: configuration.colour,
            frameRate: configuration.frameRate)
        meter = configuration.measuresQuality ? try QualityMeter(parameters) : nil
    }

    /// libx264 tells it only in its log, so that its frames are decoded for it.
    public var quality: EncodedQuality? { meter?.quality }

    public func encode(
        _ picture: Picture, time: MediaTime, forceKeyframe: Bool, activeMap: MacroblockMap?
    ) throws(CodecError) -> EncodedChunk? {
        guard picture.size == configuration.size else {
            let cause = "a picture of \(picture.size) pixels where \(configuration.size) are encoded"
            throw CodecError(.invalidArgument, cause, codec: .h264, time: time)
        }
        let start = firstTime ?? time
        firstTime = start
        let timestamp = (time - start).count(per: H264Encoder.clock)
        guard timestamp > lastTimestamp else {
            let cause = "a picture that is not later than the one before"
            throw CodecError(.invalidArgument, cause, codec: .h264, time: time)
        }
        lastTimestamp = timestamp
        let frame = encoder.frame
        defer { av_frame_unref(frame) }
        guard frame.pointee.borrow(picture) else {
            throw CodecError(.outOfMemory, "no memory for a frame", codec: .h264, time: time)
        }
        frame.pointee.pts = timestamp
        frame.pointee.pict_type = forceKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        meter?.willEncode(picture, at: time)
        try encoder.send(frame, time: time)
        return try takeChunk()
    }

    public func setBitrate(_ bitrate: Int) throws(CodecError) {
        guard bitrate != configuration.bitrate else { return }
        var changed = configuration
        changed.bitrate = bitrate
        try changed.check()
        configuration = changed
        encoder.context.pointee.setBitrate(changed)
    }

    public func setFrameRate(_ frameRate: FrameRate) {
        configuration.frameRate = frameRate
    }

    /// libx264's preset stays.
    public func setSpeed(_ speed: Int) {}

    public func flush() throws(CodecError) -> [EncodedChunk] {
        try encoder.end()
        var chunks: [EncodedChunk] = []
        while let chunk = try takeChunk() { chunks.append(chunk) }
        meter?.end()
        return chunks
    }

    private func takeChunk() throws(CodecError) -> EncodedChunk? {
        guard let packet = try encoder.receive() else { return nil }
        let origin = firstTime ?? .zero
        let chunk = EncodedChunk(
            data: packet.bytes, time: origin + MediaTime(clamping: packet.time, per: H264Encoder.clock),
            decodeTime: origin + MediaTime(clamping: packet.decodeTime, per: H264Encoder.clock),
            duration: configuration.frameRate.interval, isKeyframe: packet.isKeyframe)
        meter?.didEncode(chunk)
        return chunk
    }
}

extension AVRational {
    fileprivate init(_ rate: FrameRate) {
        self.init(num: Int32(rate.numerator), den: Int32(rate.denominator))
    }
}

extension AVCodecContext {
    /// A constant bitrate, within the buffer.
    fileprivate mutating func setBitrate(_ configuration: VideoEncoderConfiguration) {
        bit_rate = Int64(configuration.bitrate)
        rc_max_rate = bit_rate
        rc_buffer_size = Int32(clamping: Int(Double(configuration.bitrate) * configuration.buffer.seconds))
    }

    fileprivate mutating func setColour(_ colour: ColourDescription) {
        color_range = colour.range == .full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        switch colour.matrix {
        case .bt601:
            colorspace = AVCOL_SPC_SMPTE170M
            color_primaries = AVCOL_PRI_SMPTE170M
            color_trc = AVCOL_TRC_SMPTE170M
        case .bt709:
            colorspace = AVCOL_SPC_BT709
            color_primaries = AVCOL_PRI_BT709
            color_trc = AVCOL_TRC_BT709
        case .bt2020:
            colorspace = AVCOL_SPC_BT2020_NCL
            color_primaries = AVCOL_PRI_BT2020
            color_trc = AVCOL_TRC_BT2020_10
        }
    }
}

extension AVFrame {
    /// Makes an empty frame show the picture's own planes, and hold the picture as long as it does. False if there is
    /// no memory.
    fileprivate mutating func borrow(_ picture: Picture) -> Bool {
        let holder = Unmanaged.passRetained(picture)
        let base = UnsafeMutablePointer(mutating: picture.luma.base)
        let buffer = av_buffer_create(
            base, picture.luma.stride * picture.luma.height,
            { holder, _ in
                if let holder { Unmanaged<Picture>.fromOpaque(holder).release() }
            }, holder.toOpaque(), AV_BUFFER_FLAG_READONLY)
        guard let buffer else {
            holder.release()
            return false
        }
        buf.0 = buffer
        width = Int32(picture.size.width)
        height = Int32(picture.size.height)
        format = AV_PIX_FMT_YUV420P.rawValue
        data.0 = base
        data.1 = UnsafeMutablePointer(mutating: picture.cb.base)
        data.2 = UnsafeMutablePointer(mutating: picture.cr.base)
        linesize.0 = Int32(picture.luma.stride)
        linesize.1 = Int32(picture.cb.stride)
        linesize.2 = Int32(picture.cr.stride)
        return true
    }
}
