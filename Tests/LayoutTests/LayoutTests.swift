import Foundation
import Layout
import Testing
import Timing

let hd = CanvasSize(width: 1280, height: 720)

/// Participants p1, p2 … who joined one second after the other.
func stage(_ count: Int, from first: Int = 1) -> Stage {
    Stage(
        participants: (0..<count).map {
            Stage.Participant(
                id: "p\(first + $0)", name: "Person \(first + $0)", joined: MediaTime(seconds: Double(first + $0)))
        })
}

func layout(_ text: String) throws -> Layout { try Layout(parsing: text.utf8) }

func builtIn(_ name: String) throws -> Layout { try #require(BuiltInLayouts.layout(named: name)) }

/// The scene of a stage on which nothing has happened before.
func still(_ layout: Layout, _ stage: Stage, _ canvas: CanvasSize = hd) -> Scene {
    LayoutEngine.step(layout, stage, canvas: canvas, at: .zero, after: LayoutState()).scene
}

@Suite struct GridTests {
    @Test(arguments: [1, 2, 3, 4, 5, 7, 9, 12, 16, 25, 36, 49])
    func everyoneOnce(count: Int) throws {
        let scene = still(try builtIn("grid"), stage(count))
        #expect(scene.tiles.count == count)
        #expect(Set(scene.tiles.map(\.content)).count == count)
        #expect(!scene.isAnimating)
    }

    @Test func nineAreThreeByThree() throws {
        let tiles = still(try builtIn("grid"), stage(9)).tiles
        #expect(Set(tiles.map(\.rect.x)).count == 3)
        #expect(Set(tiles.map(\.rect.y)).count == 3)
        #expect(Set(tiles.map(\.rect.width)).count == 1)
    }

    @Test func theRestIsCounted() throws {
        let tiles = still(try builtIn("grid"), stage(60)).tiles
        #expect(tiles.count == 49)
        #expect(tiles.last?.content == .overflow(count: 12))
    }

    @Test func anEmptyStageIsAnEmptyScene() throws {
        #expect(still(try builtIn("grid"), Stage()).tiles.isEmpty)
    }
}

@Test func embeddedLayoutsAreTheFiles() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Layouts").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    #expect(files.map { String($0.dropLast(5)) }.sorted() == BuiltInLayouts.names)
    for name in BuiltInLayouts.names {
        let text = try String(contentsOf: folder.appendingPathComponent(name + ".json"), encoding: .utf8)
        #expect(text == BuiltInLayouts.text(of: name))
        #expect(BuiltInLayouts.layout(named: name)?.name == name)
    }
}
