public import Timing

/// What one viewer is sent of a ladder of encodes, by what their network takes: temporal layers are left out before a
/// rung is, then single keyframes make a slide show, and at last there is sound alone. Down at once, up only after the
/// estimate has held, and after each failure for longer.
public struct RungChoice: Sendable {
    /// One step, from everything to sound alone.
    public struct Step: Hashable, Sendable {
        /// Of the ladder; nil for sound alone.
        public var rung: Int?
        /// 0 to 2.
        public var topLayer: Int
        /// Keyframes now and then, and nothing between.
        public var isSlideShow = false
        /// Bits per second of the pictures.
        public var bitrate: Int
    }

    /// Why a step was taken.
    public enum Reason: String, Hashable, Sendable {
        /// The estimate fell, or rose.
        case bandwidth
        /// The viewer asked for keyframes again and again.
        case keyframes
        /// Somebody asked for it.
        case wish
    }

    public struct Change: Hashable, Sendable {
        public var from: Step
        public var to: Step
        public var reason: Reason
    }

    /// Shares of the bitrate up to each of three layers.
    private static let shares = [0.45, 0.65, 1]
    private static let slideShow = 16_000
    private static let leastHold = MediaTime(seconds: 1.5)
    private static let longestHold = MediaTime(seconds: 24)
    /// Requests for keyframes within 10 s that are taken as they come.
    private static let patience = 2

    private let steps: [Step]
    /// Place in the list of steps, 0 being everything.
    private var index: Int
    private var best: Int
    private var heldSince: MediaTime?
    private var hold = leastHold
    private var lastUp: MediaTime?
    private var belowSince: MediaTime?
    private var requests: [MediaTime] = []
    /// No better than this until then, for those who ask for keyframes too often.
    private var penalty: (index: Int, until: MediaTime)?

    /// `bitrates` are those of the rungs, from the largest down; `hasLayers` whether upper layers can be left out.
    public init(bitrates: [Int], hasLayers: Bool, wished: Int?) {
        var steps: [Step] = []
        for (rung, bitrate) in bitrates.enumerated() {
            for layer in hasLayers ? [2, 1, 0] : [2] {
                let rate = Int(Double(bitrate) * RungChoice.shares[layer])
                // What costs no more than a whole step further down is not worth it.
                if layer < 2, rung + 1 < bitrates.count, rate <= bitrates[rung + 1] { continue }
                steps.append(Step(rung: rung, topLayer: layer, bitrate: rate))
            }
        }
        if !bitrates.isEmpty {
            steps.append(
                Step(rung: bitrates.count - 1, topLayer: 0, isSlideShow: true, bitrate: RungChoice.slideShow))
        }
        steps.append(Step(rung: nil, topLayer: 0, bitrate: 0))
        self.steps = steps
        best = steps.firstIndex { $0.rung == wished } ?? steps.count - 1
        index = best
    }

    public var step: Step { steps[index] }

    /// Bits per second of pictures that would do for the next better step; nil if there is none to wish for.
    public var wanted: Int? {
        guard index > best else { return nil }
        return steps[index - 1].bitrate * 5 / 4
    }

    /// What the viewer wants at best: a rung, nil for sound alone.
    public mutating func setWish(_ rung: Int?) -> Change? {
        best = steps.firstIndex { $0.rung == rung } ?? steps.count - 1
        heldSince = nil
        hold = RungChoice.leastHold
        penalty = nil
        return move(to: best, .wish)
    }

    /// Takes what the network takes beside the sound, bits per second; nil while that is not known.
    public mutating func update(available: Int?, now: MediaTime) -> Change? {
        guard let available else { return nil }
        if let penalty, now >= penalty.until { self.penalty = nil }
        let limit = max(best, penalty?.index ?? 0)
        if available < steps[index].bitrate * 19 / 20 {
            heldSince = nil
            // A dip that is over at once is left to the send queue.
            let since = belowSince ?? now
            belowSince = since
            guard now - since >= .milliseconds(150) || available < steps[index].bitrate * 7 / 10 else { return nil }
            belowSince = nil
            if let lastUp, now - lastUp < MediaTime(seconds: 10) {
                hold = min(MediaTime(seconds: hold.seconds * 2), RungChoice.longestHold)
            }
            let fitting = steps.indices.first { $0 > index && steps[$0].bitrate <= available } ?? steps.count - 1
            return move(to: max(fitting, limit), .bandwidth)
        }
        belowSince = nil
        if let lastUp, now - lastUp > MediaTime(seconds: 60) { hold = RungChoice.leastHold }
        guard index > limit, available >= steps[index - 1].bitrate * 23 / 20 else {
            heldSince = nil
            return nil
        }
        let since = heldSince ?? now
        heldSince = since
        guard now - since >= hold else { return nil }
        heldSince = nil
        lastUp = now
        let fitting = steps.indices.first { steps[$0].bitrate * 23 / 20 <= available } ?? index
        return move(to: max(min(fitting, index), limit), .bandwidth)
    }

    /// The viewer has asked for a keyframe. Requests within half a second are one.
    public mutating func keyframeRequested(now: MediaTime) -> Change? {
        if let last = requests.last, now - last < .milliseconds(500) { return nil }
        requests.removeAll { now - $0 > MediaTime(seconds: 10) }
        requests.append(now)
        guard requests.count > RungChoice.patience else { return nil }
        requests.removeAll()
        guard let rung = step.rung, let lower = steps.firstIndex(where: { ($0.rung ?? .max) > rung }), lower > index,
            steps[lower].rung != nil
        else { return nil }
        penalty = (lower, now + MediaTime(seconds: 20))
        return move(to: lower, .keyframes)
    }

    private mutating func move(to next: Int, _ reason: Reason) -> Change? {
        guard next != index else { return nil }
        let change = Change(from: steps[index], to: steps[next], reason: reason)
        index = next
        return change
    }
}
