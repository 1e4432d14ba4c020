import CAVFormat
import Media
import Timing

/// What libavformat says of a stream, in Tessera's terms, and the other way round.
enum StreamDescription {
    /// Pictures larger than this on a side are not believed.
    static let sideLimit: Int32 = 65_535

    static func time(_ count: Int64, _ base: AVRational) -> MediaTime? {
        guard count != tessera_AV_NOPTS_VALUE, base.den > 0 else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: Int64(base.num))
        if overflow { return count < 0 ? -MediaTime.limit : MediaTime.limit }
        return MediaTime(clamping: product, per: Int64(base.den))
    }

    static func codec(_ id: AVCodecID) -> Codec {
        Codec(name: String(cString: avcodec_get_name(id)))
    }

    static func text(_ dictionary: OpaquePointer?, _ key: String) -> String? {
        guard let entry = av_dict_get(dictionary, key, nil, 0), let value = entry.pointee.value else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    static func setup(_ parameters: AVCodecParameters) -> [UInt8] {
        guard let data = parameters.extradata, parameters.extradata_size > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(parameters.extradata_size)))
    }

    static func video(_ stream: UnsafeMutablePointer<AVStream>, of format: UnsafeMutablePointer<AVFormatContext>)
        -> VideoParameters
    {
        let parameters = stream.pointee.codecpar.pointee
        return VideoParameters(
            codec: codec(parameters.codec_id),
            size: PictureSize(
                width: Int(min(max(parameters.width, 0), sideLimit)),
                height: Int(min(max(parameters.height, 0), sideLimit))),
            setup: setup(parameters), colour: colour(parameters), rotation: rotation(stream),
            pixelAspect: pixelAspect(av_guess_sample_aspect_ratio(format, stream, nil)),
            frameRate: frameRate(stream.pointee))
    }

    static func sound(_ stream: AVStream) -> SoundParameters {
        let parameters = stream.codecpar.pointee
        let rate = max(Int(parameters.sample_rate), 0)
        return SoundParameters(
            codec: codec(parameters.codec_id), sampleRate: rate,
            channels: max(Int(parameters.ch_layout.nb_channels), 0),
            setup: setup(parameters),
            startPadding: MediaTime(clamping: Int64(max(parameters.initial_padding, 0)), per: Int64(rate)))
    }

    private static func colour(_ parameters: AVCodecParameters) -> ColourDescription? {
        let range: ColourDescription.Range = parameters.color_range == AVCOL_RANGE_JPEG ? .full : .limited
        switch parameters.color_space {
        case AVCOL_SPC_BT709: return ColourDescription(matrix: .bt709, range: range)
        case AVCOL_SPC_SMPTE170M, AVCOL_SPC_BT470BG, AVCOL_SPC_FCC:
            return ColourDescription(matrix: .bt601, range: range)
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: return ColourDescription(matrix: .bt2020, range: range)
        default:
            // Only a range is said: the matrix follows the usual custom for the size.
            guard parameters.color_range == AVCOL_RANGE_JPEG else { return nil }
            let isHD = parameters.height >= 720 && parameters.codec_id != AV_CODEC_ID_VP8
            return ColourDescription(matrix: isHD ? .bt709 : .bt601, range: .full)
        }
    }

    private static func rotation(_ stream: UnsafeMutablePointer<AVStream>) -> Rotation {
        var size = 0
        guard let data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size), size >= 36 else {
            return .none
        }
        // The library's angle is counterclockwise, ours clockwise.
        let angle = data.withMemoryRebound(to: Int32.self, capacity: 9) { -av_display_rotation_get($0) }
        guard angle.isFinite else { return .none }
        let quarters = Int((angle / 90).rounded())
        return Rotation(rawValue: ((quarters % 4) + 4) % 4 * 90) ?? .none
    }

    private static func pixelAspect(_ ratio: AVRational) -> Double {
        guard ratio.num > 0, ratio.den > 0 else { return 1 }
        let value = Double(ratio.num) / Double(ratio.den)
        return (1.0 / 16...16).contains(value) ? value : 1
    }

    /// The average rate, if the shortest interval seen agrees with it: else the rate varies.
    private static func frameRate(_ stream: AVStream) -> FrameRate? {
        let average = stream.avg_frame_rate
        let least = stream.r_frame_rate
        guard average.num > 0, average.den > 0 else { return nil }
        if least.num > 0, least.den > 0 {
            let (a, b) = (Double(average.num) / Double(average.den), Double(least.num) / Double(least.den))
            guard abs(a - b) <= 0.01 * b else { return nil }
            return FrameRate(numerator: Int64(least.num), denominator: Int64(least.den))
        }
        return FrameRate(numerator: Int64(average.num), denominator: Int64(average.den))
    }

    // MARK: - Writing

    /// Nil if libavcodec has no codec of that name.
    static func identifier(_ codec: Codec) -> AVCodecID? {
        avcodec_descriptor_get_by_name(codec.name).map { $0.pointee.id }
    }

    /// False if memory is out.
    static func fill(_ stream: UnsafeMutablePointer<AVStream>, video: VideoParameters, id: AVCodecID) -> Bool {
        let target = stream.pointee.codecpar!
        target.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        target.pointee.codec_id = id
        target.pointee.width = Int32(clamping: video.size.width)
        target.pointee.height = Int32(clamping: video.size.height)
        // Else MP4 gets an empty vpcC box, which nobody reads; VP9 is 4:2:0 here.
        if video.codec == .vp9 { target.pointee.format = AV_PIX_FMT_YUV420P.rawValue }
        let aspect = av_d2q(video.pixelAspect, 10_000)
        target.pointee.sample_aspect_ratio = aspect
        stream.pointee.sample_aspect_ratio = aspect
        if let colour = video.colour {
            target.pointee.color_range = colour.range == .full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
            switch colour.matrix {
            case .bt601:
                target.pointee.color_space = AVCOL_SPC_SMPTE170M
                target.pointee.color_primaries = AVCOL_PRI_SMPTE170M
                target.pointee.color_trc = AVCOL_TRC_SMPTE170M
            case .bt709:
                target.pointee.color_space = AVCOL_SPC_BT709
                target.pointee.color_primaries = AVCOL_PRI_BT709
                target.pointee.color_trc = AVCOL_TRC_BT709
            case .bt2020:
                target.pointee.color_space = AVCOL_SPC_BT2020_NCL
                target.pointee.color_primaries = AVCOL_PRI_BT2020
                target.pointee.color_trc = AVCOL_TRC_BT2020_10
            }
        }
        if let rate = video.frameRate {
            let rational = AVRational(num: Int32(rate.numerator), den: Int32(rate.denominator))
            stream.pointee.avg_frame_rate = rational
            stream.pointee.r_frame_rate = rational
        }
        if video.rotation != .none,
            let matrix = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 36)
        {
            matrix.withMemoryRebound(to: Int32.self, capacity: 9) {
                av_display_rotation_set($0, -Double(video.rotation.rawValue))
            }
        }
        return fillSetup(target, video.setup)
    }

    /// False if memory is out.
    static func fill(_ stream: UnsafeMutablePointer<AVStream>, sound: SoundParameters, id: AVCodecID) -> Bool {
        let target = stream.pointee.codecpar!
        target.pointee.codec_type = AVMEDIA_TYPE_AUDIO
        target.pointee.codec_id = id
        target.pointee.sample_rate = Int32(clamping: sound.sampleRate)
        av_channel_layout_default(&target.pointee.ch_layout, Int32(clamping: sound.channels))
        target.pointee.initial_padding = Int32(clamping: sound.startPadding.count(per: Int64(sound.sampleRate)))
        var setup = sound.setup
        if sound.codec == .opus {
            // 80 ms, as RFC 7845 (4.6) and the Matroska mapping of Opus ask.
            target.pointee.seek_preroll = Int32(sound.sampleRate * 80 / 1000)
            target.pointee.frame_size = Int32(sound.sampleRate / 50)
            if setup.isEmpty { setup = opusHead(sound) }
        } else if sound.codec == .aac {
            target.pointee.frame_size = 1024
        }
        return fillSetup(target, setup)
    }

    /// The identification header of RFC 7845 (5.1), for one or two channels.
    ///
    /// ```
    ///   'O' 'p' 'u' 's' 'H' 'e' 'a' 'd' | version 1 | channels | pre-skip (LE16) | rate (LE32) | gain (LE16) | family 0
    /// ```
    static func opusHead(_ sound: SoundParameters) -> [UInt8] {
        let preSkip = UInt16(clamping: sound.startPadding.count(per: 48_000))
        let rate = UInt32(clamping: sound.sampleRate)
        return Array("OpusHead".utf8) + [1, UInt8(clamping: sound.channels)]
            + [UInt8(truncatingIfNeeded: preSkip), UInt8(truncatingIfNeeded: preSkip >> 8)]
            + (0..<4).map { UInt8(truncatingIfNeeded: rate >> (8 * $0)) } + [0, 0, 0]
    }

    private static func fillSetup(_ target: UnsafeMutablePointer<AVCodecParameters>, _ setup: [UInt8]) -> Bool {
        guard !setup.isEmpty else { return true }
        // Zeroed padding follows, which parsers may read.
        guard let memory = av_mallocz(setup.count + 64) else { return false }
        setup.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: setup.count) }
        target.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        target.pointee.extradata_size = Int32(clamping: setup.count)
        return true
    }
}
