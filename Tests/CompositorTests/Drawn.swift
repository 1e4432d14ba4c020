import Compositor
import Layout
import Media
import MediaTesting

/// Pictures and tiles that tests draw.
enum Drawn {
    static func flat(
        _ size: PictureSize, luma: UInt8, cb: UInt8 = 128, cr: UInt8 = 128,
        colour: ColourDescription = .bt601Limited, rotation: Rotation = .none, pixelAspect: Double = 1
    ) -> Picture {
        make(size, colour: colour, rotation: rotation, pixelAspect: pixelAspect) { _, _ in (luma, cb, cr) }
    }

    /// Calls `sample` for each luma position; chroma is taken at the upper left of each 2x2.
    static func make(
        _ size: PictureSize, colour: ColourDescription = .bt601Limited, rotation: Rotation = .none,
        pixelAspect: Double = 1, alpha: ((Int, Int) -> UInt8)? = nil,
        sample: (_ x: Int, _ y: Int) -> (luma: UInt8, cb: UInt8, cr: UInt8)
    ) -> Picture {
        let picture = WritablePicture(size: size, hasAlpha: alpha != nil)
        for y in 0..<size.height {
            for x in 0..<size.width {
                let values = sample(x, y)
                picture.luma.base[y * picture.luma.stride + x] = values.luma
                if x % 2 == 0, y % 2 == 0 {
                    picture.cb.base[y / 2 * picture.cb.stride + x / 2] = values.cb
                    picture.cr.base[y / 2 * picture.cr.stride + x / 2] = values.cr
                }
                if let alpha, let plane = picture.alpha { plane.base[y * plane.stride + x] = alpha(x, y) }
            }
        }
        return picture.freeze(colour: colour, rotation: rotation, pixelAspect: pixelAspect)
    }

    static func noise(_ size: PictureSize, seed: UInt64, hasAlpha: Bool = false, rotation: Rotation = .none) -> Picture
    {
        var random = SeededRandom(seed: seed)
        return make(
            size, rotation: rotation, alpha: hasAlpha ? { x, y in UInt8(truncatingIfNeeded: x * 7 + y * 3) } : nil
        ) { _, _ in
            let value = random.next()
            return (UInt8(value & 255), UInt8(value >> 8 & 255), UInt8(value >> 16 & 255))
        }
    }

    static func tile(_ id: String, _ rect: PixelRect) -> Tile {
        Tile(
            id: id, content: .camera(participant: id), rect: rect,
            background: Colour(red: 40, green: 44, blue: 60))
    }

    static func differingBlocks(_ first: Picture, _ second: Picture) -> MacroblockMap {
        var map = MacroblockMap(size: first.size)
        for (a, b, scale) in [
            (first.luma, second.luma, 1), (first.cb, second.cb, 2), (first.cr, second.cr, 2),
        ] {
            for y in 0..<a.height {
                for x in 0..<a.width where a.base[y * a.stride + x] != b.base[y * b.stride + x] {
                    map.set(x: x * scale, y: y * scale, width: 1, height: 1)
                }
            }
        }
        return map
    }
}

/// A scene to which something random happens at each step.
struct RandomWorld {
    let canvas: CanvasSize
    private var random: SeededRandom
    private var tiles: [Tile] = []
    private var pictures: [TileContent: Picture] = [:]
    private var background = Backdrop(colour: Colour(red: 12, green: 16, blue: 28))
    private var watermark: Watermark?
    private var count = 0

    init(canvas: CanvasSize, seed: UInt64) {
        self.canvas = canvas
        random = SeededRandom(seed: seed)
        for _ in 0..<4 { join() }
    }

    var scene: Scene { Scene(canvas: canvas, background: background, tiles: tiles, watermark: watermark) }
    func picture(_ content: TileContent) -> Picture? { pictures[content] }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    private mutating func colour() -> Colour {
        let value = random.next()
        return Colour(
            red: UInt8(value & 255), green: UInt8(value >> 8 & 255), blue: UInt8(value >> 16 & 255),
            alpha: below(3) == 0 ? UInt8(value >> 24 & 255) : 255)
    }
    private mutating func rect() -> PixelRect {
        PixelRect(
            x: (below(canvas.width + 40) - 40) & ~1, y: (below(canvas.height + 40) - 40) & ~1,
            width: 2 * below(90) + 2, height: 2 * below(60) + 2)
    }
    private mutating func newPicture() -> Picture? {
        if below(5) == 0 { return nil }
        let rotations: [Rotation] = [.none, .none, .none, .quarter, .half, .threeQuarters]
        return Drawn.noise(
            PictureSize(width: 1 + below(120), height: 1 + below(90)), seed: random.next(), hasAlpha: below(6) == 0,
            rotation: rotations[below(rotations.count)])
    }

    private mutating func join() {
        count += 1
        var tile = Drawn.tile("tile \(count)", rect())
        tile.background = colour()
        tile.z = below(3)
        tile.cornerRadius = below(16)
        tile.fit = below(2) == 0 ? .contain : .cover
        if below(2) == 0 { tile.border = Stroke(width: below(4), colour: colour()) }
        if below(3) == 0 { tile.opacity = Double(below(11)) / 10 }
        if below(2) == 0 { tile.avatar = Avatar(initials: "A\(count)", hue: below(360)) }
        if below(2) == 0 {
            tile.label = Label(
                text: "Name \(count)", isMuted: below(2) == 0, fontSize: 4 + below(16), textColour: colour(),
                background: colour())
        }
        pictures[tile.content] = newPicture()
        tiles.insert(tile, at: below(tiles.count + 1))
    }

    mutating func step() {
        for _ in 0..<(1 + below(2)) {
            guard !tiles.isEmpty else {
                join()
                continue
            }
            let index = below(tiles.count)
            switch below(16) {
            case 0: if tiles.count < 9 { join() }
            case 1: if tiles.count > 2 { tiles.remove(at: index) }
            case 2: tiles[index].rect = rect()
            case 3: tiles[index].highlight = tiles[index].highlight == nil ? Stroke(width: 3, colour: colour()) : nil
            case 4: tiles[index].opacity = Double(below(11)) / 10
            case 5: tiles[index].isFrozen.toggle()
            case 6: tiles[index].cornerRadius = below(12)
            case 7: tiles.swapAt(index, below(tiles.count))
            case 8: background.colour = colour()
            case 9:
                let picture = Watermark(image: "mark", rect: rect(), opacity: Double(below(10)) / 10)
                watermark = watermark == nil ? picture : nil
                pictures[.image("mark")] = Drawn.noise(PictureSize(width: 40, height: 20), seed: 5, hasAlpha: true)
            case 10: tiles[index].label?.isMuted.toggle()
            case 11: pictures[tiles[index].content] = newPicture()
            default:
                // The usual case: the next picture of the same form.
                if let old = pictures[tiles[index].content] {
                    pictures[tiles[index].content] = Drawn.noise(old.size, seed: random.next(), rotation: old.rotation)
                }
            }
        }
    }
}
