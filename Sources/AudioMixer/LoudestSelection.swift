/// Who is heard: the N that are worth most, with preference for those that are heard already.
///
/// An input is ranked by its level, at once when it rises and falling slowly, so that pauses between words cost nothing;
/// what hardly stands out of its own noise floor counts for less, so that a fan loses to a quiet voice. The decision is
/// taken on the very tick that is about to be mixed: the one who begins to speak is faded in from its start.
struct LoudestSelection {
    /// dB by which a newcomer must exceed the least of those that are heard: much while that one speaks or has only
    /// just been let in, and less and less until it has been silent for 1.5 s.
    private static let leadOverSpeech: Float = 10
    private static let leadOverSilence: Float = 3
    private static let ticksUntilSilence: Float = 75
    /// 0.5 s.
    private static let newTicks = 25
    /// dB for each tick by which a score falls at most.
    private static let decay: Float = 0.3
    /// dBFS below which an input deserves no place, and how long it may keep it (2 s).
    private static let gate: Float = -60
    private static let gateTicks = 100

    /// Nil: everybody.
    var limit: Int?

    /// Updates `isChosen` of all inputs.
    func choose(among inputs: [InputChannel]) {
        for input in inputs { updateScore(of: input) }
        guard let limit else {
            for input in inputs where !input.isLeaving { set(input, chosen: isEligible(input)) }
            return
        }
        var taken = 0
        // What is leaving fades out as it is, and takes no place.
        for input in inputs where !input.isLeaving {
            if !input.settings.canBeSilenced || input.settings.isMuted {
                set(input, chosen: isEligible(input))
            } else if input.isChosen {
                if input.quietTicks >= LoudestSelection.gateTicks || taken >= limit {
                    set(input, chosen: false)
                } else {
                    taken += 1
                }
            }
        }
        // Each round fills a place or exchanges one; the scores do not change in between, so it ends.
        for _ in 0..<inputs.count {
            guard let best = best(among: inputs) else { return }
            if taken < limit {
                set(best, chosen: true)
                taken += 1
            } else {
                guard let least = least(among: inputs), best.score > least.score + lead(over: least) else { return }
                set(least, chosen: false)
                set(best, chosen: true)
            }
        }
    }

    private func isEligible(_ input: InputChannel) -> Bool { !input.settings.isMuted }

    private func set(_ input: InputChannel, chosen: Bool) {
        guard input.isChosen != chosen else { return }
        input.isChosen = chosen
        input.ticksSinceChange = 0
    }

    private func updateScore(of input: InputChannel) {
        let level = max(-127, input.rms + Float(max(-120, min(24, input.settings.gain))))
        let hiddenInNoise = max(0, 10 - input.speech.clearance) * 3
        input.score = max(level - hiddenInNoise, input.score - LoudestSelection.decay, -160)
        input.quietTicks = level < LoudestSelection.gate ? input.quietTicks + 1 : 0
        input.ticksSinceChange += 1
        input.ticksSinceSpeech = input.speech.isSpeaking ? 0 : input.ticksSinceSpeech + 1
    }

    /// The one outside who is worth most and loud enough to be let in.
    private func best(among inputs: [InputChannel]) -> InputChannel? {
        var best: InputChannel?
        for input in inputs where !input.isChosen && input.settings.canBeSilenced && isEligible(input) {
            guard !input.isLeaving, input.quietTicks == 0 else { continue }
            if let other = best, other.score >= input.score { continue }
            best = input
        }
        return best
    }

    private func least(among inputs: [InputChannel]) -> InputChannel? {
        var least: InputChannel?
        for input in inputs where input.isChosen && input.settings.canBeSilenced && !input.isLeaving {
            if let other = least, other.score <= input.score { continue }
            least = input
        }
        return least
    }

    private func lead(over input: InputChannel) -> Float {
        if input.ticksSinceChange < LoudestSelection.newTicks { return LoudestSelection.leadOverSpeech }
        let way = min(Float(input.ticksSinceSpeech) / LoudestSelection.ticksUntilSilence, 1)
        return LoudestSelection.leadOverSpeech
            + (LoudestSelection.leadOverSilence - LoudestSelection.leadOverSpeech) * way
    }
}
