public import Timing

/// A codec, by the name that libavcodec knows it by.
public struct Codec: Hashable, Sendable, CustomStringConvertible {
    public let name: String

    public init(name: String) {
        self.name = name
    }

    public static let vp8 = Codec(name: "vp8")
    public static let vp9 = Codec(name: "vp9")
    public static let h264 = Codec(name: "h264")
    public static let av1 = Codec(name: "av1")
    public static let opus = Codec(name: "opus")
    public static let aac = Codec(name: "aac")

    public var description: String { name }
}

/// What codecs, recorders and senders pass each other: one encoded picture, or one packet of encoded sound.
public struct EncodedChunk: Sendable {
    public var data: [UInt8]
    /// When it is to be shown or heard. For sound: the time of the first sample that decoding it gives, before
    /// ``SoundParameters/startPadding`` is cut away. So the first chunk of Opus sound that begins at zero has a time
    /// of minus its pre-skip, and no decoder or muxer shifts anything.
    public var time: MediaTime
    /// Where decoding order differs from showing order (B-frames): when it is to be decoded. Otherwise equal to
    /// ``time``.
    public var decodeTime: MediaTime
    /// Zero if not known.
    public var duration: MediaTime
    public var isKeyframe: Bool
    /// 0 for the base layer; chunks of higher layers may be left out, from the highest down.
    public var temporalLayer = 0
    /// True if the chunk needs only the base layer, so that a receiver who had left its layer out can take it up here.
    public var isLayerSync = false

    public init(
        data: [UInt8], time: MediaTime, decodeTime: MediaTime? = nil, duration: MediaTime = .zero, isKeyframe: Bool
    ) {
        self.data = data
        self.time = time
        self.decodeTime = decodeTime ?? time
        self.duration = duration
        self.isKeyframe = isKeyframe
    }
}

/// What a decoder needs to know of a stream of pictures before its first chunk, and a muxer of one that it writes.
public struct VideoParameters: Sendable {
    public var codec: Codec
    /// As the container says; the frames themselves have the last word.
    public var size: PictureSize
    /// Out-of-band setup (such as H.264's avcC), empty if none.
    public var setup: [UInt8]
    /// Nil where the container says nothing.
    public var colour: ColourDescription?
    public var rotation: Rotation
    public var pixelAspect: Double
    /// The rate the container promises; nil where it varies or is not said.
    public var frameRate: FrameRate?

    public init(
        codec: Codec, size: PictureSize, setup: [UInt8] = [], colour: ColourDescription? = nil,
        rotation: Rotation = .none, pixelAspect: Double = 1, frameRate: FrameRate? = nil
    ) {
        self.codec = codec
        self.size = size
        self.setup = setup
        self.colour = colour
        self.rotation = rotation
        self.pixelAspect = pixelAspect
        self.frameRate = frameRate
    }
}

/// What a decoder needs to know of a stream of sound before its first chunk, and a muxer of one that it writes.
public struct SoundParameters: Sendable {
    public var codec: Codec
    /// Hz.
    public var sampleRate: Int
    public var channels: Int
    /// Out-of-band setup (OpusHead, AudioSpecificConfig), empty if none.
    public var setup: [UInt8]
    /// How much decoded sound at the very start is to be thrown away (Opus pre-skip, AAC priming). What is heard
    /// first is heard at the first chunk's time plus this.
    public var startPadding: MediaTime

    public init(
        codec: Codec, sampleRate: Int, channels: Int, setup: [UInt8] = [], startPadding: MediaTime = .zero
    ) {
        self.codec = codec
        self.sampleRate = sampleRate
        self.channels = channels
        self.setup = setup
        self.startPadding = startPadding
    }
}
