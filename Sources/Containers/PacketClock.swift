import Timing

/// Makes whole the timestamps of one file: fills in what is missing, and closes jumps that cannot be meant.
///
/// - A packet without any time follows its predecessor at the predecessor's duration.
/// - Decoding times of a stream never run backwards.
/// - When times jump back by more than ``backwardLimit`` (a counter wrapped, or files were joined) or ahead by more than
///   ``forwardLimit``, all of the file's times are shifted from there on so that they go on where they were. Smaller
///   jumps ahead are gaps, which are real.
struct PacketClock {
    static let backwardLimit = MediaTime(seconds: 5)
    static let forwardLimit = MediaTime(seconds: 24 * 3600)
    /// How far apart showing and decoding one picture can be.
    static let reorderLimit = MediaTime(seconds: 30)

    private(set) var repairs = 0
    /// Added to every time of the file.
    private var shift = MediaTime.zero
    private var tracks: [Track: State] = [:]
    /// The latest end of anything so far.
    private var frontier: MediaTime?

    private struct State {
        var decodeTime: MediaTime
        var end: MediaTime
    }

    /// - Parameters:
    ///   - interval: what to take for the duration of a packet without one.
    mutating func place(
        track: Track, time: MediaTime?, decodeTime: MediaTime?, duration: MediaTime, interval: MediaTime
    ) -> (time: MediaTime, decodeTime: MediaTime) {
        let previous = tracks[track]
        let time = time.map(clamped)
        let decodeTime = decodeTime.map(clamped)
        let step = duration > .zero ? clamped(duration) : interval
        var decode: MediaTime
        var show: MediaTime
        switch (time, decodeTime) {
        case (let time?, let decodeTime?):
            show = clamped(time + shift)
            decode = clamped(decodeTime + shift)
            if show > decode + PacketClock.reorderLimit || show < decode - PacketClock.reorderLimit {
                show = decode
                repairs += 1
            }
        case (let time?, nil):
            show = clamped(time + shift)
            // Some containers leave it out round reordered pictures.
            decode = min(show, previous?.decodeTime ?? show)
            if show < decode - PacketClock.backwardLimit || show > decode + PacketClock.reorderLimit { decode = show }
        case (nil, let decodeTime?):
            decode = clamped(decodeTime + shift)
            show = decode
            repairs += 1
        case (nil, nil):
            decode = previous?.end ?? frontier ?? .zero
            show = decode
            repairs += 1
        }
        if let frontier,
            previous.map({ decode < $0.decodeTime - PacketClock.backwardLimit }) ?? false
                || decode > frontier + PacketClock.forwardLimit
        {
            // One offset for both streams keeps them in step; the stream that comes second finds it already applied.
            let goal = max(previous?.end ?? frontier, frontier - PacketClock.backwardLimit)
            let change = clamped(goal - decode)
            shift = clamped(shift + change)
            decode = goal
            show = clamped(show + change)
            repairs += 1
        }
        if let previous, decode < previous.decodeTime {
            decode = previous.decodeTime
            repairs += 1
        }
        let end = clamped(max(show, decode) + step)
        tracks[track] = State(decodeTime: decode, end: end)
        frontier = max(frontier ?? end, end)
        return (show, decode)
    }

    /// Follows a change of the timeline's zero.
    mutating func move(by change: MediaTime) {
        tracks = tracks.mapValues {
            State(decodeTime: clamped($0.decodeTime + change), end: clamped($0.end + change))
        }
        frontier = frontier.map { clamped($0 + change) }
    }

    /// Forgets where the streams were, as after a jump to another place of the file.
    mutating func restart() {
        tracks = [:]
        frontier = nil
    }

    private func clamped(_ time: MediaTime) -> MediaTime {
        min(max(time, -MediaTime.limit), MediaTime.limit)
    }
}
