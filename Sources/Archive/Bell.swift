import Glibc

/// Wakes one thread that waits, at once or after a while. The while is the monotonic clock's: timed waits for conditions
/// and semaphores go by the wall clock, and when that is set back by an hour they take an hour longer.
package final class Bell: Sendable {
    private let reading: Int32
    private let writing: Int32

    package init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { preconditionFailure("no descriptor is left for a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// From any thread; once is as good as several times.
    package func ring() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Returns when it has been rung since the last call, or after so many seconds.
    package func wait(seconds: Double) {
        var waited = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        _ = poll(&waited, 1, Int32(clamping: Int((seconds * 1000).rounded(.up))))
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(reading, &bytes, bytes.count) == bytes.count {}
    }
}
