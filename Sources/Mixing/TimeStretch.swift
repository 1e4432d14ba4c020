/// Makes sound a little shorter or longer without changing its pitch: one period is left out or played twice, at a
/// place where the waveform goes on as if nothing had happened (waveform-similarity overlap-add).
struct TimeStretch {
    /// Periods that are looked for: 2.5 to 12.5 ms, which covers voices from 80 to 400 Hz, in frames of 48 kHz.
    static let periods = 120...600
    /// Over how many frames one waveform goes over into the other.
    private static let overlap = 240
    /// How alike the two must be (correlation, at most 1) for nobody to hear it.
    private static let likeness: Float = 0.75
    /// Mean square below which everything is alike: -54 dBFS.
    private static let quiet: Float = 4e-6

    private var mono: [Float] = []

    /// Leaves one period out. Returns by how many frames `samples` became shorter, 0 if it could not be done unheard.
    mutating func shorten(_ samples: inout [Float], channels: Int) -> Int {
        guard let period = period(of: samples, channels: channels) else { return 0 }
        for frame in 0..<TimeStretch.overlap {
            let share = (Float(frame) + 0.5) / Float(TimeStretch.overlap)
            for channel in 0..<channels {
                let place = frame * channels + channel
                samples[place] += share * (samples[place + period * channels] - samples[place])
            }
        }
        let kept = TimeStretch.overlap * channels
        samples.removeSubrange(kept..<kept + period * channels)
        return period
    }

    /// Plays one period twice. Returns by how many frames `samples` became longer, 0 if it could not be done unheard.
    mutating func lengthen(_ samples: inout [Float], channels: Int) -> Int {
        guard let period = period(of: samples, channels: channels) else { return 0 }
        let first = Array(samples[..<((period + TimeStretch.overlap) * channels)])
        // The first period, then back to its beginning: from what follows it over into what it began with.
        samples.insert(contentsOf: first[..<(period * channels)], at: 0)
        for frame in 0..<TimeStretch.overlap {
            let share = (Float(frame) + 0.5) / Float(TimeStretch.overlap)
            for channel in 0..<channels {
                let old = first[(period + frame) * channels + channel]
                let place = (period + frame) * channels + channel
                samples[place] = old + share * (samples[place] - old)
            }
        }
        return period
    }

    /// The period after which the beginning of `samples` repeats itself best; nil if it does so badly, or there is too
    /// little sound.
    private mutating func period(of samples: [Float], channels: Int) -> Int? {
        let frames = samples.count / channels
        let longest = min(TimeStretch.periods.upperBound, frames - TimeStretch.overlap)
        guard longest >= TimeStretch.periods.lowerBound else { return nil }
        mono.removeAll(keepingCapacity: true)
        for frame in 0..<frames {
            mono.append(channels == 1 ? samples[frame] : 0.5 * (samples[2 * frame] + samples[2 * frame + 1]))
        }
        return mono.withUnsafeBufferPointer { mono in
            func products(_ lag: Int, step: Int) -> (cross: Float, energy: Float) {
                var cross: Float = 0
                var energy: Float = 0
                for frame in Swift.stride(from: 0, to: TimeStretch.overlap, by: step) {
                    let later = mono[frame + lag]
                    cross += mono[frame] * later
                    energy += later * later
                }
                return (cross, energy)
            }
            let (own, _) = products(0, step: 1)
            if own < TimeStretch.quiet * Float(TimeStretch.overlap) { return min(longest, 480) }
            // Coarsely first, then exactly round the best.
            var best = TimeStretch.periods.lowerBound
            var bestScore = -Float.infinity
            for lag in Swift.stride(from: TimeStretch.periods.lowerBound, through: longest, by: 4) {
                let (cross, energy) = products(lag, step: 4)
                let score = cross * abs(cross) / max(energy, 1e-12)
                if score > bestScore { (best, bestScore) = (lag, score) }
            }
            var exact = best
            var exactScore = -Float.infinity
            for lag in max(TimeStretch.periods.lowerBound, best - 4)...min(longest, best + 4) {
                let (cross, energy) = products(lag, step: 1)
                let score = cross / (own * max(energy, 1e-12)).squareRoot()
                if score > exactScore { (exact, exactScore) = (lag, score) }
            }
            return exactScore >= TimeStretch.likeness ? exact : nil
        }
    }
}
