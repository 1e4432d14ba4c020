import Layout
import Testing

/// Random numbers that are the same for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Every tile lies on the canvas, on even pixels, and has a size; no two have the same identifier.
func expectInside(_ scene: Scene, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) {
    for tile in scene.tiles {
        let rect = tile.rect
        let isEven = [rect.x, rect.y, rect.width, rect.height].allSatisfy { $0 % 2 == 0 }
        let isInside =
            rect.x >= 0 && rect.y >= 0 && rect.width >= 2 && rect.height >= 2
            && rect.x + rect.width <= scene.canvas.width && rect.y + rect.height <= scene.canvas.height
        #expect(isEven, "\(comment): \(tile.id) at \(rect)", sourceLocation: sourceLocation)
        #expect(
            isInside, "\(comment): \(tile.id) at \(rect) of \(scene.canvas)", sourceLocation: sourceLocation)
    }
    let ids = scene.tiles.map(\.id)
    #expect(Set(ids).count == ids.count, "\(comment): an identifier twice in \(ids)", sourceLocation: sourceLocation)
}

func overlap(_ a: PixelRect, _ b: PixelRect) -> Bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
