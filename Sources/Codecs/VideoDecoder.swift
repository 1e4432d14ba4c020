public import Media
public import Timing

/// A picture out of a decoder, and when it is to be shown.
public struct DecodedPicture: Sendable {
    public let picture: Picture
    public let time: MediaTime

    public init(picture: Picture, time: MediaTime) {
        self.picture = picture
        self.time = time
    }
}

/// Bounds and choices of a video decoder.
public struct VideoDecoderOptions: Sendable {
    /// Longest width and longest height in pixels.
    public var maximumSize = PictureSize(width: 8192, height: 8192)
    /// Most pixels of a picture.
    public var maximumArea = 7680 * 4320
    /// Threads of the decoder, 1 to 16. More than one adds latency with some codecs.
    public var threads = 1
    /// After damage, pictures are held back until the next keyframe, but no longer than this: some files have only
    /// one keyframe, and then a picture with traces of the damage is better than none.
    public var longestWaitForKeyframe = MediaTime(seconds: 10)

    /// A library that decodes VP8. Both give the same samples.
    public enum VP8Library: Sendable {
        case libvpx
        /// Its frames are handed out without a copy: a render of nine takes 8.5 % less CPU in all than with libvpx.
        case libavcodec
    }

    public var vp8Library = VP8Library.libavcodec

    public init() {}

    func check(_ size: PictureSize, codec: Codec, time: MediaTime?) throws(CodecError) {
        guard size.width > 0, size.height > 0 else {
            throw CodecError(.corrupt, "a picture of \(size) pixels", codec: codec, time: time)
        }
        guard size.width <= maximumSize.width, size.height <= maximumSize.height, size.area <= maximumArea else {
            let cause = "a picture of \(size) pixels; at most \(maximumSize) and \(maximumArea) in all"
            throw CodecError(.tooLarge, cause, codec: codec, time: time)
        }
    }
}

/// Turns encoded chunks into pictures. One thread uses it at a time.
///
/// Damaged data throws and never ends the decoder: it holds pictures back until the next keyframe and then goes on
/// (``needsKeyframe`` says so meanwhile). What cannot be decoded while it waits, as a consequence, does not throw again.
public protocol VideoDecoder: AnyObject {
    /// What the stream was announced as.
    var parameters: VideoParameters { get }

    /// True from the start, or from damage, until a keyframe has been decoded.
    var needsKeyframe: Bool { get }

    /// Decodes one chunk and appends what became ready, in the order of showing: none, one, or several pictures.
    ///
    /// With `wantsPicture` false the chunk is decoded only as far as later chunks need it, and its own picture is not
    /// handed out. Throws ``CodecError/Code/corrupt`` or ``CodecError/Code/tooLarge`` and stays usable.
    func decode(
        _ chunk: EncodedChunk, wantsPicture: Bool, into pictures: inout [DecodedPicture]
    ) throws(CodecError)

    /// Appends the pictures still held back for reordering, at the end of the stream. Only ``reset()`` may follow.
    func flush(into pictures: inout [DecodedPicture]) throws(CodecError)

    /// Forgets everything before, for a jump in the stream; the next chunk should be a keyframe.
    func reset()
}

extension VideoDecoder {
    /// Decodes one chunk and returns what became ready.
    public func decode(_ chunk: EncodedChunk) throws(CodecError) -> [DecodedPicture] {
        var pictures: [DecodedPicture] = []
        try decode(chunk, wantsPicture: true, into: &pictures)
        return pictures
    }

    /// The pictures still held back at the end of the stream.
    public func flush() throws(CodecError) -> [DecodedPicture] {
        var pictures: [DecodedPicture] = []
        try flush(into: &pictures)
        return pictures
    }
}

/// Chooses decoders.
public enum VideoDecoders {
    /// The decoder for a stream: what the options say for VP8, libvpx for VP9, libavcodec for everything else. Throws
    /// ``CodecError/Code/unsupported`` if there is none, ``CodecError/Code/invalidArgument`` if the stream's setup is
    /// unusable.
    public static func make(
        for parameters: VideoParameters, options: VideoDecoderOptions = VideoDecoderOptions()
    ) throws(CodecError) -> any VideoDecoder {
        switch parameters.codec {
        case .vp9: try VPXDecoder(parameters: parameters, options: options)
        case .vp8 where options.vp8Library == .libvpx: try VPXDecoder(parameters: parameters, options: options)
        default: try AVDecoder(parameters: parameters, options: options)
        }
    }
}
