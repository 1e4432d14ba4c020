/// What stands before the VP8 data in each payload (RFC 7741, section 4.2).
///
/// ```
///       0 1 2 3 4 5 6 7
///      +-+-+-+-+-+-+-+-+
///      |X|R|N|S|R| PID | (REQUIRED)
///      +-+-+-+-+-+-+-+-+
/// X:   |I|L|T|K| RSV   | (OPTIONAL)
///      +-+-+-+-+-+-+-+-+
/// I:   |M| PictureID   | (OPTIONAL)
///      +-+-+-+-+-+-+-+-+
///      |   PictureID   | (if M)
///      +-+-+-+-+-+-+-+-+
/// L:   |   TL0PICIDX   | (OPTIONAL)
///      +-+-+-+-+-+-+-+-+
/// T/K: |TID|Y| KEYIDX  | (OPTIONAL)
///      +-+-+-+-+-+-+-+-+
/// ```
public struct VP8Descriptor: Hashable, Sendable {
    /// No other picture refers to this one.
    public var nonReference = false
    public var startsPartition = true
    /// 0 to 7.
    public var partition: UInt8 = 0
    /// 0 to 32767, or to 127 if ``shortPictureID``.
    public var pictureID: UInt16?
    public var shortPictureID = false
    /// Counts the pictures of the base layer.
    public var baseIndex: UInt8?
    /// 0 to 3.
    public var temporalLayer: UInt8?
    /// The picture refers to no layer but the base.
    public var layerSync = false
    /// 0 to 31.
    public var keyIndex: UInt8?

    public init() {}

    public init(from reader: inout ByteReader) throws(WireError) {
        let first = try reader.uint8()
        nonReference = first & 0x20 != 0
        startsPartition = first & 0x10 != 0
        partition = first & 0x07
        guard first & 0x80 != 0 else { return }
        let present = try reader.uint8()
        if present & 0x80 != 0 {
            let value = try reader.uint8()
            if value & 0x80 != 0 {
                pictureID = UInt16(value & 0x7f) << 8 | UInt16(try reader.uint8())
            } else {
                pictureID = UInt16(value)
                shortPictureID = true
            }
        }
        if present & 0x40 != 0 { baseIndex = try reader.uint8() }
        if present & 0x30 != 0 {
            let value = try reader.uint8()
            if present & 0x20 != 0 {
                temporalLayer = value >> 6
                layerSync = value & 0x20 != 0
            }
            if present & 0x10 != 0 { keyIndex = value & 0x1f }
        }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let extended = pictureID != nil || baseIndex != nil || temporalLayer != nil || keyIndex != nil
        try writer.put(
            (extended ? UInt8(0x80) : 0) | (nonReference ? 0x20 : 0) | (startsPartition ? 0x10 : 0) | partition & 0x07)
        guard extended else { return }
        try writer.put(
            (pictureID != nil ? UInt8(0x80) : 0) | (baseIndex != nil ? 0x40 : 0) | (temporalLayer != nil ? 0x20 : 0)
                | (keyIndex != nil ? 0x10 : 0))
        if let pictureID {
            if shortPictureID {
                try writer.put(UInt8(pictureID & 0x7f))
            } else {
                try writer.put(pictureID & 0x7fff | 0x8000)
            }
        }
        if let baseIndex { try writer.put(baseIndex) }
        if temporalLayer != nil || keyIndex != nil {
            try writer.put((temporalLayer ?? 0) << 6 | (layerSync ? 0x20 : 0) | (keyIndex ?? 0) & 0x1f)
        }
    }

    static func fragment(in range: Range<Int>, of bytes: Span<UInt8>) throws(WireError) -> PictureFragment {
        var reader = ByteReader(bytes, in: range)
        let descriptor = try VP8Descriptor(from: &reader)
        guard !reader.isAtEnd else { throw WireError(.truncated, at: reader.offset) }
        var fragment = PictureFragment(body: reader.offset..<range.upperBound)
        fragment.beginsPicture = descriptor.startsPartition && descriptor.partition == 0
        fragment.pictureID = descriptor.pictureID
        fragment.pictureIDBits = descriptor.shortPictureID ? 7 : 15
        fragment.temporalLayer = descriptor.temporalLayer ?? 0
        fragment.layerSync = descriptor.layerSync
        if let base = descriptor.baseIndex, descriptor.temporalLayer != nil {
            fragment.baseIndex = base
            fragment.dependency = .layers(base: base)
        }
        if fragment.beginsPicture, let header = try VP8FrameHeader(from: &reader) {
            fragment.isKeyframe = true
            fragment.size = header.size
        }
        return fragment
    }
}

/// The beginning of a VP8 keyframe (RFC 6386, section 9.1).
///
/// ```
/// | size of first partition (19 bits) |show| version | not key |  3 bytes, little-endian
/// |  0x9d 0x01 0x2a  |  width, scale  |  height, scale  |        keyframes only
/// ```
public struct VP8FrameHeader: Hashable, Sendable {
    /// Neither side is 0.
    public var size: CodedSize

    /// Nil for a picture that is no keyframe. Throws if the header is cut off, lacks its start code, or tells of a
    /// picture without area.
    public init?(from reader: inout ByteReader) throws(WireError) {
        let first = try reader.uint8()
        guard first & 0x01 == 0 else { return nil }
        try reader.skip(2)
        let start = reader.offset
        guard try reader.uint24() == 0x9d012a else {
            throw WireError(.malformed("VP8 keyframe without its start code"), at: start)
        }
        size = CodedSize(
            width: try reader.uint16().byteSwapped & 0x3fff, height: try reader.uint16().byteSwapped & 0x3fff)
        guard size.width > 0, size.height > 0 else {
            throw WireError(.malformed("VP8 keyframe of no size"), at: start + 3)
        }
    }
}
