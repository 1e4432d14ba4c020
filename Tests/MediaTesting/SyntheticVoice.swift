import Foundation

/// Something that has what a voice has, to a machine: pulses at a moving pitch through three formants, hisses between
/// them, in syllables of uneven length and strength with short pauses.
public struct SyntheticVoice: Sendable {
    /// Hz.
    public var pitch: Double
    /// RMS over speech and pauses together, 1 for full scale.
    public var level: Double

    public init(pitch: Double = 120, level: Double = 0.05) {
        self.pitch = pitch
        self.level = level
    }

    /// `seconds` of mono speech at 48 kHz; the same seed gives the same words.
    public func speak(seconds: Double, seed: UInt64) -> [Float] {
        var random = SeededRandom(seed: seed)
        let count = Int(seconds * 48_000)
        var samples = [Double](repeating: 0, count: count)
        var position = 0
        var untilPause = 5
        while position < count {
            let length = Int(Double.random(in: 0.12...0.26, using: &random) * 48_000)
            speakSyllable(into: &samples, at: position, length: length, random: &random)
            position += length
            untilPause -= 1
            if untilPause == 0 {
                position += Int(Double.random(in: 0.1...0.35, using: &random) * 48_000)
                untilPause = Int.random(in: 2...7, using: &random)
            }
        }
        let rms = (samples.reduce(0) { $0 + $1 * $1 } / Double(max(1, count))).squareRoot()
        return samples.map { Float($0 / max(rms, 1e-9) * level) }
    }

    private func speakSyllable(
        into samples: inout [Double], at start: Int, length: Int, random: inout SeededRandom
    ) {
        let formants = [
            (Double.random(in: 300...800, using: &random), 80.0, 1.0),
            (Double.random(in: 900...2200, using: &random), 110.0, 0.5),
            (Double.random(in: 2300...3000, using: &random), 160.0, 0.25),
        ]
        let strength = Double.random(in: 0.5...1, using: &random)
        let hiss = Int(Double.random(in: 0.02...0.06, using: &random) * 48_000)
        var states = [(Double, Double)](repeating: (0, 0), count: formants.count)
        var phase = 0.0
        for index in 0..<min(length, samples.count - start) {
            let way = Double(index) / Double(length)
            phase += pitch * (1.1 - 0.2 * way) / 48_000
            var pulse = 0.0
            if phase >= 1 {
                phase -= 1
                pulse = 1
            }
            let voiced = index > hiss ? sin(.pi * Double(index - hiss) / Double(length - hiss)) : 0
            var sum = index < hiss ? 0.02 * Double(random.sample()) * sin(.pi * Double(index) / Double(hiss)) : 0
            for (formant, shape) in formants.enumerated() {
                let radius = exp(-.pi * shape.1 / 48_000)
                let turn = 2 * radius * cos(2 * .pi * shape.0 / 48_000)
                let next =
                    pulse * (1 - radius) * 8 + turn * states[formant].0 - radius * radius * states[formant].1
                states[formant] = (next, states[formant].0)
                sum += next * shape.2 * voiced
            }
            samples[start + index] += sum * strength
        }
    }
}
