import AudioMixer
import Foundation

/// The mixer's arithmetic in double precision, one sample after the other, as plainly as it can be said: the twin that
/// the fast one is compared with. Every input gives sound in every tick.
struct PlainMixer {
    struct Input {
        var settings: InputSettings
        var onset = 0
        var mute: Double
        var chosen = 0.0
        var gains: (Double, Double)?
    }

    private(set) var inputs: [Input] = []
    var placementWidth = 0.0
    private var limiter = PlainLimiter()

    mutating func add(_ settings: InputSettings) {
        inputs.append(Input(settings: settings, mute: settings.isMuted ? 0 : 1))
    }

    mutating func set(_ settings: InputSettings, of index: Int) { inputs[index].settings = settings }

    /// `blocks` are 960 frames for each input, mono or stereo. Returns 960 frames of interleaved stereo.
    mutating func mix(_ blocks: [[Float]]) -> [Double] {
        var sums = [(left: Double, right: Double)](repeating: (0, 0), count: 960)
        for (index, block) in blocks.enumerated() {
            let channels = block.count / 960
            var input = inputs[index]
            let target = gains(of: input.settings)
            let start = input.gains ?? target
            for frame in 0..<960 {
                var left = Double(block[frame * channels])
                var right = Double(block[frame * channels + channels - 1])
                input.onset += 1
                let onset = smooth(Double(input.onset) / 240)
                input.mute = min(max(input.mute + (input.settings.isMuted ? -1 : 1) / 480, 0), 1)
                input.chosen = input.settings.isMuted ? max(input.chosen - 1 / 3840, 0) : min(input.chosen + 1 / 480, 1)
                let envelope = onset * smooth(input.mute) * smooth(input.chosen)
                let way = smooth(Double(frame + 1) / 960)
                left *= envelope * (start.0 + (target.0 - start.0) * way)
                right *= envelope * (start.1 + (target.1 - start.1) * way)
                sums[frame].left += left
                sums[frame].right += right
            }
            input.gains = target
            // What is not heard at all takes on its new state at once.
            if input.settings.isMuted && input.mute == 0 { input.chosen = 0 }
            inputs[index] = input
        }
        return limiter.process(sums)
    }

    private func smooth(_ way: Double) -> Double {
        let held = min(max(way, 0), 1)
        return held * held * (3 - 2 * held)
    }

    private func gains(of settings: InputSettings) -> (Double, Double) {
        let gain = pow(10, settings.gain / 20)
        let angle = (1 + settings.position * placementWidth) * Double.pi / 4
        return placementWidth == 0
            ? (gain, gain) : (gain * 2.0.squareRoot() * cos(angle), gain * 2.0.squareRoot() * sin(angle))
    }
}

/// The limiter's law, from the definitions in its documentation.
struct PlainLimiter {
    private var past = [(left: Double, right: Double)](repeating: (0, 0), count: 96)
    private var needed: [Double] = []
    private var inForce: [Double] = []
    private var fast = 0.0
    private var slow = 0.0
    private var hold = 0
    private var smoothed = 0.0

    mutating func process(_ frames: [(left: Double, right: Double)]) -> [Double] {
        let ceiling = pow(10, -1 / 20.0) * (1 - 1e-5)
        let all = past + frames
        var output: [Double] = []
        for step in 0..<60 {
            let peak = frames[step * 16..<step * 16 + 16].map { max(abs($0.left), abs($0.right)) }.max()!
            needed.append(peak > ceiling ? 1 - ceiling / peak : 0)
            let most = needed.suffix(7).max()!
            if most > 0 && most >= fast * 0.98 {
                fast = max(fast, most)
                hold = 60
            } else if hold > 0 {
                hold -= 1
            } else {
                fast = max(most, fast * exp(-1 / 300.0))
            }
            slow += (fast - slow) * (1 - exp(-1 / (fast > slow ? 900.0 : 3000.0)))
            inForce.append(max(fast, slow))
            let weights = (1...6).map { pow(sin(Double($0) * .pi / 7), 2) }
            let next = zip(inForce.suffix(6).reversed(), weights).map { $0 * $1 }.reduce(0, +) / weights.reduce(0, +)
            for offset in 0..<16 {
                let gain = 1 - (smoothed + (next - smoothed) * Double(offset + 1) / 16)
                let frame = all[step * 16 + offset]
                output += [frame.left * gain, frame.right * gain]
            }
            smoothed = next
        }
        past = Array(frames.suffix(96))
        return output
    }
}
