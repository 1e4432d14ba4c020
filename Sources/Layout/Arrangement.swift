/// The second half of a step: where everything is, in pixels.
struct Arrangement {
    private(set) var tiles: [Tile] = []

    private let casting: Casting
    private let appearance: Appearance
    private let height: Int

    init(_ root: Region, casting: Casting, appearance: Appearance, canvas: CanvasSize) {
        self.casting = casting
        self.appearance = appearance
        height = canvas.height
        place(root, in: PixelRect(x: 0, y: 0, width: canvas.width, height: canvas.height))
        // Equal `z` stays in the order of the file.
        let order = tiles.indices.sorted { (tiles[$0].z, $0) < (tiles[$1].z, $1) }
        tiles = order.map { tiles[$0] }
    }

    private mutating func place(_ region: Region, in outer: PixelRect) {
        guard outer.width >= 2, outer.height >= 2 else { return }
        let rect = outer.inset(by: gap(region.padding))
        switch region.kind {
        case .layers(let children):
            for child in children { place(child, in: rect.part(child.place)) }
        case .split(let vertical, let spacing, let children):
            let present = children.filter { !collapses($0) }
            for (child, part) in zip(present, split(rect, vertical: vertical, spacing: spacing, present)) {
                place(child, in: part)
            }
        case .tile(let tile):
            let size = tile.aspect.fitted(width: Double(rect.width), height: Double(rect.height))
            let inner = rect.centred(width: even(size.width), height: even(size.height))
            if let content = casting.tiles[region.number] {
                add(appearance.tile(content, region: region, rect: inner))
            } else if region.whenEmpty == .background {
                add(appearance.empty(region, rect: inner))
            }
        case .grid(let grid):
            guard let cells = casting.grids[region.number] else {
                if region.whenEmpty == .background { add(appearance.empty(region, rect: rect)) }
                return
            }
            fill(region, grid, cells, rect)
        }
    }

    private mutating func fill(_ region: Region, _ grid: Grid, _ cells: Casting.GridCells, _ rect: PixelRect) {
        let shape = GridShape(
            grid, count: cells.count, width: rect.width, height: rect.height, gap: gap(grid.spacing))
        for index in 0..<cells.count {
            let place = shape.rect(of: index, count: cells.count, in: rect, grid)
            if index == cells.cells.count {
                add(appearance.overflow(cells, region: region, rect: place))
            } else if let exhibit = cells.cells[index] {
                let suffix = cells.repeats ? "@grid\(cells.ordinal)" : ""
                add(appearance.tile(.exhibit(exhibit), region: region, rect: place, suffix: suffix))
            }
        }
    }

    private mutating func add(_ tile: Tile) {
        guard tile.rect.width >= 2, tile.rect.height >= 2 else { return }
        tiles.append(tile)
    }

    /// Whether the region leaves its space in a split to its siblings.
    private func collapses(_ region: Region) -> Bool {
        guard region.whenEmpty == .collapse else { return false }
        switch region.kind {
        case .tile: return casting.tiles[region.number] == nil
        case .grid: return casting.grids[region.number] == nil
        case .split(_, _, let children), .layers(let children): return children.allSatisfy(collapses)
        }
    }

    /// Parts by weight with equal gaps between them, from edge to edge.
    private func split(_ rect: PixelRect, vertical: Bool, spacing: Double, _ children: [Region]) -> [PixelRect] {
        let length = vertical ? rect.height : rect.width
        var gap = gap(spacing)
        if length - gap * (children.count - 1) < 2 * children.count { gap = 0 }
        let available = Double(length - gap * max(0, children.count - 1))
        let total = children.reduce(0) { $0 + $1.weight }
        var sum = 0.0
        var start = 0
        return children.enumerated().map { index, child in
            sum += child.weight
            let end = even(available * sum / total) + index * gap
            defer { start = end + gap }
            return vertical
                ? PixelRect(x: rect.x, y: rect.y + start, width: rect.width, height: end - start)
                : PixelRect(x: rect.x + start, y: rect.y, width: end - start, height: rect.height)
        }
    }

    /// A fraction of the canvas height as an even number of pixels, at least 2 unless it is none.
    private func gap(_ fraction: Double) -> Int {
        fraction > 0 ? max(2, even(fraction * Double(height))) : 0
    }
}

extension PixelRect {
    /// Without a margin; the margin shrinks where there is no room for it.
    func inset(by margin: Int) -> PixelRect {
        let horizontal = min(margin, max(0, (width - 2) / 4 * 2))
        let vertical = min(margin, max(0, (height - 2) / 4 * 2))
        return PixelRect(
            x: x + horizontal, y: y + vertical, width: width - 2 * horizontal, height: height - 2 * vertical)
    }

    /// The part at a place in fractions, both edges rounded to even pixels and held inside.
    func part(_ place: FractionRect) -> PixelRect {
        let left = min(even(place.x * Double(width)), width)
        let right = min(even((place.x + place.width) * Double(width)), width)
        let top = min(even(place.y * Double(height)), height)
        let bottom = min(even((place.y + place.height) * Double(height)), height)
        return PixelRect(x: x + left, y: y + top, width: right - left, height: bottom - top)
    }

    func centred(width inner: Int, height innerHeight: Int) -> PixelRect {
        let (w, h) = (min(inner, width), min(innerHeight, height))
        return PixelRect(x: x + (width - w) / 4 * 2, y: y + (height - h) / 4 * 2, width: w, height: h)
    }
}
