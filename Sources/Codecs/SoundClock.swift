import Media
import Timing

/// Times for sound that comes in pieces: the time of the first piece, plus the samples since. So they are exact to
/// the sample for hours, however coarsely the pieces' own times are rounded.
struct SoundClock {
    /// A piece whose own time is further off than this starts a new count: something is missing, or the clocks of
    /// sound and container have drifted apart.
    static let tolerance = MediaTime.milliseconds(20)

    /// Samples a second.
    let rate: Int64
    private var anchor: MediaTime?
    private var count: Int64 = 0

    init(rate: Int = SoundBlock.sampleRate) {
        self.rate = Int64(rate)
    }

    /// The time of the next sample; nil before the first.
    var now: MediaTime? { anchor.map { $0 + MediaTime(clamping: count, per: rate) } }

    /// True if a piece of this time does not continue what went before.
    func isBroken(by time: MediaTime) -> Bool {
        guard let now else { return false }
        return time - now > SoundClock.tolerance || now - time > SoundClock.tolerance
    }

    /// Begins a new count at `time`.
    mutating func restart(at time: MediaTime) {
        anchor = time
        count = 0
    }

    mutating func advance(_ frames: Int) { count += Int64(frames) }

    mutating func reset() { anchor = nil }
}
