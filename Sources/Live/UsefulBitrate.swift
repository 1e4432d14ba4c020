import Foundation
package import Timing

/// How much is asked of a publisher, all streams together: what fills the tiles that show them, and no more. More is
/// asked for at once; less only after it has been enough for a while, since a tile may come back, and senders climb
/// slowly.
package struct UsefulBitrate {
    /// Bits per second.
    private static let sound = 64_000.0
    private static let hidden = 36_000.0
    private static let best = 2_500_000.0
    private static let patience = MediaTime(seconds: 3)
    /// A wish is repeated, for who did not get it.
    private static let repetition = MediaTime(seconds: 2)

    /// Pictures of one source.
    package struct Source {
        /// Whether any view shows it, or somebody records it.
        package var isWanted: Bool
        /// Pixels; nil while unknown, or for a screen, which should be sharp.
        package var height: Int?
        /// Simulcast: the layers below the one that is shown are sent as well.
        package var isLayered: Bool

        package init(isWanted: Bool, height: Int?, isLayered: Bool = false) {
            self.isWanted = isWanted
            self.height = height
            self.isLayered = isLayered
        }
    }

    /// Bits per second that were asked for last; nil before.
    package private(set) var asked: Int?
    private var lowerSince: MediaTime?
    private var lastSent = MediaTime.zero

    package init() {}

    /// What pictures of a height need, bits per second: 160 kbit/s for 180 lines, 520 for 360, 1700 for 720.
    package static func bitrate(of source: Source) -> Double {
        guard source.isWanted else { return hidden }
        guard let height = source.height else { return best }
        let rate = 1_700_000 * pow(Double(max(height, 90)) / 720, 1.7)
        return min(source.isLayered ? rate * 1.6 : rate, best)
    }

    /// What to ask for now; nil for nothing new.
    package mutating func update(_ sources: [Source], now: MediaTime) -> Int? {
        guard !sources.isEmpty else { return nil }
        let wanted = Int(sources.reduce(UsefulBitrate.sound) { $0 + UsefulBitrate.bitrate(of: $1) })
        let current = asked ?? Int(UsefulBitrate.best) * 2
        if wanted * 10 < current * 9 {
            let since = lowerSince ?? now
            lowerSince = since
            guard now - since >= UsefulBitrate.patience else { return again(now) }
            return ask(wanted, now)
        }
        lowerSince = nil
        return wanted * 9 > current * 10 ? ask(wanted, now) : again(now)
    }

    private mutating func ask(_ bitrate: Int, _ now: MediaTime) -> Int {
        asked = bitrate
        lowerSince = nil
        lastSent = now
        return bitrate
    }

    private mutating func again(_ now: MediaTime) -> Int? {
        guard let asked, now - lastSent >= UsefulBitrate.repetition else { return nil }
        lastSent = now
        return asked
    }
}
