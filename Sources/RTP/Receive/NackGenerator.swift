public import Timing

/// Decides which packets of a stream are asked for again, when, and when no longer (RFC 4585, section 6.2.1).
///
/// A packet is missing once a later one has come. It is asked for after a moment in which it may still come by itself
/// (as long as reordering has lately taken), again after every round trip, and given up after ``maximumTries`` or
/// ``maximumAge``. Where much is lost, each request is sent twice in short order: a lost one costs a round trip. At most ``maximumMissing`` are kept in mind: who lacks more has had an outage, for which
/// retransmission is no cure, and all are given up.
public struct NackGenerator: Sendable {
    private struct Missing {
        var sequence: Int64
        var since: MediaTime
        var nextTry: MediaTime
        var tries: UInt8 = 0
    }

    public static let maximumMissing = 250
    public static let maximumTries: UInt8 = 20
    public static let maximumAge = MediaTime.milliseconds(600)
    private static let minimumInterval = MediaTime.milliseconds(20)
    private static let repetition = MediaTime.milliseconds(15)
    private static let lossy = 0.03
    private static let reorderingLimit = MediaTime.milliseconds(40)

    /// In ascending order.
    private var missing: [Missing] = []
    private var highest: Int64?
    /// How late packets lately came that were only out of order.
    private var reordering = MediaTime.milliseconds(5)
    /// Share of packets that were missing of late.
    private var loss = 0.0

    /// As last measured; 100 ms before.
    public var roundTrip = MediaTime.milliseconds(100)
    /// Requests for a packet, repeated ones included.
    public private(set) var requests: UInt64 = 0
    public private(set) var givenUp: UInt64 = 0

    public init() {
        missing.reserveCapacity(NackGenerator.maximumMissing)
    }

    public var count: Int { missing.count }

    /// Takes note of a packet, sent for the first time or again. False if the gap that it reveals is too wide to be
    /// mended.
    public mutating func receive(_ sequence: Int64, now: MediaTime) -> Bool {
        guard let highest else {
            self.highest = sequence
            return true
        }
        if sequence <= highest {
            guard let index = index(of: sequence) else { return true }
            if missing[index].tries == 0 {
                let late = now - missing[index].since
                reordering = min(max(reordering, late), NackGenerator.reorderingLimit)
            }
            missing.remove(at: index)
            return true
        }
        self.highest = sequence
        // Reordering is forgotten slowly.
        reordering = MediaTime(nanoseconds: max(5_000_000, reordering.nanoseconds - reordering.nanoseconds / 512))
        let gap = sequence - highest - 1
        loss += (gap > 0 ? 1 - loss : -loss) / 256
        guard gap + Int64(missing.count) <= Int64(NackGenerator.maximumMissing) else {
            givenUp += UInt64(gap) + UInt64(missing.count)
            missing.removeAll(keepingCapacity: true)
            return false
        }
        for lost in highest + 1..<sequence {
            missing.append(Missing(sequence: lost, since: now, nextTry: now + reordering))
        }
        return true
    }

    /// No longer asks for what comes before `sequence`: nobody needs it any more.
    public mutating func abandon(before sequence: Int64) {
        let count = missing.firstIndex { $0.sequence >= sequence } ?? missing.count
        missing.removeFirst(count)
    }

    /// Since when a packet is missing; nil if it is not, or has been given up.
    public func missingSince(_ sequence: Int64) -> MediaTime? {
        index(of: sequence).map { missing[$0].since }
    }

    /// Appends the packets that are to be asked for now, in ascending order.
    public mutating func collectDue(now: MediaTime, into lost: inout [Int64]) {
        let interval = max(NackGenerator.minimumInterval, roundTrip + .milliseconds(5))
        var kept = 0
        for index in missing.indices {
            var entry = missing[index]
            let expired = entry.tries >= NackGenerator.maximumTries && now >= entry.nextTry
            if expired || now - entry.since >= NackGenerator.maximumAge {
                givenUp += 1
                continue
            }
            if now >= entry.nextTry, entry.tries < NackGenerator.maximumTries {
                lost.append(entry.sequence)
                entry.tries += 1
                if loss > NackGenerator.lossy {
                    let repeats = entry.tries % 2 == 1
                    entry.nextTry = now + (repeats ? NackGenerator.repetition : interval - NackGenerator.repetition)
                } else {
                    entry.tries += 1
                    entry.nextTry = now + interval
                }
                requests += 1
            }
            missing[kept] = entry
            kept += 1
        }
        missing.removeLast(missing.count - kept)
    }

    /// When something will be due, or be given up; nil if nothing is missing.
    public var nextDeadline: MediaTime? {
        var deadline: MediaTime?
        for entry in missing {
            let next = min(entry.nextTry, entry.since + NackGenerator.maximumAge)
            deadline = min(deadline ?? next, next)
        }
        return deadline
    }

    /// Forgets everything, as for a stream that begins anew.
    public mutating func reset() {
        missing.removeAll(keepingCapacity: true)
        highest = nil
    }

    private func index(of sequence: Int64) -> Int? {
        var low = 0
        var high = missing.count
        while low < high {
            let middle = (low + high) / 2
            if missing[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low < missing.count && missing[low].sequence == sequence ? low : nil
    }
}
