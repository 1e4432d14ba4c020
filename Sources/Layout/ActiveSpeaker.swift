public import Timing

/// Who of a room speaks, and who of them has the floor, with the same hysteresis as layouts have: for whoever needs to
/// know without laying anything out.
public struct ActiveSpeaker: Sendable {
    private var speech = SpeechTracker()
    private var stage: Stage?
    private let timing = StabilityTiming()

    public init() {}

    /// Whoever has the floor; nil only on an empty stage.
    public var current: String? { speech.active }

    /// Takes the stage of one instant; times do not go backwards. True if ``current`` is another now.
    public mutating func follow(_ stage: Stage, at time: MediaTime) -> Bool {
        let before = speech.active
        if self.stage.map({ !stage.equalsExceptLevels($0) }) ?? true {
            _ = speech.follow(stage)
            self.stage = stage
        }
        _ = speech.hear(stage.participants, at: time, timing: timing)
        return speech.active != before
    }
}
