/// Finds holes in sound that should go on: runs of hard zeros, and places where the level falls away and comes back.
public struct GapDetector: Sendable {
    /// The shortest run of exact zeros that counts, in samples. The default is 1 ms.
    public var zeroRun: Int
    /// How far the level within a window must fall below its surroundings, in dB.
    public var drop: Double
    /// Samples over which a level is taken. The default is 5 ms; at least a period of the lowest tone.
    public var window: Int

    public init(zeroRun: Int = 48, drop: Double = 12, window: Int = 240) {
        self.zeroRun = zeroRun
        self.drop = drop
        self.window = window
    }

    /// The gaps in one channel, in order. Silence at the beginning and at the end is none.
    public func gaps(in samples: [Float]) -> [Range<Int>] {
        guard let first = samples.firstIndex(where: { $0 != 0 }), let last = samples.lastIndex(where: { $0 != 0 })
        else { return [] }
        var found: [Range<Int>] = []
        var index = first
        while index <= last {
            guard samples[index] == 0 else {
                index += 1
                continue
            }
            let start = index
            while samples[index] == 0 { index += 1 }
            if index - start >= zeroRun { found.append(start..<index) }
        }
        return merged(found + drops(in: samples, from: first, to: last + 1))
    }

    private func drops(in samples: [Float], from first: Int, to end: Int) -> [Range<Int>] {
        let starts = Array(stride(from: first, through: end - window, by: max(1, window / 2)))
        let levels = starts.map { ToneMeter.decibels(ToneMeter.rms(samples[$0..<$0 + window])) }
        // Compared with the loudest window within 100 ms on either side: both must be louder for a hole between them.
        let reach = max(2, 4800 / max(1, window / 2))
        return levels.indices.compactMap { index in
            let before = levels[max(0, index - reach)..<index].max() ?? -300
            let after = levels[(index + 1)..<min(levels.count, index + reach + 1)].max() ?? -300
            guard min(before, after) - levels[index] > drop else { return nil }
            return starts[index]..<starts[index] + window
        }
    }

    private func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
