import Timing

/// Tiles on their way from one arrangement to the next.
struct Motion: Sendable {
    private struct Item: Sendable {
        /// As it is to be in the end.
        var tile: Tile
        var from: PixelRect
        var fromOpacity: Double
        var start: MediaTime
        var isLeaving = false
        /// A leaving tile that something of the same place fades in over stays as it is until it is covered.
        var isCovered = false

        /// 0 at the start of the way to 1 at its end.
        func progress(at time: MediaTime, _ transition: Transition) -> Double {
            let elapsed = (time - start).seconds
            return elapsed >= transition.duration ? 1 : max(0, elapsed / transition.duration)
        }

        var isSettled: Bool { !isLeaving && from == tile.rect && fromOpacity == tile.opacity }

        func rect(at time: MediaTime, _ transition: Transition) -> PixelRect {
            if from == tile.rect { return from }
            let share = transition.easing(progress(at: time, transition))
            func between(_ a: Int, _ b: Int) -> Int { even(Double(a) + Double(b - a) * share) }
            let (x, y) = (between(from.x, tile.rect.x), between(from.y, tile.rect.y))
            let right = between(from.x + from.width, tile.rect.x + tile.rect.width)
            let bottom = between(from.y + from.height, tile.rect.y + tile.rect.height)
            return PixelRect(x: x, y: y, width: max(2, right - x), height: max(2, bottom - y))
        }

        func opacity(at time: MediaTime, _ transition: Transition) -> Double {
            if isCovered { return fromOpacity }
            let target = isLeaving ? 0 : tile.opacity
            let share = transition.easing(progress(at: time, transition))
            return fromOpacity + (target - fromOpacity) * share
        }
    }

    private var items: [Item] = []

    /// Everything in place at once.
    mutating func settle(_ tiles: [Tile]) {
        items = tiles.map {
            Item(tile: $0, from: $0.rect, fromOpacity: $0.opacity, start: .zero)
        }
    }

    /// Sets out for another arrangement.
    mutating func head(for tiles: [Tile], at time: MediaTime, _ transition: Transition) {
        var known: [String: Int] = [:]
        for (index, item) in items.enumerated() { known[item.tile.id] = index }
        var stays = [Bool](repeating: false, count: items.count)
        var next: [Item] = []
        next.reserveCapacity(tiles.count)
        var newcomers: [PixelRect] = []
        for tile in tiles {
            guard let index = known[tile.id] else {
                next.append(Item(tile: tile, from: tile.rect, fromOpacity: 0, start: time))
                newcomers.append(tile.rect)
                continue
            }
            stays[index] = true
            var item = items[index]
            if item.tile.rect != tile.rect || item.isLeaving {
                item.from =
                    item.isLeaving || item.fromOpacity != item.tile.opacity || item.from != item.tile.rect
                    ? item.rect(at: time, transition) : item.tile.rect
                item.fromOpacity = item.opacity(at: time, transition)
                item.start = time
                item.isLeaving = false
                item.isCovered = false
            }
            item.tile = tile
            next.append(item)
        }
        var leaving: [Item] = []
        for index in items.indices where !stays[index] {
            var item = items[index]
            if !item.isLeaving {
                item.from = item.rect(at: time, transition)
                item.fromOpacity = item.opacity(at: time, transition)
                item.tile.rect = item.from
                item.tile.highlight = nil
                item.start = time
                item.isLeaving = true
                item.isCovered = newcomers.contains { $0.contains(item.from) }
            }
            leaving.append(item)
        }
        items = leaving + next
    }

    /// Appends the tiles of one instant to `tiles`, back to front. True while something is on its way.
    mutating func draw(into tiles: inout [Tile], at time: MediaTime, _ transition: Transition) -> Bool {
        items.removeAll { $0.isLeaving && $0.progress(at: time, transition) >= 1 }
        var isMoving = false
        for index in items.indices where !items[index].isSettled && !items[index].isLeaving {
            if items[index].progress(at: time, transition) >= 1 {
                items[index].from = items[index].tile.rect
                items[index].fromOpacity = items[index].tile.opacity
            }
        }
        for item in items {
            var tile = item.tile
            if !item.isSettled {
                isMoving = true
                tile.opacity = item.opacity(at: time, transition)
                let rect = item.rect(at: time, transition)
                if rect != tile.rect { tile.move(to: rect) }
            }
            tiles.append(tile)
        }
        guard isMoving else { return false }
        // Within a layer, what leaves lies below what stays, and what moves above both.
        let rank = items.map { $0.isLeaving ? 0 : $0.from == $0.tile.rect ? 1 : 2 }
        let order = tiles.indices.sorted { (tiles[$0].z, rank[$0], $0) < (tiles[$1].z, rank[$1], $1) }
        tiles = order.map { tiles[$0] }
        return true
    }
}

extension Tile {
    /// Takes another rectangle, with corners and label that fit it.
    fileprivate mutating func move(to rect: PixelRect) {
        self.rect = rect
        cornerRadius = min(cornerRadius, min(rect.width, rect.height) / 2)
        if let size = label?.fontSize {
            if let fitting = Label.size(size, in: rect) { label?.fontSize = fitting } else { label = nil }
        }
    }
}

extension PixelRect {
    fileprivate func contains(_ other: PixelRect) -> Bool {
        x <= other.x && y <= other.y && x + width >= other.x + other.width && y + height >= other.y + other.height
    }
}
