import Timing

/// How much of what was sent has come through of late, in bits per second.
struct DeliveredRate: Sendable {
    private static let memory = 512
    private static let window = MediaTime.milliseconds(500)

    private var samples = [(sent: MediaTime, arrived: MediaTime, size: Int)](
        repeating: (.zero, .zero, 0), count: memory)
    private var first = 0
    private var count = 0
    private var bytes = 0

    mutating func add(sent: MediaTime, arrived: MediaTime, size: Int) {
        if count > 0, abs((arrived - samples[last].arrived).milliseconds) > 1000 { clear() }
        while count > 0, count == DeliveredRate.memory || arrived - samples[first].arrived > DeliveredRate.window {
            bytes -= samples[first].size
            first = (first + 1) % DeliveredRate.memory
            count -= 1
        }
        samples[(first + count) % DeliveredRate.memory] = (sent, arrived, size)
        count += 1
        bytes += size
    }

    private var last: Int { (first + count - 1) % DeliveredRate.memory }

    private mutating func clear() {
        first = 0
        count = 0
        bytes = 0
    }

    /// Nil while too little is known. A receiver that claims that all came at once cannot raise it above twice the
    /// rate of sending.
    var bitsPerSecond: Int? {
        guard count >= 6 else { return nil }
        let arrivals = samples[last].arrived - samples[first].arrived
        let sendings = samples[last].sent - samples[first].sent
        let span = max(arrivals.nanoseconds, sendings.nanoseconds / 2)
        guard span >= 100_000_000 else { return nil }
        return Int(Double(bytes - samples[first].size) * 8e9 / Double(span))
    }
}
