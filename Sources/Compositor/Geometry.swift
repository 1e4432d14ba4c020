import Layout
import Media

/// Arithmetic on rectangles. All of them have passed through ``made(safe:)``, so nothing here overflows.
extension PixelRect {
    /// Far beyond any canvas, and small enough that no sum or product of a few coordinates overflows.
    static let bound = 1 << 20

    static let empty = PixelRect(x: 0, y: 0, width: 0, height: 0)

    /// A rectangle of a scene as it can be drawn: even and within ±``bound``, empty where a side is not positive.
    init(made safe: PixelRect) {
        let x = min(max(safe.x, -PixelRect.bound), PixelRect.bound) & ~1
        let y = min(max(safe.y, -PixelRect.bound), PixelRect.bound) & ~1
        let width = min(safe.width, PixelRect.bound) & ~1
        let height = min(safe.height, PixelRect.bound) & ~1
        self = width > 0 && height > 0 ? PixelRect(x: x, y: y, width: width, height: height) : .empty
    }

    var right: Int { x + width }
    var bottom: Int { y + height }
    var isEmpty: Bool { width <= 0 || height <= 0 }

    func intersects(_ other: PixelRect) -> Bool {
        !isEmpty && !other.isEmpty && x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    func intersection(_ other: PixelRect) -> PixelRect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        let width = min(right, other.right) - left
        let height = min(bottom, other.bottom) - top
        return width > 0 && height > 0 ? PixelRect(x: left, y: top, width: width, height: height) : .empty
    }

    func contains(_ other: PixelRect) -> Bool {
        x <= other.x && y <= other.y && right >= other.right && bottom >= other.bottom
    }
}

extension MacroblockMap {
    mutating func set(_ rect: PixelRect) {
        set(x: rect.x, y: rect.y, width: rect.width, height: rect.height)
    }
}

/// Where a picture goes: which part of its samples fills which rectangle of the canvas.
struct PictureFit: Equatable {
    /// In samples of the source before rotation; x and y are even, all of it lies in the source.
    var crop: PixelRect
    /// In pixels of the canvas, even, within the tile's frame; may reach beyond the canvas.
    var target: PixelRect

    /// Fits a picture into `frame` (even, not empty). Edges that would lose, or bars that would have, no more than two
    /// pixels are done without: they come from rounding to even, and nobody wants to see them.
    init(size: PictureSize, rotation: Rotation, pixelAspect: Double, frame: PixelRect, fit: Fit) {
        let aspect = pixelAspect.isFinite ? min(max(pixelAspect, 1.0 / 64), 64) : 1
        let isTurned = rotation == .quarter || rotation == .threeQuarters
        let shown = (width: Double(size.width) * aspect, height: Double(size.height))
        let display = isTurned ? (width: shown.height, height: shown.width) : shown
        let horizontal = Double(frame.width) / display.width
        let vertical = Double(frame.height) / display.height
        switch fit {
        case .contain:
            let scale = min(horizontal, vertical)
            let width = PictureFit.inner(display.width * scale, within: frame.width)
            let height = PictureFit.inner(display.height * scale, within: frame.height)
            target = PixelRect(
                x: frame.x + ((frame.width - width) / 2 & ~1), y: frame.y + ((frame.height - height) / 2 & ~1),
                width: width, height: height)
            crop = PixelRect(x: 0, y: 0, width: size.width, height: size.height)
        case .cover:
            let scale = max(horizontal, vertical)
            let hiddenAcross = display.width * scale - Double(frame.width)
            let hiddenDown = display.height * scale - Double(frame.height)
            let across = hiddenAcross <= 2 ? 1 : Double(frame.width) / (display.width * scale)
            let down = hiddenDown <= 2 ? 1 : Double(frame.height) / (display.height * scale)
            target = frame
            crop = PictureFit.sourcePart(
                of: size, rotation: rotation, left: (1 - across) / 2, top: (1 - down) / 2, width: across, height: down)
        }
    }

    private init(crop: PixelRect, target: PixelRect) {
        self.crop = crop
        self.target = target
    }

    private static func inner(_ length: Double, within whole: Int) -> Int {
        if Double(whole) - length <= 2 { return whole }
        return min(max(Int((length / 2).rounded()) * 2, 2), whole)
    }

    /// The same for `part` of the target only, to a sample's precision: for tiles that reach far beyond the canvas.
    func reduced(to part: PixelRect, rotation: Rotation) -> PictureFit {
        let inside = part.intersection(target)
        guard !inside.isEmpty, inside != target else { return self }
        let portion = PictureFit.sourcePart(
            of: PictureSize(width: crop.width, height: crop.height), rotation: rotation,
            left: Double(inside.x - target.x) / Double(target.width),
            top: Double(inside.y - target.y) / Double(target.height),
            width: Double(inside.width) / Double(target.width),
            height: Double(inside.height) / Double(target.height))
        let moved = PixelRect(
            x: crop.x + portion.x, y: crop.y + portion.y, width: portion.width, height: portion.height)
        return PictureFit(crop: moved, target: inside)
    }

    /// A part of the displayed picture, in fractions of it, as samples of the source before rotation.
    private static func sourcePart(
        of size: PictureSize, rotation: Rotation, left: Double, top: Double, width: Double, height: Double
    ) -> PixelRect {
        let right = 1 - left - width
        let bottom = 1 - top - height
        // The source's left edge is shown at the top after a quarter turn clockwise, and so on.
        let (x, y, across, down) =
            switch rotation {
            case .none: (left, top, width, height)
            case .quarter: (top, right, height, width)
            case .half: (right, bottom, width, height)
            case .threeQuarters: (bottom, left, height, width)
            }
        let (start, length) = span(from: x, length: across, of: size.width)
        let (upper, tall) = span(from: y, length: down, of: size.height)
        return PixelRect(x: start, y: upper, width: length, height: tall)
    }

    private static func span(from start: Double, length: Double, of whole: Int) -> (Int, Int) {
        if length >= 1 { return (0, whole) }
        // Multiples of four can be halved with their chroma; in small pictures that would be seen.
        let unit = whole >= 128 ? 4 : 2
        let wanted = min(max(Int((length * Double(whole) / Double(unit)).rounded()) * unit, 2), whole)
        let centre = (start + length / 2) * Double(whole)
        let first = Int(((centre - Double(wanted) / 2) / 2).rounded()) * 2
        let begin = max(0, min(first, (whole - wanted) & ~1))
        return (begin, min(wanted, whole - begin))
    }
}
