import Foundation
import Glibc
import Synchronization
import Timing

/// Does the jobs of a store one after the other, as long as a service runs, on threads that give way to all others.
public final class ArchiveThread: Sendable {
    private let worker: ArchiveWorker
    private let state = Mutex(State())
    /// Rung when there may be something to do, and to stop.
    private let bell = Bell()
    private let ended = DispatchSemaphore(value: 0)
    private let log: @Sendable (String) -> Void

    private struct State {
        var isRunning = false
        var isStopping = false
    }

    /// - Parameter log: takes a line when the store fails.
    public init(_ worker: ArchiveWorker, log: @escaping @Sendable (String) -> Void) {
        self.worker = worker
        self.log = log
    }

    public func start() {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        let thread = Thread { [self] in
            // Of this thread alone, and of those that it starts: rooms come first (setpriority(2), NOTES).
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            work()
            ended.signal()
        }
        thread.name = "archive"
        thread.start()
    }

    /// A job has come.
    public func wake() { bell.ring() }

    /// Gives the present job back, and waits until the thread has ended, at most so many seconds. What is finished of the
    /// job is kept.
    public func stop(patience: Double = 5) {
        let isRunning = state.withLock { state in
            state.isStopping = true
            return state.isRunning
        }
        guard isRunning else { return }
        worker.stop()
        bell.ring()
        _ = ended.wait(timeout: .now() + patience)
    }

    private func work() {
        var failures = 0
        while !state.withLock(\.isStopping) {
            do throws(ArchiveError) {
                let didWork = try worker.runNext()
                failures = 0
                if didWork { continue }
            } catch {
                failures += 1
                if failures == 1 { log("archive: \(error.description)") }
            }
            // Jobs also come from other processes, and those of killed workers fall free without a sound.
            bell.wait(seconds: failures > 0 ? 10 : 1)
        }
    }
}
