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
        /// Nil until the first picture's time has come.
        public let picture: Picture?
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
        var waiting: [(picture: Picture, time: MediaTime)] = []
        var current: (picture: Picture, time: MediaTime)?
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
        state.withLock { state in
            let newest = state.waiting.last?.time ?? state.current?.time
            if let newest, time <= newest {
                state.statistics.skipped += 1
                return
            }
            state.waiting.append((picture, time))
        }
    }

    /// Drops the oldest waiting pictures until the queue is within its bounds, as a live source does after each offer.
    public func dropExcess() {
        state.withLock { state in
            while state.waiting.count > 1, isFull(state) {
                state.waiting.removeFirst()
                state.statistics.skipped += 1
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
                state.waiting.removeFirst()
                state.statistics.skipped += 1
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
                guard let current = state.current else { return Shown(picture: nil, time: .zero, isNew: false) }
                if !state.hasEnded || !state.waiting.isEmpty { state.statistics.repeated += 1 }
                return Shown(picture: current.picture, time: current.time, isNew: false)
            }
            let current = state.waiting[taken - 1]
            state.waiting.removeFirst(taken)
            state.current = current
            state.statistics.used += 1
            state.statistics.skipped += taken - 1
            return Shown(picture: current.picture, time: current.time, isNew: true)
        }
    }

    public var statistics: Statistics { state.withLock(\.statistics) }
}
