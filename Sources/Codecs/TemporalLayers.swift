import CVPX

/// In which layer each frame is, what it may be predicted from, and what it leaves for others.
///
/// Every frame may look at the base layer's last frame (libvpx's «last»), and only base frames replace that: so an
/// idle block, which repeats «last», is right in every layer. The middle layer of three leaves its frame as «golden»,
/// which only the top layer looks at. Entropy contexts are those of the base layer.
///
///     2 layers:  0 1 0 1 …        3 layers:  0 2 1 2 …
struct TemporalLayers {
    struct Frame {
        var layer: Int
        /// Predicted from the base layer alone.
        var isLayerSync: Bool
        var isForcedKeyframe: Bool
        var flags: vpx_enc_frame_flags_t
    }

    let count: Int
    private let keyframeInterval: Int
    private let isVP9: Bool
    private var position = 0
    private var sinceKeyframe = 0

    /// `count` is 1 to 3.
    init(_ count: Int, keyframeInterval: Int, isVP9: Bool) {
        self.count = count
        self.isVP9 = isVP9
        self.keyframeInterval = keyframeInterval
    }

    private var pattern: [Int] {
        switch count {
        case 1: [0]
        case 2: [0, 1]
        default: [0, 2, 1, 2]
        }
    }

    /// The frame that comes next. With layers, keyframes at the interval are asked for here, since a keyframe that
    /// libvpx chose in an upper layer would be lost on those who leave that out.
    func next(forceKeyframe: Bool) -> Frame {
        let isDue = count > 1 && sinceKeyframe >= keyframeInterval
        if forceKeyframe || isDue {
            return Frame(
                layer: 0, isLayerSync: true, isForcedKeyframe: true, flags: vpx_enc_frame_flags_t(VPX_EFLAG_FORCE_KF))
        }
        guard count > 1 else { return Frame(layer: 0, isLayerSync: false, isForcedKeyframe: false, flags: 0) }
        let layer = pattern[position]
        // The top layer's second frame of four also looks at the middle layer's.
        let looksAtGolden = position == 3
        var flags = VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ARF
        if !looksAtGolden { flags |= VP8_EFLAG_NO_REF_GF }
        if layer > 0 { flags |= VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY }
        if !(count == 3 && layer == 1) { flags |= VP8_EFLAG_NO_UPD_GF }
        return Frame(
            layer: layer, isLayerSync: layer > 0 && !looksAtGolden, isForcedKeyframe: false,
            flags: vpx_enc_frame_flags_t(flags))
    }

    /// The frame was encoded, not dropped.
    mutating func encoded(_ frame: Frame) {
        if frame.isForcedKeyframe {
            position = 0
            sinceKeyframe = 0
        }
        position = (position + 1) % pattern.count
        sinceKeyframe += 1
    }

    /// Leaves keyframes to us and shares VP8's bitrate out: each number is of a layer and those below it.
    func apply(to settings: inout vpx_codec_enc_cfg_t) {
        guard count > 1 else { return }
        let total = settings.rc_target_bitrate
        settings.kf_mode = VPX_KF_DISABLED
        // Told of the layers (VP9E_SET_SVC), libvpx 1.12 let VP9's pictures drift away down to 20 dB. The flags alone
        // make the layers as well; its rate control then reckons with one.
        if isVP9 { return }
        settings.ts_number_layers = UInt32(count)
        settings.ts_periodicity = UInt32(pattern.count)
        if count == 2 {
            settings.ts_rate_decimator = (2, 1, 0, 0, 0)
            settings.ts_target_bitrate = (total * 6 / 10, total, 0, 0, 0)
            (settings.ts_layer_id.0, settings.ts_layer_id.1) = (0, 1)
        } else {
            settings.ts_rate_decimator = (4, 2, 1, 0, 0)
            settings.ts_target_bitrate = (total * 4 / 10, total * 6 / 10, total, 0, 0)
            (settings.ts_layer_id.0, settings.ts_layer_id.1) = (0, 2)
            (settings.ts_layer_id.2, settings.ts_layer_id.3) = (1, 2)
        }
    }
}
