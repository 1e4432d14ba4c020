import Timing

/// What loss says of the rate. Loss that goes down with the rate is a queue that runs over; loss that stays whatever is
/// sent belongs to the link (radio), and sending less would only waste it. Which it is, a cut shows.
struct LossResponse: Sendable {
    enum Verdict: Sendable {
        case nothing
        /// No more than what comes through.
        case cut(loss: Double)
        /// It was the link: back to the rate before the cut.
        case restore(Int)
    }

    /// Loss beyond the link's own that is answered.
    private static let tolerated = 0.08
    private static let leastPackets = 20
    private static let window = MediaTime.milliseconds(400)
    private static let longestWindow = MediaTime(seconds: 2)

    /// The link's own loss, 0 to 0.6, as far as is known.
    private(set) var inherent = 0.0
    private var began: MediaTime?
    private var packets = 0
    private var lost = 0
    private var trial: (rate: Int, loss: Double, from: MediaTime)?

    mutating func add(isLost: Bool) {
        packets += 1
        if isLost { lost += 1 }
    }

    /// `estimate` is what may be sent now, bits per second; `isQueueing` whether the delay grows.
    mutating func judge(estimate: Int, isQueueing: Bool, roundTrip: MediaTime, now: MediaTime) -> Verdict {
        guard let began else {
            restart(at: now)
            return .nothing
        }
        if let trial, began < trial.from {
            // What was sent before the cut says nothing of it.
            if now >= trial.from { restart(at: now) }
            return .nothing
        }
        let passed = now - began
        guard passed >= LossResponse.window else { return .nothing }
        guard packets >= LossResponse.leastPackets else {
            if passed >= LossResponse.longestWindow { restart(at: now) }
            return .nothing
        }
        let count = packets
        let loss = Double(lost) / Double(count)
        restart(at: now)
        // Few packets tell little: two standard deviations are chance.
        let chance = 2 * (loss * (1 - loss) / Double(count)).squareRoot()
        if loss - inherent <= LossResponse.tolerated + chance, inherent > 0.02 || loss < inherent {
            inherent += (loss < inherent ? 0.25 : 0.15) * (loss - inherent)
        }
        if let trial {
            self.trial = nil
            if loss > 0.6 * trial.loss, !isQueueing {
                inherent = min(loss, 0.6)
                return .restore(trial.rate)
            }
        }
        guard loss - inherent > LossResponse.tolerated + chance else { return .nothing }
        if trial == nil { trial = (estimate, loss, now + roundTrip + .milliseconds(100)) }
        return .cut(loss: loss)
    }

    private mutating func restart(at now: MediaTime) {
        began = now
        packets = 0
        lost = 0
    }
}
