import RTP
import Timing

/// A one-way network in virtual time: what is put in comes out late, out of order, twice or never, as its seed says.
struct VirtualLink {
    struct Impairment {
        var delay = MediaTime.milliseconds(25)
        /// Uniform, on top of the delay; without reordering by itself unless ``jitterReorders``.
        var jitter = MediaTime.zero
        var jitterReorders = false
        /// 0 to 1 each.
        var loss = 0.0
        /// Share of packets held back by ``reorderDelay``.
        var reordering = 0.0
        var reorderDelay = MediaTime.milliseconds(12)
        var duplication = 0.0
        var outages: [Range<MediaTime>] = []
    }

    private struct InFlight {
        var at: MediaTime
        var order: Int
        var bytes: [UInt8]
    }

    var impairment: Impairment
    private var random: SeededGenerator
    private var inFlight: [InFlight] = []
    private var lastInOrder = MediaTime.zero
    private var order = 0

    init(_ impairment: Impairment, seed: UInt64) {
        self.impairment = impairment
        random = SeededGenerator(seed: seed)
    }

    mutating func send(_ bytes: [UInt8], now: MediaTime) {
        let copies = Double.random(in: 0..<1, using: &random) < impairment.duplication ? 2 : 1
        let isLost = Double.random(in: 0..<1, using: &random) < impairment.loss
        let jitter = Int64.random(in: 0...max(0, impairment.jitter.nanoseconds), using: &random)
        let isHeld = Double.random(in: 0..<1, using: &random) < impairment.reordering
        guard !isLost, !impairment.outages.contains(where: { $0.contains(now) }) else { return }
        for copy in 0..<copies {
            var at = now + impairment.delay + MediaTime(nanoseconds: jitter)
            if impairment.jitterReorders {
                // Each packet for itself.
            } else if isHeld {
                at = at + impairment.reorderDelay
            } else {
                at = max(at, lastInOrder)
                lastInOrder = at
            }
            order += 1
            inFlight.append(InFlight(at: at + .milliseconds(Int64(copy * 3)), order: order, bytes: bytes))
        }
    }

    /// What has arrived by `now`, in the order of arrival.
    mutating func receive(now: MediaTime) -> [[UInt8]] {
        let arrived = inFlight.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        inFlight.removeAll { $0.at <= now }
        return arrived.map(\.bytes)
    }
}
