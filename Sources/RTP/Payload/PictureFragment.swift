/// How pictures are coded in a stream of RTP packets.
public enum PictureFormat: Hashable, Sendable { case vp8, vp9, h264 }

/// Width and height of a coded picture, in pixels.
public struct CodedSize: Hashable, Sendable {
    public var width: UInt16
    public var height: UInt16

    public init(width: UInt16, height: UInt16) {
        self.width = width
        self.height = height
    }

    /// Pixels.
    public var area: Int { Int(width) * Int(height) }
}

/// What the pictures before it a picture needs to be decoded.
public enum PictureDependency: Hashable, Sendable {
    /// None.
    case none
    /// The one before it: all that is known without layers.
    case previous
    /// By temporal layers: the base layer's picture counted `base` (the one counted before it, for a picture of the
    /// base layer itself), and of the layers up to its own, all since their last synchronization.
    case layers(base: UInt8)
    /// The pictures whose numbers are this much lower; at most three, 0 for none.
    case identifiers(UInt8, UInt8, UInt8)
}

/// What one packet's payload says of the picture that it is a part of.
public struct PictureFragment: Hashable, Sendable {
    /// Where the picture's bytes are in the datagram, without the descriptor; for H.264 the whole payload.
    public var body: Range<Int>
    /// Certainly the first packet of a picture. In H.264 it cannot always be told.
    public var beginsPicture = false
    /// Begins a picture that needs none before it.
    public var isKeyframe = false
    /// Of a keyframe, where its header tells.
    public var size: CodedSize?
    /// The picture's number, and in how many bits it wraps around (7 or 15); nil if not told.
    public var pictureID: UInt16?
    public var pictureIDBits: UInt8 = 15
    /// Counts the pictures of the base layer; nil if not told.
    public var baseIndex: UInt8?
    /// 0 for the base layer.
    public var temporalLayer: UInt8 = 0
    public var spatialLayer: UInt8 = 0
    /// From here on the picture's temporal layer can be decoded with the base layer alone.
    public var layerSync = false
    public var dependency = PictureDependency.previous

    public init(body: Range<Int>) {
        self.body = body
    }

    /// Reads the payload of a packet in `range` of its datagram. An empty payload throws: it belongs to no picture.
    public init(parsing format: PictureFormat, in range: Range<Int>, of bytes: Span<UInt8>) throws(WireError) {
        switch format {
        case .vp8: self = try VP8Descriptor.fragment(in: range, of: bytes)
        case .vp9: self = try VP9Descriptor.fragment(in: range, of: bytes)
        case .h264: self = try H264Payload.fragment(in: range, of: bytes)
        }
    }
}
