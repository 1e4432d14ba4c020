import Compositor
import Layout
import Media
import MediaTesting
import Testing

@Suite struct CompositorTests {
    let dark = Colour(red: 12, green: 16, blue: 28)
    let grey = Colour(red: 40, green: 44, blue: 60)

    @Test func refusesCanvasesAndScenesThatDoNotFit() throws {
        for (width, height) in [(0, 0), (15, 16), (641, 360), (640, -2), (20_000, 16)] {
            #expect(throws: CompositorError.self) {
                _ = try Compositor(canvas: CanvasSize(width: width, height: height))
            }
        }
        let compositor = try Compositor(canvas: CanvasSize(width: 64, height: 64))
        let scene = Scene(canvas: CanvasSize(width: 32, height: 64), background: Backdrop(colour: dark), tiles: [])
        #expect(throws: CompositorError.self) { _ = try compositor.compose(scene) { _ in nil } }
    }

    @Test func unchangedSceneGivesTheSamePicture() throws {
        let compositor = try Compositor(canvas: CanvasSize(width: 320, height: 180))
        let source = Drawn.noise(PictureSize(width: 160, height: 90), seed: 1)
        let scene = Scene(
            canvas: compositor.canvas, background: Backdrop(colour: dark),
            tiles: [Drawn.tile("a", PixelRect(x: 10, y: 10, width: 160, height: 90))])
        let first = try compositor.compose(scene) { _ in source }
        #expect(!first.isUnchanged)
        #expect(first.changed == MacroblockMap(size: first.picture.size, allSet: true))
        let second = try compositor.compose(scene) { _ in source }
        #expect(second.isUnchanged && second.picture === first.picture && second.changed.isEmpty)
        #expect(second.statistics.tilesReused == 1)
        let third = try compositor.compose(scene) { _ in Drawn.noise(source.size, seed: 2) }
        #expect(!third.isUnchanged && third.picture !== first.picture)
        var expected = MacroblockMap(size: first.picture.size)
        expected.set(x: 10, y: 10, width: 160, height: 90)
        #expect(third.changed == expected)
    }

    /// The heart of it: whatever happens from tick to tick, each picture is the one that a new compositor would draw, and
    /// differs from the one before only where the map says. Pictures are held for a random number of ticks.
    @Test(arguments: 0..<12)
    func partsDrawnAnewEqualTheWhole(seed: UInt64) throws {
        var random = SeededRandom(seed: seed + 100)
        let canvas = CanvasSize(width: 336, height: 190)
        let compositor = try Compositor(canvas: canvas)
        var world = RandomWorld(canvas: canvas, seed: seed)
        var held: [Picture] = []
        var before: Picture?
        for tick in 0..<60 {
            world.step()
            let scene = world.scene
            let composite = try compositor.compose(scene) { world.picture($0) }
            let reference = try Compositor(canvas: canvas).compose(scene) { world.picture($0) }
            let difference = Drawn.differingBlocks(composite.picture, reference.picture)
            #expect(difference.isEmpty, "seed \(seed), tick \(tick): \(difference.count) blocks differ from the whole")
            if let before {
                var unmarked = Drawn.differingBlocks(composite.picture, before)
                for row in 0..<unmarked.rows {
                    for column in 0..<unmarked.columns where composite.changed[column, row] {
                        unmarked[column, row] = false
                    }
                }
                #expect(unmarked.isEmpty, "seed \(seed), tick \(tick): \(unmarked.count) changed blocks not in the map")
            }
            if !difference.isEmpty { return }
            before = composite.picture
            held.append(composite.picture)
            while held.count > Int(random.next() % 7) { held.removeFirst() }
        }
    }

    @Test func oddScenesAndPicturesNeverTrap() throws {
        let compositor = try Compositor(canvas: CanvasSize(width: 128, height: 96))
        let sizes = [
            (1, 1), (1, 400), (400, 1), (2, 2), (3, 5), (15, 15), (16, 16), (17, 31), (333, 177), (7680, 4320),
            (7680, 2),
        ]
        let rects = [
            PixelRect(x: 0, y: 0, width: 128, height: 96), PixelRect(x: -30, y: 60, width: 100, height: 100),
            PixelRect(x: 3, y: 5, width: 51, height: 33), PixelRect(x: 0, y: 0, width: 2, height: 2),
            PixelRect(x: 4, y: 4, width: 2, height: 90), PixelRect(x: 4, y: 4, width: 120, height: 14),
            PixelRect(x: -1000, y: -1000, width: 5000, height: 4000), PixelRect(x: 0, y: 0, width: 0, height: -4),
            PixelRect(x: .min, y: .max, width: .max, height: .max),
            PixelRect(x: -1_000_000, y: -1_000_000, width: .max, height: .max),
        ]
        for (width, height) in sizes {
            let size = PictureSize(width: width, height: height)
            let pictures = [
                Drawn.flat(size, luma: 90, cb: 100, cr: 150),
                Drawn.flat(size, luma: 90, cb: 100, cr: 150, rotation: .quarter, pixelAspect: 1.5),
                Drawn.flat(size, luma: 90, cb: 100, cr: 150, rotation: .half, pixelAspect: .nan),
                Drawn.flat(size, luma: 90, cb: 100, cr: 150, rotation: .threeQuarters, pixelAspect: 1e9),
            ]
            for picture in pictures {
                for rect in rects {
                    for fit in [Fit.contain, .cover] {
                        var tile = Drawn.tile("a", rect)
                        tile.fit = fit
                        tile.cornerRadius = Int(rect.x.magnitude & 15) - 3
                        tile.opacity = rect.y == 60 ? .nan : rect.x == 4 ? 0.5 : 2
                        tile.border = Stroke(width: 5, colour: grey)
                        tile.highlight = Stroke(width: .max, colour: dark)
                        let scene = Scene(
                            canvas: compositor.canvas, background: Backdrop(colour: dark), tiles: [tile, tile])
                        _ = try compositor.compose(scene) { _ in picture }
                    }
                }
            }
        }
    }
}
