import Timing

/// What the regions of one variant show at one instant: the first half of a step, without any geometry.
struct Casting {
    enum Content {
        case exhibit(Exhibit)
        case image(String)
        case nothing
    }

    struct GridCells {
        /// Which grid of the variant this is, in the order of the file.
        var ordinal: Int
        /// Occupants by place; nil is a gap that is kept for the moment.
        var cells: [Exhibit?]
        /// How many have no tile of their own; the tile that says so follows the cells.
        var overflow: Int?
        /// Whether its tiles may repeat what another region shows.
        var repeats: Bool

        var count: Int { cells.count + (overflow == nil ? 0 : 1) }
    }

    /// By the region's number; a tile that is missing has nothing to show.
    private(set) var tiles: [Int: Content] = [:]
    private(set) var grids: [Int: GridCells] = [:]
    /// When a gap is to be closed.
    private(set) var deadline: MediaTime?

    private let roster: Roster
    private let time: MediaTime
    private let hold: MediaTime
    private var claimed: Set<String> = []

    /// - Parameters:
    ///   - groups: who sat where, by group; updated.
    ///   - hold: how long a gap stays open; zero when the arrangement changes anyway.
    init(_ root: Region, roster: Roster, groups: inout [String: SlotGroup], time: MediaTime, hold: MediaTime) {
        self.roster = roster
        self.time = time
        self.hold = hold
        var tileRegions: [(number: Int, tile: TileRegion)] = []
        var gridRegions: [(number: Int, grid: Grid)] = []
        Casting.collect(root, &tileRegions, &gridRegions)
        cast(tileRegions, &groups)
        for isLast in [false, true] {
            for (ordinal, region) in gridRegions.enumerated() where region.grid.takesTheRest == isLast {
                fill(region.number, region.grid, ordinal: ordinal, &groups)
            }
        }
    }

    private static func collect(
        _ region: Region, _ tiles: inout [(number: Int, tile: TileRegion)],
        _ grids: inout [(number: Int, grid: Grid)]
    ) {
        switch region.kind {
        case .split(_, _, let children), .layers(let children):
            for child in children { collect(child, &tiles, &grids) }
        case .grid(let grid): grids.append((region.number, grid))
        case .tile(let tile): tiles.append((region.number, tile))
        }
    }

    // MARK: Single tiles

    /// Every open tile is at one of its sources. Fixed ones are settled first, then those for active speakers, then
    /// those for whoever is next; a source that yields nothing gives way to the tile's next one.
    private mutating func cast(_ regions: [(number: Int, tile: TileRegion)], _ groups: inout [String: SlotGroup]) {
        var open = regions.map { (number: $0.number, sources: $0.tile.sources[...]) }
        // Tells groups of the same source apart; nearly always there is one.
        var rounds: [TileSource: Int] = [:]
        while !open.isEmpty {
            let fixed = open.indices.filter { open[$0].sources.first!.isFixed }
            if !fixed.isEmpty {
                for index in fixed { settle(open[index].number, fixedContent(open[index].sources.first!)) }
                advance(&open, fixed)
                continue
            }
            let isForSpeakers = open.contains { $0.sources.first == .speaker }
            let first = isForSpeakers ? TileSource.speaker : open[0].sources.first!
            let group = open.indices.filter { open[$0].sources.first == first }
            let candidates: [Int]
            if case .next(let order) = first {
                candidates = roster.inOrder(order)
            } else {
                candidates = roster.speakers
            }
            let key = "\(isForSpeakers ? "speaker" : "next:\(first)")#\(rounds[first, default: 0])"
            seat(group.map { open[$0].number }, candidates, key: key, keepsGaps: !isForSpeakers, &groups)
            advance(&open, group)
            rounds[first, default: 0] += 1
        }
    }

    /// Takes away the first source of each of `indices`, and the tiles that are settled or have no source left.
    private func advance(_ open: inout [(number: Int, sources: ArraySlice<TileSource>)], _ indices: [Int]) {
        for index in indices { open[index].sources.removeFirst() }
        open.removeAll { tiles[$0.number] != nil || $0.sources.isEmpty }
    }

    private mutating func settle(_ number: Int, _ content: Content?) {
        guard let content else { return }
        tiles[number] = content
        if case .exhibit(let exhibit) = content { claimed.insert(exhibit.key(roster)) }
    }

    private func fixedContent(_ source: TileSource) -> Content? {
        switch source {
        case .participant(let pattern): return first(asScreen: false) { pattern.matches($0) }
        case .role(let role): return first(asScreen: false) { $0.role == role }
        case .screen: return first(asScreen: true) { $0.sharesScreen }
        case .image(let name): return .image(name)
        case .nothing: return .nothing
        case .speaker, .next: return nil
        }
    }

    /// The first to join of those who are meant and not shown yet.
    private func first(asScreen isScreen: Bool, where isMeant: (Stage.Participant) -> Bool) -> Content? {
        for index in roster.participants.indices where isMeant(roster.participants[index]) {
            let exhibit = Exhibit(participant: index, isScreen: isScreen)
            if !claimed.contains(exhibit.key(roster)) { return .exhibit(exhibit) }
        }
        return nil
    }

    private mutating func seat(
        _ numbers: [Int], _ candidates: [Int], key: String, keepsGaps: Bool, _ groups: inout [String: SlotGroup]
    ) {
        var wanted: [String] = []
        for index in candidates where wanted.count < numbers.count {
            let key = Exhibit(participant: index, isScreen: false).key(roster)
            if !claimed.contains(key) { wanted.append(key) }
        }
        let slots = seat(
            wanted, key: key, capacity: numbers.count, hold: keepsGaps ? hold : .zero, reuse: true, &groups)
        for (number, slot) in zip(numbers, slots) { settle(number, slot.map(Content.exhibit)) }
    }

    private mutating func seat(
        _ wanted: [String], key: String, capacity: Int, hold: MediaTime, reuse: Bool,
        _ groups: inout [String: SlotGroup]
    ) -> [Exhibit?] {
        var group = groups[key] ?? SlotGroup()
        if let closing = group.seat(wanted, capacity: capacity, at: time, hold: hold, reuse: reuse) {
            deadline = min(deadline ?? closing, closing)
        }
        groups[key] = group
        let isWanted = Set(wanted)
        return group.slots.map { id in
            guard let id, isWanted.contains(id), let index = roster.index(of: String(id.dropFirst(7))) else {
                return nil
            }
            return Exhibit(participant: index, isScreen: id.hasPrefix("screen:"))
        }
    }

    // MARK: Grids

    private mutating func fill(
        _ number: Int, _ grid: Grid, ordinal: Int, _ groups: inout [String: SlotGroup]
    ) {
        let candidates = candidates(for: grid)
        guard !candidates.isEmpty, candidates.count >= grid.minimum else {
            groups["grid#\(ordinal)"] = nil
            return
        }
        var places = grid.maximum
        var overflow: Int?
        if candidates.count > places, grid.overflow, places > 1, grid.reuse {
            places -= 1
            overflow = candidates.count - places
        }
        let wanted = candidates.prefix(places).map { $0.key(roster) }
        let cells = seat(
            wanted, key: "grid#\(ordinal)", capacity: places, hold: hold, reuse: grid.reuse, &groups)
        let repeats = grid.sources.contains(.everybody)
        if !repeats {
            for case let exhibit? in cells { claimed.insert(exhibit.key(roster)) }
        }
        grids[number] = GridCells(ordinal: ordinal, cells: cells, overflow: overflow, repeats: repeats)
    }

    private func candidates(for grid: Grid) -> [Exhibit] {
        let order = roster.inOrder(grid.order)
        let repeats = grid.sources.contains(.everybody)
        var taken: Set<Exhibit> = []
        var result: [Exhibit] = []
        for source in grid.sources {
            for index in order {
                let participant = roster.participants[index]
                let isScreen = source == .screen
                let isMeant =
                    switch source {
                    case .others, .everybody: true
                    case .screen: participant.sharesScreen
                    case .participant(let pattern): pattern.matches(participant)
                    case .role(let role): participant.role == role
                    }
                let exhibit = Exhibit(participant: index, isScreen: isScreen)
                guard isMeant, repeats || !claimed.contains(exhibit.key(roster)),
                    !grid.except.contains(where: { $0.matches(participant) }), taken.insert(exhibit).inserted
                else { continue }
                result.append(exhibit)
            }
        }
        return result
    }
}

extension TileSource {
    /// Whether what it shows does not depend on who else is shown where.
    fileprivate var isFixed: Bool {
        switch self {
        case .speaker, .next: false
        case .screen, .participant, .role, .image, .nothing: true
        }
    }
}

extension Grid {
    /// Whether it takes whoever is left, so that all other regions come first.
    fileprivate var takesTheRest: Bool { sources.contains(.others) || sources.contains(.everybody) }
}
