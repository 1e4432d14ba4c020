public import Media
import Synchronization
public import Timing

/// The decoded pictures of one source, waiting for the tick that shows them.
///
/// A tick shows the newest picture whose time has come; pictures that another one overtook in the same tick are
/// skipped, and where none has come the last one is shown again. One thread offers pictures, another shows them.
///
/// The queue is bounded in media time. A live source drops its oldest picture when it is full; a source that is read
/// from a file is asked to wait instead (``hasRoom``), since nothing of a file may be lost.
public final class PictureTimeline: Sendable {
    /// What a tick gets.
    public struct Shown: Sendable {
        /// Nil until the first picture's time has come, and for a picture that was left undecoded.
        public let picture: Picture?
        /// Whether any picture's time has come, decoded or not.
        public let hasArrived: Bool
        /// The picture's own time.
        public let time: MediaTime
        /// Whether the tick before showed another one.
        public let isNew: Bool
    }

    /// Counts since the beginning.
    public struct Statistics: Sendable {
        /// Pictures that at least one tick showed.
        public var used = 0
        /// Ticks that showed the same picture as the tick before, though the source was still running.
        public var repeated = 0
        /// Pictures that no tick showed, since a newer one was due in the same tick, or the queue was full.
        public var skipped = 0

        public init() {}
    }

    private struct State {
        /// Without a picture where it was left undecoded.
        var waiting: [(picture: Picture?, time: MediaTime)] = []
        var current: (picture: Picture?, time: MediaTime)?
        var hasEnded = false
        var statistics = Statistics()
    }

    private let state = Mutex(State())
    /// How much may wait: more than this from the oldest waiting picture to the newest makes the queue full.
    public let span: MediaTime
    /// How many pictures may wait, whatever their times.
    public let limit: Int

    /// `limit` is at least 2.
    public init(span: MediaTime, limit: Int) {
        precondition(limit >= 2, "a queue of pictures holds at least two")
        self.span = span
        self.limit = limit
    }

    /// Adds a picture; one that is not later than the newest before it is dropped and counted as skipped.
    public func offer(_ picture: Picture, at time: MediaTime) {
        add(picture, at: time)
    }

    /// Adds a picture that nobody sees and that is therefore not decoded, so that its time is known.
    public func offerUndecoded(at time: MediaTime) {
        add(nil, at: time)
    }

    private func add(_ picture: Picture?, at time: MediaTime) {
        state.withLock { state in
            let newest = state.waiting.last?.time ?? state.current?.time
            if let newest, time <= newest {
                if picture != nil { state.statistics.skipped += 1 }
                return
            }
            state.waiting.append((picture, time))
        }
    }

    /// The time of the oldest undecoded picture that is shown now or waits; nil if there is none.
    public var firstUndecoded: MediaTime? {
        state.withLock { state in
            if let current = state.current, current.picture == nil { return current.time }
            return state.waiting.first { $0.picture == nil }?.time
        }
    }

    /// Puts a picture, decoded after all, in the place that was kept for it; it is dropped if there is none.
    public func fill(_ picture: Picture, at time: MediaTime) {
        state.withLock { state in
            if let current = state.current, current.picture == nil, current.time == time {
                state.current = (picture, time)
                state.statistics.used += 1
            } else if let place = state.waiting.firstIndex(where: { $0.time == time && $0.picture == nil }) {
                state.waiting[place].picture = picture
            }
        }
    }

    /// Gives up the places of waiting pictures that turned out not to exist, since they could not be decoded.
    public func dropUnfilled() {
        state.withLock { $0.waiting.removeAll { $0.picture == nil } }
    }

    /// Drops the oldest waiting pictures until the queue is within its bounds, as a live source does after each offer.
    public func dropExcess() {
        state.withLock { state in
            while state.waiting.count > 1, isFull(state) {
                if state.waiting.removeFirst().picture != nil { state.statistics.skipped += 1 }
            }
        }
    }

    /// Whether another picture would be within the bounds.
    public var hasRoom: Bool { state.withLock { !isFull($0) } }

    private func isFull(_ state: State) -> Bool {
        guard let first = state.waiting.first, let last = state.waiting.last else { return false }
        return state.waiting.count >= limit || last.time - first.time > span
    }

    /// No picture will follow.
    public func end() {
        state.withLock { $0.hasEnded = true }
    }

    /// Whether what is shown at `time` can no longer change: a later picture waits already, or none will come. Makes
    /// room by letting go of pictures that will be skipped then.
    public func isDecided(at time: MediaTime) -> Bool {
        state.withLock { state in
            while state.waiting.count > 1, state.waiting[1].time <= time {
                if state.waiting.removeFirst().picture != nil { state.statistics.skipped += 1 }
            }
            if state.hasEnded { return true }
            guard let newest = state.waiting.last else { return false }
            return newest.time > time
        }
    }

    /// Time of the newest picture offered, nil before the first.
    public var newestTime: MediaTime? {
        state.withLock { $0.waiting.last?.time ?? $0.current?.time }
    }

    /// The picture for a tick that shows what is due at or before `time`; times never go back.
    public func show(at time: MediaTime) -> Shown {
        state.withLock { state in
            var taken = 0
            while taken < state.waiting.count, state.waiting[taken].time <= time { taken += 1 }
            guard taken > 0 else {
                guard let current = state.current else {
                    return Shown(picture: nil, hasArrived: false, time: .zero, isNew: false)
                }
                let isRunning = !state.hasEnded || !state.waiting.isEmpty
                if isRunning, current.picture != nil { state.statistics.repeated += 1 }
                return Shown(picture: current.picture, hasArrived: true, time: current.time, isNew: false)
            }
            let current = state.waiting[taken - 1]
            state.statistics.skipped += state.waiting[..<(taken - 1)].count { $0.picture != nil }
            state.waiting.removeFirst(taken)
            state.current = current
            if current.picture != nil { state.statistics.used += 1 }
            return Shown(picture: current.picture, hasArrived: true, time: current.time, isNew: true)
        }
    }

    /// What the last tick showed, with a picture that has been decoded since.
    public var current: Shown {
        state.withLock { state in
            guard let current = state.current else {
                return Shown(picture: nil, hasArrived: false, time: .zero, isNew: false)
            }
            return Shown(picture: current.picture, hasArrived: true, time: current.time, isNew: false)
        }
    }

    public var statistics: Statistics { state.withLock(\.statistics) }
}
