import RTP
import Timing

/// A link in virtual time whose rate, loss and jitter may change: one queue before a bottleneck, and a sender that uses
/// what a ``BandwidthEstimator`` allows, with sound, pictures and probes.
struct BottleneckLink: ~Copyable {
    struct Conditions {
        /// Bits per second.
        var rate: Int
        var loss = 0.0
        /// Bytes that may pass at once after a pause, as through a shaper.
        var burst = 0
        /// Evenly spread; packets keep their order.
        var jitter = MediaTime.zero
        var delay = MediaTime.milliseconds(25)
        /// What may wait before the bottleneck.
        var queueLimit = MediaTime.milliseconds(1000)
    }

    struct Sample {
        var time: MediaTime
        var estimate: Int
        /// Bytes that have passed the bottleneck so far.
        var passed: Int
        var queue: MediaTime
    }

    private struct InFlight {
        var at: MediaTime
        var number: UInt16
    }

    var conditions: Conditions
    /// What the sender would use at most, bits per second.
    var demand = 10_000_000
    private(set) var estimator = BandwidthEstimator()
    private(set) var samples: [Sample] = []
    private var sentLog = SentLog()
    private var log = ArrivalLog(sender: SSRC(1), media: SSRC(2))
    private var random: SeededGenerator
    private var inFlight: [InFlight] = []
    private var feedback: [(at: MediaTime, packet: TransportFeedback)] = []
    private var busyUntil = MediaTime.zero
    private var lastArrival = MediaTime.zero
    private var passed = 0
    private var debt = 0.0
    private(set) var time = MediaTime.zero

    init(_ conditions: Conditions, seed: UInt64 = 1) {
        self.conditions = conditions
        random = SeededGenerator(seed: seed)
    }

    mutating func run(seconds: Double) throws {
        let end = time + MediaTime(seconds: seconds)
        while time < end {
            time = time + .milliseconds(1)
            try step(Int(time.milliseconds))
        }
    }

    private mutating func step(_ millisecond: Int) throws {
        if millisecond % 20 == 0 { send(100) }
        // Pictures go out smoothly, as through a pacer, at what the estimate leaves beside the sound.
        let spare = max(0, min(estimator.estimate, demand) - 40_000)
        debt = min(debt + Double(spare) / 8000, 3000)
        let size = spare < 300_000 ? 400 : 1100
        while debt >= Double(size) {
            debt -= Double(size)
            send(size)
        }
        if millisecond % 5 == 0, let probe = estimator.nextProbe(wanted: demand, now: time) {
            let first = Int64(sentLog.nextSequence)
            for _ in 0..<probe.packets { send(probe.padding + 36) }
            estimator.sent(probe, sequences: first..<first + Int64(probe.packets), now: time)
        }
        for packet in inFlight where packet.at <= time { log.receive(packet.number, arrival: packet.at) }
        inFlight.removeAll { $0.at <= time }
        if millisecond % 50 == 0 {
            while let packet = log.takeFeedback() { feedback.append((time + conditions.delay, packet)) }
        }
        var results: [PacketResult] = []
        while let first = feedback.first, first.at <= time {
            feedback.removeFirst()
            sentLog.receive(first.packet, into: &results)
        }
        estimator.receive(results, now: time)
        if millisecond % 20 == 0 {
            samples.append(
                Sample(
                    time: time, estimate: estimator.estimate, passed: passed,
                    queue: max(busyUntil - time, .zero)))
        }
    }

    private mutating func send(_ size: Int) {
        let number = sentLog.nextSequence
        sentLog.send(size: size, now: time)
        let isLost = Double.random(in: 0..<1, using: &random) < conditions.loss
        let jitter = Int64.random(in: 0...max(0, conditions.jitter.nanoseconds), using: &random)
        let start = max(time - MediaTime(seconds: Double(conditions.burst * 8) / Double(conditions.rate)), busyUntil)
        guard start - time <= conditions.queueLimit else { return }
        busyUntil = start + MediaTime(seconds: Double(size * 8) / Double(conditions.rate))
        passed += size
        guard !isLost else { return }
        lastArrival = max(lastArrival, max(busyUntil, time) + conditions.delay + MediaTime(nanoseconds: jitter))
        inFlight.append(InFlight(at: lastArrival, number: number))
    }

    /// Of the link's rate, 0 to 1, within the last `seconds`.
    func use(last seconds: Double) -> Double {
        let part = samples.filter { $0.time >= time - MediaTime(seconds: seconds) }
        guard let first = part.first, let last = part.last else { return 0 }
        return Double(last.passed - first.passed) * 8 / (last.time - first.time).seconds / Double(conditions.rate)
    }

    /// Median, within the last `seconds`.
    func queue(last seconds: Double) -> MediaTime {
        let part = samples.filter { $0.time >= time - MediaTime(seconds: seconds) }.map(\.queue).sorted()
        return part.isEmpty ? .zero : part[part.count / 2]
    }
}
