public import Timing

/// How a packet fared, by the receiver's feedback.
public struct PacketResult: Hashable, Sendable {
    /// Extended transport-wide sequence number.
    public var sequence: Int64
    public var sent: MediaTime
    /// By the receiver's clock, whose zero nobody knows: only differences mean something. Nil if it did not arrive, as
    /// far as was known.
    public var arrived: MediaTime?
    /// Bytes, headers included.
    public var size: Int
}

/// Numbers the packets of a connection, remembers when they were sent, and turns feedback into results. What becomes of
/// the results is the bandwidth estimator's business.
public struct SentLog: ~Copyable {
    private struct Entry {
        var sequence = Int64.min
        var sent = MediaTime.zero
        var size: Int32 = 0
        var isReported = false
    }

    /// A power of two.
    private static let capacity: Int64 = 4096

    private var entries = [Entry](repeating: Entry(), count: Int(capacity))
    private var next: Int64
    /// The receiver's reference time is 24 bits of 64 ms: it wraps around every 12 days.
    private var lastReference: Int64?

    public init(firstSequence: UInt16 = 0) {
        next = Int64(firstSequence)
    }

    /// The number that the next packet is to carry in its header extension.
    public var nextSequence: UInt16 { UInt16(truncatingIfNeeded: next) }

    /// The packet with ``nextSequence`` has been sent.
    public mutating func send(size: Int, now: MediaTime) {
        entries[Int(next & (SentLog.capacity - 1))] = Entry(sequence: next, sent: now, size: Int32(clamping: size))
        next += 1
    }

    /// Appends a result for each packet that is reported on for the first time, or as arrived after it was reported
    /// lost, in the order of sending.
    public mutating func receive(_ feedback: TransportFeedback, into results: inout [PacketResult]) {
        guard next > 0 else { return }
        // The reference time is extended before times are made of it.
        var reference = Int64(feedback.referenceTime)
        if let lastReference {
            // Sign-extended from 24 bits.
            let difference = ((reference - lastReference) << 40) >> 40
            reference = lastReference + difference
        }
        lastReference = reference
        var ticks = reference * TransportFeedback.ticksPerReference
        for (offset, arrival) in feedback.arrivals.enumerated() {
            if let arrival { ticks += Int64(arrival) }
            // The youngest packet of that number.
            let number = feedback.base &+ UInt16(truncatingIfNeeded: offset)
            let distance = UInt16(truncatingIfNeeded: next &- 1) &- number
            let sequence = next - 1 - Int64(distance)
            let index = Int(sequence & (SentLog.capacity - 1))
            guard entries[index].sequence == sequence, !entries[index].isReported else { continue }
            entries[index].isReported = arrival != nil
            results.append(
                PacketResult(
                    sequence: sequence, sent: entries[index].sent,
                    arrived: arrival == nil
                        ? nil : MediaTime(clamping: ticks, per: 1_000_000_000 / TransportFeedback.tick.nanoseconds),
                    size: Int(entries[index].size)))
        }
    }
}
