import Glibc

/// The machine's monotonic clock. Only drivers and measurements read it; what decides is given its time.
public enum MonotonicClock {
    /// Time since some fixed instant in the past, not moved by changes of the wall clock.
    public static var now: MediaTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MediaTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
