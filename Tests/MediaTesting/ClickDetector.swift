import Foundation

/// Finds clicks: short bursts above all the pitches that a test signal has.
///
/// The sound is high-passed (90 dB down below 5/8 of `cutoff`), so tones, voices and gentle ramps below
/// vanish, while a step, a missing piece or a repeated one stands out. What is left counts as a click where it exceeds
/// `threshold` and at the same time `prominence` times what surrounds it within 20 ms (so noise and hissing are none).
public struct ClickDetector: Sendable {
    public struct Click: Equatable, Sendable {
        /// Index of its strongest sample.
        public let index: Int
        /// Peak of the high-passed sound there, 1 for full scale. About a third of the height of a step.
        public let strength: Float
    }

    /// Hz.
    public var cutoff: Double
    /// 1 for full scale. The default is what a step of -50 dBFS leaves.
    public var threshold: Float
    public var prominence: Float
    public var sampleRate: Double

    public init(
        cutoff: Double = 8000, threshold: Float = 0.0011, prominence: Float = 6, sampleRate: Double = 48_000
    ) {
        self.cutoff = cutoff
        self.threshold = threshold
        self.prominence = prominence
        self.sampleRate = sampleRate
    }

    /// The clicks in one channel, in order; those within 5 ms of each other are one. The edges of `samples` count as
    /// surrounded by silence, unless `ignoringEdges`: then nothing is reported within 3 ms of them.
    public func clicks(in samples: [Float], ignoringEdges: Bool = true) -> [Click] {
        let filtered = highPassed(samples)
        let reach = Int(sampleRate * 0.02)
        let guardBand = ignoringEdges ? Int(sampleRate * 0.003) : 0
        let merge = Int(sampleRate * 0.005)
        // Energy up to each index, to know the surroundings of any sample at once.
        var energy = [Double](repeating: 0, count: filtered.count + 1)
        for (index, sample) in filtered.enumerated() {
            energy[index + 1] = energy[index] + Double(sample) * Double(sample)
        }
        var found: [Click] = []
        for index in filtered.indices.dropFirst(guardBand).dropLast(guardBand) {
            let strength = abs(filtered[index])
            guard strength > threshold else { continue }
            // The click itself (1 ms either side) is no part of its surroundings.
            let inner = Int(sampleRate * 0.001)
            let low = max(0, index - reach)
            let high = min(filtered.count, index + reach + 1)
            let innerLow = max(0, index - inner)
            let innerHigh = min(filtered.count, index + inner + 1)
            let outside = energy[high] - energy[low] - (energy[innerHigh] - energy[innerLow])
            let count = (high - low) - (innerHigh - innerLow)
            let surroundings = Float((max(0, outside) / Double(max(1, count))).squareRoot())
            guard strength > prominence * surroundings else { continue }
            if let last = found.last, index - last.index <= merge {
                if strength > last.strength { found[found.count - 1] = Click(index: index, strength: strength) }
            } else {
                found.append(Click(index: index, strength: strength))
            }
        }
        return found
    }

    /// The sound above ``cutoff``, without delay.
    public func highPassed(_ samples: [Float]) -> [Float] {
        // A windowed-sinc low-pass taken from a unit impulse. Blackman-Harris needs about 4 bins from pass to stop.
        let half = Int((4 * sampleRate / (cutoff / 4)).rounded()) / 2
        let middle = cutoff * 7 / 8 / sampleRate
        var taps = (-half...half).map { offset -> Double in
            let turn = Double.pi * Double(offset + half) / Double(half)
            let window = 0.35875 - 0.48829 * cos(turn) + 0.14128 * cos(2 * turn) - 0.01168 * cos(3 * turn)
            let angle = 2 * Double.pi * middle * Double(offset)
            return window * (offset == 0 ? 2 * middle : sin(angle) / (Double.pi * Double(offset)))
        }
        let sum = taps.reduce(0, +)
        for index in taps.indices { taps[index] = -taps[index] / sum }
        taps[half] += 1
        let kernel = taps.map { Float($0) }
        let padding = [Float](repeating: 0, count: half)
        let padded = padding + samples + padding
        return samples.indices.map { index in
            var total: Float = 0
            for tap in kernel.indices { total += kernel[tap] * padded[index + tap] }
            return total
        }
    }
}
