public import Timing

/// Bounds what one address can ask for, and all together: connections at a time, and requests a second (a token bucket
/// each, with a smaller one for joins). An IPv6 network of 64 bits counts as one address, for it is given out as one.
public struct AddressLimits: Sendable {
    public struct Settings: Sendable, Equatable {
        /// Connections at a time, of one address and of all.
        public var connections = 128
        public var allConnections = 4096
        /// Requests a second that are answered for long, and how many at once.
        public var rate = 100.0
        public var burst = 200.0
        /// The same of POST requests, each of which can cost a session.
        public var joinRate = 20.0
        public var joinBurst = 120.0
        /// Addresses that are remembered.
        public var addresses = 8192
        public init() {}
    }

    private struct Bucket {
        var level: Double
        var updated: MediaTime

        /// Takes one out, if there is one after refilling.
        mutating func take(now: MediaTime, rate: Double, burst: Double) -> Bool {
            level = filled(now: now, rate: rate, burst: burst)
            updated = max(now, updated)
            guard level >= 1 else { return false }
            level -= 1
            return true
        }

        func filled(now: MediaTime, rate: Double, burst: Double) -> Double {
            min(burst, level + max(0, (now - updated).seconds) * rate)
        }
    }

    private struct Entry {
        var connections = 0
        var requests: Bucket
        var joins: Bucket
    }

    private let settings: Settings
    private var entries: [String: Entry] = [:]
    private var nextSweep = MediaTime.zero
    /// Connections that are open.
    public private(set) var connections = 0

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Addresses that are remembered at present.
    public var count: Int { entries.count }

    /// Whether one connection more is allowed; counts it if so. A proxy's connections are those of many.
    public mutating func open(_ address: String, isProxy: Bool = false, now: MediaTime) -> Bool {
        let key = AddressLimits.network(of: address)
        guard connections < settings.allConnections, var entry = entry(key, now: now),
            isProxy || entry.connections < settings.connections
        else { return false }
        entry.connections += 1
        connections += 1
        entries[key] = entry
        return true
    }

    /// A connection that ``open(_:now:)`` allowed has ended. What the address has used up stays remembered.
    public mutating func close(_ address: String) {
        let key = AddressLimits.network(of: address)
        guard let count = entries[key]?.connections, count > 0 else { return }
        entries[key]?.connections = count - 1
        connections -= 1
    }

    /// Whether one request more is allowed now; counts it if so. Nil if so, else the seconds after which there is room
    /// for another.
    public mutating func request(_ address: String, isJoin: Bool = false, now: MediaTime) -> Int? {
        let key = AddressLimits.network(of: address)
        // Without room to remember the address, there is none to bound it by.
        guard var entry = entry(key, now: now) else { return 1 }
        defer { entries[key] = entry }
        guard entry.requests.take(now: now, rate: settings.rate, burst: settings.burst) else {
            return AddressLimits.wait(settings.rate)
        }
        if isJoin, !entry.joins.take(now: now, rate: settings.joinRate, burst: settings.joinBurst) {
            return AddressLimits.wait(settings.joinRate)
        }
        return nil
    }

    private static func wait(_ rate: Double) -> Int { max(1, Int((1 / max(rate, 0.001)).rounded(.up))) }

    private mutating func entry(_ key: String, now: MediaTime) -> Entry? {
        if let entry = entries[key] { return entry }
        // Looking through all of them is work that a flood must not cause each time.
        if entries.count >= settings.addresses, now >= nextSweep {
            nextSweep = now + MediaTime(seconds: 1)
            forgetIdle(now: now)
        }
        guard entries.count < settings.addresses else { return nil }
        return Entry(
            requests: Bucket(level: settings.burst, updated: now),
            joins: Bucket(level: settings.joinBurst, updated: now))
    }

    /// Forgets addresses without connections whose buckets have filled up again: a new entry would say the same.
    private mutating func forgetIdle(now: MediaTime) {
        let settings = settings
        entries = entries.filter { _, entry in
            entry.connections > 0
                || entry.requests.filled(now: now, rate: settings.rate, burst: settings.burst) < settings.burst
                || entry.joins.filled(now: now, rate: settings.joinRate, burst: settings.joinBurst)
                    < settings.joinBurst
        }
    }

    /// The first 64 bits of an IPv6 address, as they are written in full; any other address as it is.
    static func network(of address: String) -> String {
        guard address.contains(":") else { return address }
        let halves = address.split(separator: "%")[0].components(separatedByDoubleColon: ())
        var groups = halves[0]
        if halves.count > 1 {
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - halves[1].count)) + halves[1]
        }
        return groups.prefix(4).map { $0.lowercased() }.joined(separator: ":") + "::/64"
    }
}

extension Substring {
    /// The groups before and after `::`.
    fileprivate func components(separatedByDoubleColon: Void) -> [[String]] {
        guard let gap = indices.first(where: { self[$0...].hasPrefix("::") }) else {
            return [split(separator: ":").map(String.init)]
        }
        return [self[..<gap], self[index(gap, offsetBy: 2)...]].map { $0.split(separator: ":").map(String.init) }
    }
}
