import Layout
import Media

/// Draws one layer on a canvas.
final class TilePainter {
    private let colour: ColourDescription
    private let scaler: PictureScaler
    private let scratch = Scratch()
    private let scaled = Scratch()
    private var masks = RecentCache<CornerMask.Shape, CornerMask>(limit: 32)

    init(colour: ColourDescription, scaler: PictureScaler) {
        self.colour = colour
        self.scaler = scaler
    }

    /// Draws `layer` over what the canvas shows, and saves what is under it.
    func draw(_ layer: Layer, on canvas: TargetPlanes) {
        let form = layer.form
        guard !form.visible.isEmpty else {
            layer.saved.forget()
            return
        }
        save(layer, from: canvas)
        drawInside(layer, on: canvas)
        stroke(form.border, form: form, on: canvas)
        if let highlight = form.highlight { stroke(highlight, form: form, on: canvas) }
        if let label = form.label {
            label.patch.draw(on: canvas, x: label.x, y: label.y, clip: form.visible)
        }
        if form.isTranslucent {
            blendWhole(layer, on: canvas)
        } else if form.radius > 0 {
            blendCorners(layer, on: canvas)
        }
    }

    // MARK: What is under a layer

    private func save(_ layer: Layer, from canvas: TargetPlanes) {
        let form = layer.form
        if form.isTranslucent {
            layer.saved.save([form.visible, .empty, .empty, .empty], from: canvas)
        } else if form.radius > 0 {
            var blocks = form.corners(side: outside(form).side)
            for index in blocks.indices { blocks[index] = blocks[index].intersection(form.visible) }
            layer.saved.save(blocks, from: canvas)
        } else {
            layer.saved.forget()
        }
    }

    private func outside(_ form: LayerForm) -> CornerMask { mask(CornerMask.Shape(radius: form.radius, stroke: nil)) }

    private func mask(_ shape: CornerMask.Shape) -> CornerMask { masks.value(for: shape) { CornerMask(shape) } }

    /// Lets what is under the layer show outside of its rounded corners.
    private func blendCorners(_ layer: Layer, on canvas: TargetPlanes) {
        let mask = outside(layer.form)
        let blocks = layer.form.corners(side: mask.side)
        var index = 0
        for corner in CornerMask.corners {
            let block = blocks[corner.rawValue]
            let area = block.intersection(layer.form.visible)
            if area.isEmpty { continue }
            let below = layer.saved.planes(index)
            index += 1
            blend(mask, corner, block: block, area: area, below: below, belowOrigin: area, on: canvas)
        }
    }

    private func blendWhole(_ layer: Layer, on canvas: TargetPlanes) {
        let form = layer.form
        let below = layer.saved.planes(0)
        if form.radius > 0 {
            let mask = outside(form)
            let blocks = form.corners(side: mask.side)
            for corner in CornerMask.corners {
                let block = blocks[corner.rawValue]
                let area = block.intersection(form.visible)
                if area.isEmpty { continue }
                blend(mask, corner, block: block, area: area, below: below, belowOrigin: form.visible, on: canvas)
            }
        }
        guard form.opacity < 255 else { return }
        let target = canvas.part(form.visible)
        func fade(_ plane: WritablePlane, _ under: WritablePlane) {
            for row in 0..<plane.height {
                Blending.fade(
                    plane.base + row * plane.stride, over: under.base + row * under.stride, opacity: form.opacity,
                    count: plane.width)
            }
        }
        fade(target.luma, below.luma)
        fade(target.cb, below.cb)
        fade(target.cr, below.cr)
    }

    /// Blends the saved samples into one corner; `below` begins at the upper left corner of `belowOrigin`.
    private func blend(
        _ mask: CornerMask, _ corner: CornerMask.Corner, block: PixelRect, area: PixelRect, below: TargetPlanes,
        belowOrigin: PixelRect, on canvas: TargetPlanes
    ) {
        mask.withMasks(corner) { luma, chroma in
            func blend(
                _ plane: WritablePlane, _ under: WritablePlane, _ mask: UnsafePointer<UInt8>, _ stride: Int,
                _ divisor: Int
            ) {
                for row in 0..<(area.height / divisor) {
                    let y = area.y / divisor + row
                    let left = area.x / divisor
                    Blending.over(
                        plane.base + (y * plane.stride + left),
                        under.base + ((y - belowOrigin.y / divisor) * under.stride + left - belowOrigin.x / divisor),
                        alpha: mask + ((y - block.y / divisor) * stride + left - block.x / divisor),
                        count: area.width / divisor)
                }
            }
            blend(canvas.luma, below.luma, luma, block.width, 1)
            blend(canvas.cb, below.cb, chroma, block.width / 2, 2)
            blend(canvas.cr, below.cr, chroma, block.width / 2, 2)
        }
    }

    // MARK: The inside

    private func drawInside(_ layer: Layer, on canvas: TargetPlanes) {
        let form = layer.form
        let background = colour.sample(layer.tile.background)
        if let picture = layer.picture, let fit = form.fit, form.image == nil {
            fillAround(fit.target, in: form.frame, background, form: form, on: canvas)
            drawPicture(picture, fit: fit, isGrey: layer.tile.isFrozen, clip: form.shown, on: canvas)
            return
        }
        fill(form.visible, background, on: canvas)
        for patch in [form.image, form.symbol] {
            if let patch { patch.patch.draw(on: canvas, x: patch.x, y: patch.y, clip: form.visible) }
        }
    }

    /// The bars beside a picture that does not fill its tile.
    private func fillAround(
        _ inner: PixelRect, in frame: PixelRect, _ colour: SampleColour, form: LayerForm, on canvas: TargetPlanes
    ) {
        guard inner != frame else { return }
        func bar(_ x: Int, _ y: Int, _ right: Int, _ bottom: Int) {
            let rect = PixelRect(x: x, y: y, width: right - x, height: bottom - y)
            fill(rect.intersection(form.visible), colour, on: canvas)
        }
        bar(frame.x, frame.y, frame.right, inner.y)
        bar(frame.x, inner.bottom, frame.right, frame.bottom)
        bar(frame.x, inner.y, inner.x, inner.bottom)
        bar(inner.right, inner.y, frame.right, inner.bottom)
    }

    private func drawPicture(
        _ picture: Picture, fit: PictureFit, isGrey: Bool, clip: PixelRect, on canvas: TargetPlanes
    ) {
        guard !clip.isEmpty else { return }
        let source = SourcePlanes(picture, crop: fit.crop)
        let target = canvas.part(clip)
        let isWhole = clip == fit.target
        let isDirect =
            TilePainter.isAligned(fit.target)
            || scaler.isExact(from: source.size, to: PictureSize(width: fit.target.width, height: fit.target.height))
        if isWhole, picture.rotation == .none, isDirect {
            scaler.scale(source, to: target)
        } else {
            let isTurned = picture.rotation == .quarter || picture.rotation == .threeQuarters
            let part = scratch.planes(
                width: isTurned ? fit.target.height : fit.target.width,
                height: isTurned ? fit.target.width : fit.target.height)
            scaler.scale(source, to: part)
            let inner = PixelRect(
                x: clip.x - fit.target.x, y: clip.y - fit.target.y, width: clip.width, height: clip.height)
            if picture.rotation == .none {
                target.copy(part.part(inner).readOnly)
            } else if isWhole {
                part.readOnly.turn(by: picture.rotation, to: target)
            } else {
                let turned = scaled.planes(width: fit.target.width, height: fit.target.height)
                part.readOnly.turn(by: picture.rotation, to: turned)
                target.copy(turned.part(inner).readOnly)
            }
        }
        if let conversion = ColourConversion(from: picture.colour, to: colour) { conversion.apply(target) }
        if isGrey {
            target.cb.fill(128)
            target.cr.fill(128)
        }
    }

    /// Whether libswscale may write straight into the canvas: every row begins at a multiple of 32 bytes in all planes,
    /// and no row ends where vector code would write beyond it. Elsewhere a copy is cheaper than its slow path.
    private static func isAligned(_ rect: PixelRect) -> Bool { rect.x % 64 == 0 && rect.width % 16 == 0 }

    // MARK: Solid areas

    /// Fills an even rectangle on the canvas.
    func fill(_ rect: PixelRect, _ colour: SampleColour, on canvas: TargetPlanes) {
        guard !rect.isEmpty, colour.alpha > 0 else { return }
        wash(canvas.luma, rect, 1, colour.luma, colour.alpha)
        wash(canvas.cb, rect, 2, colour.cb, colour.alpha)
        wash(canvas.cr, rect, 2, colour.cr, colour.alpha)
    }

    private func wash(_ plane: WritablePlane, _ rect: PixelRect, _ divisor: Int, _ value: UInt8, _ strength: UInt8) {
        let area = plane.part(
            rect.x / divisor, rect.y / divisor, rect.width / divisor, rect.height / divisor)
        if strength == 255 { return area.fill(value) }
        for row in 0..<area.height {
            Blending.wash(area.base + row * area.stride, value: value, strength: strength, count: area.width)
        }
    }

    // MARK: Strokes

    /// Draws a line along the inner side of the rounded edge. Its outer edge is left square: the corners are rounded
    /// afterwards, picture and line alike, so no seam of the picture shows outside of the line.
    private func stroke(_ stroke: Stroke, form: LayerForm, on canvas: TargetPlanes) {
        let width = stroke.width
        guard width > 0, stroke.colour.alpha > 0 else { return }
        let colour = self.colour.sample(stroke.colour)
        let mask = mask(CornerMask.Shape(radius: form.radius, stroke: width))
        let frame = form.frame
        let side = mask.side
        let even = width & ~1
        func strip(_ x: Int, _ y: Int, _ width: Int, _ height: Int, luma: Bool, share: Int) {
            let rect = PixelRect(x: x, y: y, width: width, height: height).intersection(form.visible)
            guard !rect.isEmpty else { return }
            if luma {
                wash(canvas.luma, rect, 1, colour.luma, colour.alpha)
            } else {
                let strength = UInt8((Int(colour.alpha) * share + 1) / 2)
                wash(canvas.cb, rect, 2, colour.cb, strength)
                wash(canvas.cr, rect, 2, colour.cr, strength)
            }
        }
        /// `inset` and `thickness` in luma samples; chroma takes even ones, and a last half row where they are odd.
        func edges(inset: Int, thickness: Int, luma: Bool, share: Int = 2) {
            guard thickness > 0 else { return }
            let across = frame.width - 2 * side
            let down = frame.height - 2 * side
            strip(frame.x + side, frame.y + inset, across, thickness, luma: luma, share: share)
            strip(frame.x + side, frame.bottom - inset - thickness, across, thickness, luma: luma, share: share)
            strip(frame.x + inset, frame.y + side, thickness, down, luma: luma, share: share)
            strip(frame.right - inset - thickness, frame.y + side, thickness, down, luma: luma, share: share)
        }
        edges(inset: 0, thickness: width, luma: true)
        edges(inset: 0, thickness: even, luma: false)
        if width > even { edges(inset: even, thickness: 2, luma: false, share: 1) }

        let blocks = form.corners(side: side)
        for corner in CornerMask.corners {
            let block = blocks[corner.rawValue]
            let area = block.intersection(form.visible)
            if area.isEmpty { continue }
            mask.withMasks(corner) { luma, chroma in
                func tint(
                    _ plane: WritablePlane, _ value: UInt8, _ mask: UnsafePointer<UInt8>, _ divisor: Int
                ) {
                    for row in 0..<(area.height / divisor) {
                        let y = area.y / divisor + row
                        let offset = (y - block.y / divisor) * (side / divisor) + (area.x - block.x) / divisor
                        Blending.tint(
                            plane.base + (y * plane.stride + area.x / divisor), value: value, mask: mask + offset,
                            strength: colour.alpha, count: area.width / divisor)
                    }
                }
                tint(canvas.luma, colour.luma, luma, 1)
                tint(canvas.cb, colour.cb, chroma, 2)
                tint(canvas.cr, colour.cr, chroma, 2)
            }
        }
    }
}
