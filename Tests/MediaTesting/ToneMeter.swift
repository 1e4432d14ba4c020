import Foundation

/// Sines, and how strong a sine is within a mix: who is heard by whom, when each participant has a tone of their own.
///
/// Samples are those of one channel; ``channel(_:of:in:)`` takes one out of interleaved sound.
public enum ToneMeter {
    /// `count` samples of a sine with the given peak amplitude. Blocks join without a break when `start` goes on
    /// from the last block's end.
    public static func tone(
        _ frequency: Double, amplitude: Double, count: Int, start: Int = 0, sampleRate: Double = 48_000
    ) -> [Float] {
        let step = 2 * Double.pi * frequency / sampleRate
        return (start..<start + count).map { Float(amplitude * sin(step * Double($0))) }
    }

    /// Peak amplitude of the sine at `frequency` Hz, 1 for full scale.
    ///
    /// A Blackman-Harris window keeps other tones out: one that is at least 4 / duration Hz away counts for less
    /// than a 30,000th (-90 dB) of its own amplitude. Half a second or more of sound serves well.
    public static func amplitude(
        of frequency: Double, in samples: some RandomAccessCollection<Float>, sampleRate: Double = 48_000
    ) -> Double {
        let count = samples.count
        guard count > 1 else { return 0 }
        var real = 0.0
        var imaginary = 0.0
        var weight = 0.0
        let step = 2 * Double.pi * frequency / sampleRate
        for (index, sample) in samples.enumerated() {
            let turn = 2 * Double.pi * Double(index) / Double(count - 1)
            let window = 0.35875 - 0.48829 * cos(turn) + 0.14128 * cos(2 * turn) - 0.01168 * cos(3 * turn)
            real += window * Double(sample) * cos(step * Double(index))
            imaginary += window * Double(sample) * sin(step * Double(index))
            weight += window
        }
        return 2 * (real * real + imaginary * imaginary).squareRoot() / weight
    }

    /// As ``amplitude(of:in:sampleRate:)`` in dB: 0 for a sine that just reaches full scale, -300 at the least.
    public static func level(
        of frequency: Double, in samples: some RandomAccessCollection<Float>, sampleRate: Double = 48_000
    ) -> Double {
        decibels(amplitude(of: frequency, in: samples, sampleRate: sampleRate))
    }

    /// Root mean square; 0 for no samples.
    public static func rms(_ samples: some Collection<Float>) -> Double {
        guard !samples.isEmpty else { return 0 }
        return (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)).squareRoot()
    }

    /// Largest magnitude; infinite if any sample is not a finite number.
    public static func peak(_ samples: some Collection<Float>) -> Float {
        samples.reduce(0) { $1.isFinite ? max($0, abs($1)) : .infinity }
    }

    /// 20 log10 of a ratio of amplitudes, -300 at the least.
    public static func decibels(_ ratio: Double) -> Double { ratio > 1e-15 ? 20 * log10(ratio) : -300 }

    /// One channel of interleaved sound.
    public static func channel(_ index: Int, of channels: Int, in interleaved: [Float]) -> [Float] {
        stride(from: index, to: interleaved.count, by: channels).map { interleaved[$0] }
    }
}
