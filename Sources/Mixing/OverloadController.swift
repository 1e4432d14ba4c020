public import Timing

/// Decides when the mix gives something up because the machine cannot keep up, and when it takes that back.
///
/// It is told the work of every frame as a share of the interval in force (1 is the whole budget), and judges by
/// windows of a third of a second:
/// - One window in which most frames were over budget, two in a row in which a third was, or six in which a tenth was,
///   take the next step. A step is given a window to show what it does.
/// - A step is taken back when the work would still fit without it: at once if there would be plenty of room, otherwise
///   after two seconds of that. When a step that was taken back had to be taken again soon, the wait is doubled.
public struct OverloadController: Sendable {
    /// A step taken, or taken back.
    public struct Change: Hashable, Sendable {
        public var from: Degradation
        public var to: Degradation
        /// Mean share of the budget that a frame's work took in the window before.
        public var load: Double
        /// Frames over budget, and all, in the window before.
        public var overruns: Int
        public var frames: Int
    }

    public static let window = MediaTime.milliseconds(333)
    /// With the work of each frame expected to stay below this share, a step is taken back.
    private static let room = 0.7
    private static let plenty = 0.35
    /// Windows of room before a step is taken back.
    private static let patience = 6
    private static let longestPatience = 96
    /// A step that has to be taken again within this time was taken back too early.
    private static let regret = MediaTime(seconds: 5)

    public private(set) var step = Degradation.none
    private var start: MediaTime?
    private var frames = 0
    private var overruns = 0
    private var sum = 0.0
    /// Windows in a row: with a tenth, and a third, of the frames over budget, and with room for one step less.
    private var bad = 0
    private var worse = 0
    private var calm = 0
    private var settling = 0
    private var patience = OverloadController.patience
    private var lastEased: MediaTime?

    public init() {}

    /// Notes a frame whose work took `load` times the interval in force; one that had to be left out counts as 2.
    public mutating func note(load: Double) {
        frames += 1
        if load > 1 { overruns += 1 }
        sum += min(max(load, 0), 4)
    }

    /// To be called at least some times a second, also when nothing is mixed: says if something is to change.
    public mutating func advance(to now: MediaTime) -> Change? {
        guard let start else {
            self.start = now
            return nil
        }
        guard now - start >= OverloadController.window else { return nil }
        defer {
            self.start = now
            (frames, overruns, sum) = (0, 0, 0)
        }
        return judge(now)
    }

    private mutating func judge(_ now: MediaTime) -> Change? {
        let load = frames == 0 ? 0 : sum / Double(frames)
        let isBad = overruns >= 2 && overruns * 10 >= frames
        let isAwful = overruns >= 3 && overruns * 10 > frames * 6
        bad = isBad ? bad + 1 : 0
        worse = isBad && overruns * 3 >= frames ? worse + 1 : 0
        if settling > 0 {
            settling -= 1
            calm = 0
            return nil
        }
        if isAwful || worse >= 2 || bad >= 6 {
            calm = 0
            guard let next = step.next else { return nil }
            if let lastEased, now - lastEased < OverloadController.regret {
                patience = min(patience * 2, OverloadController.longestPatience)
            }
            return move(to: next, load)
        }
        guard let previous = step.previous else {
            patience = OverloadController.patience
            return nil
        }
        let expected = load * step.gain
        guard overruns == 0, expected < OverloadController.room else {
            calm = 0
            return nil
        }
        calm += 1
        let isPlenty = expected < OverloadController.plenty && patience == OverloadController.patience
        guard isPlenty || calm >= patience else { return nil }
        lastEased = now
        calm = 0
        return move(to: previous, load)
    }

    private mutating func move(to step: Degradation, _ load: Double) -> Change {
        let change = Change(from: self.step, to: step, load: load, overruns: overruns, frames: frames)
        if step > self.step { settling = 1 }
        bad = 0
        worse = 0
        self.step = step
        return change
    }
}
