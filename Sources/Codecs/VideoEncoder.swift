import Foundation
public import Media
public import Timing

/// What an encoder of pictures is to do. Made for one pass in real time, at a constant bitrate.
public struct VideoEncoderConfiguration: Sendable {
    /// VP8, VP9 or H.264.
    public var codec: Codec
    /// 16x16 to 16383x16383 pixels for VP8; H.264 wants even numbers.
    public var size: PictureSize
    /// The nominal rate, which the bits of a frame are reckoned by.
    public var frameRate: FrameRate
    /// Bits per second, at least 1000.
    public var bitrate: Int
    /// libvpx's cpu-used. VP8: -16 (fastest) to -1, always negative so that the speed is fixed and does not follow
    /// the clock; VP9: 5 to 9. Nil: -8 for VP8, 8 for VP9. H.264 has ``h264Preset``.
    public var speed: Int?
    /// Threads of the encoder; more than one costs CPU and gains little (see the design).
    public var threads = 1
    /// Most frames from one keyframe to the next.
    public var keyframeInterval = 300
    /// True lets a receiver go on after a lost frame: entropy contexts are not carried from frame to frame.
    public var isErrorResilient = false
    /// 1 to 3 layers of frames, of which the upper ones can be left out. VP8 and VP9.
    public var temporalLayers = 1
    /// True lets the encoder drop frames when it is over its bitrate, as a live sender wants; a file wants all.
    public var mayDropFrames = false
    /// libvpx's scale, 0 (best) to 63.
    public var quantizers = 4...63
    /// How much the bitrate may be overdrawn or saved up.
    public var buffer = MediaTime.milliseconds(6000)
    /// Most bits of a keyframe in per cent of an average frame's; 0 for no limit.
    public var maximumKeyframePercent = 0
    /// Differences below this are not coded in blocks that do not move; 0 codes them all. VP8 and VP9.
    public var staticThreshold = 0
    /// True for text and drawings rather than camera pictures.
    public var isScreenContent = false
    /// False if no active map will be given, or one is to be taken for all; VP9 can then refresh its pictures in turns.
    public var takesActiveMaps = true
    /// Whether each frame is compared with the picture it was made from, for ``VideoEncoder/quality``.
    public var measuresQuality = false
    /// Written into the stream where the codec can say it (VP8 cannot), and into the parameters.
    public var colour = ColourDescription.bt601Limited
    /// libx264's preset.
    public var h264Preset = "veryfast"
    /// libx264's tunings; "zerolatency" is always on.
    public var h264Tune: String?
    /// "baseline", "main" or "high"; nil leaves it to the preset.
    public var h264Profile: String?

    public init(codec: Codec, size: PictureSize, frameRate: FrameRate, bitrate: Int) {
        self.codec = codec
        self.size = size
        self.frameRate = frameRate
        self.bitrate = bitrate
    }

    /// For a live stream: errors heal, frames may be dropped, the buffer is a second, keyframes come on demand.
    public static func live(
        codec: Codec, size: PictureSize, frameRate: FrameRate, bitrate: Int
    ) -> VideoEncoderConfiguration {
        var configuration = VideoEncoderConfiguration(codec: codec, size: size, frameRate: frameRate, bitrate: bitrate)
        configuration.isErrorResilient = true
        configuration.mayDropFrames = true
        configuration.keyframeInterval = 3000
        configuration.buffer = .milliseconds(1000)
        configuration.quantizers = 2...56
        configuration.maximumKeyframePercent = 600
        return configuration
    }

    func check() throws(CodecError) {
        func require(_ condition: Bool, _ cause: @autoclosure () -> String) throws(CodecError) {
            if !condition { throw CodecError(.invalidArgument, cause(), codec: codec) }
        }
        try require((1...16_383).contains(size.width) && (1...16_383).contains(size.height), "a size of \(size)")
        try require((1000...2_000_000_000).contains(bitrate), "\(bitrate) bit/s; from 1000 on")
        try require((1...16).contains(threads), "\(threads) threads; 1 to 16")
        try require((1...1_000_000).contains(keyframeInterval), "a keyframe every \(keyframeInterval) frames")
        try require((1...3).contains(temporalLayers), "\(temporalLayers) temporal layers; 1 to 3")
        try require(quantizers.lowerBound >= 0 && quantizers.upperBound <= 63, "quantizers \(quantizers); 0 to 63")
        try require(buffer >= .milliseconds(10) && buffer <= .milliseconds(600_000), "a buffer of \(buffer)")
        try require((0...100_000).contains(maximumKeyframePercent), "keyframes of \(maximumKeyframePercent) %")
        try require((0...100_000).contains(staticThreshold), "a static threshold of \(staticThreshold)")
    }
}

/// Turns pictures into encoded chunks. One thread uses it at a time.
public protocol VideoEncoder: AnyObject {
    var configuration: VideoEncoderConfiguration { get }

    /// What a muxer or receiver needs to know, complete before the first chunk.
    var parameters: VideoParameters { get }

    /// Encodes a picture of the configured size. Nil means that the frame was dropped to keep the bitrate.
    ///
    /// `time` is later than that of the picture before. `activeMap` says which blocks are to be worked on, nil for
    /// all; the others repeat what the base layer's last frame shows, so they must be as they were there, and well
    /// refined. Keyframes hold everything, whatever the map says. H.264 takes the map for all.
    func encode(
        _ picture: Picture, time: MediaTime, forceKeyframe: Bool, activeMap: MacroblockMap?
    ) throws(CodecError) -> EncodedChunk?

    /// Bits per second from the next frame on.
    func setBitrate(_ bitrate: Int) throws(CodecError)

    /// The nominal frame rate from the next frame on.
    func setFrameRate(_ frameRate: FrameRate) throws(CodecError)

    /// See ``VideoEncoderConfiguration/speed``; encoders without that choice ignore it.
    func setSpeed(_ speed: Int) throws(CodecError)

    /// How far the frames encoded so far are from their pictures; nil unless it is measured.
    var quality: EncodedQuality? { get }

    /// The chunks that are still held back, at the end.
    func flush() throws(CodecError) -> [EncodedChunk]
}

extension VideoEncoder {
    public var quality: EncodedQuality? { nil }
}

/// What encoding cost in quality, over all frames and all three planes together.
public struct EncodedQuality: Sendable, Hashable {
    /// Sum of the squares of all differences.
    public var squaredError: UInt64 = 0
    /// Samples that were compared.
    public var samples: UInt64 = 0

    public init() {}

    /// Peak signal to noise ratio in dB of the mean error; nil before the first frame, at most 100.
    public var psnr: Double? {
        guard samples > 0 else { return nil }
        guard squaredError > 0 else { return 100 }
        return min(100, 10 * log10(255 * 255 * Double(samples) / Double(squaredError)))
    }
}

/// Chooses encoders.
public enum VideoEncoders {
    /// libvpx for VP8 and VP9, libx264 for H.264. Throws ``CodecError/Code/unsupported`` for other codecs and
    /// ``CodecError/Code/invalidArgument`` for settings out of range.
    public static func make(_ configuration: VideoEncoderConfiguration) throws(CodecError) -> any VideoEncoder {
        switch configuration.codec {
        case .vp8, .vp9: try VPXEncoder(configuration)
        case .h264: try H264Encoder(configuration)
        default:
            throw CodecError(
                .unsupported, "no encoder for \(configuration.codec); vp8, vp9 or h264", codec: configuration.codec)
        }
    }
}
