/// Decides whose sound is decoded, so that what is too quiet to be heard costs nothing (design, P2 and section 6).
///
/// Loudness is known before decoding by what senders claim of each packet (RFC 6464). Decoded are those that are heard,
/// and of the others the loudest by their claims, a few more than can be heard, since the mixer chooses by what it
/// measures. Once decoded, a source stays so for half a second at least.
///
/// Claims are compared with what is measured while a source is decoded: who is far off, up or down, three times half a
/// second running is not believed any more, takes no place from others, and is always decoded. New sources, and now and
/// then all others, are decoded for a moment so that understatement is found out too. Who claims nothing is decoded.
public struct SoundScreen: Sendable {
    /// A source of this tick.
    public struct Candidate: Sendable {
        /// Stays with the source.
        public var id: Int
        /// dBov; nil if the sender does not tell.
        public var claim: Float?
        /// Its sound is in the mix, or fading out of it.
        public var isHeard: Bool
        /// Cannot be heard, however loud.
        public var isMuted: Bool

        public init(id: Int, claim: Float?, isHeard: Bool, isMuted: Bool) {
            self.id = id
            self.claim = claim
            self.isHeard = isHeard
            self.isMuted = isMuted
        }
    }

    private struct Record {
        /// Ticks for which it is decoded whatever it claims: two seconds at first.
        var held = 100
        var untilProbe: Int
        /// Of the window that is being compared.
        var ticks = 0
        var claimed: Float = -127
        var measured: Float = -127
        /// Windows in a row in which the claim was far too high (positive) or too low (negative), and in which it was
        /// right after that.
        var strikes = 0
        var amends = 0
        var isLiar = false
    }

    /// How many are decoded beyond those that can be heard.
    private static let spare = 2
    /// dBov below which nobody is let in; the mixer's own gate is a little above.
    private static let gate: Float = -64
    private static let hold = 25
    private static let window = 25
    /// dB that claim and measurement may differ by, over half a second's loudest.
    private static let tolerance: Float = 15
    /// Below this neither counts.
    private static let floor: Float = -55
    private static let probeInterval = 250

    /// How many are heard at a time; nil for all.
    private let limit: Int?
    private var records: [Int: Record] = [:]
    private var order: [Int] = []

    public init(limit: Int?) {
        self.limit = limit
    }

    /// Which of `candidates` are to be decoded in this tick, in their order.
    public mutating func choose(among candidates: [Candidate], into decoded: inout [Bool]) {
        decoded.removeAll(keepingCapacity: true)
        guard let limit else {
            decoded.append(contentsOf: repeatElement(true, count: candidates.count))
            return
        }
        order.removeAll(keepingCapacity: true)
        for (place, candidate) in candidates.enumerated() {
            var record = records[candidate.id] ?? SoundScreen.fresh(candidate.id)
            record.held = max(0, record.held - 1)
            record.untilProbe -= 1
            if record.untilProbe <= 0 {
                record.untilProbe = SoundScreen.probeInterval
                record.held = max(record.held, SoundScreen.window)
            }
            records[candidate.id] = record
            guard !candidate.isMuted else {
                decoded.append(candidate.isHeard)
                continue
            }
            let isBelieved = candidate.claim != nil && !record.isLiar
            decoded.append(candidate.isHeard || record.held > 0 || !isBelieved)
            if isBelieved, let claim = candidate.claim, claim > SoundScreen.gate { order.append(place) }
        }
        order.sort { (candidates[$0].claim ?? -127, $1) > (candidates[$1].claim ?? -127, $0) }
        for place in order.prefix(limit + SoundScreen.spare) {
            decoded[place] = true
            let id = candidates[place].id
            if records[id]?.held ?? 0 < SoundScreen.hold { records[id]?.held = SoundScreen.hold }
        }
    }

    /// Probes of different sources fall into different ticks.
    private static func fresh(_ id: Int) -> Record {
        Record(untilProbe: probeInterval + abs(id % 50) * 5)
    }

    /// Compares a claim with `level`, measured in dBFS as RFC 6464 means it, of a source that was decoded in this tick.
    public mutating func note(_ id: Int, claim: Float?, measured level: Float) {
        guard let claim, var record = records[id] else { return }
        record.ticks += 1
        record.claimed = max(record.claimed, claim)
        record.measured = max(record.measured, level)
        if record.ticks == SoundScreen.window { judge(&record) }
        records[id] = record
    }

    private func judge(_ record: inout Record) {
        let difference = record.claimed - record.measured
        if max(record.claimed, record.measured) > SoundScreen.floor {
            if abs(difference) > SoundScreen.tolerance {
                let isSameWay = (difference > 0) == (record.strikes > 0)
                record.strikes = (isSameWay ? record.strikes : 0) + (difference > 0 ? 1 : -1)
                record.amends = 0
                if abs(record.strikes) >= 3 { record.isLiar = true }
            } else {
                record.strikes = 0
                record.amends += 1
                // Ten seconds of sound with the truth.
                if record.amends >= 20 { record.isLiar = false }
            }
        }
        record.ticks = 0
        record.claimed = -127
        record.measured = -127
    }

    public mutating func remove(_ id: Int) { records[id] = nil }

    /// Whether a source's claims are passed over since they were found to be wrong.
    public func isDistrusted(_ id: Int) -> Bool { records[id]?.isLiar ?? false }
    /// Sources whose claims are passed over.
    public var distrusted: Int { records.values.reduce(0) { $0 + ($1.isLiar ? 1 : 0) } }
}
