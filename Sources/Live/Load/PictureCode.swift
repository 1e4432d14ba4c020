public import Media

/// Who publishes a picture and which of their frames it is, burnt into it as sixteen black or white blocks: large enough to be
/// read after the picture was scaled into a tile of a large grid and encoded twice.
///
///      0   1   2   3   4   5   6   7
///     | publisher     | frame         |
///     | frame             | check     |
public enum PictureCode {
    public static let publishers = 16
    public static let frames = 512
    private static let columns = 8
    private static let rows = 2
    // Of the picture; clear of rounded corners, of labels, and of what is cut off where a tile is a little narrower.
    private static let left = 0.2
    private static let top = 0.08
    private static let blockWidth = 0.6 / Double(columns)
    private static let blockHeight = 0.24 / Double(rows)

    /// Where a picture is within a larger one, in its pixels.
    public struct Area: Sendable, Hashable {
        public var x: Double
        public var y: Double
        public var width: Double
        public var height: Double

        public init(x: Double, y: Double, width: Double, height: Double) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }

        /// Where a picture of this aspect is in the area, if it is shown whole or fills it.
        func holding(aspect: Double, fills: Bool) -> Area {
            let isWider = aspect > width / height
            let size = isWider != fills ? (width, width / aspect) : (height * aspect, height)
            return Area(
                x: x + (width - size.0) / 2, y: y + (height - size.1) / 2, width: size.0, height: size.1)
        }
    }

    private static func bits(publisher: Int, frame: Int) -> Int {
        publisher << 12 | frame << 3 | check(publisher: publisher, frame: frame)
    }

    private static func check(publisher: Int, frame: Int) -> Int {
        (frame ^ (frame >> 3) ^ (frame >> 6) ^ publisher ^ (publisher >> 3) ^ 5) & 7
    }

    /// Writes the code into a picture's luma, and grey into its chroma beneath it. `publisher` and `frame` are taken modulo
    /// ``publishers`` and ``frames``.
    public static func burn(publisher: Int, frame: Int, into picture: borrowing WritablePicture) {
        let code = bits(publisher: publisher % publishers, frame: frame % frames)
        let whole = Area(x: 0, y: 0, width: Double(picture.size.width), height: Double(picture.size.height))
        for bit in 0..<16 {
            let isWhite = code >> (15 - bit) & 1 == 1
            fill(block(bit, in: whole, share: 1), of: picture.luma, with: isWhite ? 235 : 16)
            let half = Area(x: 0, y: 0, width: Double(picture.cb.width), height: Double(picture.cb.height))
            fill(block(bit, in: half, share: 1), of: picture.cb, with: 128)
            fill(block(bit, in: half, share: 1), of: picture.cr, with: 128)
        }
    }

    /// Reads the code of a picture with `aspect` that is shown in `area` of `luma`; nil if there is none.
    public static func read(in area: Area, of luma: Plane, aspect: Double = 16.0 / 9) -> (publisher: Int, frame: Int)? {
        read(area.holding(aspect: aspect, fills: false), luma) ?? read(area.holding(aspect: aspect, fills: true), luma)
    }

    private static func read(_ area: Area, _ luma: Plane) -> (publisher: Int, frame: Int)? {
        var code = 0
        for bit in 0..<16 {
            guard let level = mean(block(bit, in: area, share: 0.5), of: luma) else { return nil }
            // In between is neither: two frames blended, or no code at all.
            guard level < 90 || level > 160 else { return nil }
            code = code << 1 | (level > 160 ? 1 : 0)
        }
        let (publisher, frame) = (code >> 12, code >> 3 & (frames - 1))
        return check(publisher: publisher, frame: frame) == code & 7 ? (publisher, frame) : nil
    }

    private static func block(_ bit: Int, in area: Area, share: Double) -> (Range<Int>, Range<Int>) {
        let (row, column) = (Double(bit / columns), Double(bit % columns))
        let margin = (1 - share) / 2
        func range(_ start: Double, _ size: Double, _ origin: Double, _ extent: Double) -> Range<Int> {
            let first = Int((origin + extent * (start + margin * size)).rounded())
            return first..<max(first + 1, Int((origin + extent * (start + (1 - margin) * size)).rounded()))
        }
        return (
            range(left + column * blockWidth, blockWidth, area.x, area.width),
            range(top + row * blockHeight, blockHeight, area.y, area.height)
        )
    }

    private static func fill(_ block: (Range<Int>, Range<Int>), of plane: WritablePlane, with value: UInt8) {
        for y in block.1.clamped(to: 0..<plane.height) {
            for x in block.0.clamped(to: 0..<plane.width) { plane.base[y * plane.stride + x] = value }
        }
    }

    private static func mean(_ block: (Range<Int>, Range<Int>), of plane: Plane) -> Int? {
        let (columns, rows) = (block.0.clamped(to: 0..<plane.width), block.1.clamped(to: 0..<plane.height))
        guard !columns.isEmpty, !rows.isEmpty else { return nil }
        var sum = 0
        for y in rows { for x in columns { sum += Int(plane.base[y * plane.stride + x]) } }
        return sum / (columns.count * rows.count)
    }
}
