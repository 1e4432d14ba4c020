public import Timing

/// Bounds what a receiver can make its sender do by asking for packets again: how many it may ask for, and how many bytes
/// are sent again for it. What goes beyond is not answered; the receiver will ask for a keyframe instead.
///
/// The bytes follow what is sent anyway, so that 30 % of loss is mended and a storm of requests at most doubles the rate.
public struct RepairBudget: Sendable {
    /// Packets asked for, a second.
    public static let requestRate = 10_000
    /// Bytes that may be sent again at once, as after a short outage.
    public static let burst = 192 << 10
    /// Bytes a second that are earned even when little is sent.
    public static let leastRate = 12_000
    /// The least time between two repeats of a packet.
    public static let leastInterval = MediaTime.milliseconds(10)

    /// Asked for beyond the budget.
    public private(set) var refused: UInt64 = 0
    private var bytes = burst
    private var requests = requestRate
    private var earned = MediaTime.zero

    public init() {}

    /// Media of `count` bytes was sent for the first time.
    public mutating func sent(_ count: Int) { bytes = min(RepairBudget.burst, bytes + max(0, count)) }

    /// Whether a packet that is asked for may be looked up.
    public mutating func admitRequest(now: MediaTime) -> Bool {
        let passed = min(max(now - earned, .zero), .milliseconds(1_000)).nanoseconds
        let more = Int(passed) * RepairBudget.requestRate / 1_000_000_000
        if more > 0 {
            requests = min(RepairBudget.requestRate, requests + more)
            sent(Int(passed) * RepairBudget.leastRate / 1_000_000_000)
            earned = now
        }
        guard requests > 0 else {
            refused += 1
            return false
        }
        requests -= 1
        return true
    }

    /// Whether `count` bytes may be sent again now.
    public mutating func admit(_ count: Int) -> Bool {
        guard count <= bytes else {
            refused += 1
            return false
        }
        bytes -= count
        return true
    }

    /// Between two repeats of one packet: sooner, the receiver cannot know yet whether the first came.
    public static func interval(roundTrip: MediaTime?) -> MediaTime {
        guard let roundTrip else { return leastInterval }
        let wait = MediaTime(nanoseconds: roundTrip.nanoseconds / 4 * 3)
        return min(max(wait, leastInterval), .milliseconds(200))
    }
}
