import CLinux
import Foundation
import Glibc
import Mixing
import Synchronization
import Timing

/// A thread that does something at fixed instants of the monotonic clock. Deadlines are absolute, so that ticks do not
/// drift; ticks whose time has passed by more than an interval are left out and counted, never made up for.
final class Metronome: @unchecked Sendable {
    private let name: String
    private let rate: FrameRate
    private let isStopping = Atomic(false)
    private let done = DispatchSemaphore(value: 0)

    struct Figures {
        var ticks: Int64 = 0
        /// Ticks that were left out.
        var missed: Int64 = 0
        /// How long the work of a tick took.
        var work = DurationHistogram()
        /// How late the work of a tick began.
        var lateness = DurationHistogram()
    }

    private let figures = Mutex(Figures())

    init(name: String, rate: FrameRate) {
        self.name = name
        self.rate = rate
    }

    /// Calls `body` with the time that each tick is for.
    func start(_ body: @escaping @Sendable (MediaTime) -> Void) {
        let thread = Thread { [self] in
            run(body)
            done.signal()
        }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        done.wait()
    }

    private func run(_ body: (MediaTime) -> Void) {
        let start = MonotonicClock.now
        var index: Int64 = 0
        while !isStopping.load(ordering: .acquiring) {
            let deadline = start + rate.time(ofFrame: index)
            Metronome.sleep(until: deadline)
            let began = MonotonicClock.now
            body(deadline)
            let ended = MonotonicClock.now
            let next = index + 1
            index = max(next, rate.frames(before: ended - start))
            let missed = index - next
            figures.withLock { figures in
                figures.ticks += 1
                figures.missed += missed
                figures.work.record(ended - began)
                figures.lateness.record(began - deadline)
            }
        }
    }

    private static func sleep(until deadline: MediaTime) {
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }

    var snapshot: Figures { figures.withLock { $0 } }
}
