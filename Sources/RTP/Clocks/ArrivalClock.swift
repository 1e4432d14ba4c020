public import Timing

/// Tells when a packet would have arrived had the network delayed it as little as lately possible: the line under the
/// arrivals of the last two seconds. It follows sender clocks that go wrong, and paths that change.
public struct ArrivalClock: Sendable {
    private static let span = MediaTime.milliseconds(500)
    private static let count = 4

    /// Hz.
    public let clockRate: Int64
    /// Timestamps are counted from the first, so that their times stay small.
    private var origin: Int64?
    /// The least of arrival less media time, per half second.
    private var least: [(start: MediaTime, offset: MediaTime)] = []

    public init(clockRate: Int64) {
        precondition(clockRate > 0, "a clock that goes")
        self.clockRate = clockRate
        least.reserveCapacity(ArrivalClock.count + 1)
    }

    public mutating func receive(_ timestamp: Int64, arrival: MediaTime) {
        if origin == nil { origin = timestamp }
        let offset = arrival - media(timestamp)
        if let last = least.last, arrival - last.start < ArrivalClock.span {
            if offset < last.offset { least[least.count - 1].offset = offset }
        } else {
            if least.count == ArrivalClock.count { least.removeFirst() }
            least.append((arrival, offset))
        }
        // After a silence what was before it tells nothing any more.
        while let first = least.first, least.count > 1, arrival - first.start > .milliseconds(10_000) {
            least.removeFirst()
        }
    }

    /// Nil before the first packet.
    public func earliestArrival(of timestamp: Int64) -> MediaTime? {
        guard var offset = least.first?.offset else { return nil }
        for entry in least { offset = min(offset, entry.offset) }
        return media(timestamp) + offset
    }

    private func media(_ timestamp: Int64) -> MediaTime {
        MediaTime(clamping: timestamp &- (origin ?? timestamp), per: clockRate)
    }
}
