import Layout
import Media

/// One tile as it was last drawn, or is about to be. The watermark is a layer like the tiles.
final class Layer {
    var tile: Tile
    var picture: Picture?
    var form: LayerForm
    /// What lies under it on the canvas.
    let saved = SavedArea()
    /// Whether this tick draws it.
    var isRedrawn = true
    /// Whether this tick's scene still has it.
    var isKept = true
    /// Whether ``form`` leaves all that it covers in place: undrawing and drawing it touches nothing else.
    var isInPlace = false

    init(tile: Tile, picture: Picture?, form: LayerForm) {
        self.tile = tile
        self.picture = picture
        self.form = form
    }
}

/// Where and how a tile is drawn: all that follows from the tile and from the form of its picture, not from its samples.
struct LayerForm {
    /// The tile's rectangle, even; empty if there is nothing to be seen of it.
    var frame: PixelRect
    /// The part of it on the canvas.
    var visible: PixelRect
    var radius: Int
    /// 0 to 255.
    var opacity: UInt8
    /// Nil without a picture.
    var fit: PictureFit?
    /// Whether something below may be seen through the tile's inside, not only at its corners.
    var isTranslucent: Bool
    var border: Stroke
    var highlight: Stroke?
    var label: PlacedPatch?
    /// Avatar or number in place of a picture.
    var symbol: PlacedPatch?
    /// A picture that has an alpha plane, ready to be laid over the background.
    var image: PlacedPatch?

    init(_ tile: Tile, picture: Picture?, canvas: PixelRect, artist: Artist) {
        frame = PixelRect(made: tile.rect)
        opacity = UInt8((min(max(tile.opacity.isNaN ? 0 : tile.opacity, 0), 1) * 255).rounded())
        visible = opacity == 0 ? .empty : frame.intersection(canvas)
        let shorter = min(frame.width, frame.height)
        radius = min(max(tile.cornerRadius, 0), shorter / 2, CornerMask.largestSide)
        border = LayerForm.limited(tile.border, shorter: shorter)
        highlight = tile.highlight.map { LayerForm.limited($0, shorter: shorter) }
        isTranslucent = opacity < 255 || tile.background.alpha < 255
        guard !visible.isEmpty else { return }
        if let picture {
            var fit = PictureFit(
                size: picture.size, rotation: picture.rotation, pixelAspect: picture.pixelAspect, frame: frame,
                fit: tile.fit)
            if fit.target == frame, picture.alpha == nil, opacity == 255 { isTranslucent = false }
            // Beyond some size a tile is scaled only where it is seen, at the price of a sample's precision.
            if fit.target.width > 2 * canvas.width || fit.target.height > 2 * canvas.height {
                fit = fit.reduced(to: visible, rotation: picture.rotation)
            }
            self.fit = fit
            label = artist.label(for: tile, frame: frame, picture: fit.target)
            if picture.alpha != nil {
                image = PlacedPatch(
                    patch: artist.image(picture, fit: fit), x: fit.target.x, y: fit.target.y)
            }
        } else {
            label = artist.label(for: tile, frame: frame, picture: frame)
            symbol = artist.symbol(for: tile, frame: frame, label: label)
        }
    }

    /// Strokes take at most a quarter of the shorter side each.
    private static func limited(_ stroke: Stroke, shorter: Int) -> Stroke {
        Stroke(width: min(max(stroke.width, 0), shorter / 4, CornerMask.largestSide), colour: stroke.colour)
    }

    /// Side of the blocks at the corners that strokes and rounding touch, in pixels.
    var cornerSide: Int { (max(radius, border.width, highlight?.width ?? 0) + 1) & ~1 }

    /// The rounded corners' blocks, in the order of ``CornerMask/Corner``; also those off the canvas.
    func corners(side: Int) -> [4 of PixelRect] {
        let right = frame.right - side
        let bottom = frame.bottom - side
        return [
            PixelRect(x: frame.x, y: frame.y, width: side, height: side),
            PixelRect(x: right, y: frame.y, width: side, height: side),
            PixelRect(x: frame.x, y: bottom, width: side, height: side),
            PixelRect(x: right, y: bottom, width: side, height: side),
        ]
    }

    /// Whether a layer can go from this form to `next` by undrawing and drawing it, touching nothing around it.
    func staysInPlace(as next: LayerForm) -> Bool {
        frame == next.frame && visible == next.visible && isTranslucent == next.isTranslucent
            && (isTranslucent || radius == next.radius)
    }

    /// The part of the picture that is on the canvas.
    var shown: PixelRect { fit.map { $0.target.intersection(visible) } ?? visible }

    /// Marks what strokes cover.
    func markEdge(width: Int, in map: inout MacroblockMap) {
        guard width > 0 else { return }
        let side = max(width, cornerSide)
        let strips: [4 of PixelRect] = [
            PixelRect(x: frame.x, y: frame.y, width: frame.width, height: width),
            PixelRect(x: frame.x, y: frame.bottom - width, width: frame.width, height: width),
            PixelRect(x: frame.x, y: frame.y, width: width, height: frame.height),
            PixelRect(x: frame.right - width, y: frame.y, width: width, height: frame.height),
        ]
        let blocks = corners(side: side)
        for index in 0..<4 {
            map.set(strips[index].intersection(visible))
            map.set(blocks[index].intersection(visible))
        }
    }
}
