import CPango
import Layout
import Media

/// Draws what stands in a tile without a picture: a participant's avatar, or how many more there are.
struct SymbolArt: Hashable {
    enum Content: Hashable {
        case avatar(initials: String, hue: Int)
        case overflow(Int)
    }

    let content: Content
    /// Of the circle, in pixels, even.
    let diameter: Int

    /// Nil if the tile has nothing to show or no room.
    init?(_ tile: Tile, frame: PixelRect) {
        let shorter = min(frame.width, frame.height, 2048)
        diameter = Int((Double(shorter) * 0.52 / 2).rounded()) * 2
        guard diameter >= 8 else { return nil }
        switch tile.content {
        case .overflow(let count):
            content = .overflow(count)
        case .camera, .avatar, .screen:
            guard let avatar = tile.avatar else { return nil }
            content = .avatar(initials: String(avatar.initials.prefix(3)), hue: avatar.hue)
        case .image, .nothing:
            return nil
        }
    }

    func patch(colour: ColourDescription) -> Patch? {
        let drawing = Drawing(width: diameter, height: diameter)
        let radius = Double(diameter) / 2
        switch content {
        case .avatar(let initials, let hue):
            let turned = Double(((hue % 360) + 360) % 360)
            drawing.addCircle(x: radius, y: radius, radius: radius - 0.5)
            drawing.fill(
                from: (0, 0), Colour(lightness: 0.68, chroma: 0.135, hue: turned),
                to: (radius * 0.6, radius * 2), Colour(lightness: 0.52, chroma: 0.14, hue: turned + 12))
            if TextLine.clean(initials).allSatisfy(\.isWhitespace) {
                person(on: drawing, radius: radius)
            } else {
                text(initials, share: 0.74, on: drawing, opacity: 0.97)
            }
        case .overflow(let count):
            drawing.addCircle(x: radius, y: radius, radius: radius - 0.5)
            drawing.fill(.white, opacity: 0.09)
            text("+\(count)", share: 0.76, on: drawing, opacity: 0.88)
        }
        return drawing.patch(colour: colour)
    }

    /// Centres `text` by its ink, at most `share` of the diameter wide.
    private func text(_ text: String, share: Double, on drawing: Drawing, opacity: Double) {
        let whole = Double(diameter)
        var size = whole * 0.4
        var line = TextLine(text, size: size, weight: .semibold, maximumWidth: nil, on: drawing)
        let inkWidth = line.ink.right - line.ink.left
        let inkHeight = line.ink.bottom - line.ink.top
        let factor = min(whole * share / max(inkWidth, 1), whole * 0.6 / max(inkHeight, 1))
        if factor < 1 {
            size *= factor
            line = TextLine(text, size: size, weight: .semibold, maximumWidth: nil, on: drawing)
        }
        let x = whole / 2 - (line.ink.left + line.ink.right) / 2
        let baseline = whole / 2 - (line.ink.top + line.ink.bottom) / 2
        line.draw(x: x, baseline: baseline, colour: .white, opacity: opacity)
    }

    /// Head and shoulders, for somebody without a name.
    private func person(on drawing: Drawing, radius: Double) {
        cairo_save(drawing.context)
        drawing.addCircle(x: radius, y: radius, radius: radius - 0.5)
        cairo_clip(drawing.context)
        drawing.addCircle(x: radius, y: radius * 0.78, radius: radius * 0.32)
        drawing.fill(.white, opacity: 0.92)
        drawing.addEllipse(x: radius, y: radius * 1.78, radiusX: radius * 0.62, radiusY: radius * 0.55)
        drawing.fill(.white, opacity: 0.92)
        cairo_restore(drawing.context)
    }
}
