public import Timing

/// Keeps when the packets of a connection arrived, by transport-wide sequence number, and makes the feedback of it
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
public struct ArrivalLog: ~Copyable {
    /// Packets that one feedback reports on at most; more are split over several.
    public static let packetsPerFeedback = 1000
    /// How far back, in packets, one that comes late is still reported.
    static let capacity: Int64 = 4096
    private static let none = Int64.min

    public let sender: SSRC
    /// Of any stream of the connection, as the packet format wants one.
    public var media: SSRC

    /// Arrivals in ticks of 250 µs, by the lower bits of the sequence number.
    private var arrivals = [Int64](repeating: none, count: Int(capacity))
    private var sequences = ExtendedCounter<UInt16>()
    /// The first that has not been reported on.
    private var next: Int64?
    private var number: UInt8 = 0

    public init(sender: SSRC, media: SSRC) {
        self.sender = sender
        self.media = media
    }

    /// Whether there is anything to report.
    public var isEmpty: Bool {
        guard let next, let furthest = sequences.furthest else { return true }
        return next > furthest
    }

    public mutating func receive(_ transportSequence: UInt16, arrival: MediaTime) {
        let before = sequences.furthest
        let sequence = sequences.extend(transportSequence)
        let ticks = arrival.nanoseconds / TransportFeedback.tick.nanoseconds
        guard let before, let start = next else {
            next = sequence
            arrivals[index(sequence)] = ticks
            return
        }
        if sequence > before {
            // What lies between did not come yet; further back than the log reaches, nothing is told of.
            let first = max(before + 1, sequence - ArrivalLog.capacity + 1)
            for lost in first..<sequence { arrivals[index(lost)] = ArrivalLog.none }
            arrivals[index(sequence)] = ticks
            next = max(start, sequence - ArrivalLog.capacity + 1)
        } else if sequence >= start {
            if arrivals[index(sequence)] == ArrivalLog.none { arrivals[index(sequence)] = ticks }
        } else if sequence > before - ArrivalLog.capacity {
            // It was reported as lost: the next feedback begins with it again, if that is not far back.
            guard arrivals[index(sequence)] == ArrivalLog.none, start - sequence < 500 else { return }
            arrivals[index(sequence)] = ticks
            next = sequence
        }
    }

    private func index(_ sequence: Int64) -> Int { Int(sequence & (ArrivalLog.capacity - 1)) }

    /// The next feedback; nil if there is nothing to report. Call until then, every 50 to 100 ms.
    public mutating func takeFeedback() -> TransportFeedback? {
        guard var sequence = next, let furthest = sequences.furthest else { return nil }
        // Reporting begins with a packet that arrived: its time is the reference.
        while sequence <= furthest, arrivals[index(sequence)] == ArrivalLog.none { sequence += 1 }
        guard sequence <= furthest else {
            next = furthest + 1
            return nil
        }
        let first = arrivals[index(sequence)]
        let reference = floorDivide(first, TransportFeedback.ticksPerReference)
        var feedback = TransportFeedback(
            sender: sender, media: media, base: UInt16(truncatingIfNeeded: sequence),
            referenceTime: Int32(truncatingIfNeeded: (reference << 40) >> 40), number: number, arrivals: [])
        number &+= 1
        var last = reference * TransportFeedback.ticksPerReference
        while sequence <= furthest, feedback.arrivals.count < ArrivalLog.packetsPerFeedback {
            let arrival = arrivals[index(sequence)]
            if arrival == ArrivalLog.none {
                feedback.arrivals.append(nil)
            } else {
                // More than eight seconds from one to the next cannot be told: another feedback begins there.
                guard let delta = Int16(exactly: arrival - last) else { break }
                feedback.arrivals.append(delta)
                last = arrival
            }
            sequence += 1
        }
        next = sequence
        return feedback
    }

    private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
