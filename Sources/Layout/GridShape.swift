/// Rows, columns and the size of a tile: what makes the tiles of a grid largest.
struct GridShape: Equatable {
    var rows: Int
    var columns: Int
    /// Pixels, even.
    var tileWidth: Int
    var tileHeight: Int
    var gap: Int
    /// Tiles touch: their edges are rounded each by itself, and the size is that of the whole, not of one tile.
    var exactWidth: Double
    var exactHeight: Double

    /// - Parameters:
    ///   - count: at least 1; cells that a grid leaves empty are not counted.
    ///   - gap: pixels between tiles, even; given up if the area is too small for it.
    init(_ grid: Grid, count: Int, width: Int, height: Int, gap: Int) {
        var best = GridShape(grid, count: count, columns: 1, width: width, height: height, gap: gap)
        if grid.columns == nil || grid.rows == nil {
            for columns in 1...max(1, min(count + grid.excludedCells.count, grid.maximumColumns)) {
                let shape = GridShape(grid, count: count, columns: columns, width: width, height: height, gap: gap)
                if shape.isBetter(than: best, count: count, grid) { best = shape }
            }
        }
        self = best
        if (tileWidth < 2 || tileHeight < 2) && gap > 0 {
            self = GridShape(grid, count: count, width: width, height: height, gap: 0)
        }
    }

    private init(_ grid: Grid, count: Int, columns: Int, width: Int, height: Int, gap: Int) {
        self.columns = grid.columns ?? columns
        if let fixed = grid.rows {
            rows = fixed
            if grid.columns == nil {
                // As many columns as the rows need.
                self.columns = GridShape.fewest { GridShape.usable(grid, cells: fixed * $0) >= count }
            }
        } else {
            let columns = self.columns
            rows = GridShape.fewest { GridShape.usable(grid, cells: $0 * columns) >= count }
        }
        self.gap = gap
        let cellWidth = Double(width - (self.columns - 1) * gap) / Double(self.columns)
        let cellHeight = Double(height - (rows - 1) * gap) / Double(rows)
        let size = grid.aspect.fitted(width: cellWidth, height: cellHeight)
        exactWidth = max(0, size.width)
        exactHeight = max(0, size.height)
        tileWidth = Int(exactWidth / 2) * 2
        tileHeight = Int(exactHeight / 2) * 2
    }

    private static func fewest(_ isEnough: (Int) -> Bool) -> Int {
        var count = 1
        while count < Layout.Limits.gridTiles, !isEnough(count) { count += 1 }
        return count
    }

    /// How many of the first `cells` cells may be used.
    private static func usable(_ grid: Grid, cells: Int) -> Int {
        cells - grid.excludedCells.count(where: { $0 < cells })
    }

    private func isBetter(than other: GridShape, count: Int, _ grid: Grid) -> Bool {
        if rows > grid.maximumRows { return false }
        if other.rows > grid.maximumRows { return true }
        let (mine, others) = (usefulArea(grid.aspect), other.usefulArea(grid.aspect))
        // Nearly equal sizes: the fuller grid, or else people beside each other rather than one above the other.
        if abs(mine - others) <= 0.002 * max(mine, others) {
            return (rows * columns, rows) < (other.rows * other.columns, other.rows)
        }
        return mine > others
    }

    /// What a camera's picture gains from the tile: of a tile that may have any shape, the part that has a camera's.
    private func usefulArea(_ aspect: AspectRange) -> Double {
        let useful = AspectRange(
            least: max(aspect.least, min(aspect.greatest, 4.0 / 3)),
            greatest: min(aspect.greatest, max(aspect.least, 16.0 / 9)))
        let size = useful.fitted(width: exactWidth, height: exactHeight)
        return size.width * size.height
    }

    /// The rectangle of the tile at `index` (of `count`) within `area`.
    func rect(of index: Int, count: Int, in area: PixelRect, _ grid: Grid) -> PixelRect {
        var cell = index
        for excluded in grid.excludedCells where excluded <= cell { cell += 1 }
        let (row, column) = (cell / columns, cell % columns)
        let isLastRow = grid.excludedCells.isEmpty && row == (count - 1) / columns
        let inRow = isLastRow && grid.centresLastRow ? count - row * columns : columns
        // A grid without gaps must not show the background between tiles because of rounding.
        if gap == 0 {
            let left = (Double(area.width) - Double(inRow) * exactWidth) / 2 + Double(column) * exactWidth
            let top = (Double(area.height) - Double(rows) * exactHeight) / 2 + Double(row) * exactHeight
            let (x, y) = (even(left), even(top))
            return PixelRect(
                x: area.x + x, y: area.y + y, width: even(left + exactWidth) - x, height: even(top + exactHeight) - y)
        }
        let rowWidth = inRow * tileWidth + (inRow - 1) * gap
        let blockHeight = rows * tileHeight + (rows - 1) * gap
        return PixelRect(
            x: area.x + (area.width - rowWidth) / 4 * 2 + column * (tileWidth + gap),
            y: area.y + (area.height - blockHeight) / 4 * 2 + row * (tileHeight + gap),
            width: tileWidth, height: tileHeight)
    }
}

/// The nearest even number.
func even(_ value: Double) -> Int { Int((value / 2).rounded()) * 2 }

extension AspectRange {
    /// The largest size within `width` and `height` whose aspect is in the range.
    func fitted(width: Double, height: Double) -> (width: Double, height: Double) {
        guard width > 0, height > 0 else { return (0, 0) }
        let aspect = width / height
        if aspect > greatest { return (height * greatest, height) }
        if aspect < least { return (width, width / least) }
        return (width, height)
    }
}
