import Timing

/// A layout filled with made-up participants, to be looked at.
public struct Preview: Sendable {
    public let stage: Stage
    public let scene: Scene

    /// Most participants of a preview.
    public static let maximumParticipants = 1000

    /// `count` participants, one of whom speaks; roles and names that the layout asks for are given to them in turn.
    /// With `isSharing` the second of them shares a screen. `name` gives the participants' names by index from 0.
    public init(
        of layout: Layout, participants count: Int, size: CanvasSize, isSharing: Bool = false,
        name: (Int) -> String = Preview.name
    ) {
        var stage = Preview.stage(of: layout, count: count, isSharing: isSharing, name: name)
        self.stage = stage
        var engine = LayoutEngine(layout)
        if !stage.participants.isEmpty { stage.participants[0].level = -20 }
        _ = engine.step(stage, canvas: size, at: .zero)
        // Long enough for the highlight and for anything that moves.
        _ = engine.step(stage, canvas: size, at: .milliseconds(200))
        scene = engine.step(stage, canvas: size, at: .milliseconds(20_000))
    }

    private static let names = [
        "Amara Okafor", "Jonas Lind", "Sofía Reyes", "Omar Haddad", "Priya Nair", "Noah Fischer", "Yuki Tanaka",
        "Lena Nowak", "Tomás Silva", "Mei Chen", "Luca Moretti", "Zainab Bello", "Erik Dahl", "Chloé Martin",
        "Ravi Patel", "Hana Novák",
    ]

    /// A name in Latin letters, which every terminal can draw.
    public static func name(of index: Int) -> String { index < names.count ? names[index] : "Guest \(index + 1)" }

    private static func stage(
        of layout: Layout, count: Int, isSharing: Bool, name: (Int) -> String
    ) -> Stage {
        let count = min(max(count, 0), maximumParticipants)
        var participants = (0..<count).map { index in
            Stage.Participant(
                id: "p\(index + 1)", name: name(index),
                joined: MediaTime(seconds: Double(index)), isMuted: index % 5 == 2, hasPoorNetwork: index % 7 == 3,
                pictureAspect: 16.0 / 9)
        }
        // Whoever leads comes first; other roles and names go to those after the one who speaks.
        if count > 0, layout.roles.contains("host") { participants[0].role = "host" }
        for (index, role) in layout.roles.filter({ $0 != "host" }).enumerated() where index + 1 < count {
            participants[index + 1].role = role
        }
        let named = layout.boundParticipants.filter { !layout.roles.contains($0) }
        for (index, id) in named.enumerated() where index < count {
            participants[index].id = id
        }
        if isSharing, count > 0 { participants[min(1, count - 1)].sharesScreen = true }
        return Stage(participants: participants)
    }

    /// The placements as JSON: pixels, back to front, each with what it shows.
    public var json: String { Preview.placements(scene).text }

    package static func placements(_ scene: Scene) -> JSONValue {
        .array(
            scene.tiles.map { tile in
                .object([
                    JSONMember("x", .number(Double(tile.rect.x))), JSONMember("y", .number(Double(tile.rect.y))),
                    JSONMember("width", .number(Double(tile.rect.width))),
                    JSONMember("height", .number(Double(tile.rect.height))),
                    JSONMember("z", .number(Double(tile.z))), JSONMember("source", .string(tile.content.name)),
                ])
            })
    }
}

extension TileContent {
    /// As placements name it: `camera:p1`, `screen:p2`, `avatar:p3`, `image:logo`, `overflow:12` or `nothing`.
    public var name: String {
        switch self {
        case .camera(let participant): "camera:\(participant)"
        case .screen(let participant): "screen:\(participant)"
        case .avatar(let participant): "avatar:\(participant)"
        case .image(let name): "image:\(name)"
        case .overflow(let count): "overflow:\(count)"
        case .nothing: "nothing"
        }
    }
}
