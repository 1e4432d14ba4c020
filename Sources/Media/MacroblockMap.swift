/// Which 16x16 blocks of a picture are meant: those that changed, or those that an encoder is to work on.
public struct MacroblockMap: Equatable, Sendable {
    /// Side of a block in pixels, as in VP8 and H.264.
    public static let blockSize = 16

    public let columns: Int
    public let rows: Int
    /// Row by row; 1 for a block that is meant, else 0.
    public private(set) var cells: [UInt8]

    /// For a picture of `size`; blocks at the right and lower edge may reach beyond it.
    public init(size: PictureSize, allSet: Bool = false) {
        columns = (size.width + MacroblockMap.blockSize - 1) / MacroblockMap.blockSize
        rows = (size.height + MacroblockMap.blockSize - 1) / MacroblockMap.blockSize
        cells = [UInt8](repeating: allSet ? 1 : 0, count: columns * rows)
    }

    public subscript(column: Int, row: Int) -> Bool {
        get { cells[row * columns + column] != 0 }
        set { cells[row * columns + column] = newValue ? 1 : 0 }
    }

    public mutating func setAll(_ value: Bool) {
        for index in cells.indices { cells[index] = value ? 1 : 0 }
    }

    /// Sets each block to what `isSet` says of its place in ``cells``.
    public mutating func assign(_ isSet: (Int) -> Bool) {
        for index in cells.indices { cells[index] = isSet(index) ? 1 : 0 }
    }

    /// Sets every block that the rectangle touches; parts outside the picture are passed over.
    public mutating func set(x: Int, y: Int, width: Int, height: Int) {
        guard width > 0, height > 0 else { return }
        let size = MacroblockMap.blockSize
        let left = max(0, x / size)
        let right = min(columns - 1, (x + width - 1) / size)
        let top = max(0, y / size)
        let bottom = min(rows - 1, (y + height - 1) / size)
        guard x + width > 0, y + height > 0, left <= right, top <= bottom else { return }
        for row in top...bottom {
            for column in left...right { cells[row * columns + column] = 1 }
        }
    }

    /// Adds the blocks of another map of the same shape.
    public mutating func formUnion(_ other: MacroblockMap) {
        precondition(columns == other.columns && rows == other.rows, "maps of different pictures")
        for index in cells.indices { cells[index] |= other.cells[index] }
    }

    public var isEmpty: Bool { !cells.contains(1) }
    public var count: Int { cells.reduce(0) { $0 + Int($1) } }
}
