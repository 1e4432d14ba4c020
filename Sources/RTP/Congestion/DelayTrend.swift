import Timing

/// Tells from the arrival of packets whether a queue grows on their way (draft-ietf-rmcat-gcc-02, section 5, with the
/// trend line that took the place of the Kalman filter there).
///
/// Packets that were sent within 5 ms are one group. The slope of the groups' accumulated, smoothed delay is compared
/// with a threshold that adapts to the jitter (section 5.4), so that neither jitter nor competing traffic starves the
/// stream.
struct DelayTrend: Sendable {
    enum Signal: Sendable {
        case normal
        /// A queue is growing.
        case overuse
        /// A queue is draining.
        case underuse
    }

    private struct Group {
        var firstSent: MediaTime
        var lastSent: MediaTime
        var lastArrived: MediaTime
    }

    private static let groupLength = MediaTime.milliseconds(5)
    /// Points of the line.
    private static let window = 20
    private static let smoothing = 0.9
    private static let gain = 4.0

    private(set) var signal = Signal.normal
    /// How much longer than usual, in ms, even the quickest packets of the last 150 to 300 ms were on their way. A
    /// receiver or a thread that stood still for a moment makes a slope as well, but leaves no queue; nor does jitter.
    var standing: Double { min(quickest.now, quickest.before) - usual }
    /// Queueing of the quickest packets of this and of the last 150 ms, in ms.
    private var quickest = (now: 0.0, before: 0.0, since: MediaTime.zero)
    /// What that is as a rule.
    private var usual = 0.0
    /// Least times on the way, of this and of the last stretch of 10 s.
    private var least: (now: MediaTime, before: MediaTime, since: MediaTime)?
    /// How long, in ms, packets are held up by what is no queue: those that were sent one after the other and come all at
    /// once, as a bottleneck never lets them through.
    private(set) var jitter = 0.0
    /// Packets that have come together.
    private var burst: (firstSent: MediaTime, lastSent: MediaTime, arrived: MediaTime, groups: Int)?
    private var current: Group?
    private var previous: Group?
    private var count = 0
    private var accumulated = 0.0
    private var smoothed = 0.0
    private var firstArrival = MediaTime.zero
    /// Arrival and smoothed delay in ms, the oldest at `head` once all are used.
    private var points = [(x: Double, y: Double)](repeating: (0, 0), count: window)
    private var lastTrend = 0.0
    private var threshold = 12.5
    private var lastUpdate: MediaTime?
    private var overuseTime = 0.0
    private var overuses = 0

    /// Takes packets in the order of sending; `arrived` is by the receiver's clock.
    mutating func add(sent: MediaTime, arrived: MediaTime) {
        noteBurst(sent: sent, arrived: arrived)
        noteQueue(sent: sent, way: arrived - sent)
        guard var group = current else {
            current = Group(firstSent: sent, lastSent: sent, lastArrived: arrived)
            return
        }
        // A packet that was overtaken says nothing of the queue.
        guard sent >= group.firstSent else { return }
        if sent - group.firstSent <= DelayTrend.groupLength {
            group.lastSent = max(group.lastSent, sent)
            group.lastArrived = max(group.lastArrived, arrived)
            current = group
            return
        }
        if let previous { compare(previous, group) }
        previous = group
        current = Group(firstSent: sent, lastSent: sent, lastArrived: arrived)
    }

    private mutating func noteBurst(sent: MediaTime, arrived: MediaTime) {
        guard var burst, sent >= burst.lastSent else {
            if burst == nil { burst = (sent, sent, arrived, 1) }
            return
        }
        if arrived - burst.arrived <= .milliseconds(1) {
            if sent - burst.lastSent > DelayTrend.groupLength {
                burst.groups += 1
                burst.lastSent = sent
            }
            burst.arrived = max(arrived, burst.arrived)
            self.burst = burst
            return
        }
        let held = burst.groups >= 3 ? (burst.lastSent - burst.firstSent).milliseconds : 0
        jitter += (held > jitter ? 0.2 : 0.01) * (min(held, 500) - jitter)
        self.burst = (sent, sent, arrived, 1)
    }

    private mutating func noteQueue(sent: MediaTime, way: MediaTime) {
        guard var least else {
            least = (way, way, sent)
            return
        }
        if sent - least.since > MediaTime(seconds: 10) { least = (way, least.now, sent) }
        least.now = min(least.now, way)
        self.least = least
        let queue = (way - min(least.now, least.before)).milliseconds
        guard sent - quickest.since > .milliseconds(150) else {
            quickest.now = min(quickest.now, queue)
            return
        }
        if signal != .overuse { usual = min(usual + 0.05 * (quickest.now - usual), 60 + jitter) }
        quickest = (queue, quickest.now, sent)
    }

    /// Forgets the line, as after a pause or a burst of probes; the threshold stays.
    mutating func restart() {
        current = nil
        previous = nil
        count = 0
        accumulated = 0
        smoothed = 0
        overuseTime = 0
        overuses = 0
        lastTrend = 0
        signal = .normal
    }

    private mutating func compare(_ before: Group, _ after: Group) {
        let sent = (after.lastSent - before.lastSent).milliseconds
        let arrived = (after.lastArrived - before.lastArrived).milliseconds
        // A clock that jumped, or a pause: what came before is no measure.
        guard sent < 2000, abs(arrived) < 10_000 else { return restart() }
        if count == 0 { firstArrival = after.lastArrived }
        accumulated += arrived - sent
        smoothed = DelayTrend.smoothing * smoothed + (1 - DelayTrend.smoothing) * accumulated
        points[count % DelayTrend.window] = ((after.lastArrived - firstArrival).milliseconds, smoothed)
        count += 1
        guard count >= DelayTrend.window else { return }
        detect(slope, interval: sent, at: after.lastArrived)
    }

    private var slope: Double {
        var (meanX, meanY) = (0.0, 0.0)
        for point in points {
            meanX += point.x
            meanY += point.y
        }
        meanX /= Double(DelayTrend.window)
        meanY /= Double(DelayTrend.window)
        var (covariance, variance) = (0.0, 0.0)
        for point in points {
            covariance += (point.x - meanX) * (point.y - meanY)
            variance += (point.x - meanX) * (point.x - meanX)
        }
        return variance > 0 ? covariance / variance : 0
    }

    private mutating func detect(_ trend: Double, interval: Double, at time: MediaTime) {
        let modified = Double(min(count, 60)) * trend * DelayTrend.gain
        if modified > threshold {
            overuseTime += interval
            overuses += 1
            if overuseTime > 10, overuses > 1, trend >= lastTrend { signal = .overuse }
        } else {
            overuseTime = 0
            overuses = 0
            signal = modified < -threshold ? .underuse : .normal
        }
        lastTrend = trend
        adapt(to: abs(modified), at: time)
    }

    private mutating func adapt(to modified: Double, at time: MediaTime) {
        let passed = lastUpdate.map { min(max((time - $0).milliseconds, 0), 100) } ?? 0
        lastUpdate = time
        // A sudden jump, as when a route changes, is no jitter.
        guard modified <= threshold + 15 else { return }
        let rate = modified < threshold ? 0.039 : 0.0087
        threshold = min(max(threshold + rate * (modified - threshold) * passed, 6), 600)
    }
}
