import Compositor
import Layout
import Media
import Testing

/// Labels are small pictures of their own; here they are seen on a canvas of one flat colour.
@Suite struct LabelTests {
    private let white = Colour(red: 255, green: 255, blue: 255)

    /// The box round all that a label of the tile changes, or nil if it has none.
    private func box(_ text: String, tile size: (Int, Int), fontSize: Int, muted: Bool = false) throws -> PixelRect? {
        let canvas = CanvasSize(width: 400, height: 200)
        var tile = Drawn.tile("a", PixelRect(x: 20, y: 20, width: size.0, height: size.1))
        let scene = Scene(canvas: canvas, background: Backdrop(colour: tile.background), tiles: [tile])
        let bare = try Compositor(canvas: canvas).compose(scene) { _ in nil }.picture
        tile.label = Label(
            text: text, isMuted: muted, fontSize: fontSize, textColour: white,
            background: Colour(red: 0, green: 0, blue: 0, alpha: 200))
        let labelled = try Compositor(canvas: canvas).compose(
            Scene(canvas: canvas, background: Backdrop(colour: tile.background), tiles: [tile])
        ) { _ in nil }.picture
        var (left, top, right, bottom) = (Int.max, Int.max, -1, -1)
        for y in 0..<200 {
            for x in 0..<400
            where labelled.luma.base[y * labelled.luma.stride + x] != bare.luma.base[y * bare.luma.stride + x] {
                (left, top, right, bottom) = (min(left, x), min(top, y), max(right, x), max(bottom, y))
            }
        }
        return right < 0 ? nil : PixelRect(x: left, y: top, width: right - left + 1, height: bottom - top + 1)
    }

    @Test func stayInsideTheirTiles() throws {
        for text in ["Amara", "A name so long that no tile of any size has room for the whole of it", "سارة أحمد", "م"]
        {
            for size in [(360, 160), (120, 160), (90, 60), (60, 120)] {
                for fontSize in [8, 14, 40, 4000] {
                    guard let box = try box(text, tile: size, fontSize: fontSize, muted: true) else { continue }
                    #expect(box.x > 20 && box.y > 20, "\(text) at \(fontSize) in \(size): \(box)")
                    #expect(box.x + box.width < 20 + size.0 && box.y + box.height < 20 + size.1)
                    #expect(box.height <= size.1 / 4 + 2)
                }
            }
        }
    }

    @Test func goWhereNothingWouldBeReadable() throws {
        #expect(try box("Amara", tile: (40, 22), fontSize: 14) == nil)
        #expect(try box("Amara", tile: (360, 160), fontSize: 3) == nil)
        #expect(try box("", tile: (360, 160), fontSize: 14) == nil)
        #expect(try box("Amara", tile: (360, 160), fontSize: -5) == nil)
        #expect(try box("", tile: (360, 160), fontSize: 14, muted: true) != nil)
    }

    @Test func longerNamesMakeWiderLabelsUpToTheTile() throws {
        let short = try #require(try box("Al", tile: (200, 120), fontSize: 11))
        let middle = try #require(try box("Alexandra", tile: (200, 120), fontSize: 11))
        let long = try #require(try box(String(repeating: "Alexandra ", count: 20), tile: (200, 120), fontSize: 11))
        #expect(short.width < middle.width && middle.width < long.width && long.width <= 190)
        #expect(long.width > 160 && long.height == short.height)
    }
}
