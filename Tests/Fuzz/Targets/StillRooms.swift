import Layout
import Live
import Service

/// Rooms in which nothing happens: whatever is asked for is granted, or there is no such thing.
struct StillRooms: Rooms {
    private var nothing: LiveError { LiveError(404, "there is no such thing") }

    func join(_ request: JoinRequest) throws(LiveError) -> Joined {
        Joined(session: "s", participant: "p", answer: "v=0\r\n", entityTag: "tag")
    }
    func trickle(session token: String, fragment text: String, ifMatch: String?) throws(LiveError) -> TrickleResult {
        .accepted
    }
    func leave(session token: String) throws(LiveError) {}
    func place(ofSession token: String) throws(LiveError) -> SessionPlace {
        SessionPlace(room: "r", kind: token == "p" ? .publish : token == "v" ? .view : .session)
    }
    func sessionStatistics(_ token: String) throws(LiveError) -> SessionStatistics { throw nothing }
    func listRooms() -> [RoomSummary] { [] }
    func room(_ name: String) throws(LiveError) -> RoomDetail { throw nothing }
    func closeRoom(_ name: String) throws(LiveError) {}
    func setLayout(room name: String, layout: String) throws(LiveError) {}
    func remove(room: String, participant id: String) throws(LiveError) {}
    func pin(room name: String, participant id: String?) throws(LiveError) {}
    func createRoom(_ name: String, _ options: RoomOptions) throws(LiveError) {}
    func setMuted(room: String, participant id: String, media: MutableMedia, muted: Bool) throws(LiveError) {}
    func setRole(room: String, participant id: String, role: String?) throws(LiveError) {}
    var layoutNames: [String] { BuiltInLayouts.names }
    /// What reaches this has been read as JSON and written again.
    func addLayout(_ text: [UInt8]) throws(LiveError) -> String {
        guard (try? JSONParser.parse(text)) != nil else { fatalError("what is written is not read") }
        return "grid"
    }
    func viewSettings(session token: String, in room: String) throws(LiveError) -> ViewSettings { ViewSettings() }
    func viewSettings(room name: String, participant id: String) throws(LiveError) -> ViewSettings { ViewSettings() }
    func setView(session token: String, in room: String, _ view: ViewSettings) throws(LiveError) {}
    func setView(room name: String, participant id: String, _ view: ViewSettings) throws(LiveError) {}
    func setMuted(session token: String, in room: String, media: MutableMedia, muted: Bool) throws(LiveError) {}
    func participant(ofSession token: String, in room: String) throws(LiveError) -> String { "p" }
    func participant(seenBy token: String, in room: String, x: Double, y: Double) throws(LiveError) -> String? { nil }
    func observe(
        room name: String, limit: Int, wake: @escaping @Sendable () -> Void
    ) throws(LiveError) -> RoomSubscription { throw nothing }
    func metrics() -> String { "" }
    func reasonsNotToJoin() -> [String] { [] }
}

/// Records nothing.
struct StillRecorder: Recorder {
    func beginRecording(
        room: String, _ options: RecordingOptions, onEvent: @escaping @Sendable (RecordingEvent) -> Void
    ) throws(LiveError) -> any RunningRecording { throw LiveError(404, "there is no such room") }
}
