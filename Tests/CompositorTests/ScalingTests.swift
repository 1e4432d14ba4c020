import Compositor
import Glibc
import Layout
import Media
import MediaTesting
import Testing
import Timing

@Suite struct ScalingTests {
    /// A scaler in double precision: Lanczos with three lobes, widened for reduction, samples at centres.
    private func reference(_ plane: Plane, width: Int, height: Int) -> [Double] {
        func weights(_ from: Int, _ to: Int) -> [[(index: Int, weight: Double)]] {
            let step = Double(from) / Double(to)
            let widening = max(step, 1)
            return (0..<to).map { position in
                let centre = (Double(position) + 0.5) * step - 0.5
                let taps = Int((centre - 3 * widening).rounded(.down))...Int((centre + 3 * widening).rounded(.up))
                let raw = taps.map { (min(max($0, 0), from - 1), lanczos((Double($0) - centre) / widening)) }
                let sum = raw.reduce(0) { $0 + $1.1 }
                return raw.map { (index: $0.0, weight: $0.1 / sum) }
            }
        }
        let across = weights(plane.width, width)
        let down = weights(plane.height, height)
        var rows = [[Double]](repeating: [Double](repeating: 0, count: width), count: plane.height)
        for y in 0..<plane.height {
            for x in 0..<width {
                rows[y][x] = across[x].reduce(0) {
                    $0 + $1.weight * Double(plane.base[y * plane.stride + $1.index])
                }
            }
        }
        return (0..<height).flatMap { y in
            (0..<width).map { x in
                min(max(down[y].reduce(0) { $0 + $1.weight * rows[$1.index][x] }, 0), 255)
            }
        }
    }

    private func lanczos(_ x: Double) -> Double {
        if abs(x) < 1e-9 { return 1 }
        if abs(x) >= 3 { return 0 }
        let angle = x * .pi
        return 3 * sin(angle) * sin(angle / 3) / (angle * angle)
    }

    private func psnr(_ plane: Plane, _ expected: [Double], x: Int, y: Int, width: Int) -> Double {
        var error = 0.0
        for index in expected.indices {
            let sample = plane.base[(y + index / width) * plane.stride + x + index % width]
            error += (Double(sample) - expected[index]) * (Double(sample) - expected[index])
        }
        return 10 * log10(255 * 255 / max(error / Double(expected.count), 1e-9))
    }

    /// A person and a slide: what meetings show.
    private var pictures: [Picture] {
        [
            TestCard(index: 1, size: PictureSize(width: 640, height: 360)).picture(at: .zero),
            TestSlide.picture(size: PictureSize(width: 640, height: 360)),
        ]
    }

    /// One tile on a canvas; everything but the picture itself is plain.
    private func compose(_ picture: Picture, rect: PixelRect, fit: Fit = .cover) throws -> Picture {
        let compositor = try Compositor(canvas: CanvasSize(width: 1280, height: 720))
        var tile = Drawn.tile("a", rect)
        tile.fit = fit
        tile.background = Colour(red: 255, green: 0, blue: 255)
        return try compositor.compose(
            Scene(
                canvas: compositor.canvas, background: Backdrop(colour: Colour(red: 0, green: 255, blue: 0)),
                tiles: [tile])
        ) { _ in picture }.picture
    }

    private static let places: [(PixelRect, Double)] = [
        (PixelRect(x: 0, y: 0, width: 426, height: 240), 34), (PixelRect(x: 426, y: 240, width: 426, height: 240), 34),
        (PixelRect(x: 18, y: 22, width: 320, height: 180), 33), (PixelRect(x: 64, y: 2, width: 208, height: 118), 33),
        (PixelRect(x: 64, y: 0, width: 1152, height: 648), 37), (PixelRect(x: 10, y: 10, width: 642, height: 362), 37),
    ]

    @Test(arguments: places)
    func scalesAsTheReferenceDoesWithoutShifting(rect: PixelRect, floor: Double) throws {
        for picture in pictures {
            let composed = try compose(picture, rect: rect)
            let planes = [(picture.luma, composed.luma, 1), (picture.cb, composed.cb, 2), (picture.cr, composed.cr, 2)]
            for (source, target, divisor) in planes {
                let width = rect.width / divisor
                let expected = reference(source, width: width, height: rect.height / divisor)
                let (x, y) = (rect.x / divisor, rect.y / divisor)
                let here = psnr(target, expected, x: x, y: y, width: width)
                #expect(here > floor, "\(rect) by \(divisor): \(here) dB")
                // Compared a sample off in any direction it is further away: nothing has shifted.
                guard rect.x > 2, rect.y > 2 else { continue }
                for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                    #expect(psnr(target, expected, x: x + dx, y: y + dy, width: width) < here)
                }
            }
        }
    }

    /// Vector code of the scaler must not reach beyond the tile, wherever it lies.
    @Test func nothingIsWrittenBesideTheTile() throws {
        let canvas = CanvasSize(width: 320, height: 96)
        let compositor = try Compositor(canvas: canvas)
        let backdrop = Drawn.noise(PictureSize(width: 320, height: 96), seed: 3)
        let source = Drawn.flat(PictureSize(width: 100, height: 60), luma: 200, cb: 20, cr: 240)
        var scene = Scene(
            canvas: canvas, background: Backdrop(colour: Colour(red: 0, green: 0, blue: 0), image: "noise"), tiles: [])
        let bare = try compositor.compose(scene) { _ in backdrop }.picture
        for x in stride(from: 0, to: 130, by: 2) {
            for width in [2, 6, 14, 16, 18, 30, 32, 34, 50, 62, 64, 66, 100, 126, 128, 130, 190] {
                let rect = PixelRect(x: x, y: 30, width: width, height: 40)
                scene.tiles = [Drawn.tile("a", rect)]
                let picture = try compositor.compose(scene) { content in
                    if case .image = content { return backdrop }
                    return source
                }.picture
                for (plane, before, divisor, value) in [
                    (picture.luma, bare.luma, 1, UInt8(200)), (picture.cb, bare.cb, 2, 20),
                    (picture.cr, bare.cr, 2, 240),
                ] {
                    var wrong = 0
                    for row in 0..<plane.height {
                        for column in 0..<plane.width {
                            let isInside =
                                (rect.y / divisor..<(rect.y + rect.height) / divisor).contains(row)
                                && (rect.x / divisor..<(rect.x + rect.width) / divisor).contains(column)
                            let expected = isInside ? value : before.base[row * before.stride + column]
                            if plane.base[row * plane.stride + column] != expected { wrong += 1 }
                        }
                    }
                    #expect(wrong == 0, "tile at \(x), \(width) wide: \(wrong) samples of a plane by \(divisor)")
                }
            }
        }
    }

    @Test func tallTileShowsTheMiddleOfAWidePicture() throws {
        // Left third black, middle grey, right third white.
        let picture = Drawn.make(PictureSize(width: 600, height: 200)) { x, _ in
            (x < 200 ? 16 : x < 400 ? 120 : 235, 128, 128)
        }
        let cover = try compose(picture, rect: PixelRect(x: 100, y: 100, width: 200, height: 200))
        for x in 104..<296 { #expect(abs(Int(cover.luma.base[200 * cover.luma.stride + x]) - 120) < 4, "at \(x)") }
        let contain = try compose(picture, rect: PixelRect(x: 100, y: 100, width: 300, height: 300), fit: .contain)
        let magenta = compositorColour(red: 255, green: 0, blue: 255)
        #expect(contain.luma.base[150 * contain.luma.stride + 250] == magenta)
        #expect(contain.luma.base[196 * contain.luma.stride + 250] == magenta)
        #expect(abs(Int(contain.luma.base[250 * contain.luma.stride + 250]) - 120) < 3)
        #expect(abs(Int(contain.luma.base[250 * contain.luma.stride + 104]) - 16) < 3)
    }

    private func compositorColour(red: Double, green: Double, blue: Double) -> UInt8 {
        UInt8((16 + (0.299 * red + 0.587 * green + 0.114 * blue) * 219 / 255).rounded())
    }

    /// Four corners of different luma, seen through each rotation, in cover and contain.
    @Test(arguments: [Rotation.none, .quarter, .half, .threeQuarters])
    func turnsClockwise(rotation: Rotation) throws {
        let levels: [UInt8] = [40, 90, 150, 220]
        let picture = Drawn.make(PictureSize(width: 320, height: 180), rotation: rotation) { x, y in
            let corner = (y < 90 ? 0 : 2) + (x < 160 ? 0 : 1)
            return (levels[corner], UInt8(60 + corner * 40), UInt8(200 - corner * 40))
        }
        // Clockwise from the upper left as stored: 0, 1, 3, 2. A quarter turn brings the lower left to the upper left.
        let ring = [0, 1, 3, 2]
        let turns = rotation.rawValue / 90
        let rect =
            turns % 2 == 0
            ? PixelRect(x: 30, y: 40, width: 320, height: 180) : PixelRect(x: 30, y: 40, width: 180, height: 320)
        for fit in [Fit.cover, .contain] {
            let composed = try compose(picture, rect: rect, fit: fit)
            for (place, (across, down)) in [(1, 1), (3, 1), (3, 3), (1, 3)].enumerated() {
                let x = rect.x + rect.width * across / 4
                let y = rect.y + rect.height * down / 4
                let corner = ring[(place - turns + 4) % 4]
                #expect(composed.luma.base[y * composed.luma.stride + x] == levels[corner])
                #expect(composed.cb.base[y / 2 * composed.cb.stride + x / 2] == UInt8(60 + corner * 40))
            }
        }
    }

    @Test func pixelAspectStretches() throws {
        // 320x360 samples of two by one make 640x360, so nothing is cut off and there are no bars.
        let picture = Drawn.flat(PictureSize(width: 320, height: 360), luma: 77, pixelAspect: 2)
        let composed = try compose(picture, rect: PixelRect(x: 0, y: 0, width: 640, height: 360), fit: .contain)
        #expect(composed.luma.base[180 * composed.luma.stride + 2] == 77)
        #expect(composed.luma.base[2 * composed.luma.stride + 320] == 77)
    }
}
