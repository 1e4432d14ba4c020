import Timing

/// Places that keep their occupants: the cells of one grid, or all tiles of one kind.
///
/// Who is in a place stays in it. Who comes takes the first free place. A place that somebody left stays free for a
/// while, so that nobody moves if another comes soon; then the last ones close the gaps.
struct SlotGroup: Sendable, Equatable {
    private(set) var slots: [String?] = []
    private var vacantSince: MediaTime?

    /// Seats `wanted`, the first of which are seated first. Returns the time at which gaps are to be closed, or nil.
    ///
    /// - Parameters:
    ///   - capacity: the number of places; of `wanted` no more are seated.
    ///   - hold: how long a gap is kept; zero closes it at once.
    ///   - reuse: false for places that stay their first occupant's for good.
    mutating func seat(
        _ wanted: [String], capacity: Int, at time: MediaTime, hold: MediaTime, reuse: Bool = true
    ) -> MediaTime? {
        let isWanted = Set(wanted)
        if slots.count > capacity { slots.removeLast(slots.count - capacity) }
        if reuse {
            for index in slots.indices {
                if let occupant = slots[index], !isWanted.contains(occupant) { slots[index] = nil }
            }
        }
        var seated = Set(slots.compactMap { $0 })
        var free = 0
        for id in wanted where !seated.contains(id) {
            while free < slots.count, slots[free] != nil { free += 1 }
            if free < slots.count {
                slots[free] = id
            } else if slots.count < capacity {
                slots.append(id)
            } else {
                break
            }
            seated.insert(id)
        }
        guard slots.contains(nil) else {
            vacantSince = nil
            return nil
        }
        let since = vacantSince ?? time
        if time - since < hold {
            vacantSince = since
            return since + hold
        }
        closeRanks()
        return nil
    }

    /// Moves the last ones into the gaps.
    private mutating func closeRanks() {
        vacantSince = nil
        var index = 0
        while index < slots.count {
            if slots[index] != nil {
                index += 1
            } else if let last = slots.removeLast(), index < slots.count {
                slots[index] = last
            }
        }
    }
}
