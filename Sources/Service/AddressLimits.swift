public import Timing

/// Bounds what one address can ask for: connections at a time, and requests a second (a token bucket each).
public struct AddressLimits: Sendable {
    public struct Settings: Sendable {
        public var connections = 128
        /// Requests a second that are answered for long, and how many at once.
        public var rate = 100.0
        public var burst = 200.0
        /// Addresses that are remembered.
        public var addresses = 8192
        public init() {}
    }

    private struct Entry {
        var connections = 0
        var allowance: Double
        var updated: MediaTime
    }

    private let settings: Settings
    private var entries: [String: Entry] = [:]

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Whether one connection more is allowed; counts it if so.
    public mutating func open(_ address: String, now: MediaTime) -> Bool {
        if entries[address] == nil {
            if entries.count >= settings.addresses { forgetIdle(now: now) }
            guard entries.count < settings.addresses else { return false }
            entries[address] = Entry(allowance: settings.burst, updated: now)
        }
        guard entries[address]!.connections < settings.connections else { return false }
        entries[address]!.connections += 1
        return true
    }

    public mutating func close(_ address: String) {
        guard let count = entries[address]?.connections, count > 0 else { return }
        entries[address]!.connections = count - 1
    }

    /// Whether one request more is allowed now; counts it if so.
    public mutating func request(_ address: String, now: MediaTime) -> Bool {
        var entry = entries[address] ?? Entry(allowance: settings.burst, updated: now)
        entry.allowance = min(settings.burst, entry.allowance + (now - entry.updated).seconds * settings.rate)
        entry.updated = now
        let isAllowed = entry.allowance >= 1
        if isAllowed { entry.allowance -= 1 }
        if entries[address] != nil { entries[address] = entry }
        return isAllowed
    }

    /// Forgets addresses without connections whose allowance has filled up again.
    private mutating func forgetIdle(now: MediaTime) {
        entries = entries.filter { _, entry in
            entry.connections > 0
                || entry.allowance + (now - entry.updated).seconds * settings.rate < settings.burst
        }
    }
}
