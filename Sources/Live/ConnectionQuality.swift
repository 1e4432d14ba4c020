package import Timing

/// How good a participant's connection is, by the loss and the round trip of both ways.
public enum ConnectionQuality: String, Sendable, Codable, Comparable {
    /// Loss of 5 % and more, or a round trip of 300 ms and more.
    case poor
    /// Loss of 1 % and more, or a round trip of 150 ms and more.
    case fair
    case good

    /// `loss` from 0 to 1; without a round trip, by loss alone.
    package init(loss: Double, roundTrip: MediaTime?) {
        let trip = roundTrip ?? .zero
        if loss >= 0.05 || trip >= .milliseconds(300) {
            self = .poor
        } else if loss >= 0.01 || trip >= .milliseconds(150) {
            self = .fair
        } else {
            self = .good
        }
    }

    private var rank: Int {
        switch self {
        case .poor: 0
        case .fair: 1
        case .good: 2
        }
    }

    public static func < (one: ConnectionQuality, other: ConnectionQuality) -> Bool { one.rank < other.rank }
}

/// Follows the quality of one connection: worse when it has been so for two reports, better when it has for five, so that
/// marks do not flicker.
package struct QualityMeter {
    private static let patience = (worse: 2, better: 5)

    package private(set) var quality = ConnectionQuality.good
    private var loss = 0.0
    private var roundTrip: Double?
    private var pending: (quality: ConnectionQuality, count: Int)?

    package init() {}

    /// Takes what was seen in the last second or so.
    package mutating func note(loss: Double, roundTrip: MediaTime?) {
        self.loss += 0.3 * (min(max(loss, 0), 1) - self.loss)
        if let now = roundTrip?.milliseconds {
            self.roundTrip = self.roundTrip.map { $0 + 0.3 * (now - $0) } ?? now
        }
        let seen = ConnectionQuality(loss: self.loss, roundTrip: self.roundTrip.map { MediaTime(seconds: $0 / 1000) })
        guard seen != quality else {
            pending = nil
            return
        }
        let isSame = pending.map { ($0.quality < quality) == (seen < quality) } ?? false
        let count = isSame ? (pending?.count ?? 0) + 1 : 1
        pending = (seen, count)
        guard count >= (seen < quality ? QualityMeter.patience.worse : QualityMeter.patience.better) else { return }
        quality = seen
        pending = nil
    }
}
