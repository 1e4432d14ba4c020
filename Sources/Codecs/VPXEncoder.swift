import CVPX
public import Media
public import Timing

/// VP8 and VP9 through libvpx, in one pass at a constant bitrate. The picture's planes are read where they are.
public final class VPXEncoder: VideoEncoder {
    public private(set) var configuration: VideoEncoderConfiguration
    public let parameters: VideoParameters
    public private(set) var quality: EncodedQuality?

    /// Units of libvpx's timestamps per second: whole for the usual frame rates.
    private static let clock: Int64 = 90_000

    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    private let image: UnsafeMutablePointer<vpx_image_t>
    private var settings = vpx_codec_enc_cfg_t()
    private let mapCells: UnsafeMutableBufferPointer<UInt8>
    private let mapShape: MacroblockMap
    private var mapIsSet = false
    private var layers: TemporalLayers
    private var firstTime: MediaTime?
    private var lastTimestamp: Int64 = -1

    /// Throws ``CodecError/Code/invalidArgument`` for settings out of range.
    public init(_ configuration: VideoEncoderConfiguration) throws(CodecError) {
        try configuration.check()
        let isVP9 = configuration.codec == .vp9
        guard isVP9 || configuration.codec == .vp8,
            let interface = isVP9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx()
        else {
            throw CodecError(.unsupported, "this encoder is for vp8 and vp9", codec: configuration.codec)
        }
        let layers = TemporalLayers(
            configuration.temporalLayers, keyframeInterval: configuration.keyframeInterval, isVP9: isVP9)
        let settings = try VPXEncoder.settings(configuration, layers: layers, interface: interface)
        let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
        context.initialize(to: vpx_codec_ctx_t())
        do {
            try VPXEncoder.start(context, interface: interface, settings: settings, configuration: configuration)
        } catch {
            vpx_codec_destroy(context)
            context.deallocate()
            throw error
        }
        self.settings = settings
        self.layers = layers
        self.context = context
        self.configuration = configuration
        quality = configuration.measuresQuality ? EncodedQuality() : nil
        parameters = VideoParameters(
            codec: configuration.codec, size: configuration.size,
            colour: isVP9 ? configuration.colour : .bt601Limited, frameRate: configuration.frameRate)
        image = .allocate(capacity: 1)
        image.initialize(to: vpx_image_t(size: configuration.size))
        mapShape = MacroblockMap(size: configuration.size)
        mapCells = .allocate(capacity: mapShape.cells.count)
        mapCells.initialize(repeating: 1)
    }

    deinit {
        vpx_codec_destroy(context)
        context.deallocate()
        image.deallocate()
        mapCells.deallocate()
    }

    public func encode(
        _ picture: Picture, time: MediaTime, forceKeyframe: Bool, activeMap: MacroblockMap?
    ) throws(CodecError) -> EncodedChunk? {
        guard picture.size == configuration.size else {
            let cause = "a picture of \(picture.size) pixels where \(configuration.size) are encoded"
            throw CodecError(.invalidArgument, cause, codec: configuration.codec, time: time)
        }
        let start = firstTime ?? time
        firstTime = start
        let timestamp = (time - start).count(per: VPXEncoder.clock)
        guard timestamp > lastTimestamp else {
            let cause = "a picture that is not later than the one before"
            throw CodecError(.invalidArgument, cause, codec: configuration.codec, time: time)
        }
        lastTimestamp = timestamp

        let frame = layers.next(forceKeyframe: forceKeyframe)
        try setLayer(frame, time: time)
        try setMap(frame.isForcedKeyframe || !configuration.takesActiveMaps ? nil : activeMap, time: time)
        image.pointee.setPlanes(of: picture)
        let duration = max(1, configuration.frameRate.interval.count(per: VPXEncoder.clock))
        let result = withExtendedLifetime(picture) {
            vpx_codec_encode(context, image, timestamp, UInt(duration), frame.flags, UInt(VPX_DL_REALTIME))
        }
        try check(result, time: time)

        var chunk: EncodedChunk?
        var iterator: vpx_codec_iter_t?
        while let packet = vpx_codec_get_cx_data(context, &iterator) {
            if packet.pointee.kind == VPX_CODEC_PSNR_PKT {
                let compared = packet.pointee.data.psnr
                quality?.squaredError += compared.sse.0
                quality?.samples += UInt64(compared.samples.0)
                continue
            }
            guard packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
            let coded = packet.pointee.data.frame
            guard coded.sz > 0 else { continue }
            chunk = EncodedChunk(
                data: [UInt8](UnsafeRawBufferPointer(start: coded.buf, count: coded.sz)), time: time,
                duration: configuration.frameRate.interval,
                isKeyframe: coded.flags & UInt32(VPX_FRAME_IS_KEY) != 0)
            chunk?.temporalLayer = frame.layer
            chunk?.isLayerSync = frame.isLayerSync
        }
        if chunk != nil { layers.encoded(frame) }
        return chunk
    }

    public func setBitrate(_ bitrate: Int) throws(CodecError) {
        guard bitrate != configuration.bitrate else { return }
        var changed = configuration
        changed.bitrate = bitrate
        try changed.check()
        settings.rc_target_bitrate = UInt32(max(1, bitrate / 1000))
        layers.apply(to: &settings)
        try check(vpx_codec_enc_config_set(context, &settings), time: nil)
        configuration = changed
    }

    public func setFrameRate(_ frameRate: FrameRate) {
        configuration.frameRate = frameRate
    }

    public func setSpeed(_ speed: Int) throws(CodecError) {
        guard speed != configuration.speed else { return }
        let range = VPXEncoder.speeds(configuration.codec)
        guard range.contains(speed) else {
            throw CodecError(.invalidArgument, "a speed of \(speed); \(range)", codec: configuration.codec)
        }
        try check(tessera_vpx_control_int(context, Int32(VP8E_SET_CPUUSED.rawValue), Int32(speed)), time: nil)
        configuration.speed = speed
    }

    /// libvpx holds nothing back here.
    public func flush() -> [EncodedChunk] { [] }

    /// Tells libvpx which layer the frame is of.
    private func setLayer(_ frame: TemporalLayers.Frame, time: MediaTime) throws(CodecError) {
        guard layers.count > 1, configuration.codec == .vp8 else { return }
        let layer = Int32(frame.layer)
        try check(
            tessera_vpx_control_int(context, Int32(VP8E_SET_TEMPORAL_LAYER_ID.rawValue), layer), time: time)
    }

    /// Tells libvpx which blocks to work on; nil for all.
    private func setMap(_ map: MacroblockMap?, time: MediaTime) throws(CodecError) {
        guard map != nil || mapIsSet else { return }
        if let map {
            guard map.columns == mapShape.columns, map.rows == mapShape.rows else {
                let cause =
                    "a map of \(map.columns)x\(map.rows) blocks where the picture has "
                    + "\(mapShape.columns)x\(mapShape.rows)"
                throw CodecError(.invalidArgument, cause, codec: configuration.codec, time: time)
            }
            _ = mapCells.update(fromContentsOf: map.cells)
        }
        var active = vpx_active_map_t(
            active_map: map == nil ? nil : mapCells.baseAddress, rows: UInt32(mapShape.rows),
            cols: UInt32(mapShape.columns))
        try check(
            tessera_vpx_control_pointer(context, Int32(VP8E_SET_ACTIVEMAP.rawValue), &active), time: time)
        mapIsSet = map != nil
    }

    private func check(_ result: vpx_codec_err_t, time: MediaTime?) throws(CodecError) {
        guard result != VPX_CODEC_OK else { return }
        throw VPXEncoder.error(result, context, codec: configuration.codec, time: time)
    }

    private static func error(
        _ result: vpx_codec_err_t, _ context: UnsafeMutablePointer<vpx_codec_ctx_t>, codec: Codec, time: MediaTime?
    ) -> CodecError {
        let text = vpx_codec_error_detail(context) ?? vpx_codec_err_to_string(result)
        let cause = text.map { String(cString: $0) } ?? "error \(result.rawValue) of libvpx"
        let code: CodecError.Code =
            switch result {
            case VPX_CODEC_MEM_ERROR: .outOfMemory
            case VPX_CODEC_INVALID_PARAM: .invalidArgument
            default: .failed
            }
        return CodecError(code, cause, codec: codec, time: time)
    }

    private static func speeds(_ codec: Codec) -> ClosedRange<Int> { codec == .vp9 ? 5...9 : -16 ... -1 }

    /// The settings of libvpx for a configuration.
    private static func settings(
        _ configuration: VideoEncoderConfiguration, layers: TemporalLayers, interface: OpaquePointer
    ) throws(CodecError) -> vpx_codec_enc_cfg_t {
        var settings = vpx_codec_enc_cfg_t()
        guard vpx_codec_enc_config_default(interface, &settings, 0) == VPX_CODEC_OK else {
            throw CodecError(.failed, "libvpx has no default settings", codec: configuration.codec)
        }
        settings.g_w = UInt32(configuration.size.width)
        settings.g_h = UInt32(configuration.size.height)
        settings.g_timebase = vpx_rational(num: 1, den: Int32(clock))
        settings.g_threads = UInt32(configuration.threads)
        // VP9 otherwise predicts motion from the frame before, which another layer may have left out.
        let isResilient = configuration.isErrorResilient || (layers.count > 1 && configuration.codec == .vp9)
        settings.g_error_resilient = isResilient ? UInt32(VPX_ERROR_RESILIENT_DEFAULT) : 0
        settings.g_pass = VPX_RC_ONE_PASS
        settings.g_lag_in_frames = 0
        settings.rc_end_usage = VPX_CBR
        settings.rc_target_bitrate = UInt32(max(1, configuration.bitrate / 1000))
        settings.rc_dropframe_thresh = configuration.mayDropFrames ? 30 : 0
        settings.rc_resize_allowed = 0
        settings.rc_min_quantizer = UInt32(configuration.quantizers.lowerBound)
        settings.rc_max_quantizer = UInt32(configuration.quantizers.upperBound)
        settings.rc_undershoot_pct = 100
        settings.rc_overshoot_pct = 100
        let buffer = UInt32(configuration.buffer.nanoseconds / 1_000_000)
        settings.rc_buf_sz = buffer
        settings.rc_buf_initial_sz = buffer * 2 / 3
        settings.rc_buf_optimal_sz = buffer * 5 / 6
        settings.kf_mode = VPX_KF_AUTO
        settings.kf_min_dist = 0
        settings.kf_max_dist = UInt32(configuration.keyframeInterval)
        layers.apply(to: &settings)
        return settings
    }

    private static func start(
        _ context: UnsafeMutablePointer<vpx_codec_ctx_t>, interface: OpaquePointer, settings: vpx_codec_enc_cfg_t,
        configuration: VideoEncoderConfiguration
    ) throws(CodecError) {
        let isVP9 = configuration.codec == .vp9
        let speed = configuration.speed ?? (isVP9 ? 8 : -8)
        guard speeds(configuration.codec).contains(speed) else {
            let cause = "a speed of \(speed); \(speeds(configuration.codec))"
            throw CodecError(.invalidArgument, cause, codec: configuration.codec)
        }
        var settings = settings
        let result = tessera_vpx_enc_init(
            context, interface, &settings, configuration.measuresQuality ? vpx_codec_flags_t(VPX_CODEC_USE_PSNR) : 0)
        guard result == VPX_CODEC_OK else { throw error(result, context, codec: configuration.codec, time: nil) }

        func set(_ control: vp8e_enc_control_id, _ value: Int) throws(CodecError) {
            let result = tessera_vpx_control_int(context, Int32(control.rawValue), Int32(value))
            guard result == VPX_CODEC_OK else { throw error(result, context, codec: configuration.codec, time: nil) }
        }
        try set(VP8E_SET_CPUUSED, speed)
        try set(VP8E_SET_STATIC_THRESHOLD, configuration.staticThreshold)
        try set(VP8E_SET_MAX_INTRA_BITRATE_PCT, configuration.maximumKeyframePercent)
        try set(isVP9 ? VP9E_SET_NOISE_SENSITIVITY : VP8E_SET_NOISE_SENSITIVITY, 0)
        guard isVP9 else {
            try set(VP8E_SET_TOKEN_PARTITIONS, 0)
            try set(VP8E_SET_SCREEN_CONTENT_MODE, configuration.isScreenContent ? 1 : 0)
            return
        }
        // Cyclic refresh (3) works with segments of its own, and libvpx 1.12 then passes over the map.
        try set(VP9E_SET_AQ_MODE, configuration.takesActiveMaps ? 0 : 3)
        try set(VP9E_SET_TILE_COLUMNS, configuration.threads > 1 ? 2 : 0)
        try set(VP9E_SET_FRAME_PARALLEL_DECODING, 0)
        try set(VP9E_SET_TUNE_CONTENT, configuration.isScreenContent ? 1 : 0)
        let space =
            switch configuration.colour.matrix {
            case .bt601: VPX_CS_BT_601
            case .bt709: VPX_CS_BT_709
            case .bt2020: VPX_CS_BT_2020
            }
        try set(VP9E_SET_COLOR_SPACE, Int(space.rawValue))
        try set(VP9E_SET_COLOR_RANGE, configuration.colour.range == .full ? 1 : 0)
    }
}

extension vpx_image_t {
    /// An I420 image of this size without memory of its own.
    fileprivate init(size: PictureSize) {
        self.init()
        fmt = VPX_IMG_FMT_I420
        w = UInt32(size.width)
        h = UInt32(size.height)
        d_w = w
        d_h = h
        bit_depth = 8
        bps = 12
        x_chroma_shift = 1
        y_chroma_shift = 1
    }

    /// libvpx reads the planes and never writes to them.
    fileprivate mutating func setPlanes(of picture: Picture) {
        planes.0 = UnsafeMutablePointer(mutating: picture.luma.base)
        planes.1 = UnsafeMutablePointer(mutating: picture.cb.base)
        planes.2 = UnsafeMutablePointer(mutating: picture.cr.base)
        stride.0 = Int32(picture.luma.stride)
        stride.1 = Int32(picture.cb.stride)
        stride.2 = Int32(picture.cr.stride)
    }
}
