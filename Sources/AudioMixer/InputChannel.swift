import Foundation

/// One input within the mixer: its sound of this tick, and all that goes on from tick to tick.
final class InputChannel {
    private static let framesPerTick = AudioMixer.framesPerTick
    /// 5 ms, over which sound that begins is let in.
    private static let onsetLength = 240
    /// 10 ms, over which sound that broke off is drawn out and faded.
    private static let tailLength = 480

    let id: AudioMixer.InputID
    var settings: InputSettings
    /// Removed by the caller; kept only until it has faded out.
    var isLeaving = false

    // Selection.
    var isChosen = false
    /// Ticks since it was last chosen or let go.
    var ticksSinceChange = Int.max / 2
    var ticksSinceSpeech = Int.max / 2
    /// Ticks for which it has been too quiet to deserve a place.
    var quietTicks = 0
    /// What it is ranked by, in dB; rises at once and falls slowly.
    var score: Float = -127

    // Mix-minus.
    var limiter: Limiter?
    var output: UnsafeMutablePointer<Float>?
    var sharesFullMix = true
    /// Ticks since its own sound was last in the mix.
    var ticksUnheard = Int.max / 2

    // Measured.
    private(set) var power: Float = 0
    private(set) var peak: Float = 0
    private(set) var speech = SpeechDetector()
    private(set) var damagedTicks = 0

    /// The sound of the last tick and of this one, one after the other, as extrapolation needs it.
    private let sound = StereoBuffer(frames: 2 * InputChannel.framesPerTick)
    /// What this input adds to the mix.
    let contribution = StereoBuffer(frames: InputChannel.framesPerTick)
    private(set) var contributes = false
    private let tail = StereoBuffer(frames: InputChannel.tailLength)
    private let extrapolation: Extrapolation
    private let envelope: UnsafeMutablePointer<Float>

    /// Frames of this tick that are filled.
    private(set) var cursor = 0
    private(set) var hasSound = false
    private var isPlaying = false
    private var onsetPosition = 0
    private var tailPosition = InputChannel.tailLength
    private var selectionFade = Fade(isOpen: false, opening: 480, closing: 3840)
    private var muteFade: Fade
    private var gains: (left: Float, right: Float)?

    /// `envelope` is scratch memory for one tick, shared by all inputs.
    init(
        id: AudioMixer.InputID, settings: InputSettings, extrapolation: Extrapolation,
        envelope: UnsafeMutablePointer<Float>
    ) {
        self.id = id
        self.settings = settings
        self.extrapolation = extrapolation
        self.envelope = envelope
        muteFade = Fade(isOpen: !settings.isMuted, opening: 480, closing: 480)
    }

    deinit { output?.deallocate() }

    private var left: UnsafeMutablePointer<Float> { sound.left + InputChannel.framesPerTick }
    private var right: UnsafeMutablePointer<Float> { sound.right + InputChannel.framesPerTick }

    // MARK: Taking sound in

    func take(_ source: UnsafePointer<Float>, channels: Int, frames: Range<Int>) {
        fillWithoutSound(to: frames.lowerBound)
        if !isPlaying {
            isPlaying = true
            onsetPosition = 0
        }
        let start = frames.lowerBound
        if Samples.take(source, channels: channels, left: left + start, right: right + start, count: frames.count) {
            damagedTicks += 1
        }
        let onset = min(InputChannel.onsetLength - onsetPosition, frames.count)
        for index in 0..<max(0, onset) {
            let gain = Samples.smooth(Float(onsetPosition + index + 1) / Float(InputChannel.onsetLength))
            left[start + index] *= gain
            right[start + index] *= gain
        }
        onsetPosition += max(0, onset)
        addTail(frames)
        cursor = frames.upperBound
        hasSound = true
    }

    /// Completes the tick where nothing was offered.
    func completeTick() {
        fillWithoutSound(to: InputChannel.framesPerTick)
    }

    private func fillWithoutSound(to end: Int) {
        guard cursor < end else { return }
        if isPlaying {
            extrapolation.extend(upTo: left + cursor, into: tail.left, count: InputChannel.tailLength)
            extrapolation.extend(upTo: right + cursor, into: tail.right, count: InputChannel.tailLength)
            for index in 0..<InputChannel.tailLength {
                let gain = Samples.smooth(1 - Float(index + 1) / Float(InputChannel.tailLength))
                tail.left[index] *= gain
                tail.right[index] *= gain
            }
            tailPosition = 0
            isPlaying = false
        }
        (left + cursor).update(repeating: 0, count: end - cursor)
        (right + cursor).update(repeating: 0, count: end - cursor)
        addTail(cursor..<end)
        cursor = end
    }

    private func addTail(_ frames: Range<Int>) {
        let count = min(InputChannel.tailLength - tailPosition, frames.count)
        guard count > 0 else { return }
        for index in 0..<count {
            left[frames.lowerBound + index] += tail.left[tailPosition + index]
            right[frames.lowerBound + index] += tail.right[tailPosition + index]
        }
        tailPosition += count
    }

    /// Nothing is left to be heard of an input that is leaving.
    var hasFaded: Bool { isLeaving && !isPlaying && tailPosition == InputChannel.tailLength }

    // MARK: Measuring

    func measure() {
        peak = Samples.peak(left, right, count: InputChannel.framesPerTick)
        guard peak > 0 else {
            power = 0
            speech.updateWithSilence()
            return
        }
        power =
            (Samples.power(left, count: InputChannel.framesPerTick)
                + Samples.power(right, count: InputChannel.framesPerTick)) / 2
        speech.update(left: left, right: right)
    }

    /// dBFS of the last tick, -127 for silence.
    var rms: Float { power > 2e-13 ? 10 * log10(power) : -127 }

    var levels: InputLevels {
        InputLevels(
            rms: Double(rms), peak: peak > 4.5e-7 ? Double(20 * log10(peak)) : -127,
            isSpeaking: speech.isSpeaking && !settings.isMuted,
            speechLevel: settings.isMuted ? 0 : Double(speech.level))
    }

    // MARK: Adding to the mix

    /// Works out what this input adds to the mix in this tick.
    func contribute(placementWidth: Double) {
        let isOpen = isChosen
        let target = targetGains(placementWidth: placementWidth)
        let isHeard = peak > 0 && !(selectionFade.isClosed && !isOpen) && !(muteFade.isClosed && settings.isMuted)
        guard isHeard else {
            contributes = false
            selectionFade.jump(open: isOpen)
            muteFade.jump(open: !settings.isMuted)
            gains = target
            return
        }
        let start = gains ?? target
        gains = target
        let count = InputChannel.framesPerTick
        contributes = true
        if start == target && selectionFade.rests(open: isOpen) && muteFade.rests(open: !settings.isMuted) {
            contributes = target != (0, 0)
            Samples.scale(left, by: target.left, into: contribution.left, count: count)
            Samples.scale(right, by: target.right, into: contribution.right, count: count)
            return
        }
        envelope.update(repeating: 1, count: count)
        selectionFade.multiply(envelope, count: count, towards: isOpen)
        muteFade.multiply(envelope, count: count, towards: !settings.isMuted)
        Samples.scale(
            left, by: envelope, gainFrom: start.left, to: target.left, into: contribution.left, count: count)
        Samples.scale(
            right, by: envelope, gainFrom: start.right, to: target.right, into: contribution.right, count: count)
    }

    private func targetGains(placementWidth: Double) -> (left: Float, right: Float) {
        let gain = settings.linearGain
        guard placementWidth > 0, settings.position != 0, settings.position.isFinite else { return (gain, gain) }
        // Constant power: the squares of the two gains always add up to two.
        let angle = (1 + max(-1, min(1, settings.position)) * min(placementWidth, 1)) * Double.pi / 4
        return (gain * Float(2.0.squareRoot() * cos(angle)), gain * Float(2.0.squareRoot() * sin(angle)))
    }

    /// Gets ready for the next tick.
    func endTick() {
        sound.left.update(from: left, count: InputChannel.framesPerTick)
        sound.right.update(from: right, count: InputChannel.framesPerTick)
        cursor = 0
        hasSound = false
    }
}

extension InputSettings {
    var linearGain: Float {
        guard !gain.isNaN else { return 1 }
        return gain <= -120 ? 0 : Float(pow(10, min(gain, 24) / 20))
    }
}
