public import Timing

/// Packets that are to be sent at once, to see how fast they come through.
public struct Probe: Hashable, Sendable {
    /// Bits per second that it is to show at most.
    public var bitrate: Int
    public var packets: Int
    /// Bytes of padding in each, 1 to 255.
    public var padding: Int
}

/// How many bits per second may be sent to a receiver, by its feedback, in the manner of draft-ietf-rmcat-gcc-02: a
/// growing queue cuts the rate to 0.85 of what comes through, otherwise it grows; loss cuts it unless it is the link's
/// own; probes find out quickly about what is not used.
///
/// Without transport-wide feedback, the receiver's own estimate (REMB) and its reports of loss serve. Whatever a
/// receiver claims, the estimate stays between ``least`` and ``most``, and only what was sent counts.
public struct BandwidthEstimator: Sendable {
    /// Bits per second.
    public static let least = 16_000
    public static let most = 20_000_000
    /// Before anything is known.
    public static let initial = 300_000

    /// Bits per second, packet headers included.
    public private(set) var estimate = initial
    /// Whether ``estimate`` stands on something; until then nobody should be given less for it.
    public private(set) var isMeasured = false
    /// Whether a queue was seen to grow within the last second.
    public func isCongested(at now: MediaTime) -> Bool {
        lastOveruse.map { now - $0 < MediaTime(seconds: 1) } ?? false
    }

    /// Bytes that a shaper lets pass at once after a pause.
    private static let shaperBurst = 3200

    /// In ms; less is no queue that matters.
    private static let leastQueue = 20.0
    /// In ms; more is drained even if it grows no more.
    private static let longQueue = 90.0

    public var roundTrip = MediaTime.milliseconds(100)

    private var trend = DelayTrend()
    private var delivered = DeliveredRate()
    private var loss = LossResponse()
    private var lastUpdate: MediaTime?
    private var firstFeedback: MediaTime?
    private var lastFeedback: MediaTime?
    private var lastDecrease: MediaTime?
    private var lastOveruse: MediaTime?
    /// What came through when a queue last grew.
    private var capacity: Double?
    private var receiverLimit: (bitrate: Int, at: MediaTime)?

    private struct Cluster {
        var probe: Probe
        var sequences: Range<Int64>
        var sent: MediaTime
        var arrivals = 0
        var bytes = 0
        /// Bytes at the beginning that count for nothing, as a shaper may let them pass at once.
        var allowance = 0
        var lastSequence: Int64 = 0
        var first: MediaTime?
        var last: MediaTime?
    }

    private var cluster: Cluster?
    /// Bits per second of the next probe of a row that has gone well so far.
    private var nextStep: Int?
    private var isProbedAtStart = false
    private var lastProbe: MediaTime?
    private var failures: Int64 = 0
    /// What the first probe came to, if it did not come through as fast as it was sent.
    private var firstMeasured: Double?

    public init() {}

    // MARK: - Feedback

    /// Takes the results of one feedback (``SentLog/receive(_:into:)``).
    public mutating func receive(_ results: [PacketResult], now: MediaTime) {
        guard !results.isEmpty else { return }
        let pause = lastFeedback.map { now - $0 > MediaTime(seconds: 1) } ?? false
        lastFeedback = now
        if firstFeedback == nil { firstFeedback = now }
        if pause { trend.restart() }
        let isProbing = cluster.map { now - $0.sent < roundTrip + .milliseconds(300) } ?? false
        for result in results {
            if let cluster, cluster.sequences.contains(result.sequence) {
                note(result)
                continue
            }
            // What was sent into an outage is no measure of the rate.
            if now - result.sent < MediaTime(seconds: 1), !pause { loss.add(isLost: result.arrived == nil) }
            guard let arrived = result.arrived else { continue }
            delivered.add(sent: result.sent, arrived: arrived, size: result.size)
            if !isProbing { trend.add(sent: result.sent, arrived: arrived) }
        }
        finishProbe(seen: results[results.count - 1].sequence, now: now)
        update(now: now)
    }

    /// Takes a receiver's own estimate, bits per second. It is a limit for 5 s.
    public mutating func receive(receiverEstimate bitrate: UInt64, now: MediaTime) {
        let bitrate = Int(min(bitrate, UInt64(BandwidthEstimator.most)))
        receiverLimit = (max(bitrate, BandwidthEstimator.least), now)
        guard !hasTransportFeedback(at: now) else {
            estimate = min(estimate, max(bitrate, BandwidthEstimator.least))
            return
        }
        estimate = max(bitrate, BandwidthEstimator.least)
        isMeasured = true
    }

    /// Takes the share of packets lost that a receiver report tells of, 0 to 1; `sent` is the rate of sending, in bits
    /// per second. Counts only without transport-wide feedback.
    public mutating func receive(reportedLoss: Double, sent: Int, now: MediaTime) {
        guard !hasTransportFeedback(at: now) else { return }
        if reportedLoss > 0.1 {
            if !isMeasured { estimate = max(estimate, sent) }
            isMeasured = true
            setEstimate(Double(estimate) * (1 - 0.5 * min(reportedLoss, 1)), now: now)
        } else if reportedLoss < 0.02, isMeasured {
            setEstimate(Double(estimate) * 1.08 + 1000, now: now)
        }
    }

    /// Whether there is feedback on single packets, which is better than anything else.
    private func hasTransportFeedback(at now: MediaTime) -> Bool {
        lastFeedback.map { now - $0 < MediaTime(seconds: 3) } ?? false
    }

    private mutating func update(now: MediaTime) {
        let passed = min(lastUpdate.map { (now - $0).seconds } ?? 0, 1)
        lastUpdate = now
        let through = delivered.bitsPerSecond.map { Double($0) / (1 - loss.inherent) }
        switch trend.signal {
        case .overuse: if trend.standing > BandwidthEstimator.leastQueue + trend.jitter { decrease(through, now: now) }
        case .underuse: break
        case .normal where trend.standing > BandwidthEstimator.longQueue + trend.jitter: drain(through, now: now)
        case .normal: increase(through, passed: passed, now: now)
        }
        switch loss.judge(
            estimate: estimate, isQueueing: isCongested(at: now), roundTrip: roundTrip, now: now)
        {
        case .nothing: break
        case .cut(let share):
            let comes = delivered.bitsPerSecond.map(Double.init) ?? Double(estimate) * (1 - share)
            let before = isMeasured ? Double(estimate) : max(Double(estimate), comes)
            isMeasured = true
            setEstimate(min(before, max(comes, before * 0.5)), now: now)
            lastDecrease = now
        case .restore(let rate):
            if !isCongested(at: now) { setEstimate(max(Double(estimate), Double(rate)), now: now) }
        }
    }

    private mutating func decrease(_ through: Double?, now: MediaTime) {
        lastOveruse = now
        nextStep = nil
        let interval = min(roundTrip + .milliseconds(100), .milliseconds(300))
        if let lastDecrease, now - lastDecrease < interval { return }
        var base = through ?? Double(estimate)
        // What comes through is less than what could, where little is sent: a second look before all is given up.
        let isFirst = lastDecrease.map { now - $0 > MediaTime(seconds: 1) } ?? isMeasured
        if isFirst { base = max(base, 0.6 * Double(estimate)) }
        if let through {
            capacity = capacity.map { abs($0 - through) > 0.3 * $0 ? through : 0.9 * $0 + 0.1 * through } ?? through
        }
        lastDecrease = now
        let lower = 0.85 * base
        if lower < Double(estimate) || !isMeasured { setEstimate(lower, now: now) }
        isMeasured = true
    }

    private mutating func drain(_ through: Double?, now: MediaTime) {
        guard let through, lastDecrease.map({ now - $0 > .milliseconds(300) }) ?? true else { return }
        lastDecrease = now
        setEstimate(min(Double(estimate), max(0.95 * Double(estimate), 0.85 * through)), now: now)
    }

    private mutating func increase(_ through: Double?, passed: Double, now: MediaTime) {
        if let lastDecrease, now - lastDecrease < roundTrip + .milliseconds(200) { return }
        var rate = Double(estimate)
        if let capacity, rate > 1.5 * capacity { self.capacity = nil }
        if let capacity, rate > 0.9 * capacity {
            // Near to what the link could do: a packet a round trip.
            let response = roundTrip.seconds + 0.1
            rate += max(4000, min(9600 / response, 0.05 * rate)) * passed
        } else {
            rate *= 1 + 0.08 * passed
            rate += 1000 * passed
        }
        // What is not used is not known; only probes go beyond.
        if let through { rate = min(rate, max(1.5 * through + 10_000, Double(estimate))) } else { return }
        setEstimate(rate, now: now)
    }

    private mutating func setEstimate(_ rate: Double, now: MediaTime) {
        var limit = BandwidthEstimator.most
        if let receiverLimit, now - receiverLimit.at < MediaTime(seconds: 5) { limit = receiverLimit.bitrate }
        estimate = min(max(Int(rate), BandwidthEstimator.least), max(limit, BandwidthEstimator.least))
    }

    // MARK: - Probes

    /// What to send now to learn whether `wanted` bits per second would come through; nil for nothing. Say so with
    /// ``sent(_:sequences:now:)``.
    public mutating func nextProbe(wanted: Int, now: MediaTime) -> Probe? {
        if let cluster {
            guard now - cluster.sent > roundTrip + .milliseconds(500) else { return nil }
            // Nothing was heard of it.
            self.cluster = nil
            nextStep = nil
            failures += 1
        }
        let wanted = min(wanted, BandwidthEstimator.most)
        if !isProbedAtStart {
            isProbedAtStart = true
            return probe(BandwidthEstimator.initial)
        }
        if let step = nextStep {
            nextStep = nil
            if estimate < wanted { return probe(min(step, max(wanted * 5 / 4, estimate))) }
            // The row has come to its end.
            isMeasured = true
            return nil
        }
        guard estimate < wanted, !isCongested(at: now), firstFeedback != nil else { return nil }
        let pause = MediaTime(seconds: Double(min(2 + failures, 4)))
        guard now - max(lastProbe ?? .zero, lastDecrease ?? .zero) >= pause else { return nil }
        return probe(min(estimate * 2, wanted * 5 / 4))
    }

    /// 20 ms at the rate, so that a queue of not much more can come of it.
    private func probe(_ bitrate: Int) -> Probe {
        let bytes = bitrate < 600_000 ? bitrate / 8 / 50 : max(bitrate / 8 / 50, 2 * BandwidthEstimator.shaperBurst)
        let header = 36
        let packets = min(max(bytes / (255 + header), 5), 120)
        return Probe(bitrate: bitrate, packets: packets, padding: min(max(bytes / packets - header, 1), 255))
    }

    /// A probe has been sent, with these transport-wide sequence numbers.
    public mutating func sent(_ probe: Probe, sequences: Range<Int64>, now: MediaTime) {
        cluster = Cluster(probe: probe, sequences: sequences, sent: now)
        if probe.packets * (probe.padding + 36) >= 2 * BandwidthEstimator.shaperBurst * 9 / 10 {
            cluster?.allowance = BandwidthEstimator.shaperBurst
        }
        lastProbe = now
    }

    private mutating func note(_ result: PacketResult) {
        guard let arrived = result.arrived, var cluster else { return }
        cluster.arrivals += 1
        guard cluster.allowance <= 0 else {
            cluster.allowance -=
                result.size * max(1, cluster.lastSequence == 0 ? 1 : Int(result.sequence - cluster.lastSequence))
            cluster.lastSequence = max(cluster.lastSequence, result.sequence)
            cluster.last = arrived
            self.cluster = cluster
            return
        }
        // What is lost between two that arrive took its time at the bottleneck as well.
        if cluster.first != nil { cluster.bytes += result.size * max(1, Int(result.sequence - cluster.lastSequence)) }
        cluster.lastSequence = max(cluster.lastSequence, result.sequence)
        if cluster.first == nil { cluster.first = arrived }
        cluster.last = max(cluster.last ?? arrived, arrived)
        self.cluster = cluster
    }

    private mutating func finishProbe(seen sequence: Int64, now: MediaTime) {
        guard let cluster, sequence >= cluster.sequences.upperBound - 1 else { return }
        self.cluster = nil
        trend.restart()
        guard cluster.arrivals * 2 >= cluster.probe.packets, cluster.arrivals >= 3, let first = cluster.first,
            let last = cluster.last
        else {
            failures += 1
            if !isMeasured, failures <= 3 { nextStep = cluster.probe.bitrate }
            return
        }
        let span = max((last - first).seconds, 0.0005)
        let measured = min(Double(cluster.bytes * 8) / span, Double(cluster.probe.bitrate))
        let isSaturated = measured < 0.7 * Double(cluster.probe.bitrate)
        if isSaturated {
            failures += 1
            if isMeasured {
                setEstimate(max(Double(estimate), 0.85 * measured), now: now)
            } else if firstMeasured == nil {
                // One may have met with a thread that was late: nobody is given less for that.
                firstMeasured = measured
                nextStep = cluster.probe.bitrate
                return
            } else {
                let measured = max(measured, firstMeasured ?? 0)
                let through = delivered.bitsPerSecond.map(Double.init) ?? 0
                setEstimate(max(0.85 * measured, through), now: now)
            }
        } else {
            failures = 0
            setEstimate(max(Double(estimate), measured), now: now)
            nextStep = cluster.probe.bitrate * 3
            return
        }
        isMeasured = true
    }
}
