import Layout
import Media
import Room
import Synchronization

/// What one viewer watches, and who is seen there.
extension LiveServer {
    /// What the session has chosen. Throws with 404 if there is none in `room`, 409 if it watches nothing.
    public func viewSettings(session token: String, in room: String) throws(LiveError) -> ViewSettings {
        let (live, id) = try participant(of: token, in: room)
        return try settings(of: id, in: live)
    }

    public func viewSettings(room name: String, participant id: String) throws(LiveError) -> ViewSettings {
        try settings(of: id, in: try openRoom(name))
    }

    private func settings(of id: String, in live: LiveRoom) throws(LiveError) -> ViewSettings {
        guard let participant = live.room.participant(id) else {
            throw LiveError(404, "there is no participant '\(id)' in the room '\(live.name)'")
        }
        guard let choice = participant.choice else { throw LiveError(409, "\(id) only publishes, and watches nothing") }
        return ViewSettings(choice)
    }

    /// Whose session it is. Throws with 404 if there is none in `room`.
    public func participant(ofSession token: String, in room: String) throws(LiveError) -> String {
        try participant(of: token, in: room).id
    }

    /// Whom a session sees at a place of its picture, `x` and `y` from 0 at the upper left to 1; nil where nobody is.
    public func participant(
        seenBy token: String, in room: String, x: Double, y: Double
    ) throws(LiveError) -> String? {
        let (live, id) = try participant(of: token, in: room)
        let view = live.participants.first { $0.id == id }.flatMap(live.view)
        return view?.participant(x: x, y: y)
    }
}

extension LiveView {
    /// Who is drawn there at present, on a canvas of 1 by 1.
    func participant(x: Double, y: Double) -> String? {
        let column = Int(x * Double(canvasSize.width))
        let row = Int(y * Double(canvasSize.height))
        let hit = shown.withLock(\.self).enumerated().filter { _, tile in
            (tile.rect.x..<tile.rect.x + tile.rect.width).contains(column)
                && (tile.rect.y..<tile.rect.y + tile.rect.height).contains(row)
        }.max { ($0.element.z, $0.offset) < ($1.element.z, $1.offset) }
        return switch hit?.element.content {
        case .camera(let id), .screen(let id), .avatar(let id): id
        case .image, .overflow, .nothing, nil: nil
        }
    }
}
