import Compositor
import Layout
import Media
import Testing

/// Every built-in layout with 1, 2, 3, 5, 9 and 16 participants, as `tessera layouts preview` draws it.
@Suite struct GoldenLayoutTests {
    private static let cases: [(name: String, participants: Int, shares: Bool)] = BuiltInLayouts.names.flatMap { name in
        // A presentation is seen with a screen share; the others that place one, with and without.
        let counts = [1, 2, 3, 5, 9, 16].map { (name: name, participants: $0, shares: name == "presentation") }
        switch name {
        case "presentation": return counts + [(name: name, participants: 5, shares: false)]
        case "grid", "speaker": return counts + [(name: name, participants: 5, shares: true)]
        default: return counts
        }
    }

    @Test(arguments: cases)
    func looksAsItDid(name: String, participants: Int, shares: Bool) throws {
        let layout = try #require(BuiltInLayouts.layout(named: name))
        let preview = Preview(
            of: layout, participants: participants, size: CanvasSize(width: 512, height: 288), isSharing: shares,
            name: TestCard.name)
        let picture = try ScenePreview().draw(preview.scene, at: ScenePreview.usualTime)
        try Golden.check(picture, "layouts/\(name)-\(participants)\(shares ? "-screen" : "")")
    }
}
