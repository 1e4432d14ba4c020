package import Timing

/// Gaps between the pictures of a stream, in bounded memory, and the freezes among them.
package struct FrameMeter {
    /// A bucket is a quarter of a millisecond; the last holds all that is longer.
    private static let bucketsPerMillisecond = 4
    private static let buckets = 2000 * bucketsPerMillisecond
    /// Frames whose durations a freeze is measured by.
    private static let memory = 30

    package init() {}

    private var counts = [UInt32](repeating: 0, count: buckets + 1)
    private var recent: [Double] = []
    private var nextRecent = 0
    package private(set) var first: MediaTime?
    package private(set) var last: MediaTime?
    /// Milliseconds.
    package private(set) var longest = 0.0
    package private(set) var gaps = 0
    /// As webrtc-stats defines them (freezeCount, totalFreezesDuration): the time between two pictures is at least three
    /// times the average of the last thirty, and at least 150 ms more than it.
    package private(set) var freezes = 0
    package private(set) var frozen = 0.0

    package mutating func add(_ now: MediaTime) {
        defer { last = now }
        guard let last else {
            first = now
            return
        }
        let gap = (now - last).milliseconds
        gaps += 1
        longest = max(longest, gap)
        counts[min(Int(gap * Double(FrameMeter.bucketsPerMillisecond)), FrameMeter.buckets)] += 1
        if !recent.isEmpty {
            let average = recent.reduce(0, +) / Double(recent.count)
            if gap >= max(3 * average, average + 150) {
                freezes += 1
                frozen += gap / 1000
            }
        }
        if recent.count < FrameMeter.memory {
            recent.append(gap)
        } else {
            recent[nextRecent] = gap
            nextRecent = (nextRecent + 1) % FrameMeter.memory
        }
    }

    /// Milliseconds that the share `quantile` of the gaps does not exceed, to a quarter; zero without gaps.
    package func quantile(_ quantile: Double) -> Double {
        guard gaps > 0 else { return 0 }
        let wanted = max(1, Int((Double(gaps) * quantile).rounded(.up)))
        var seen = 0
        for (bucket, count) in counts.enumerated() where count > 0 {
            seen += Int(count)
            if seen >= wanted {
                return min((Double(bucket) + 1) / Double(FrameMeter.bucketsPerMillisecond), longest)
            }
        }
        return longest
    }

    /// How many gaps were longer.
    package func gaps(beyond milliseconds: Double) -> Int {
        let bucket = min(max(0, Int(milliseconds * Double(FrameMeter.bucketsPerMillisecond))), FrameMeter.buckets)
        return counts[bucket...].reduce(0) { $0 + Int($1) }
    }
}
