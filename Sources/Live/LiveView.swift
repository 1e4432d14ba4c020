import Codecs
import Compositor
import Foundation
import Layout
import Media
import Mixing
import Synchronization
import Timing

/// One view of a room: a layout of its stage, composited and encoded once for all who watch it.
///
/// The frame clock lays out and composites; a thread of the view's own encodes. There is no queue between them: while
/// the encoder is busy a tick is left out, and its changes come with the next.
final class LiveView: @unchecked Sendable {
    /// The layout's name or file, by which viewers share a view.
    let key: String
    private let pipeline: ViewPipeline
    private let rendition: VideoRendition
    private let deliver: @Sendable (EncodedChunk) -> Void

    private struct Frame {
        var composite: Composite
        var time: MediaTime
    }

    private struct State {
        var frame: Frame?
        var isBusy = false
        var isStopping = false
        var wantsKeyframe = true
        var lastKeyframe: MediaTime?
        var encode = DurationHistogram()
        var composite = DurationHistogram()
        var overruns = 0
        var frames = 0
        var keyframes = 0
    }

    private var state = State()
    private let condition = NSCondition()

    /// Requests for keyframes are answered at most this often.
    private static let keyframeInterval = MediaTime.milliseconds(300)

    /// `deliver` is called on the view's thread, with times on the room's timeline.
    init(
        key: String, layout: LayoutFile, configuration: LiveConfiguration,
        deliver: @escaping @Sendable (EncodedChunk) -> Void
    ) throws(LiveError) {
        self.key = key
        self.deliver = deliver
        let canvas = CanvasSize(width: configuration.canvas.width, height: configuration.canvas.height)
        do {
            pipeline = try ViewPipeline(
                layout: layout.layout, canvas: canvas, images: try LayoutImages.load(layout))
            rendition = try VideoRendition(
                .live(
                    codec: .vp8, size: configuration.canvas, frameRate: configuration.frameRate,
                    bitrate: configuration.videoBitrate))
        } catch {
            throw LiveError(422, "\(error)")
        }
        let thread = Thread { [self] in encodeFrames() }
        thread.name = "encode-\(key)"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func stop() {
        condition.withLock {
            state.isStopping = true
            condition.signal()
        }
    }

    /// A viewer needs a keyframe to go on. Wishes are met at most every 300 ms: one that comes sooner waits, since who
    /// has only now connected did not get the keyframe before.
    func requestKeyframe() {
        condition.withLock { state.wantsKeyframe = true }
    }

    /// Lays out, composites and hands over one tick, at `time` on the room's timeline; says what the view shows. Nil if
    /// the encoder is still busy with the tick before.
    func tick(
        _ stage: Stage, at time: MediaTime, pictures: (TileContent) -> Picture?
    ) -> [TileContent]? {
        let isBusy = condition.withLock {
            if state.isBusy { state.overruns += 1 }
            return state.isBusy
        }
        if isBusy { return nil }
        let began = MonotonicClock.now
        let scene = pipeline.layOut(stage, at: time)
        // Scenes are made for this canvas, so that composing them cannot fail.
        guard let composite = try? pipeline.compose(scene, pictures: pictures) else { return nil }
        let took = MonotonicClock.now - began
        condition.withLock {
            state.composite.record(took)
            state.frame = Frame(composite: composite, time: time)
            state.isBusy = true
            condition.signal()
        }
        return scene.tiles.map(\.content)
    }

    private func encodeFrames() {
        condition.lock()
        while !state.isStopping {
            guard let frame = state.frame else {
                state.isBusy = false
                condition.wait()
                continue
            }
            state.frame = nil
            let isDue = state.lastKeyframe.map { MonotonicClock.now - $0 >= LiveView.keyframeInterval } ?? true
            let forceKeyframe = state.wantsKeyframe && isDue
            if forceKeyframe { state.wantsKeyframe = false }
            condition.unlock()
            let began = MonotonicClock.now
            let chunk = (try? rendition.encode(frame.composite, time: frame.time, forceKeyframe: forceKeyframe)) ?? nil
            let ended = MonotonicClock.now
            if let chunk { deliver(chunk) }
            condition.lock()
            state.encode.record(ended - began)
            state.isBusy = false
            if let chunk {
                state.frames += 1
                if chunk.isKeyframe {
                    state.keyframes += 1
                    state.lastKeyframe = ended
                }
            } else if forceKeyframe {
                state.wantsKeyframe = true
            }
        }
        condition.unlock()
    }

    struct Figures {
        var composite: DurationHistogram
        var encode: DurationHistogram
        var overruns: Int
        var frames: Int
        var keyframes: Int
    }

    var figures: Figures {
        condition.withLock {
            Figures(
                composite: state.composite, encode: state.encode, overruns: state.overruns, frames: state.frames,
                keyframes: state.keyframes)
        }
    }
}
