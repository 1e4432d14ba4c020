import Compositor
import Layout
import Media
import MediaTesting
import Testing
import Timing

/// Scenes of the tests' own, in which every feature is seen at least once.
@Suite struct GoldenSceneTests {
    private let night = Colour(red: 11, green: 15, blue: 25)
    private let slate = Colour(red: 27, green: 33, blue: 48)
    private let white = Colour(red: 255, green: 255, blue: 255)
    private let shade = Colour(red: 0, green: 0, blue: 0, alpha: 140)
    private let accent = Colour(red: 90, green: 160, blue: 255)
    private let time = MediaTime.milliseconds(1500)

    private func tile(_ id: String, _ content: TileContent, _ rect: PixelRect) -> Tile {
        Tile(id: id, content: content, rect: rect, background: slate, cornerRadius: 8)
    }

    private func label(_ text: String, muted: Bool = false, poor: Bool = false, size: Int = 12) -> Label {
        Label(
            text: text, isMuted: muted, hasPoorNetwork: poor, fontSize: size, textColour: white, background: shade)
    }

    /// Cells of a grid with even gaps on 640x360.
    private func cells(columns: Int, rows: Int, gap: Int = 8) -> [PixelRect] {
        let width = (640 - gap * (columns + 1)) / columns & ~1
        let height = (360 - gap * (rows + 1)) / rows & ~1
        return (0..<(columns * rows)).map {
            PixelRect(
                x: gap + $0 % columns * (width + gap), y: gap + $0 / columns * (height + gap), width: width,
                height: height)
        }
    }

    private func draw(_ tiles: [Tile], watermark: Watermark? = nil, backdrop: String? = nil) throws -> Picture {
        let scene = Scene(
            canvas: CanvasSize(width: 640, height: 360), background: Backdrop(colour: night, image: backdrop),
            tiles: tiles, watermark: watermark)
        return try ScenePreview().draw(scene, at: time) { image($0) }
    }

    private func image(_ name: String) -> Picture? {
        switch name {
        case "mark":
            // A translucent ring on clear ground.
            return Drawn.make(PictureSize(width: 96, height: 96)) { x, y in
                let away = Double((x - 48) * (x - 48) + (y - 48) * (y - 48)).squareRoot()
                return UInt8(min(max((14 - abs(away - 32)) * 64, 0), 255))
            } sample: { _, _ in
                (235, 128, 128)
            }
        case "dusk":
            return Drawn.make(PictureSize(width: 320, height: 320)) { x, y in
                (UInt8(40 + y / 4), UInt8(140 - x / 16), UInt8(120 + y / 10))
            }
        case "poster":
            return Drawn.make(PictureSize(width: 200, height: 200)) { x, y in
                (x / 20 + y / 20) % 2 == 0 ? (180, 100, 150) : (90, 150, 110)
            }
        default:
            return nil
        }
    }

    @Test func everyFeature() throws {
        let places = cells(columns: 3, rows: 3)
        var speaking = tile("1", .camera(participant: "p1"), places[0])
        speaking.highlight = Stroke(width: 3, colour: accent)
        speaking.label = label("Amara Okafor")
        var frozen = tile("2", .camera(participant: "p2"), places[1])
        frozen.isFrozen = true
        frozen.label = label("Lukas Weber", poor: true)
        var screen = tile("3", .screen(participant: "p3"), places[2])
        screen.fit = .contain
        screen.border = Stroke(width: 1, colour: Colour(red: 255, green: 255, blue: 255, alpha: 70))
        var avatar = tile("4", .avatar(participant: "p4"), places[3])
        avatar.avatar = Avatar(initials: "SR", hue: 310)
        avatar.label = label("Sofia Rossi", muted: true)
        var both = tile("5", .camera(participant: "p5"), places[4])
        both.label = label("", muted: true, poor: true)
        both.border = Stroke(width: 2, colour: Colour(red: 250, green: 190, blue: 70))
        var nobody = tile("6", .avatar(participant: "p6"), places[5])
        nobody.avatar = Avatar(initials: "", hue: 200)
        let more = tile("7", .overflow(count: 12), places[6])
        var poster = tile("8", .image("poster"), places[7])
        poster.fit = .contain
        let bare = tile("9", .nothing, places[8])
        try Golden.check(
            draw(
                [speaking, frozen, screen, avatar, both, nobody, more, poster, bare],
                watermark: Watermark(
                    image: "mark", rect: PixelRect(x: 560, y: 280, width: 64, height: 64), opacity: 0.6),
                backdrop: "dusk"),
            "features")
    }

    @Test func everyScript() throws {
        let names = [
            "Amélie Ångström", "Олена Коваль", "Γιώργος Νικολάου", "سارة أحمد", "עידו לוי", "محمد رضا پوراحمدی",
            "王小明", "田中 ゆき", "김하늘", "प्रिया शर्मा", "สมชาย ใจดี", "Zoë 🎸🌍", "தமிழ் செல்வி", "አበበ ቢቂላ", "ကျော်ကျော်",
            "A very long name that goes on and on and on", "شخص له اسم طويل جدا لا ينتهي أبدا هنا", "👩‍👩‍👧 family",
        ]
        let places = cells(columns: 4, rows: 5, gap: 6)
        let tiles = names.enumerated().map { index, name in
            var tile = tile(
                "\(index)", index % 2 == 0 ? .camera(participant: "p\(index + 1)") : .nothing, places[index])
            tile.label = label(name, muted: index % 5 == 0)
            return tile
        }
        let initials = ["王", "Ж"].enumerated().map { index, text in
            var tile = tile("i\(index)", .avatar(participant: "x"), places[names.count + index])
            tile.avatar = Avatar(initials: text, hue: 40 + index * 120)
            return tile
        }
        try Golden.check(draw(tiles + initials), "scripts")
    }

    @Test func overlapsAndFades() throws {
        var back = tile("back", .screen(participant: "p1"), PixelRect(x: 0, y: 0, width: 640, height: 360))
        back.cornerRadius = 0
        var tiles = [back]
        for (index, opacity) in [1, 0.75, 0.5, 0.25].enumerated() {
            var small = tile(
                "small \(index)", .camera(participant: "p\(index + 1)"),
                PixelRect(x: 30 + index * 150, y: 20, width: 140, height: 80))
            small.opacity = opacity
            small.cornerRadius = 16
            small.highlight = index == 1 ? Stroke(width: 4, colour: accent) : nil
            small.label = label("\(Int(opacity * 100)) %")
            tiles.append(small)
        }
        for index in 0..<3 {
            var stacked = tile(
                "stack \(index)", .camera(participant: "p\(index + 6)"),
                PixelRect(x: 360 + index * 60, y: 150 + index * 40, width: 150, height: 120))
            stacked.z = 2 - index
            stacked.cornerRadius = 20
            stacked.border = Stroke(width: 2, colour: white)
            tiles.append(stacked)
        }
        // Half outside of the canvas, and a round one.
        tiles.append(tile("left", .camera(participant: "p9"), PixelRect(x: -70, y: 250, width: 160, height: 90)))
        var round = tile("round", .camera(participant: "p10"), PixelRect(x: 180, y: 220, width: 120, height: 120))
        round.cornerRadius = 60
        round.border = Stroke(width: 3, colour: accent)
        tiles.append(round)
        tiles.append(tile("low", .overflow(count: 120), PixelRect(x: 560, y: 300, width: 120, height: 90)))
        try Golden.check(draw(tiles), "overlaps")
    }

    @Test func smallTilesKeepWhatTheyCan() throws {
        var tiles: [Tile] = []
        var x = 8
        for (index, height) in [90, 72, 54, 40, 28, 18, 12].enumerated() {
            let width = height * 16 / 9 & ~1
            for row in 0..<2 {
                var tile = tile(
                    "\(index) \(row)", row == 0 ? .camera(participant: "p\(index + 1)") : .avatar(participant: "p"),
                    PixelRect(x: x, y: 20 + row * 170, width: width, height: height))
                tile.avatar = Avatar(initials: "TS", hue: index * 50)
                tile.label = label("Tomás Silva", muted: true, poor: index % 2 == 0, size: 11)
                tile.highlight = row == 1 ? Stroke(width: 2, colour: accent) : nil
                tile.cornerRadius = 6
                tiles.append(tile)
            }
            x += width + 8
        }
        try Golden.check(draw(tiles), "small")
    }

    @Test func testCards() throws {
        let places = cells(columns: 4, rows: 4, gap: 4)
        let tiles = places.enumerated().map { tile("\($0)", .camera(participant: "p\($0 + 1)"), $1) }
        try Golden.check(draw(tiles), "cards")
    }
}
