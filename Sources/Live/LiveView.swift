import Compositor
import Layout
import Media
import Mixing
import RTP
import Synchronization
import Timing

/// One view of a room: a layout of its stage, composited once for all who watch it, and encoded once for each rendition
/// in use.
///
/// The frame clock lays out, composites and makes the smaller pictures; each ``LiveRendition`` encodes on its own
/// thread. Nothing queues between them.
final class LiveView: @unchecked Sendable {
    let key: String
    /// The layout's name, as whoever runs the room last gave it.
    let layout = Mutex("")
    let ladder: [Rung]
    private let overload: Overload
    private let deliver: @Sendable (LiveRendition, EncodedChunk) -> Void
    private let interval: MediaTime
    let canvasSize: PictureSize
    /// The tiles of a recent tick, back to front.
    let shown = Mutex<[Tile]>([])

    // The frame clock's own.
    private let pipeline: ViewPipeline
    private var reductions: [PictureSize: PictureReduction] = [:]
    private var ticks = 0
    private(set) var wishedHeights = WishedHeights()
    /// What small tiles show while they change at a lower rate.
    private var held: [TileContent: Picture] = [:]

    private struct State {
        var renditions: [RenditionKey: LiveRendition] = [:]
        var isStopped = false
        var nextLayout: (layout: Layout, images: [String: Picture])?
        var stages = Stages()
    }

    /// How long the parts of ticks took, and what was left out.
    struct Stages {
        var layout = DurationHistogram()
        var composite = DurationHistogram()
        var scale = DurationHistogram()
        /// Ticks left out because no encoder had begun the picture before.
        var skipped = 0
    }

    private let state = Mutex(State())

    /// `deliver` is called on the renditions' threads, with times on the room's timeline.
    init(
        key: String, layout: LayoutFile, configuration: LiveConfiguration, overload: Overload,
        deliver: @escaping @Sendable (LiveRendition, EncodedChunk) -> Void
    ) throws(LiveError) {
        self.key = key
        self.overload = overload
        self.deliver = deliver
        ladder = configuration.ladder
        interval = configuration.frameRate.interval
        canvasSize = configuration.canvas
        let canvas = CanvasSize(width: canvasSize.width, height: canvasSize.height)
        do {
            pipeline = try ViewPipeline(
                layout: layout.layout, canvas: canvas, images: try LayoutImages.load(layout))
        } catch {
            throw LiveError(422, "\(error)")
        }
    }

    func stop() {
        let renditions = state.withLock { state in
            state.isStopped = true
            defer { state.renditions = [:] }
            return Array(state.renditions.values)
        }
        for rendition in renditions { rendition.stop() }
    }

    // MARK: - Renditions

    /// The encode that `key` names, made if nobody has used it; nil if the ladder has no such rung, or the view has
    /// ended. Its thread makes the encoder, so that nobody waits for that.
    func rendition(_ key: RenditionKey) -> LiveRendition? {
        guard let rung = ladder.first(where: { $0.name == key.rung }) else { return nil }
        return state.withLock { state in
            if state.isStopped { return nil }
            if let rendition = state.renditions[key] { return rendition }
            let rendition = LiveRendition(
                key: key, rung: rung, view: self.key, overload: overload, deliver: deliver)
            state.renditions[key] = rendition
            return rendition
        }
    }

    var renditions: [LiveRendition] { state.withLock { Array($0.renditions.values) } }

    private func endAbandoned(now: MediaTime) {
        let abandoned = state.withLock { state in
            let abandoned = state.renditions.filter { $0.value.isAbandoned(now: now) }
            for key in abandoned.keys { state.renditions[key] = nil }
            return Array(abandoned.values)
        }
        for rendition in abandoned { rendition.stop() }
    }

    /// Whether anybody receives or records it, or is about to.
    var isWatched: Bool { renditions.contains(where: \.isUsed) }

    // MARK: - Ticks

    /// Shows another layout from the next tick on, with the same encoders. Throws if its images cannot be read.
    func change(to layout: LayoutFile) throws(LiveError) {
        do {
            let images = try LayoutImages.load(layout)
            state.withLock { $0.nextLayout = (layout.layout, images) }
        } catch {
            throw LiveError(422, "\(error)")
        }
    }

    /// Lays out, composites and hands over one tick, at `time` on the room's timeline; says what the view shows, which
    /// is nothing while nobody watches. Nil if the tick was left out.
    func tick(
        _ stage: Stage, at time: MediaTime, pictures: (TileContent) -> Picture?
    ) -> [TileContent]? {
        ticks += 1
        let began = MonotonicClock.now
        let next = state.withLock { state in
            defer { state.nextLayout = nil }
            return state.nextLayout
        }
        if let next { pipeline.change(to: next.layout, images: next.images) }
        if ticks % 32 == 0 { endAbandoned(now: began) }
        let used = renditions.filter(\.isUsed)
        guard !used.isEmpty else {
            held.removeAll()
            return []
        }
        let step = overload.step
        let budget = MediaTime(nanoseconds: interval.nanoseconds * Int64(step.tickStride) / 2)
        if used.allSatisfy(\.isBehind) {
            // Before the first encoder is there, nothing is late.
            if used.contains(where: \.isReady) {
                overload.noteOverrun()
                state.withLock { $0.stages.skipped += 1 }
            }
            return nil
        }
        pipeline.scaling = step >= .fasterEncoding ? .fast : .fine
        let scene = pipeline.layOut(stage, at: time)
        let laidOut = MonotonicClock.now
        // Scenes are made for this canvas, so that composing them cannot fail.
        let kept = keptTiles(of: scene, step)
        let composed = try? pipeline.compose(scene) { content in
            guard step >= .slowerSmallTiles else { return pictures(content) }
            if kept.contains(content), let picture = held[content] { return picture }
            let picture = pictures(content)
            held[content] = picture
            return picture
        }
        guard let composite = composed else { return nil }
        if step < .slowerSmallTiles, !held.isEmpty { held.removeAll() }
        let composited = MonotonicClock.now
        let frame = LiveRendition.Frame(composite: composite, time: time, began: began, budget: budget)
        hand(frame, to: used, step)
        let ended = MonotonicClock.now
        state.withLock { state in
            state.stages.layout.record(laidOut - began)
            state.stages.composite.record(composited - laidOut)
            state.stages.scale.record(ended - composited)
        }
        if ticks % 8 == 0 {
            wishedHeights.note(scene)
            shown.withLock { $0 = scene.tiles }
        }
        return scene.tiles.map(\.content)
    }

    /// Gives each rendition its picture: the largest first, since it takes longest.
    private func hand(_ frame: LiveRendition.Frame, to renditions: [LiveRendition], _ step: Degradation) {
        let sized = renditions.map { rendition in
            (rendition, rendition.isRecorded ? rendition.rung.size : step.size(of: rendition.rung.size))
        }
        var made: [PictureSize: Composite] = [canvasSize: frame.composite]
        for (rendition, size) in sized.sorted(by: { $0.1.area > $1.1.area }) {
            let isDue = rendition.isDue(at: frame.time)
            if !isDue, made[size] == nil {
                rendition.pass(reduction(to: size).changes(frame.composite.changed))
                continue
            }
            let composite = made[size] ?? reduction(to: size).reduce(frame.composite, quality: pipeline.scaling)
            made[size] = composite
            guard isDue else {
                rendition.pass(composite.changed)
                continue
            }
            var frame = frame
            frame.composite = composite
            rendition.offer(frame)
        }
    }

    private func reduction(to size: PictureSize) -> PictureReduction {
        if let reduction = reductions[size] { return reduction }
        let reduction = PictureReduction(from: canvasSize, to: size)
        reductions[size] = reduction
        return reduction
    }

    /// Which tiles keep the picture that they have, since they are small and it is not their turn. Turns alternate, so
    /// that the work of ticks is even.
    private func keptTiles(of scene: Scene, _ step: Degradation) -> Set<TileContent> {
        guard step >= .slowerSmallTiles else { return [] }
        var kept: Set<TileContent> = []
        for (index, tile) in scene.tiles.enumerated() {
            let divisor = step.divisor(ofTile: tile.rect.width * tile.rect.height, on: canvasSize.area)
            if (ticks + index) % divisor != 0 { kept.insert(tile.content) }
        }
        return kept
    }

    struct Figures {
        var stages = Stages()
        var composite = DurationHistogram()
        var encode = DurationHistogram()
        var overruns = 0
        var frames = 0
        var keyframes = 0
    }

    /// Of all its renditions together.
    var figures: Figures {
        var figures = Figures()
        figures.stages = state.withLock(\.stages)
        figures.composite = figures.stages.composite
        figures.overruns = figures.stages.skipped
        for rendition in renditions.map(\.figures) {
            figures.encode.add(rendition.encode)
            figures.overruns += rendition.overruns
            figures.frames += rendition.frames
            figures.keyframes += rendition.keyframes
        }
        return figures
    }
}
