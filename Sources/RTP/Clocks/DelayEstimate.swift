public import Timing

/// How late packets have been of late: the delay that all but a small share of those of the last seconds kept. It
/// rises as soon as that share is exceeded, and falls when what was late is old enough to be forgotten.
public struct DelayEstimate: Sendable {
    /// Delays are told apart in steps of 2 ms, up to 1 s.
    private static let step: Int64 = 2_000_000
    private static let buckets = 500
    private static let memory = 512

    /// How long a packet counts.
    public let window: MediaTime
    /// The share of packets that may be later.
    public let tolerated: Double

    private var counts = [UInt16](repeating: 0, count: buckets)
    private var samples = [(at: MediaTime, bucket: UInt16)](repeating: (.zero, 0), count: memory)
    private var first = 0
    private var count = 0

    /// `tolerated` is 0 to 1.
    public init(window: MediaTime = .milliseconds(6000), tolerated: Double = 0.02) {
        self.window = window
        self.tolerated = min(max(tolerated, 0), 1)
    }

    public mutating func add(_ delay: MediaTime, at now: MediaTime) {
        while count > 0, count == DelayEstimate.memory || now - samples[first].at > window {
            counts[Int(samples[first].bucket)] -= 1
            first = (first + 1) % DelayEstimate.memory
            count -= 1
        }
        let bucket = UInt16(min(max(delay.nanoseconds / DelayEstimate.step, 0), Int64(DelayEstimate.buckets - 1)))
        samples[(first + count) % DelayEstimate.memory] = (now, bucket)
        counts[Int(bucket)] += 1
        count += 1
    }

    /// Zero before the first packet.
    public var delay: MediaTime {
        guard count > 0 else { return .zero }
        let allowed = Int(Double(count) * tolerated)
        var later = 0
        for bucket in counts.indices.reversed() where counts[bucket] > 0 {
            later += Int(counts[bucket])
            if later > allowed {
                // The least delay is no delay: the first bucket counts as zero.
                return bucket == 0 ? .zero : MediaTime(nanoseconds: Int64(bucket + 1) * DelayEstimate.step)
            }
        }
        return .zero
    }
}
