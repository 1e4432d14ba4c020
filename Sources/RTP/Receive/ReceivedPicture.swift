public import Timing

/// A whole encoded picture, as it goes to a decoder.
public struct ReceivedPicture: Hashable, Sendable {
    /// In units of the stream's clock, extended.
    public var timestamp: Int64
    public var isKeyframe: Bool
    /// Of a keyframe, where its header tells.
    public var size: CodedSize?
    public var temporalLayer: UInt8
    public var orientation: VideoOrientation?
    /// When the first of its packets came, and the last.
    public var firstArrival: MediaTime
    public var lastArrival: MediaTime
    /// Extended sequence numbers of its first and last packet.
    public var sequences: ClosedRange<Int64>
    /// Bytes.
    public var length: Int
}

/// Figures of a ``PictureBuffer``, since its beginning.
public struct PictureBufferStatistics: Hashable, Sendable {
    /// Pictures handed out.
    public var pictures: UInt64 = 0
    public var keyframes: UInt64 = 0
    /// Whole pictures that could not be decoded.
    public var undecodable: UInt64 = 0
    /// Packets that came when nobody waited for them any more.
    public var late: UInt64 = 0
    public var duplicates: UInt64 = 0
    /// Packets whose payload made no sense.
    public var malformed: UInt64 = 0
    /// Times that everything was thrown away, because the buffer was full or the stream jumped.
    public var flushes: UInt64 = 0
}
