public import Timing

/// How long something took, over and over: counts in buckets of a few percent's width, from a microsecond to a minute, so that
/// memory stays the same for ever and quantiles are right to 6 %.
public struct DurationHistogram: Sendable {
    private static let bucketsPerOctave = 18.0
    private static let last = Int(26 * bucketsPerOctave)

    private var counts = [UInt64](repeating: 0, count: last + 1)
    public private(set) var count: UInt64 = 0
    public private(set) var sum = MediaTime.zero
    public private(set) var maximum = MediaTime.zero

    public init() {}

    public mutating func record(_ duration: MediaTime) {
        let bucket = DurationHistogram.bucket(duration)
        counts[bucket] += 1
        count += 1
        sum += duration
        maximum = max(maximum, duration)
    }

    /// The duration that the share `quantile` (0 to 1) of all records does not exceed; zero without records.
    public func quantile(_ quantile: Double) -> MediaTime {
        guard count > 0 else { return .zero }
        let wanted = max(1, UInt64((Double(count) * min(max(quantile, 0), 1)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, records) in counts.enumerated() {
            seen += records
            if seen >= wanted {
                return min(DurationHistogram.upperBound(bucket), maximum)
            }
        }
        return maximum
    }

    /// How many records were of `duration` or less, to the width of a bucket.
    public func count(upTo duration: MediaTime) -> UInt64 {
        counts[...DurationHistogram.bucket(duration)].reduce(0, +)
    }

    /// Takes in the records of another one.
    public mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    public var mean: MediaTime {
        count == 0 ? .zero : MediaTime(nanoseconds: sum.nanoseconds / Int64(count))
    }

    private static func bucket(_ duration: MediaTime) -> Int {
        var fraction = Double(max(1000, duration.nanoseconds)) / 1000
        var octave = 0
        while fraction >= 2 {
            fraction /= 2
            octave += 1
        }
        return min(last, Int((Double(octave) + (fraction - 1)) * bucketsPerOctave))
    }

    private static func upperBound(_ bucket: Int) -> MediaTime {
        let position = Double(bucket + 1) / bucketsPerOctave
        let octave = position.rounded(.down)
        var microseconds = 1 + (position - octave)
        for _ in 0..<Int(octave) { microseconds *= 2 }
        return MediaTime(nanoseconds: Int64(microseconds * 1000))
    }
}
