import Layout
import Testing
import Timing

/// What holds for every stage, canvas and built-in layout.
@Suite struct PropertyTests {
    private static func randomStage(_ random: inout SplitMix, upTo most: Int) -> Stage {
        let count = Int.random(in: 0...most, using: &random)
        var stage = Stage()
        for index in 0..<count {
            stage.participants.append(
                Stage.Participant(
                    id: "id\(index)", name: index % 4 == 0 ? "" : "Nom \(index)",
                    role: [nil, "host", "guest"].randomElement(using: &random)!,
                    joined: MediaTime(seconds: Double.random(in: 0...10, using: &random).rounded()),
                    hasPicture: Bool.random(using: &random), isMuted: Bool.random(using: &random),
                    isFrozen: Bool.random(using: &random), sharesScreen: Int.random(in: 0..<20, using: &random) == 0,
                    level: Float.random(in: -127...0, using: &random),
                    pictureAspect: [nil, 16.0 / 9, 9.0 / 16, 0, -1, .infinity, .nan].randomElement(using: &random)!))
        }
        if Bool.random(using: &random) { stage.pinned = "id3" }
        return stage
    }

    @Test(arguments: BuiltInLayouts.names)
    func nothingOutsideAndNobodyTwice(name: String) throws {
        let layout = try builtIn(name)
        var random = SplitMix(seed: 7)
        for _ in 0..<300 {
            let stage = PropertyTests.randomStage(&random, upTo: 70)
            let canvas = CanvasSize(
                width: [16, 320, 333, 640, 720, 1280, 7680].randomElement(using: &random)!,
                height: [16, 177, 180, 360, 720, 1280, 4320].randomElement(using: &random)!)
            let scene = still(layout, stage, canvas)
            expectInside(scene, "\(name) with \(stage.participants.count) on \(canvas)")
            let contents = scene.tiles.map(\.content)
            #expect(Set(contents).count == contents.count, "\(name) shows somebody twice: \(contents)")
            if name != "pip" {
                for (index, tile) in scene.tiles.enumerated() {
                    for other in scene.tiles[..<index] {
                        #expect(!overlap(tile.rect, other.rect), "\(name): \(tile.id) over \(other.id)")
                    }
                }
            }
        }
    }

    /// Equal tiles with the same gap between all neighbours, and a centred last row.
    @Test(arguments: 1...49, [hd, CanvasSize(width: 320, height: 180), CanvasSize(width: 720, height: 1280)])
    func gridsAreEven(count: Int, canvas: CanvasSize) throws {
        let tiles = still(try builtIn("grid"), stage(count), canvas).tiles
        #expect(tiles.count == count)
        #expect(Set(tiles.map { [$0.rect.width, $0.rect.height] }).count == 1)
        let rows = Dictionary(grouping: tiles, by: \.rect.y).sorted { $0.key < $1.key }.map { $0.value }
        var gaps: Set<Int> = []
        for row in rows {
            let sorted = row.map(\.rect).sorted { $0.x < $1.x }
            for (left, right) in zip(sorted, sorted.dropFirst()) { gaps.insert(right.x - left.x - left.width) }
            let margins = (sorted[0].x, canvas.width - sorted.last!.x - sorted.last!.width)
            #expect(abs(margins.0 - margins.1) <= 2, "row off the centre: \(margins)")
        }
        for (upper, lower) in zip(rows, rows.dropFirst()) {
            gaps.insert(lower[0].rect.y - upper[0].rect.y - upper[0].rect.height)
        }
        #expect(gaps.count <= 1, "gaps \(gaps)")
    }

    /// Tiles that touch leave no seam: every row of a full grid covers the width.
    @Test(arguments: [hd, CanvasSize(width: 1000, height: 562), CanvasSize(width: 854, height: 480)])
    func plainGridHasNoSeams(canvas: CanvasSize) throws {
        let tiles = still(try builtIn("plain-grid"), stage(9), canvas).tiles
        #expect(tiles.count == 9)
        for row in Dictionary(grouping: tiles, by: \.rect.y).values {
            let sorted = row.map(\.rect).sorted { $0.x < $1.x }
            for (left, right) in zip(sorted, sorted.dropFirst()) { #expect(left.x + left.width == right.x) }
        }
    }

    @Test func theSameStepsGiveTheSameScenes() throws {
        for name in BuiltInLayouts.names {
            var engines = [LayoutEngine(try builtIn(name)), LayoutEngine(try builtIn(name))]
            var random = SplitMix(seed: 3)
            for tick in 0..<200 {
                let stage = tick % 10 == 0 ? PropertyTests.randomStage(&random, upTo: 12) : engines[0].lastStage
                let time = MediaTime.milliseconds(Int64(tick) * 33)
                let scenes = engines.indices.map { engines[$0].step(stage, canvas: hd, at: time) }
                #expect(scenes[0] == scenes[1])
            }
        }
    }

    /// Along every way between stages too, tiles are on even pixels, and unique.
    @Test(arguments: BuiltInLayouts.names)
    func movementStaysEven(name: String) throws {
        var engine = LayoutEngine(try builtIn(name))
        var random = SplitMix(seed: 11)
        var stage = Stage()
        for tick in 0..<900 {
            if tick % 7 == 0 { stage = PropertyTests.randomStage(&random, upTo: 14) }
            let scene = engine.step(stage, canvas: hd, at: .milliseconds(Int64(tick) * 33))
            expectInside(scene, "\(name) at tick \(tick)")
            for tile in scene.tiles { #expect((0...1).contains(tile.opacity)) }
        }
    }
}
