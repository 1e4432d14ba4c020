import Layout
import Media

/// A small premade picture with coverage, ready to be laid over a canvas: a label, an avatar, a watermark.
/// Width and height are even.
final class Patch {
    let width: Int
    let height: Int
    /// Colours are straight, not multiplied by coverage.
    let planes: TargetPlanes
    /// Coverage for luma and for chroma.
    let alpha: WritablePlane
    let chromaAlpha: WritablePlane
    private let memory: UnsafeMutablePointer<UInt8>

    /// Samples are undefined. Both sides are even and positive.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        let luma = width * height
        let quarter = luma / 4
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: luma * 2 + quarter * 3)
        self.memory = memory
        func plane(_ offset: Int, _ divisor: Int) -> WritablePlane {
            WritablePlane(
                base: memory + offset, stride: width / divisor, width: width / divisor, height: height / divisor)
        }
        planes = TargetPlanes(luma: plane(0, 1), cb: plane(luma, 2), cr: plane(luma + quarter, 2))
        alpha = plane(luma + quarter * 2, 1)
        chromaAlpha = plane(luma * 2 + quarter * 2, 2)
    }

    deinit { memory.deallocate() }

    /// From premultiplied ARGB as Cairo draws it: 32-bit words in the machine's order, `stride` bytes a row.
    convenience init(
        premultiplied pixels: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int, colour: ColourDescription
    ) {
        self.init(width: width, height: height)
        let (black, _, _) = colour.levels
        func components(_ x: Int, _ y: Int) -> (alpha: Double, red: Double, green: Double, blue: Double) {
            let word = UnsafeRawPointer(pixels).load(fromByteOffset: y * stride + x * 4, as: UInt32.self)
            return (
                Double(word >> 24), Double(word >> 16 & 255), Double(word >> 8 & 255), Double(word & 255)
            )
        }
        for y in 0..<height {
            for x in 0..<width {
                let (a, red, green, blue) = components(x, y)
                let scale = a > 0 ? 255 / a : 0
                let samples = colour.samples(red: red * scale, green: green * scale, blue: blue * scale)
                planes.luma.base[y * width + x] = a > 0 ? UInt8(clamping: Int(samples.luma.rounded())) : UInt8(black)
                alpha.base[y * width + x] = UInt8(a)
            }
        }
        for y in 0..<(height / 2) {
            for x in 0..<(width / 2) {
                var (a, red, green, blue) = (0.0, 0.0, 0.0, 0.0)
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let pixel = components(2 * x + dx, 2 * y + dy)
                    a += pixel.alpha
                    red += pixel.red
                    green += pixel.green
                    blue += pixel.blue
                }
                let scale = a > 0 ? 255 / a : 0
                let samples = colour.samples(red: red * scale, green: green * scale, blue: blue * scale)
                let index = y * (width / 2) + x
                planes.cb.base[index] = a > 0 ? UInt8(clamping: Int(samples.cb.rounded())) : 128
                planes.cr.base[index] = a > 0 ? UInt8(clamping: Int(samples.cr.rounded())) : 128
                chromaAlpha.base[index] = UInt8((a / 4).rounded())
            }
        }
    }

    /// `patch`, turned clockwise.
    convenience init(turning patch: Patch, by rotation: Rotation) {
        let swaps = rotation == .quarter || rotation == .threeQuarters
        self.init(width: swaps ? patch.height : patch.width, height: swaps ? patch.width : patch.height)
        patch.planes.readOnly.turn(by: rotation, to: planes)
        patch.alpha.readOnly.turn(by: rotation, to: alpha)
        patch.chromaAlpha.readOnly.turn(by: rotation, to: chromaAlpha)
    }

    /// A picture, scaled but not turned. Colours of clear samples do not bleed into their neighbours.
    convenience init(
        scaling picture: Picture, crop: PixelRect, width: Int, height: Int, colour: ColourDescription,
        scaler: PictureScaler
    ) {
        self.init(width: width, height: height)
        guard let coverage = picture.alpha else {
            alpha.fill(255)
            chromaAlpha.fill(255)
            let room = Scratch()
            let scaled = room.planes(width: width, height: height)
            scaler.scale(SourcePlanes(picture, crop: crop), to: scaled)
            planes.copy(scaled.readOnly)
            withExtendedLifetime(room) {}
            ColourConversion(from: picture.colour, to: colour)?.apply(planes)
            return
        }
        // Samples are multiplied by coverage, scaled, and divided by scaled coverage.
        let memory = (Scratch(), Scratch(), Scratch())
        let source = SourcePlanes(picture, crop: crop)
        let multiplied = memory.0.planes(width: crop.width, height: crop.height)
        // Coverage of luma and of chroma.
        let covering = memory.1.planes(width: crop.width, height: crop.height)
        let opaque = coverage.base + crop.y * coverage.stride + crop.x
        func covered(_ x: Int, _ y: Int) -> Int {
            Int(opaque[min(y, crop.height - 1) * coverage.stride + min(x, crop.width - 1)])
        }
        for y in 0..<crop.height {
            for x in 0..<crop.width {
                let a = covered(x, y)
                let value = Int(source.luma.base[y * source.luma.stride + x])
                multiplied.luma.base[y * multiplied.luma.stride + x] = UInt8((value * a + 127) / 255)
                covering.luma.base[y * covering.luma.stride + x] = UInt8(a)
            }
        }
        for y in 0..<multiplied.cb.height {
            for x in 0..<multiplied.cb.width {
                let four =
                    covered(2 * x, 2 * y) + covered(2 * x + 1, 2 * y) + covered(2 * x, 2 * y + 1)
                    + covered(2 * x + 1, 2 * y + 1)
                let a = (four + 2) / 4
                covering.cb.base[y * covering.cb.stride + x] = UInt8(a)
                for (from, to) in [(source.cb, multiplied.cb), (source.cr, multiplied.cr)] {
                    to.base[y * to.stride + x] = UInt8((Int(from.base[y * from.stride + x]) * a + 127) / 255)
                }
            }
        }
        // Scaled in memory of its own, since vector code may write beyond a row's end.
        let room = memory.2.planes(width: width, height: height).luma
        func scale(_ from: WritablePlane, to plane: WritablePlane, by alpha: WritablePlane?) {
            let roomy = room.part(0, 0, plane.width, plane.height)
            scaler.scale(from.readOnly, to: roomy)
            for y in 0..<plane.height {
                for x in 0..<plane.width {
                    let value = Int(roomy.base[y * roomy.stride + x])
                    let a = alpha.map { Int($0.base[y * $0.stride + x]) } ?? 255
                    plane.base[y * plane.stride + x] = UInt8(clamping: a > 0 ? (value * 255 + a / 2) / a : value)
                }
            }
        }
        scale(covering.luma, to: alpha, by: nil)
        scale(covering.cb, to: chromaAlpha, by: nil)
        scale(multiplied.luma, to: planes.luma, by: alpha)
        scale(multiplied.cb, to: planes.cb, by: chromaAlpha)
        scale(multiplied.cr, to: planes.cr, by: chromaAlpha)
        withExtendedLifetime(memory) {}
        ColourConversion(from: picture.colour, to: colour)?.apply(planes)
    }

    /// Lays the patch over `canvas` with its upper left corner at (x, y), both even; only within `clip`, which lies on
    /// the canvas.
    func draw(on canvas: TargetPlanes, x: Int, y: Int, clip: PixelRect) {
        let area = PixelRect(x: x, y: y, width: width, height: height).intersection(clip)
        guard !area.isEmpty else { return }
        func lay(_ plane: WritablePlane, _ source: WritablePlane, _ coverage: WritablePlane, _ divisor: Int) {
            let left = (area.x - x) / divisor
            let top = (area.y - y) / divisor
            for row in 0..<(area.height / divisor) {
                let offset = (top + row) * source.stride + left
                Blending.over(
                    plane.base + ((area.y / divisor + row) * plane.stride + area.x / divisor), source.base + offset,
                    alpha: coverage.base + offset, count: area.width / divisor)
            }
        }
        lay(canvas.luma, planes.luma, alpha, 1)
        lay(canvas.cb, planes.cb, chromaAlpha, 2)
        lay(canvas.cr, planes.cr, chromaAlpha, 2)
    }
}

/// A patch and where it goes.
struct PlacedPatch {
    var patch: Patch
    var x: Int
    var y: Int

    var rect: PixelRect { PixelRect(x: x, y: y, width: patch.width, height: patch.height) }
}
