/// Values that are costly to make, by what they depend on. At most `limit` are kept; the one unused for longest goes.
struct RecentCache<Key: Hashable, Value> {
    let limit: Int
    private var entries: [Key: (value: Value, lastUse: UInt64)] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func value(for key: Key, make: () -> Value) -> Value {
        uses += 1
        if let found = entries[key]?.value {
            entries[key]?.lastUse = uses
            return found
        }
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            entries[oldest] = nil
        }
        let made = make()
        entries[key] = (made, uses)
        return made
    }

    var count: Int { entries.count }
}
