/// Values that are costly to make, by what they depend on. At most `limit` are kept; the one unused for longest goes.
struct RecentCache<Key: Hashable, Value> {
    /// An object, so that a look-up that notes its use changes nothing in the dictionary and allocates nothing.
    private final class Entry {
        let value: Value
        var lastUse: UInt64

        init(value: Value, lastUse: UInt64) {
            self.value = value
            self.lastUse = lastUse
        }
    }

    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func value(for key: Key, make: () -> Value) -> Value {
        uses += 1
        if let found = entries[key] {
            found.lastUse = uses
            return found.value
        }
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            entries[oldest] = nil
        }
        let made = make()
        entries[key] = Entry(value: made, lastUse: uses)
        return made
    }
}
