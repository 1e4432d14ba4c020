import Codecs
import Compositor
import Containers
import Layout
import Media
import Mixing
import Timing

/// Renders one chunk of an archive job's pictures into a spool: laid out, composited and encoded on the calling thread,
/// so that as many chunks can be worked on side by side as there are cores, without waiting for each other.
struct PictureChunk {
    let plan: ArchivePlan
    let index: Int
    let start: SceneReplay
    let cancel: CancelFlag

    /// - Parameter progress: called after each tick.
    func render(to path: String, progress: () -> Void) throws(ArchiveError) -> ChunkSpool.Contents {
        let spool = try ChunkSpool.Writer(path)
        let rendition = try PictureChunk.rendition(plan)
        let compositor: Compositor
        do {
            compositor = try Compositor(canvas: plan.canvas)
        } catch {
            throw ArchiveError(.badRequest, place: "$.size", error.description)
        }
        let cast = CastPictures(plan, cancel: cancel)
        var replay = start
        var held: (composite: Composite, time: MediaTime)?
        let ticks = plan.chunk(index)
        for tick in ticks {
            guard !cancel.isSet else { throw ArchiveError(.cancelled, "was stopped") }
            let scene = replay.scene(at: tick)
            let due = plan.time(of: tick) + plan.lead
            let images = plan.layouts[replay.layout].images
            let composite: Composite
            do {
                composite = try compositor.compose(scene) { content in
                    switch content {
                    case .image(let name): images[name]
                    case .camera, .screen: cast.picture(of: content, at: due)
                    case .avatar, .overflow, .nothing: nil
                    }
                }
            } catch {
                throw ArchiveError(.failed, error.description)
            }
            let time = plan.rate.time(ofFrame: tick)
            let chunk = try PictureChunk.encoding { () throws(CodecError) in
                try rendition.encode(composite, time: time, forceKeyframe: tick == ticks.lowerBound)
            }
            if let chunk { try spool.write(chunk) }
            held = chunk == nil ? (composite, time) : nil
            progress()
        }
        // Pictures are to last as long as the sound.
        if ticks.upperBound == plan.ticks, let held {
            let chunk = try PictureChunk.encoding { () throws(CodecError) in
                try rendition.encodeHeld(held.composite, time: held.time)
            }
            if let chunk { try spool.write(chunk) }
        }
        let rest = try PictureChunk.encoding { () throws(CodecError) in try rendition.encoder.flush() }
        for chunk in rest { try spool.write(chunk) }
        return try spool.finish()
    }

    /// A new encode, as every chunk begins.
    static func rendition(_ plan: ArchivePlan) throws(ArchiveError) -> VideoRendition {
        let configuration = VideoEncoderConfiguration(
            codec: plan.request.codecs.video, size: plan.size, frameRate: plan.rate, bitrate: plan.videoBitrate)
        return try encoding { () throws(CodecError) in try VideoRendition(configuration) }
    }

    static func encoding<Value>(_ body: () throws(CodecError) -> Value) throws(ArchiveError) -> Value {
        do {
            return try body()
        } catch {
            throw ArchiveError(.failed, error.description)
        }
    }
}
