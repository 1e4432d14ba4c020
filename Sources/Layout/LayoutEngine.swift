public import Timing

/// What the layout engine remembers from one step to the next: who was where, who spoke, what is on its way.
public struct LayoutState: Sendable {
    fileprivate var isFirst = true
    fileprivate var identity: UInt64 = 0
    fileprivate var stage = Stage()
    fileprivate var canvas = CanvasSize(width: 0, height: 0)
    fileprivate var speech = SpeechTracker()
    fileprivate var groups: [String: SlotGroup] = [:]
    /// Number of the variant's root region.
    fileprivate var variant = 0
    /// Participants as variants count them: more at once, fewer only after a while.
    fileprivate var count = 0
    fileprivate var fewerSince: MediaTime?
    /// When something changes though nothing happens.
    fileprivate var deadline: MediaTime?
    fileprivate var motion = Motion()
    fileprivate var scene = Scene(
        canvas: CanvasSize(width: 2, height: 2), background: Backdrop(colour: Style.canvas), tiles: [])

    public init() {}

    /// Whoever has the floor, after hysteresis; nil only on an empty stage.
    public var activeSpeaker: String? { speech.active }
}

/// Who is where at one instant, as a function of the layout, the stage, the canvas, the time and what was before.
///
/// The same steps give the same scenes. A step on which nothing has changed costs microseconds: it looks at the levels
/// and returns the scene it has. Times must not go backwards; the first may be any.
public struct LayoutEngine: Sendable {
    public var layout: Layout
    public private(set) var state = LayoutState()

    public init(_ layout: Layout) {
        self.layout = layout
    }

    /// The stage as it was when something on it last changed.
    package var lastStage: Stage { state.stage }

    /// The scene at `time`. The canvas is rounded down to even numbers of pixels, and is at least 2 by 2.
    public mutating func step(_ stage: Stage, canvas: CanvasSize, at time: MediaTime) -> Scene {
        LayoutEngine.advance(&state, layout, stage, canvas: canvas, at: time)
    }

    /// The pure step: what is to be seen, and what the next step must be given.
    public static func step(
        _ layout: Layout, _ stage: Stage, canvas: CanvasSize, at time: MediaTime, after previous: LayoutState
    ) -> (scene: Scene, state: LayoutState) {
        var state = previous
        let scene = advance(&state, layout, stage, canvas: canvas, at: time)
        return (scene, state)
    }

    private static func advance(
        _ state: inout LayoutState, _ layout: Layout, _ stage: Stage, canvas: CanvasSize, at time: MediaTime
    ) -> Scene {
        let canvas = CanvasSize(
            width: max(2, min(canvas.width, 32_768) & ~1), height: max(2, min(canvas.height, 32_768) & ~1))
        var isNew = state.isFirst || state.canvas != canvas || state.identity != layout.identity
        if state.isFirst || !stage.equalsExceptLevels(state.stage) {
            _ = state.speech.follow(stage)
            isNew = true
        }
        if state.speech.hear(stage.participants, at: time, timing: layout.timing) { isNew = true }
        if let deadline = state.deadline, time >= deadline { isNew = true }
        guard isNew else {
            if state.scene.isAnimating { draw(&state, layout, at: time) }
            return state.scene
        }
        resolve(&state, layout, stage, canvas: canvas, at: time)
        return state.scene
    }

    private static func resolve(
        _ state: inout LayoutState, _ layout: Layout, _ stage: Stage, canvas: CanvasSize, at time: MediaTime
    ) {
        let roster = Roster(stage, speech: state.speech)
        let hold = MediaTime(seconds: layout.timing.shrinkAfter)
        state.deadline = nil
        state.count(roster.participants.count, at: time, hold: hold)

        let isShared = roster.participants.contains(where: \.sharesScreen)
        let variant = layout.variants.first {
            $0.applies(participants: state.count, screenShare: isShared, canvas: canvas)
        }
        let root = variant?.root ?? layout.root
        let background = variant?.background ?? layout.background
        let isSameArrangement = !state.isFirst && state.identity == layout.identity && state.variant == root.number
        let casting = Casting(
            root, roster: roster, groups: &state.groups, time: time, hold: isSameArrangement ? hold : .zero)
        if let closing = casting.deadline { state.deadline = min(state.deadline ?? closing, closing) }
        let arrangement = Arrangement(
            root, casting: casting, appearance: Appearance(roster: roster, canvas: canvas), canvas: canvas)

        if state.isFirst || state.canvas != canvas || layout.transition.duration == 0 {
            state.motion.settle(arrangement.tiles)
        } else {
            state.motion.head(for: arrangement.tiles, at: time, layout.transition)
        }
        state.isFirst = false
        state.identity = layout.identity
        state.stage = stage
        state.canvas = canvas
        state.variant = root.number
        state.scene.canvas = canvas
        state.scene.background = background
        state.scene.watermark = layout.watermark.map { mark in
            let whole = PixelRect(x: 0, y: 0, width: canvas.width, height: canvas.height)
            return Watermark(image: mark.image, rect: whole.part(mark.place), opacity: mark.opacity)
        }
        draw(&state, layout, at: time)
    }

    private static func draw(_ state: inout LayoutState, _ layout: Layout, at time: MediaTime) {
        state.scene.tiles.removeAll(keepingCapacity: true)
        state.scene.isAnimating = state.motion.draw(into: &state.scene.tiles, at: time, layout.transition)
    }
}

extension LayoutState {
    /// Follows the number of participants: upwards at once, downwards after `hold`.
    fileprivate mutating func count(_ present: Int, at time: MediaTime, hold: MediaTime) {
        if isFirst || present >= count {
            count = present
            fewerSince = nil
            return
        }
        let since = fewerSince ?? time
        if time - since >= hold {
            count = present
            fewerSince = nil
        } else {
            fewerSince = since
            deadline = since + hold
        }
    }
}
