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
    /// Of which a tick comes every other time, or less often.
    private let halves: FrameRate
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
        guard let halves = FrameRate(numerator: rate.numerator * 2, denominator: rate.denominator) else {
            preconditionFailure("a rate of at most 500,000")
        }
        self.halves = halves
    }

    /// Calls `body` with the time that each tick is for. `stride` is asked before each wait for how many halves of the
    /// rate's interval lie between two ticks: 2, or more where fewer are wanted.
    func start(
        stride: @escaping @Sendable () -> Int = { 2 }, _ body: @escaping @Sendable (MediaTime) -> Void
    ) {
        let thread = Thread { [self] in
            run(stride, body)
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

    private func run(_ stride: () -> Int, _ body: (MediaTime) -> Void) {
        let start = MonotonicClock.now
        var index: Int64 = 0
        while !isStopping.load(ordering: .acquiring) {
            let deadline = start + halves.time(ofFrame: index)
            Metronome.sleep(until: deadline)
            let began = MonotonicClock.now
            body(deadline)
            let ended = MonotonicClock.now
            let step = Int64(max(1, stride()))
            let next = index + step
            let missed = max(0, halves.frames(before: ended - start) - next + step - 1) / step
            index = next + missed * step
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
