public import Timing

/// Follows the sequence numbers of one received stream and keeps the figures for reports about it (RFC 3550, sections
/// 6.4.1, A.1, A.3 and A.8).
public struct ReceiveStatistics: Sendable {
    public enum Outcome: Hashable, Sendable {
        /// In order, late or again: its extended sequence number.
        case accepted(Int64)
        /// The sender began anew somewhere else; nothing before it belongs to what follows.
        case restarted(Int64)
        /// So far ahead or behind that it may be an accident: to be dropped. If the next follows on it, that is a new
        /// beginning.
        case rejected
    }

    /// How far ahead a packet may be, and how far behind, before it is doubted.
    public static let maximumDropout: Int64 = 3000
    public static let maximumMisorder: Int64 = 1000

    /// Hz.
    public let clockRate: Int64

    private var sequences = ExtendedCounter<UInt16>()
    private var timestamps = ExtendedCounter<UInt32>()
    private var doubted: UInt16?
    private var base: Int64 = 0
    private var received: Int64 = 0
    private var expectedBefore: Int64 = 0
    private var receivedBefore: Int64 = 0
    /// Arrival less timestamp of the last packet, in units of the clock.
    private var transit: Int64?
    /// In 1/16 of a unit of the clock, as RFC 3550 keeps it.
    private var scaledJitter: Int64 = 0
    private var lastReport: (middle: UInt32, arrival: MediaTime)?

    /// Packets accepted, again-comers included.
    public private(set) var packets: UInt64 = 0
    /// Bytes of payload.
    public private(set) var octets: UInt64 = 0
    public private(set) var rejected: UInt64 = 0

    public init(clockRate: Int64) {
        precondition(clockRate > 0, "a clock that goes")
        self.clockRate = clockRate
    }

    /// The furthest extended sequence number; nil before the first packet.
    public var highest: Int64? { sequences.furthest }

    /// Takes note of a packet of the stream itself, not of one that was retransmitted.
    public mutating func receive(_ header: RTPHeader, payloadSize: Int, arrival: MediaTime) -> Outcome {
        let sequence = header.sequenceNumber.rawValue
        var outcome: Outcome
        if let highest = sequences.furthest {
            let position = sequences.position(of: sequence)
            let ahead = position - highest
            if ahead > ReceiveStatistics.maximumDropout || ahead < -ReceiveStatistics.maximumMisorder {
                guard doubted == sequence else {
                    doubted = sequence &+ 1
                    rejected += 1
                    return .rejected
                }
                let restarted = sequences.jump(to: sequence)
                restart(at: restarted)
                outcome = .restarted(restarted)
            } else {
                outcome = .accepted(sequences.extend(sequence))
            }
        } else {
            let first = sequences.extend(sequence)
            restart(at: first)
            outcome = .accepted(first)
        }
        doubted = nil
        received += 1
        packets += 1
        octets += UInt64(max(0, payloadSize))
        measureJitter(header.timestamp, arrival: arrival)
        return outcome
    }

    /// What the sequence number of a retransmitted packet stands for, without taking note of it.
    public func position(of sequence: SequenceNumber) -> Int64 { sequences.position(of: sequence.rawValue) }

    private mutating func restart(at sequence: Int64) {
        base = sequence
        received = 0
        expectedBefore = 0
        receivedBefore = 0
        transit = nil
        timestamps = ExtendedCounter()
    }

    private mutating func measureJitter(_ timestamp: RTPTimestamp, arrival: MediaTime) {
        let now = arrival.count(per: clockRate) &- timestamps.extend(timestamp.rawValue)
        if let transit {
            // A jump of the timestamps is no jitter: held to ten seconds.
            let difference = min(abs(now &- transit), 10 * clockRate)
            scaledJitter += difference - ((scaledJitter + 8) >> 4)
        }
        transit = now
    }

    /// In units of the clock.
    public var jitter: UInt32 { UInt32(clamping: scaledJitter >> 4) }

    public mutating func receive(_ report: SenderReport, arrival: MediaTime) {
        lastReport = (report.ntp.middle, arrival)
    }

    /// Packets that never came, less those that came twice.
    public var cumulativeLost: Int64 { expected - received }

    private var expected: Int64 { (sequences.furthest.map { $0 - base + 1 }) ?? 0 }

    /// The block for the next report; figures since the last one begin anew. Nil before the first packet.
    public mutating func reportBlock(ssrc: SSRC, now: MediaTime) -> ReportBlock? {
        guard let highest else { return nil }
        let expectedNow = expected - expectedBefore
        let lost = expectedNow - (received - receivedBefore)
        expectedBefore = expected
        receivedBefore = received
        let fraction = expectedNow > 0 && lost > 0 ? UInt8(clamping: (lost << 8) / expectedNow) : 0
        var block = ReportBlock(
            ssrc: ssrc, fractionLost: fraction,
            cumulativeLost: Int32(clamping: min(max(cumulativeLost, -0x80_0000), 0x7f_ffff)),
            highestSequence: UInt32(truncatingIfNeeded: highest), jitter: jitter)
        if let lastReport {
            block.lastReport = lastReport.middle
            let delay = max(.zero, now - lastReport.arrival)
            block.delaySinceLastReport = UInt32(clamping: delay.count(per: 1 << 16))
        }
        return block
    }
}
