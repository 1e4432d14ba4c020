import Compositor
import Layout
import Media
import MediaTesting
import Testing

@Suite struct ColourTests {
    private static let all: [ColourDescription] = [ColourDescription.Matrix.bt601, .bt709, .bt2020].flatMap { matrix in
        [ColourDescription.Range.limited, .full].map { ColourDescription(matrix: matrix, range: $0) }
    }

    private static let colours: [(Double, Double, Double)] = [
        (255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 30, 30), (30, 200, 60), (40, 60, 220), (230, 200, 40),
        (40, 200, 210), (224, 172, 145), (90, 60, 48),
    ]

    /// Weights of the recommendations, written out a second time.
    private func samples(_ rgb: (Double, Double, Double), _ colour: ColourDescription) -> (Double, Double, Double) {
        let (kr, kb): (Double, Double) =
            switch colour.matrix {
            case .bt601: (0.299, 0.114)
            case .bt709: (0.2126, 0.0722)
            case .bt2020: (0.2627, 0.0593)
            }
        let y = kr * rgb.0 + (1 - kr - kb) * rgb.1 + kb * rgb.2
        let pb = (rgb.2 - y) / (1 - kb) / 2
        let pr = (rgb.0 - y) / (1 - kr) / 2
        return colour.range == .full
            ? (y, 128 + pb, 128 + pr) : (16 + y * 219 / 255, 128 + pb * 224 / 255, 128 + pr * 224 / 255)
    }

    /// The same colours arrive as the same samples, whatever the source calls them.
    @Test func everySourceLooksTheSame() throws {
        for target in ColourTests.all {
            let compositor = try Compositor(canvas: CanvasSize(width: 64, height: 64), colour: target)
            for source in ColourTests.all {
                for colour in ColourTests.colours {
                    let (y, cb, cr) = samples(colour, source)
                    let picture = Drawn.flat(
                        PictureSize(width: 32, height: 32), luma: UInt8(y.rounded()), cb: UInt8(cb.rounded(.down)),
                        cr: UInt8(min(cr.rounded(), 255)), colour: source)
                    let scene = Scene(
                        canvas: compositor.canvas, background: Backdrop(colour: Colour(red: 0, green: 0, blue: 0)),
                        tiles: [Drawn.tile("a", PixelRect(x: 0, y: 0, width: 64, height: 64))])
                    let composed = try compositor.compose(scene) { _ in picture }.picture
                    let expected = samples(colour, target)
                    #expect(composed.colour == target)
                    #expect(abs(Double(composed.luma.base[100]) - expected.0) <= 2, "\(colour) \(source) to \(target)")
                    #expect(abs(Double(composed.cb.base[20]) - expected.1) <= 2.5, "\(colour) \(source) to \(target)")
                    #expect(abs(Double(composed.cr.base[20]) - expected.2) <= 2.5, "\(colour) \(source) to \(target)")
                }
            }
        }
    }

    /// The conversion in 16 bits against exact arithmetic, on noise.
    @Test func conversionIsExactToTheRounding() throws {
        let size = PictureSize(width: 62, height: 34)
        for source in ColourTests.all {
            let compositor = try Compositor(canvas: CanvasSize(width: 62, height: 34))
            // Held in the range that legal colours can have, so that nothing is clipped.
            let noise = Drawn.make(size, colour: source) { x, y in
                (
                    UInt8(70 + (x * 37 + y * 91) % 100), UInt8(100 + (x * 13 + y * 7) % 56),
                    UInt8(100 + (x * 29 + y * 3) % 56)
                )
            }
            let scene = Scene(
                canvas: compositor.canvas, background: Backdrop(colour: Colour(red: 0, green: 0, blue: 0)),
                tiles: [Drawn.tile("a", PixelRect(x: 0, y: 0, width: 62, height: 34))])
            let composed = try compositor.compose(scene) { _ in noise }.picture
            var worst = 0.0
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let rgb = rgbOf(
                        Double(noise.luma.base[y * noise.luma.stride + x]),
                        Double(noise.cb.base[y / 2 * noise.cb.stride + x / 2]),
                        Double(noise.cr.base[y / 2 * noise.cr.stride + x / 2]), source)
                    let expected = samples(rgb, .bt601Limited)
                    worst = max(worst, abs(Double(composed.luma.base[y * composed.luma.stride + x]) - expected.0))
                    let chroma = y / 2 * composed.cb.stride + x / 2
                    worst = max(worst, abs(Double(composed.cb.base[chroma]) - expected.1))
                    worst = max(worst, abs(Double(composed.cr.base[chroma]) - expected.2))
                }
            }
            #expect(worst <= 1.2, "\(source): \(worst)")
        }
    }

    private func rgbOf(
        _ luma: Double, _ cb: Double, _ cr: Double, _ colour: ColourDescription
    ) -> (Double, Double, Double) {
        let (kr, kb): (Double, Double) =
            switch colour.matrix {
            case .bt601: (0.299, 0.114)
            case .bt709: (0.2126, 0.0722)
            case .bt2020: (0.2627, 0.0593)
            }
        let isFull = colour.range == .full
        let y = isFull ? luma : (luma - 16) * 255 / 219
        let pb = (cb - 128) * (isFull ? 1 : 255.0 / 224)
        let pr = (cr - 128) * (isFull ? 1 : 255.0 / 224)
        let red = y + 2 * (1 - kr) * pr
        let blue = y + 2 * (1 - kb) * pb
        return (red, (y - kr * red - kb * blue) / (1 - kr - kb), blue)
    }

    @Test func frozenTilesHaveNoColour() throws {
        let compositor = try Compositor(canvas: CanvasSize(width: 64, height: 64))
        var tile = Drawn.tile("a", PixelRect(x: 10, y: 12, width: 40, height: 40))
        tile.isFrozen = true
        let picture = Drawn.flat(PictureSize(width: 20, height: 20), luma: 99, cb: 30, cr: 220)
        let composed = try compositor.compose(
            Scene(
                canvas: compositor.canvas, background: Backdrop(colour: Colour(red: 200, green: 0, blue: 0)),
                tiles: [tile])
        ) { _ in picture }.picture
        for y in 6..<26 {
            for x in 5..<25 {
                #expect(composed.cb.base[y * composed.cb.stride + x] == 128)
                #expect(composed.cr.base[y * composed.cr.stride + x] == 128)
            }
        }
        #expect(composed.luma.base[30 * composed.luma.stride + 30] == 99)
        #expect(composed.cr.base[2 * composed.cr.stride + 2] > 150)
    }
}
