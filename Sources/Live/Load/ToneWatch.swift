import Foundation

/// Which tones are in the sound of a mix: every second of it is looked at.
package struct ToneWatch {
    /// Samples of one look: a second.
    private static let window = 48_000

    private let tones: [Double]
    private var samples: [Float] = []
    private var levels: [[Float]]

    /// `tones` in Hz, of all whom the room may hold.
    package init(_ tones: [Double]) {
        self.tones = tones
        levels = tones.map { _ in [] }
        samples.reserveCapacity(tones.isEmpty ? 0 : ToneWatch.window)
    }

    /// Takes sound of one channel at 48 kHz.
    package mutating func add(_ sample: Float) {
        guard !tones.isEmpty else { return }
        samples.append(sample)
        guard samples.count == ToneWatch.window else { return }
        for (index, tone) in tones.enumerated() {
            levels[index].append(ToneWatch.level(of: tone, in: samples))
            // The last two minutes are enough.
            if levels[index].count > 120 { levels[index].removeFirst() }
        }
        samples.removeAll(keepingCapacity: true)
    }

    /// Least and greatest level of the tone in dBFS: a tone that is there is always there, words that pass over it are not. Nil
    /// before the first second has been heard.
    package func level(of tone: Double) -> (least: Double, maximum: Double)? {
        guard let index = tones.firstIndex(of: tone), let least = levels[index].min(), let most = levels[index].max()
        else { return nil }
        return (Double(least), Double(most))
    }

    /// dBFS of a sine, through a Hann window; -150 at the least.
    package static func level(of tone: Double, in samples: [Float]) -> Float {
        // Goertzel, with the window's phasor turning along.
        let count = Double(samples.count)
        let step = 2 * Double.pi * tone / 48_000
        let turn = 2 * Double.pi / count
        var (real, imaginary) = (0.0, 0.0)
        var (cosine, sine) = (1.0, 0.0)
        let (stepCosine, stepSine) = (cos(step), sin(step))
        var (windowCosine, windowSine) = (1.0, 0.0)
        let (turnCosine, turnSine) = (cos(turn), sin(turn))
        for sample in samples {
            let value = Double(sample) * (0.5 - 0.5 * windowCosine)
            real += value * cosine
            imaginary += value * sine
            (cosine, sine) = (cosine * stepCosine - sine * stepSine, cosine * stepSine + sine * stepCosine)
            (windowCosine, windowSine) = (
                windowCosine * turnCosine - windowSine * turnSine, windowCosine * turnSine + windowSine * turnCosine
            )
        }
        let amplitude = 4 * (real * real + imaginary * imaginary).squareRoot() / count
        return Float(20 * log10(max(amplitude, 3e-8)))
    }
}
