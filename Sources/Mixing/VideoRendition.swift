public import Codecs
public import Compositor
public import Media
public import Timing

/// One encode of a view. One thread uses it.
///
/// Only blocks that changed are encoded, and for a few frames more, until they are as fine as they get. Once that is
/// so everywhere and nothing changes, the last frame stands: no frame is encoded until something changes, or for
/// ``longestHold`` at most.
public final class VideoRendition {
    /// After so long without a frame one is encoded even if nothing changed, so that players and receivers see that
    /// the stream goes on.
    public static let longestHold = MediaTime(seconds: 1)

    public let encoder: any VideoEncoder
    private var plan: RefinementPlan
    private var lastEncode: MediaTime?
    /// Ticks that the frame before stood for.
    public private(set) var heldFrames = 0

    /// `refinements` is how often a block is encoded again after it changed, before it is left alone. With layers only
    /// frames of the base layer count, since they alone stay: 4, or 2 with layers, unless said otherwise.
    public init(_ configuration: VideoEncoderConfiguration, refinements: Int? = nil) throws(CodecError) {
        encoder = try VideoEncoders.make(configuration)
        let usual = configuration.temporalLayers > 1 ? 2 : 4
        plan = RefinementPlan(size: configuration.size, refinements: refinements ?? usual)
    }

    /// Nil if the frame before still stands, or the encoder had to drop this one to keep its bitrate.
    public func encode(
        _ composite: Composite, time: MediaTime, forceKeyframe: Bool = false
    ) throws(CodecError) -> EncodedChunk? {
        plan.add(composite.changed)
        if plan.isSettled, !forceKeyframe, let lastEncode, time - lastEncode < VideoRendition.longestHold {
            heldFrames += 1
            return nil
        }
        return try encodeNow(composite, time: time, forceKeyframe: forceKeyframe)
    }

    /// Encodes the frame that ``encode(_:time:forceKeyframe:)`` held last: at the end of a recording, so that the
    /// pictures last as long as the sound.
    public func encodeHeld(_ composite: Composite, time: MediaTime) throws(CodecError) -> EncodedChunk? {
        heldFrames -= 1
        return try encodeNow(composite, time: time, forceKeyframe: false)
    }

    private func encodeNow(
        _ composite: Composite, time: MediaTime, forceKeyframe: Bool
    ) throws(CodecError) -> EncodedChunk? {
        let chunk = try encoder.encode(
            composite.picture, time: time, forceKeyframe: forceKeyframe,
            activeMap: forceKeyframe ? nil : plan.activeMap())
        if let chunk {
            // What upper layers show is gone with the next frame of the base.
            if chunk.temporalLayer == 0 { plan.didEncode(isKeyframe: chunk.isKeyframe) }
            lastEncode = time
        }
        return chunk
    }
}
