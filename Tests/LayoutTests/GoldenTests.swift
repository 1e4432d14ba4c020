import Foundation
import Layout
import Testing

/// The placements of every built-in layout, compared with those that were looked at and committed.
///
/// After a wanted change run the tests with `TESSERA_WRITE_GOLDENS=1`, and read the difference.
@Suite struct GoldenTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    /// One line a tile: x, y, width, height, z, what it shows; then what is drawn over it.
    private static func lines(_ scene: Scene) -> String {
        scene.tiles.map { tile in
            let rect = tile.rect
            var line = "\(rect.x) \(rect.y) \(rect.width) \(rect.height) \(tile.z) \(tile.content.name)"
            if let label = tile.label { line += " label=\(label.fontSize)" }
            if tile.highlight != nil { line += " speaking" }
            return line + "\n"
        }.joined()
    }

    private static func text(_ layout: Layout) -> String {
        var text = ""
        for size in [CanvasSize(width: 1280, height: 720), CanvasSize(width: 320, height: 180)] {
            for isSharing in [false, true] {
                for count in [1, 2, 3, 5, 9, 16] {
                    text += "# \(count) on \(size.width)x\(size.height)\(isSharing ? " with a screen share" : "")\n"
                    text += lines(Preview(of: layout, participants: count, size: size, isSharing: isSharing).scene)
                }
            }
        }
        return text
    }

    @Test(arguments: BuiltInLayouts.names)
    func placementsAreAsCommitted(name: String) throws {
        let text = GoldenTests.text(try builtIn(name))
        let file = GoldenTests.folder.appendingPathComponent(name + ".txt")
        if ProcessInfo.processInfo.environment["TESSERA_WRITE_GOLDENS"] == "1" {
            try FileManager.default.createDirectory(at: GoldenTests.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        guard text != golden else { return }
        let actual = GoldenTests.folder.appendingPathComponent(name + ".actual.txt")
        try Data(text.utf8).write(to: actual)
        let (now, then) = (text.split(separator: "\n"), golden.split(separator: "\n"))
        let line = zip(now, then).enumerated().first { $1.0 != $1.1 }?.offset ?? min(now.count, then.count)
        Issue.record("\(name) differs from line \(line + 1) on; see \(actual.path)")
    }
}

@Suite struct TextDrawingTests {
    private func drawing(_ name: String, _ count: Int, _ columns: Int, _ rows: Int) throws -> [String] {
        let preview = Preview(of: try builtIn(name), participants: count, size: hd)
        return TextDrawing.text(of: preview, columns: columns, rows: rows).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [(80, 24), (200, 60), (20, 6), (8, 4), (1, 1), (100_000, 100_000)])
    func fitsTheTerminal(columns: Int, rows: Int) throws {
        for name in BuiltInLayouts.names {
            let lines = try drawing(name, 9, columns, rows)
            #expect(lines.count <= max(rows, 4))
            #expect(Set(lines.map(\.count)).count == 1)
            #expect(lines[0].count <= max(columns, 8))
        }
    }

    @Test func namesAreInTheTiles() throws {
        let text = try drawing("grid", 4, 80, 24).joined(separator: "\n")
        for name in ["Amara Okafor", "Jonas Lind", "Sofía Reyes (muted)", "Omar Haddad (poor)"] {
            #expect(text.contains(name))
        }
        #expect(text.contains("┏"))
        #expect(try drawing("filmstrip", 20, 80, 24).joined().contains("+14"))
    }

    @Test func wideCharactersTakeTwoColumns() throws {
        let preview = Preview(of: try builtIn("grid"), participants: 1, size: hd, name: { _ in "王秀英" })
        let lines = TextDrawing.text(of: preview, columns: 40, rows: 20).split(separator: "\n")
        let named = try #require(lines.first { $0.contains("王") })
        #expect(named.count == 40 - 3)
    }
}

@Suite struct AvatarTests {
    @Test(arguments: [
        ("Ada Lovelace", "AL"), ("ada", "A"), ("Anna Maria Berg", "AB"), ("Ann (Berlin)", "A"), ("", "?"),
        ("李娜", "李"), ("سارة أحمد", "سأ"), ("😀", "😀"), ("  zoë  ", "Z"), ("jean-luc", "JL"), ("42", "4"),
    ])
    func initials(name: String, initials: String) {
        #expect(Avatar.initials(of: name) == initials)
    }

    @Test func huesDifferAndStay() {
        #expect(Avatar.hue(of: "Ada Lovelace") == Avatar.hue(of: "Ada Lovelace"))
        let hues = (1...60).map { Avatar.hue(of: "Guest \($0)") }
        #expect(hues.allSatisfy { (0..<360).contains($0) })
        // Spread over the circle: every sixth of it is in use.
        #expect(Set(hues.map { $0 / 60 }).count == 6)
    }
}

@Suite struct LabelTests {
    @Test func labelsShrinkAndGoOnSmallCanvases() throws {
        let grid = try builtIn("grid")
        let large = still(grid, stage(4)).tiles[0].label
        #expect(large?.fontSize == 19)
        let small = still(grid, stage(4), CanvasSize(width: 320, height: 180)).tiles[0].label
        #expect(small?.fontSize == 9)
        #expect(still(grid, stage(16), CanvasSize(width: 320, height: 180)).tiles[0].label == nil)
        #expect(still(grid, stage(4), CanvasSize(width: 1920, height: 1080)).tiles[0].label?.fontSize == 28)
    }

    @Test func portraitCamerasAreShownWhole() throws {
        var stage = stage(2)
        stage.participants[0].pictureAspect = 9.0 / 16
        let tiles = still(try builtIn("grid"), stage).tiles
        #expect(tiles[0].fit == .contain)
        #expect(tiles[1].fit == .cover)
    }
}
