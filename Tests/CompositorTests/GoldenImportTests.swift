import Compositor
import Layout
import Testing

/// Layouts of other systems' forms, imported and drawn with 1, 2, 3, 5, 9 and 16 participants.
@Suite struct GoldenImportTests {
    /// A group of three: one alone, a speaker with two beside, a speaker with a column and a row of small ones.
    private static let freeswitch = """
        <configuration name="conference_layouts.conf"><layout-settings>
          <layouts>
            <layout name="alone"><image x="0" y="0" scale="360" floor="true"/></layout>
            <layout name="beside">
              <image x="0" y="60" scale="240" floor="true"/>
              <image x="240" y="60" scale="120"/><image x="240" y="180" scale="120"/>
            </layout>
            <layout name="around">
              <image x="0" y="0" scale="270" zoom="true" floor="true"/>
              <image x="270" y="0" scale="90"/><image x="270" y="90" scale="90"/><image x="270" y="180" scale="90"/>
              <image x="0" y="270" scale="90"/><image x="90" y="270" scale="90"/><image x="180" y="270" scale="90"/>
              <image x="270" y="270" scale="90"/>
            </layout>
          </layouts>
          <groups><group name="conference">
            <layout>alone</layout><layout>beside</layout><layout>around</layout>
          </group></groups>
        </layout-settings></configuration>
        """

    /// A large region over a strip of five cells, the middle one kept free.
    private static let twilio = """
        {"resolution": "1280x720", "video_layout": {
          "main": {"z_pos": 1, "x_pos": 160, "y_pos": 0, "width": 960, "height": 540, "max_columns": 1, "max_rows": 1,
            "reuse": "show_oldest", "video_sources": ["*"]},
          "strip": {"x_pos": 0, "y_pos": 540, "width": 1280, "height": 180, "max_rows": 1, "max_columns": 5,
            "cells_excluded": [2], "reuse": "show_newest", "video_sources": ["*"]}
        }}
        """

    private static let owt = """
        [
          {"region": [{"id": "1", "shape": "rectangle", "area": {"left": 0, "top": 0, "width": 1, "height": 1}}]},
          {"region": [
            {"id": "1", "shape": "rectangle", "area": {"left": "0", "top": "1/6", "width": "2/3", "height": "2/3"}},
            {"id": "2", "shape": "rectangle", "area": {"left": "2/3", "top": "1/6", "width": "1/3", "height": "1/3"}},
            {"id": "3", "shape": "rectangle", "area": {"left": "2/3", "top": "1/2", "width": "1/3", "height": "1/3"}}
          ]},
          {"region": [
            {"id": "1", "shape": "rectangle", "area": {"left": "0", "top": "0", "width": "2/3", "height": "2/3"}},
            {"id": "2", "shape": "rectangle", "area": {"left": "2/3", "top": "0", "width": "1/3", "height": "1/3"}},
            {"id": "3", "shape": "rectangle", "area": {"left": "2/3", "top": "1/3", "width": "1/3", "height": "1/3"}},
            {"id": "4", "shape": "rectangle", "area": {"left": "0", "top": "2/3", "width": "1/3", "height": "1/3"}},
            {"id": "5", "shape": "rectangle", "area": {"left": "1/3", "top": "2/3", "width": "1/3", "height": "1/3"}},
            {"id": "6", "shape": "rectangle", "area": {"left": "2/3", "top": "2/3", "width": "1/3", "height": "1/3"}}
          ]}
        ]
        """

    private static let files: [(name: String, text: String, origin: ImportedLayout.Origin, layout: String?)] = [
        ("freeswitch", freeswitch, .freeswitch, "conference"), ("twilio", twilio, .twilio, nil),
        ("owt", owt, .owt, nil),
    ]

    @Test(arguments: files.indices, [1, 2, 3, 5, 9, 16])
    func looksAsItDid(file: Int, participants: Int) throws {
        let (name, text, origin, wanted) = GoldenImportTests.files[file]
        let layouts = try ImportedLayout.read(text.utf8, from: origin, resolution: nil, fallbackName: name)
        let imported = try #require(layouts.first { wanted == nil || $0.name == wanted })
        let preview = Preview(
            of: try Layout(parsing: imported.text.utf8), participants: participants,
            size: CanvasSize(width: 512, height: 288), isSharing: false, name: TestCard.name)
        let picture = try ScenePreview().draw(preview.scene, at: ScenePreview.usualTime)
        try Golden.check(picture, "imported/\(name)-\(participants)")
    }
}
