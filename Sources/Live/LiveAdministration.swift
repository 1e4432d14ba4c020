import Layout
import Room
import Synchronization
import Timing

/// How a room is to be that somebody makes before anybody joins.
public struct RoomOptions: Sendable, Codable {
    /// Most participants; nil for the server's own limit, which it cannot exceed.
    public var participantLimit: Int?
    /// Nil for the server's default.
    public var layout: String?
    /// Whether somebody whom a host has muted may unmute themselves; nil for no.
    public var allowsOwnUnmute: Bool?

    public init(participantLimit: Int? = nil, layout: String? = nil, allowsOwnUnmute: Bool? = nil) {
        self.participantLimit = participantLimit
        self.layout = layout
        self.allowsOwnUnmute = allowsOwnUnmute
    }
}

/// What a participant sends that can be muted.
public enum MutableMedia: String, Sendable, Codable {
    case audio
    case video

    var medium: Medium {
        switch self {
        case .audio: .audio
        case .video: .video
        }
    }
}

/// What hosts do to rooms, and participants to themselves. All throw with 404 for what is not there.
extension LiveServer {
    /// Makes a room, which stays while it is empty for as long as the configuration says. Throws with 409 if there is
    /// one of that name.
    public func createRoom(_ name: String, _ options: RoomOptions = RoomOptions()) throws(LiveError) {
        try checkName(name, of: "room")
        var settings = defaultSettings
        if let limit = options.participantLimit {
            guard (1...configuration.participantLimit).contains(limit) else {
                throw LiveError(422, "participantLimit is 1 to \(configuration.participantLimit)")
            }
            settings.participantLimit = limit
        }
        if let layout = options.layout {
            _ = try catalogue.layout(named: layout)
            settings.layout = layout
        }
        settings.allowsOwnUnmute = options.allowsOwnUnmute ?? false
        settings.emptyFor = configuration.emptyRoomsStay
        guard try open(name, settings).isNew else { throw LiveError(409, "there is a room '\(name)' already") }
    }

    /// Says goodbye to everybody in the room, and ends it.
    public func closeRoom(_ name: String) throws(LiveError) {
        let room = try openRoom(name)
        room.close(now: MonotonicClock.now)
        rooms.withLock { rooms in if rooms[name] === room { rooms[name] = nil } }
    }

    public func remove(room: String, participant id: String) throws(LiveError) {
        try openRoom(room).change { (room, now) throws(RoomError) in try room.remove(id, now: now) }
    }

    /// A host's mute, which only a host can undo, unless the room's options say otherwise. Unmuting does not open what
    /// the participant has muted themselves.
    public func setMuted(
        room: String, participant id: String, media: MutableMedia, muted: Bool
    ) throws(LiveError) {
        try openRoom(room).change { (room, now) throws(RoomError) in
            try room.setMuted(muted, media.medium, of: id, by: .host, now: now)
        }
    }

    public func setMuted(room: String, participant id: String, muted: Bool) throws(LiveError) {
        try setMuted(room: room, participant: id, media: .audio, muted: muted)
    }

    /// A participant's own mute. Throws with 403 for undoing a host's.
    public func setMuted(
        session token: String, in room: String, media: MutableMedia, muted: Bool
    ) throws(LiveError) {
        let (live, id) = try participant(of: token, in: room)
        try live.change { (room, now) throws(RoomError) in
            try room.setMuted(muted, media.medium, of: id, by: .oneself, now: now)
        }
    }

    /// What layouts may bind a region to; nil for no role.
    public func setRole(room: String, participant id: String, role: String?) throws(LiveError) {
        if let role { try checkName(role, of: "role") }
        try openRoom(room).change { (room, now) throws(RoomError) in try room.setRole(role, of: id, now: now) }
    }

    /// Whoever is pinned takes the active speaker's place; nil for nobody.
    public func pin(room name: String, participant id: String?) throws(LiveError) {
        try openRoom(name).change { (room, now) throws(RoomError) in try room.pin(id, now: now) }
    }

    /// Names of the layouts that may be asked for, in alphabetical order.
    public var layoutNames: [String] { catalogue.names }

    /// Keeps a layout that a client sends as the text of a layout file, without images, and gives it a name to ask for
    /// it by. Throws with 422 and the place that is wrong. Of many, the oldest are forgotten.
    public func addLayout(_ text: [UInt8]) throws(LiveError) -> String { try catalogue.add(text) }

    /// The room's layout, which all watch who have not chosen another. Throws with 422 if there is none of that name,
    /// with 409 if it would be one view too many.
    public func setLayout(room name: String, layout: String) throws(LiveError) {
        let live = try openRoom(name)
        _ = try catalogue.layout(named: layout)
        try live.change { (room, now) throws(RoomError) in try room.setLayout(layout, now: now) }
    }

    /// What one viewer watches. Throws as ``setLayout(room:layout:)``; they keep what they had then.
    public func setView(room name: String, participant id: String, _ view: ViewSettings) throws(LiveError) {
        let live = try openRoom(name)
        if let layout = view.layout { _ = try catalogue.layout(named: layout) }
        try live.change { (room, now) throws(RoomError) in try room.setView(view.choice, of: id, now: now) }
    }

    public func setView(session token: String, in room: String, _ view: ViewSettings) throws(LiveError) {
        let (live, id) = try participant(of: token, in: room)
        try setView(room: live.name, participant: id, view)
    }

    /// The layout that one viewer watches; the rest of their view stays as it is.
    public func setView(session token: String, layout: String) throws(LiveError) {
        let (live, id) = try participant(of: token, in: nil)
        var view = live.room.participant(id)?.choice.map { ViewSettings($0) } ?? ViewSettings()
        view.layout = layout
        try setView(room: live.name, participant: id, view)
    }

    /// Shows everybody in the room that it is recorded.
    public func recordingStarted(room name: String, recording id: String, by: String?) throws(LiveError) {
        try openRoom(name).change { $0.recordingStarted(id, by: by, now: $1) }
    }

    public func recordingEnded(room name: String, recording id: String) throws(LiveError) {
        try openRoom(name).change { (room, now) throws(RoomError) in try room.recordingEnded(id, now: now) }
    }
}
