import Foundation
import Layout
import Testing
import Timing

private func imported(
    _ text: String, _ origin: ImportedLayout.Origin, resolution: CanvasSize? = nil
) throws(LayoutError) -> [ImportedLayout] {
    try ImportedLayout.read(text.utf8, from: origin, resolution: resolution, fallbackName: "imported")
}

/// The rectangles of a preview, in the order in which they are drawn.
private func rects(_ layout: ImportedLayout, _ count: Int, _ canvas: CanvasSize = hd) throws -> [PixelRect] {
    Preview(of: try Layout(parsing: layout.text.utf8), participants: count, size: canvas).scene.tiles.map(\.rect)
}

private func complaint(_ text: String, _ origin: ImportedLayout.Origin) -> LayoutError? {
    do throws(LayoutError) {
        _ = try imported(text, origin)
        return nil
    } catch {
        return error
    }
}

@Suite struct FreeSwitchTests {
    private static let fixture = """
        <?xml version="1.0"?>
        <!-- A made-up file in FreeSWITCH's form. -->
        <configuration name="conference_layouts.conf">
          <layout-settings>
            <layouts>
              <layout name="alone"><image x="0" y="0" scale="360" floor="true"/></layout>
              <layout name="stage &amp; two" bgimg="/usr/share/images/hall.png">
                <image x="240" y="60" scale="120" overlap="true" border="5"/>
                <image x="0" y="0" scale="240" hscale="360" zoom="true" floor="true"/>
                <image x="240" y="240" scale="120" reservation_id="chair"/>
              </layout>
              <layout name="only"><image x="90" y="45" scale="180" floor-only="true"/>
                <image x="0" y="300" scale="60" role-id="interpreter"/><image x="60" y="300" scale="60" file-only="yes"/>
              </layout>
            </layouts>
            <groups><group name="both"><layout>alone</layout><layout> stage &amp; two
              </layout></group></groups>
          </layout-settings>
        </configuration>
        """

    @Test func layoutsAndGroups() throws {
        let layouts = try imported(FreeSwitchTests.fixture, .freeswitch)
        #expect(layouts.map(\.name) == ["alone", "stage & two", "only", "both"])
        #expect(try rects(layouts[0], 3) == [PixelRect(x: 0, y: 0, width: 1280, height: 720)])
        // The overlapping image is drawn last, wherever it stands in the file.
        let stage = [
            PixelRect(x: 0, y: 0, width: 854, height: 720), PixelRect(x: 854, y: 480, width: 426, height: 240),
            PixelRect(x: 854, y: 120, width: 426, height: 240),
        ]
        #expect(try rects(layouts[1], 3) == stage)
        #expect(try rects(layouts[3], 1) == rects(layouts[0], 1))
        #expect(try rects(layouts[3], 3) == stage)
        #expect(layouts[1].notes.count == 1)
        #expect(try Layout(parsing: layouts[1].text.utf8).images == ["background": "hall.png"])
    }

    @Test func fitFloorAndBinding() throws {
        let layouts = try imported(FreeSwitchTests.fixture, .freeswitch)
        let stage = try Layout(parsing: layouts[1].text.utf8)
        let tiles = still(
            stage,
            Stage(participants: [
                Stage.Participant(id: "a", name: "A"), Stage.Participant(id: "b", name: "B", role: "chair"),
                Stage.Participant(id: "c", name: "C"),
            ])
        ).tiles
        #expect(tiles.map(\.content.name) == ["camera:a", "camera:b", "camera:c"])
        #expect(tiles.map(\.fit) == [.cover, .contain, .contain])
        #expect(tiles.map(\.border.width) == [0, 0, 5])
        // A bound place stays empty without the one it is for; the floor's own shows nobody but the speaker.
        let only = still(try Layout(parsing: layouts[2].text.utf8), LayoutTests.stage(4)).tiles
        #expect(only.map(\.content.name) == ["camera:p1", "nothing"])
    }

    @Test(arguments: [
        ("", "line 1"), ("<a", "line 1"), ("<a></b>", "line 1"), ("<a>&nbsp;</a>", "line 1"),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "line 1"),
        ("<layouts>\n<layout name='x'/>\n</layouts>", "line 2"), ("<c><layouts></layouts></c>", ""),
        ("<c><layouts><layout><image x='0' y='0' scale='1'/></layout></layouts></c>", "line 1"),
        ("<c><layouts>\n<layout name='x'>\n<image x='0' y='0'/></layout></layouts></c>", "line 3"),
        ("<c><layouts><layout name='x'><image x='300' y='0' scale='61'/></layout></layouts></c>", "line 1"),
        ("<c><layouts><layout name='x'><image x='-1' y='0' scale='61'/></layout></layouts></c>", "line 1"),
        (
            "<c><layouts><layout name='x'><image x='0' y='0' scale='1'/></layout></layouts>\n<groups>"
                + "<group name='g'><layout>y</layout></group></groups></c>", "line 2"
        ),
    ])
    func errorsHaveTheLine(text: String, place: String) throws {
        let error = try #require(complaint(text.hasPrefix("<layouts") ? "<c>" + text + "</c>" : text, .freeswitch))
        #expect(error.place == place, "\(error)")
    }

    @Test func hostileFilesAreRefused() throws {
        #expect(complaint(String(repeating: "<a>", count: 100_000), .freeswitch) != nil)
        #expect(complaint("<a>" + String(repeating: "<b/>", count: 30_000) + "</a>", .freeswitch) != nil)
        var random = SplitMix(seed: 9)
        for _ in 0..<2000 {
            var bytes = Array(FreeSwitchTests.fixture.utf8)
            for _ in 0..<3 {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes.remove(at: place)
                } else {
                    bytes[place] = UInt8.random(in: 32...126, using: &random)
                }
            }
            _ = try? ImportedLayout.read(bytes, from: .freeswitch, fallbackName: "x")
        }
    }

    private static let realFile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/interop/freeswitch/conference_layouts.conf.xml").standardized

    /// The geometry of every layout and the choice of every group, worked out here from the file by itself.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: FreeSwitchTests.realFile.path)))
    func theRealFileComesThroughWhole() throws {
        let text = try String(contentsOf: FreeSwitchTests.realFile, encoding: .utf8)
        let layouts = try imported(text, .freeswitch)
        #expect(layouts.count == 32 + 4)
        var expected: [String: [PixelRect]] = [:]
        for part in text.components(separatedBy: "<layout name=\"").dropFirst() {
            let body = part.components(separatedBy: "</layout>")[0]
            var below: [PixelRect] = []
            var above: [PixelRect] = []
            for image in body.components(separatedBy: "<image ").dropFirst() {
                func value(_ name: String) -> Int? {
                    let parts = image.components(separatedBy: " " + name + "=\"")
                    let first = image.hasPrefix(name + "=\"") ? image.components(separatedBy: name + "=\"")[1] : nil
                    return (first ?? (parts.count > 1 ? parts[1] : nil)).flatMap { Int($0.prefix { $0 != "\"" }) }
                }
                let (x, y, scale) = (value("x")!, value("y")!, value("scale")!)
                let hscale = value("hscale") ?? scale
                // On this canvas every unit is 4 by 2 pixels.
                let rect = PixelRect(x: x * 4, y: y * 2, width: scale * 4, height: hscale * 2)
                if image.contains("overlap=\"true\"") { above.append(rect) } else { below.append(rect) }
            }
            expected[String(body.prefix { $0 != "\"" })] = below + above
        }
        #expect(expected.count == 32)
        let canvas = CanvasSize(width: 1440, height: 720)
        for (name, rectangles) in expected {
            let layout = try #require(layouts.first { $0.name == name })
            #expect(try rects(layout, rectangles.count, canvas) == rectangles, "\(name)")
        }
        let grid = try #require(layouts.first { $0.name == "grid" })
        for (count, name) in [(1, "1x1"), (2, "2x1"), (3, "1x1+2x1"), (4, "2x2"), (5, "3x3"), (10, "4x4"), (64, "8x8")]
        {
            #expect(try rects(grid, count, canvas) == Array(expected[name]!.prefix(count)), "\(count)")
        }
        let large = try #require(layouts.first { $0.name == "1up_top_left_plus" })
        #expect(try rects(large, 7, canvas) == Array(expected["1up_top_left+7"]!.prefix(7)))
        for layout in layouts { _ = try Layout(parsing: layout.text.utf8) }
    }
}

@Suite struct TwilioTests {
    @Test func regionsInPixels() throws {
        let layouts = try imported(
            """
            {"resolution": "1280x720", "room_sid": "RM0", "video_layout": {
              "main": {"z_pos": 1, "x_pos": 0, "y_pos": 0, "width": 1280, "height": 540, "max_columns": 1,
                "max_rows": 1, "reuse": "show_newest", "video_sources": ["teacher"]},
              "strip": {"x_pos": 10, "y_pos": 540, "width": 1260, "height": 180, "max_rows": 1, "max_columns": 5,
                "cells_excluded": [1, 3], "video_sources": ["*"], "video_sources_excluded": ["teacher", "bot*"]},
              "empty": {"x_pos": 0, "y_pos": 0, "width": 16, "height": 16, "z_pos": -99, "video_sources": null}
            }}
            """, .twilio)
        let layout = try Layout(parsing: try #require(layouts.first).text.utf8)
        var people = stage(4).participants
        people[3].id = "teacher"
        people[2].name = "bot 7"
        people.append(Stage.Participant(id: "z", name: "Z", joined: .init(seconds: 90)))
        let tiles = still(layout, Stage(participants: people)).tiles
        #expect(
            tiles.map(\.content.name) == ["nothing", "camera:p1", "camera:p2", "camera:z", "camera:teacher"])
        #expect(tiles[4].rect == PixelRect(x: 0, y: 0, width: 1280, height: 540))
        // Five cells of 252 pixels, of which those numbered 1 and 3 stay empty.
        #expect(tiles[1...3].map(\.rect.x) == [10, 514, 1018])
        #expect(tiles[1...3].allSatisfy { $0.rect.y == 540 && $0.rect.width == 252 && $0.rect.height == 180 })
        #expect(tiles.map(\.z) == [-99, 0, 0, 0, 1])
    }

    @Test func reuseDecidesWhoGetsACell() throws {
        func meeting(_ reuse: String) throws -> Meeting {
            let text = #"{"all": {"max_rows": 1, "max_columns": 2, "reuse": "\#(reuse)", "video_sources": ["*"]}}"#
            let layout = try #require(try imported(text, .twilio, resolution: hd).first)
            var meeting = Meeting(try Layout(parsing: layout.text.utf8), stage(2))
            meeting.join(3)
            meeting.run(1)
            return meeting
        }
        func shown(_ meeting: Meeting) -> [String] { meeting.scene.tiles.map(\.content.name).sorted() }

        var oldest = try meeting("show_oldest")
        #expect(shown(oldest) == ["camera:p1", "camera:p2"])
        oldest.leave(1)
        oldest.run(0.1)
        #expect(shown(oldest) == ["camera:p2", "camera:p3"])
        #expect(shown(try meeting("show_newest")) == ["camera:p2", "camera:p3"])
        var none = try meeting("none")
        none.leave(1)
        none.run(10)
        #expect(shown(none) == ["camera:p2"])
    }

    @Test func withoutAResolutionItIsTwiliosOwn() throws {
        let layout = try #require(try imported(#"{"g": {"video_sources": ["*"]}}"#, .twilio).first)
        #expect(try rects(layout, 4).map(\.x) == [0, 640, 0, 640])
        let error = complaint(#"{"g": {"width": 1280, "video_sources": ["*"]}}"#, .twilio)
        #expect(error?.place == "$.g")
        #expect(error?.expected.contains("640x480") == true)
    }

    @Test(arguments: [
        (#"{"g": {"z_pos": 100}}"#, "$.g.z_pos"), (#"{"g": {"hight": 1}}"#, "$.g.hight"),
        (#"{"g": {"reuse": "all"}}"#, "$.g.reuse"), (#"{"g": {"cells_excluded": [-1]}}"#, "$.g.cells_excluded[0]"),
        (#"{"g": {"video_sources": [3]}}"#, "$.g.video_sources[0]"), ("{}", "$"), ("[]", "$"),
        (#"{"video_layout": {"g": {"x_pos": -1}}}"#, "$.video_layout.g.x_pos"),
        (#"{"resolution": "big", "video_layout": {"g": {}}}"#, "$.resolution"),
    ])
    func errorsHaveThePath(text: String, place: String) throws {
        #expect(complaint(text, .twilio)?.place == place)
    }
}

@Suite struct OWTTests {
    private static let fixture = """
        [
          {"region": [
            {"id": "1", "shape": "rectangle", "area": {"left": "0", "top": 0, "width": "2/3", "height": "1/1"}},
            {"id": "2", "shape": "rectangle", "area": {"left": "2/3", "top": "0/1", "width": "1/3", "height": "1/2"}},
            {"id": "3", "shape": "rectangle", "area": {"left": "2/3", "top": "1/2", "width": "1/3", "height": "1/2"}}
          ]},
          {"region": [{"id": "1", "area": {"left": "0/1", "top": "0/1", "width": "1/1", "height": "1/1"}}]}
        ]
        """

    @Test func theSmallestListWithEnoughRegions() throws {
        let layout = try #require(try imported(OWTTests.fixture, .owt).first)
        #expect(try rects(layout, 1) == [PixelRect(x: 0, y: 0, width: 1280, height: 720)])
        let three = [
            PixelRect(x: 0, y: 0, width: 854, height: 720), PixelRect(x: 854, y: 0, width: 426, height: 360),
            PixelRect(x: 854, y: 360, width: 426, height: 360),
        ]
        #expect(try rects(layout, 2) == Array(three.prefix(2)))
        #expect(try rects(layout, 3) == three)
        #expect(try rects(layout, 7) == three)
        let wrapped = try #require(
            try imported("{\"templates\": {\"base\": \"void\", \"custom\": \(OWTTests.fixture)}}", .owt).first)
        #expect(wrapped.text == layout.text)
    }

    @Test(arguments: [
        ("[]", "$"), ("{}", "$"), ("[[]]", "$[0]"), ("[{}]", "$[0].region"),
        (#"[[{"area": {"left": "0/0", "top": 0, "width": 1, "height": 1}}]]"#, "$[0][0].area.left"),
        (#"[[{"area": {"left": 0, "top": 0, "width": 1}}]]"#, "$[0][0].area.height"),
        (#"[[{"shape": "circle", "area": {}}]]"#, "$[0][0].shape"),
        (#"[[{"area": {"left": 0, "top": 0, "width": 1, "height": 1, "depth": 1}}]]"#, "$[0][0].area.depth"),
    ])
    func errorsHaveThePath(text: String, place: String) throws {
        #expect(complaint(text, .owt)?.place == place)
    }
}
