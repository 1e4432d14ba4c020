public import Mixing
import Synchronization
import Timing

/// What the server gives up at present since the machine cannot keep up: one decision for all rooms, as they share the
/// machine. Told by the encoding threads, asked by the frame clock.
final class Overload: Sendable {
    private struct State {
        var controller = OverloadController()
        var steps = 0
        var last: OverloadController.Change?
    }

    private let state = Mutex(State())
    private let current = Atomic(Degradation.none.rawValue)
    private let listener = Mutex<(@Sendable (OverloadController.Change) -> Void)?>(nil)

    /// What is given up.
    var step: Degradation { Degradation(rawValue: current.load(ordering: .relaxed)) ?? .none }

    /// Steps taken since the start, and steps taken back.
    var changes: Int { state.withLock(\.steps) }

    /// `work` of one frame in an interval of `budget`.
    func note(work: MediaTime, budget: MediaTime) {
        state.withLock { $0.controller.note(load: work.seconds / budget.seconds) }
    }

    /// A tick that was left out.
    func noteOverrun() { state.withLock { $0.controller.note(load: 2) } }

    /// Called by the frame clock each tick.
    func advance(to now: MediaTime) {
        let change = state.withLock { state -> OverloadController.Change? in
            guard let change = state.controller.advance(to: now) else { return nil }
            state.steps += 1
            state.last = change
            return change
        }
        guard let change else { return }
        current.store(change.to.rawValue, ordering: .relaxed)
        listener.withLock { $0 }?(change)
    }

    /// `listener` is told of each step on the frame clock's thread, which it must not hold up.
    func listen(_ listener: @escaping @Sendable (OverloadController.Change) -> Void) {
        self.listener.withLock { $0 = listener }
    }
}

extension LiveServer {
    /// What the server gives up at present since the machine cannot keep up.
    public var degradation: Degradation { overload.step }

    /// `listener` is told of each step that is taken or taken back, on the frame clock's thread: it must not wait.
    public func onDegradation(_ listener: @escaping @Sendable (OverloadController.Change) -> Void) {
        overload.listen(listener)
    }

    /// Throws with 503 while nobody more can be taken in.
    func checkCapacity() throws(LiveError) {
        guard !overload.step.refusesParticipants else {
            throw LiveError(503, "this machine is at its limit; try again later", retryAfter: 15)
        }
    }
}
