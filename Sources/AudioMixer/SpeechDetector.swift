import Foundation

/// Tells speech from silence, steady sounds and clicks, by how loudness moves.
///
/// Sound is brought to 8 kHz and freed of rumble; its level is taken every 10 ms. The noise floor is the least smoothed
/// level of the last two seconds (R. Martin, 2001, in its simplest form): speech falls back to the floor between
/// syllables, while a fan or a hum raises it. Sound whose level has kept within 5 dB for 0.6 s is taken for the floor at
/// once. A frame that stands clear of the floor counts for speech, any other against it, so that clicks and knocks add
/// up to nothing and a pause between words does not end the speech.
package struct SpeechDetector {
    private static let framesPerTick = 2
    private static let decimation = 6
    private static let frameLength = AudioMixer.framesPerTick / decimation / framesPerTick
    /// dB over the floor.
    private static let margin: Float = 9
    /// dBFS: quieter frames are never speech, and a floor below ``lowestFloor`` is none to compare with.
    private static let quietest: Float = -55
    private static let lowestFloor: Float = -65
    /// Frames counted for speech until it begins, what it is credited with then, and the most it can have.
    private static let onset = 6
    private static let credit = 20
    private static let most = 30
    private static let steadyFrames = 60
    private static let steadyRange: Float = 5

    /// Whether speech is going on; it ends 0.2 to 0.3 s after the last of it.
    package private(set) var isSpeaking = false
    /// 0 for no speech, to 1 for loud speech; rises within about 0.1 s and falls within about 0.3 s.
    package private(set) var level: Float = 0
    /// How far the loudest frame of the last tick stands over the noise floor, in dB; 0 or more.
    package private(set) var clearance: Float = 0
    /// dBFS of the noise floor.
    package private(set) var noiseFloor = SpeechDetector.lowestFloor

    /// Frames with sound that are still to pass before the floor is known: a decoder's first ones swell.
    private var settling = 5
    /// Frames for which a newcomer's sound has the benefit of the doubt, as far as ``clearance`` goes: it may be a voice.
    private var doubtful = SpeechDetector.steadyFrames
    /// dBFS: less is no sound at all, which tells nothing of the floor to come.
    private static let nothing: Float = -90

    private var evidence = 0
    private var smoothed: Float = -120
    private var highPass = (first: Float(0), firstInput: Float(0), second: Float(0), secondInput: Float(0))
    /// The least smoothed level of each of the last eight quarter seconds, and of the current one.
    private var leasts = SIMD8<Float>(repeating: SpeechDetector.lowestFloor)
    private var least: Float = 200
    private var framesInQuarter = 0
    /// The last smoothed levels, as a ring.
    private var recent = [Float](repeating: 200, count: SpeechDetector.steadyFrames)
    private var recentIndex = 0

    package init() {}

    /// Looks at one tick.
    package mutating func update(left: UnsafePointer<Float>, right: UnsafePointer<Float>) {
        clearance = 0
        var loudest: Float = -120
        for frame in 0..<SpeechDetector.framesPerTick {
            let start = frame * SpeechDetector.frameLength * SpeechDetector.decimation
            let decibels = frameLevel(left + start, right + start)
            if settling > 0 {
                settle(decibels)
                continue
            }
            smoothed += (decibels - smoothed) * (decibels < smoothed ? 0.5 : 0.3)
            updateFloor()
            let over = max(0, decibels - noiseFloor)
            clearance = max(clearance, doubtful > 0 ? decibels - SpeechDetector.lowestFloor : over)
            doubtful = max(0, doubtful - 1)
            loudest = max(loudest, decibels)
            let speaks = over > SpeechDetector.margin && decibels > SpeechDetector.quietest
            evidence = min(max(evidence + (speaks ? 1 : -1), 0), SpeechDetector.most)
            if !isSpeaking && evidence >= SpeechDetector.onset {
                isSpeaking = true
                evidence = SpeechDetector.credit
            } else if evidence == 0 {
                isSpeaking = false
            }
        }
        let aim = isSpeaking ? min(max((loudest + 55) / 45, 0.1), 1) : 0
        level += (aim - level) * (aim > level ? 0.25 : 0.12)
        if level < 0.02 { level = 0 }
    }

    /// The first sound of all is taken for the floor, so that who comes into the room with a hum or a noise does not
    /// seem to speak; speech falls below its own beginning soon.
    private mutating func settle(_ decibels: Float) {
        guard decibels > SpeechDetector.nothing else { return }
        clearance = max(clearance, decibels - SpeechDetector.lowestFloor)
        settling -= 1
        guard settling == 0 else { return }
        smoothed = decibels
        least = decibels
        leasts = SIMD8(repeating: decibels)
    }

    /// A tick without sound. The floor stays what it was.
    package mutating func updateWithSilence() {
        clearance = 0
        evidence = max(0, evidence - SpeechDetector.framesPerTick)
        if evidence == 0 { isSpeaking = false }
        level = level < 0.02 ? 0 : level * 0.88
    }

    /// dBFS of 10 ms between about 150 and 4000 Hz.
    private mutating func frameLevel(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>) -> Float {
        // First-order high-passes with their corner at 150 Hz.
        let keep: Float = 0.89
        var power: Float = 0
        var state = highPass
        for index in 0..<SpeechDetector.frameLength {
            var sum: Float = 0
            let start = index * SpeechDetector.decimation
            for offset in start..<start + SpeechDetector.decimation { sum += left[offset] + right[offset] }
            let input = sum * (0.5 / Float(SpeechDetector.decimation))
            state.first = keep * (state.first + input - state.firstInput)
            state.firstInput = input
            state.second = keep * (state.second + state.first - state.secondInput)
            state.secondInput = state.first
            power += state.second * state.second
        }
        if abs(state.second) < Samples.floor { state = (0, state.firstInput, 0, 0) }
        highPass = state
        return power > 1e-10 ? 10 * log10(power / Float(SpeechDetector.frameLength)) : -120
    }

    private mutating func updateFloor() {
        least = min(least, smoothed)
        framesInQuarter += 1
        if framesInQuarter == 25 {
            leasts = SIMD8(
                least, leasts[0], leasts[1], leasts[2], leasts[3], leasts[4], leasts[5], leasts[6])
            least = smoothed
            framesInQuarter = 0
        }
        recent[recentIndex] = smoothed
        recentIndex = recentIndex + 1 == recent.count ? 0 : recentIndex + 1
        var low = recent[0]
        var high = recent[0]
        for value in recent {
            low = min(low, value)
            high = max(high, value)
        }
        noiseFloor = max(min(least, leasts.min()), SpeechDetector.lowestFloor)
        if high - low < SpeechDetector.steadyRange { noiseFloor = max(noiseFloor, (high + low) / 2) }
    }
}
