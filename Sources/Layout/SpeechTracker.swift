import Timing

/// Who speaks, and who of them is the active speaker: levels in, decisions with hysteresis out.
///
/// A *run* of speech begins when a level reaches the attack threshold and ends when it has been below the release
/// threshold for a while, so pauses between words do not end it. Who is to become the active speaker must have a run
/// that outlasts the sustain time, while the present speaker is silent or clearly less loud, and the present one must
/// have had the floor for the hold time. Short noises therefore change nothing.
struct SpeechTracker: Sendable {
    /// dBFS at which a run of speech begins.
    static let attack: Float = -45
    /// dBFS under which speech is a pause.
    static let release: Float = -52
    /// How long a pause may be within a run.
    static let pause = MediaTime.milliseconds(500)
    /// How long a run must be before the tile is highlighted.
    static let highlightAfter = MediaTime.milliseconds(100)

    struct Voice: Sendable {
        /// Level with the ups and downs of syllables evened out, dBFS.
        var smoothed: Float = -127
        /// Beginning of the present run, nil between runs.
        var runStart: MediaTime?
        var lastLoud = MediaTime.zero
        /// Since when this one has had the better claim to the floor than the active speaker.
        var challengeStart: MediaTime?
        /// For the highlight.
        var isSpeaking = false
        /// The run has outlasted the sustain time.
        var isSustained = false
    }

    /// In the order of the stage's participants.
    private(set) var voices: [Voice] = []
    private var ids: [String] = []
    /// Whoever has the floor; nil only on an empty stage.
    private(set) var active: String?
    private var activeIndex: Int?
    /// When the active speaker got the floor by speaking; nil while they only have it because nobody has spoken.
    private var activeSince: MediaTime?
    /// Who has spoken, last first; who never did is missing.
    private(set) var recent: [String] = []
    private var lastTime: MediaTime?

    /// Takes over a stage on which somebody came, went or changed. True if the active speaker is another now.
    mutating func follow(_ stage: Stage) -> Bool {
        if ids.count != stage.participants.count || zip(ids, stage.participants).contains(where: { $0 != $1.id }) {
            var known: [String: Voice] = [:]
            for (id, voice) in zip(ids, voices) where known[id] == nil { known[id] = voice }
            ids = stage.participants.map(\.id)
            voices = ids.map { known[$0] ?? Voice() }
            let present = Set(ids)
            recent.removeAll { !present.contains($0) }
            if let active, present.contains(active) {
                activeIndex = ids.firstIndex(of: active)
            } else {
                activeSince = nil
                active = nil
                activeIndex = nil
            }
        }
        guard active == nil, !stage.participants.isEmpty else { return false }
        // Nobody has the floor: whoever spoke last, or else the first to join, one with a picture if there is one.
        let first = recent.first ?? SpeechTracker.firstToShow(stage.participants)
        active = first
        activeIndex = ids.firstIndex { $0 == first }
        return true
    }

    private static func firstToShow(_ participants: [Stage.Participant]) -> String? {
        let candidates = participants.contains(where: \.hasPicture) ? participants.filter(\.hasPicture) : participants
        // `min` keeps the first of equals.
        return candidates.min { $0.joined < $1.joined }?.id
    }

    /// Takes the levels of one instant. True if a highlight, the active speaker or the order of speakers has changed.
    mutating func hear(_ participants: [Stage.Participant], at time: MediaTime, timing: StabilityTiming) -> Bool {
        let step = max(0, Float((time - (lastTime ?? time)).seconds))
        lastTime = time
        let rising = step / (0.1 + step)
        let falling = step / (0.4 + step)
        let sustain = MediaTime(seconds: timing.speakerSustain)
        let margin = Float(timing.speakerMargin)
        var changed = false

        for index in voices.indices {
            let participant = participants[index]
            let level = participant.isMuted || !(participant.level > -127) ? -127 : min(participant.level, 0)
            if level == -127, voices[index].runStart == nil, voices[index].smoothed == -127 { continue }
            changed = voices[index].hear(level, at: time, rising: rising, falling: falling) || changed
            let voice = voices[index]
            let isSustained = voice.runStart.map { voice.lastLoud - $0 >= sustain } ?? false
            if isSustained != voice.isSustained {
                voices[index].isSustained = isSustained
                changed = moveToFront(ids[index]) || changed
            }
        }
        return grantFloor(at: time, sustain: sustain, hold: MediaTime(seconds: timing.speakerHold), margin: margin)
            || changed
    }

    private mutating func moveToFront(_ id: String) -> Bool {
        if recent.first == id { return false }
        recent.removeAll { $0 == id }
        recent.insert(id, at: 0)
        return true
    }

    /// Gives the floor to the loudest of those who have earned it.
    private mutating func grantFloor(at time: MediaTime, sustain: MediaTime, hold: MediaTime, margin: Float) -> Bool {
        let present = activeIndex.map { voices[$0] }
        if let present, present.isSustained, activeSince == nil { activeSince = present.runStart }
        let isHeld = activeSince.map { time - $0 < hold } ?? false
        var winner: Int?
        for index in voices.indices where index != activeIndex {
            guard let start = voices[index].runStart else {
                voices[index].challengeStart = nil
                continue
            }
            let isBetter = present?.runStart == nil || voices[index].smoothed >= (present?.smoothed ?? -127) + margin
            if !isBetter {
                voices[index].challengeStart = nil
                continue
            }
            let since = voices[index].challengeStart ?? (activeSince == nil ? start : time)
            voices[index].challengeStart = since
            guard !isHeld, voices[index].lastLoud - since >= sustain else { continue }
            if winner.map({ voices[index].smoothed > voices[$0].smoothed }) ?? true { winner = index }
        }
        guard let winner else { return false }
        active = ids[winner]
        activeIndex = winner
        activeSince = time
        for index in voices.indices { voices[index].challengeStart = nil }
        _ = moveToFront(ids[winner])
        return true
    }
}

extension SpeechTracker.Voice {
    /// Takes one level. True if the highlight goes on or off.
    fileprivate mutating func hear(_ level: Float, at time: MediaTime, rising: Float, falling: Float) -> Bool {
        smoothed += (level - smoothed) * (level > smoothed ? rising : falling)
        if smoothed < -126.5 { smoothed = -127 }
        if level >= SpeechTracker.attack || (runStart != nil && level >= SpeechTracker.release) {
            if runStart == nil { runStart = time }
            lastLoud = time
        } else if runStart != nil, time - lastLoud >= SpeechTracker.pause {
            runStart = nil
        }
        let wasSpeaking = isSpeaking
        if let runStart {
            if lastLoud - runStart >= SpeechTracker.highlightAfter { isSpeaking = true }
        } else {
            isSpeaking = false
        }
        return isSpeaking != wasSpeaking
    }
}
