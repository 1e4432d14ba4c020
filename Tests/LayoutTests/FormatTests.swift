import Layout
import Testing

/// What the reader says of a layout file with an error in it.
private func complaint(_ text: String) -> LayoutError? {
    do throws(LayoutError) {
        _ = try Layout(parsing: text.utf8)
        return nil
    } catch {
        return error
    }
}

/// A layout whose root is `root`.
private func file(_ root: String, _ more: String = "") -> String { #"{"version": 1, \#(more) "root": \#(root)}"# }

@Suite struct FormatTests {
    @Test(arguments: [
        (#"{"root": {"type": "tile"}}"#, "$.version"),
        (#"{"version": 2, "root": {"type": "tile"}}"#, "$.version"),
        (#"{"version": 1}"#, "$.root"),
        (#"{"version": 1, "root": []}"#, "$.root"),
        (file(#"{"type": "tiles"}"#), "$.root.type"),
        (file(#"{"show": "next"}"#), "$.root.type"),
        (file(#"{"type": "tile", "colour": 1}"#), "$.root.colour"),
        (file(#"{"type": "tile"}"#, #""colour": "red","#), "$.colour"),
        (file(#"{"type": "tile", "weight": 1}"#), "$.root.weight"),
        (file(#"{"type": "tile", "x": 0}"#), "$.root.x"),
        (
            file(
                #"{"type": "rows", "children": [{"type": "tile"}, {"type": "tile"}, {"type": "tile", "weight": -1}]}"#),
            "$.root.children[2].weight"
        ),
        (file(#"{"type": "rows", "children": []}"#), "$.root.children"),
        (file(#"{"type": "rows", "children": {}}"#), "$.root.children"),
        (file(#"{"type": "layers", "children": [{"type": "tile", "x": 1.5}]}"#), "$.root.children[0].x"),
        (file(#"{"type": "layers", "children": [{"type": "tile", "x": "3/2"}]}"#), "$.root.children[0].x"),
        (file(#"{"type": "layers", "children": [{"type": "tile", "x": 0.6, "width": 0.6}]}"#), "$.root.children[0]"),
        (file(#"{"type": "layers", "children": [{"type": "tile", "width": 0}]}"#), "$.root.children[0]"),
        (file(#"{"type": "layers", "children": [{"type": "tile", "z": 1.5}]}"#), "$.root.children[0].z"),
        (file(#"{"type": "tile", "show": "everyone"}"#), "$.root.show"),
        (file(#"{"type": "tile", "show": ["speaker", {"who": "me"}]}"#), "$.root.show[1]"),
        (file(#"{"type": "tile", "show": {"role": "host", "name": "x"}}"#), "$.root.show.name"),
        (file(#"{"type": "tile", "show": {"image": "logo"}}"#), "$.root.show.image"),
        (file(#"{"type": "grid", "show": "speaker"}"#), "$.root.show"),
        (file(#"{"type": "grid", "max": 0}"#), "$.root.max"),
        (file(#"{"type": "grid", "aspect": "16x9"}"#), "$.root.aspect"),
        (file(#"{"type": "grid", "aspect": {"min": 2, "max": 1}}"#), "$.root.aspect"),
        (file(#"{"type": "grid", "rows": 1, "columns": 1, "cellsExcluded": [0]}"#), "$.root.cellsExcluded"),
        (file(#"{"type": "grid", "cellsExcluded": [0, -1]}"#), "$.root.cellsExcluded[1]"),
        (file(#"{"type": "tile", "style": {"radius": "big"}}"#), "$.root.style.radius"),
        (file(#"{"type": "tile", "style": {"label": {"font": "x"}}}"#), "$.root.style.label.font"),
        (file(##"{"type": "tile", "style": {"border": {"colour": "#12345"}}}"##), "$.root.style.border.colour"),
        (file(#"{"type": "tile"}"#, #""images": {"logo": "/etc/passwd"},"#), "$.images.logo"),
        (file(#"{"type": "tile"}"#, #""images": {"the hall": "../hall.png"},"#), #"$.images["the hall"]"#),
        (file(#"{"type": "tile"}"#, #""images": {"a": "b\\..\\c.png"},"#), "$.images.a"),
        (file(#"{"type": "tile"}"#, ##""background": "#00000080","##), "$.background"),
        (file(#"{"type": "tile"}"#, #""watermark": {"opacity": 1},"#), "$.watermark.image"),
        (file(#"{"type": "tile"}"#, #""transition": {"duration": 11},"#), "$.transition.duration"),
        (file(#"{"type": "tile"}"#, #""transition": {"easing": "bouncy"},"#), "$.transition.easing"),
        (file(#"{"type": "tile"}"#, #""variants": [{"root": {"type": "tile"}}],"#), "$.variants[0].when"),
        (
            file(
                #"{"type": "tile"}"#,
                #""variants": [{"when": {"participants": {"min": 3, "max": 2}}, "root": {"type": "tile"}}],"#),
            "$.variants[0].when.participants"
        ),
    ])
    func errorsHaveThePath(text: String, path: String) throws {
        let error = try #require(complaint(text))
        #expect(error.place == path, "\(error)")
        #expect(!error.found.isEmpty)
        #expect(!error.expected.isEmpty)
        #expect(!error.description.contains("\n"))
    }

    @Test func syntaxErrorsHaveLineAndColumn() throws {
        #expect(complaint("{\n  \"version\": 1,\n}")?.place == "line 3, column 1")
        #expect(complaint(#"{"version": 1 "root""#)?.place == "line 1, column 15")
        #expect(complaint("")?.found == "an empty file")
        #expect(complaint(#"{"a": 1, "a": 2}"#)?.found == "the field \"a\" twice in one object")
        #expect(complaint("{\"a\": \"\\ud800\"}")?.found == "half a surrogate pair")
        #expect(complaint(#"{"a": 01}"#) != nil)
        #expect(complaint(#"{"a": 1e999}"#) != nil)
        #expect(complaint("[1] x") != nil)
    }

    @Test func deepNestingIsRefusedBeforeItCosts() throws {
        let deep = String(repeating: "[", count: 200_000)
        #expect(complaint(deep)?.found.contains("nested deeper") == true)
        var root = #"{"type": "tile"}"#
        for _ in 0..<12 { root = #"{"type": "rows", "children": [\#(root)]}"# }
        #expect(complaint(file(root))?.found == "regions nested deeper than 12")
    }

    @Test func sizesAreBounded() throws {
        #expect(complaint(String(repeating: " ", count: 300_000))?.found == "a file of 300000 bytes")
        let tiles = Array(repeating: #"{"type":"tile"}"#, count: 1100).joined(separator: ",")
        #expect(complaint(file(#"{"type": "layers", "children": [\#(tiles)]}"#))?.found == "more than 1024 regions")
        let variant = #"{"when": {}, "root": {"type": "tile"}}"#
        let variants = Array(repeating: variant, count: 65).joined(separator: ",")
        #expect(complaint(file(#"{"type": "tile"}"#, #""variants": [\#(variants)],"#))?.found == "65 variants")
    }

    @Test func everythingAtOnceIsRead() throws {
        let layout = try layout(
            ##"""
            {
              "version": 1, "name": "all", "description": "everything",
              "images": { "hall": "pictures/hall.png", "logo": "logo.png" },
              "background": { "colour": "#102030", "image": "hall" },
              "watermark": { "image": "logo", "x": 0.8, "y": 0.1, "width": 0.1, "height": "1/10", "opacity": 0.5 },
              "transition": { "duration": 0.5, "easing": "ease-out" },
              "stability": { "speakerHold": 1, "speakerSustain": 0.5, "speakerMargin": 6, "shrinkAfter": 1 },
              "style": { "fit": "cover", "background": "#00000000", "radius": 0.02, "border": { "width": 0.01 },
                "highlight": false, "label": { "size": 0.03, "name": true, "marks": false }, "avatar": true,
                "camera": true, "greyWhenFrozen": false },
              "root": { "type": "layers", "children": [
                { "type": "tile", "x": 0, "y": 0, "width": "2/3", "height": 1, "z": -5, "show": "screen",
                  "fallback": ["speaker", { "image": "logo" }], "aspect": { "min": "4:3", "max": 2 } },
                { "type": "rows", "x": "2/3", "width": "1/3", "padding": 0.01, "spacing": 0.01, "children": [
                  { "type": "tile", "weight": 2, "show": { "role": "host" }, "whenEmpty": "background" },
                  { "type": "grid", "show": [{ "participant": "teacher*" }, "others"], "except": ["bot*"],
                    "order": "loudness", "columns": 2, "maxRows": 3, "min": 1, "max": 5, "cellsExcluded": [1],
                    "overflow": true, "centreLastRow": false, "reuse": true, "spacing": 0.01, "aspect": "1:1" },
                  { "type": "columns", "children": [{ "type": "tile", "show": { "next": "newest" } },
                    { "type": "tile", "show": "nothing" }] } ] } ] },
              "variants": [{ "when": { "participants": 0, "screenShare": false, "portrait": false },
                "background": "#ffffff", "style": { "radius": 0 }, "root": { "type": "tile", "show": "nothing" } }]
            }
            """##)
        #expect(layout.name == "all")
        #expect(layout.images == ["hall": "pictures/hall.png", "logo": "logo.png"])
        #expect(layout.roles == ["host"])
        let empty = still(layout, Stage())
        #expect(empty.background == Backdrop(colour: Colour(red: 255, green: 255, blue: 255)))
        #expect(empty.tiles.map(\.content) == [.nothing])
        let scene = still(layout, stage(4))
        #expect(scene.background == Backdrop(colour: Colour(red: 16, green: 32, blue: 48), image: "hall"))
        #expect(scene.watermark?.rect == PixelRect(x: 1024, y: 72, width: 128, height: 72))
        #expect(scene.tiles.first?.rect == PixelRect(x: 0, y: 40, width: 854, height: 640))
        #expect(scene.tiles.first?.content == .camera(participant: "p1"))
        #expect(scene.tiles.first?.z == -5)
    }

    /// Files that are nearly right: every one is read or refused, none traps, and what is read can be used.
    @Test(arguments: BuiltInLayouts.names)
    func mutatedFilesNeverTrap(name: String) throws {
        let original = Array(try #require(BuiltInLayouts.text(of: name)).utf8)
        let words = [
            "-1", "1e9", "null", "\"\"", "[", "]", "{", "}", "0.3", "\"next\"", "\"z\":", ",", "true", "\\u00",
        ]
        var random = SplitMix(seed: UInt64(name.utf8.count))
        var accepted = 0
        for _ in 0..<600 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: words.randomElement(using: &random)!.utf8, at: place)
                default:
                    let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
                    bytes[digits.randomElement(using: &random)!] = UInt8.random(in: 0x30...0x39, using: &random)
                }
            }
            do throws(LayoutError) {
                let layout = try Layout(parsing: bytes)
                accepted += 1
                let canvas = CanvasSize(width: Int.random(in: 0...700, using: &random), height: 360)
                let count = Int.random(in: 0...60, using: &random)
                expectInside(still(layout, stage(count), canvas), "mutation of \(name)")
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(accepted > 10)
    }
}
