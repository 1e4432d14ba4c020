public import Live

/// What routes ask of a running server; tests put another in its place.
public protocol Rooms: Sendable {
    func join(_ request: JoinRequest) throws(LiveError) -> Joined
    func trickle(session token: String, fragment text: String, ifMatch: String?) throws(LiveError) -> TrickleResult
    func leave(session token: String) throws(LiveError)
    /// The room and kind of a session. Throws 404.
    func place(ofSession token: String) throws(LiveError) -> SessionPlace
    func sessionStatistics(_ token: String) throws(LiveError) -> SessionStatistics
    func listRooms() -> [RoomSummary]
    func room(_ name: String) throws(LiveError) -> RoomDetail
    func closeRoom(_ name: String) throws(LiveError)
    func setLayout(room name: String, layout: String) throws(LiveError)
    func remove(room: String, participant id: String) throws(LiveError)
    func pin(room name: String, participant id: String?) throws(LiveError)
    func createRoom(_ name: String, _ options: RoomOptions) throws(LiveError)
    func setMuted(room: String, participant id: String, media: MutableMedia, muted: Bool) throws(LiveError)
    func setRole(room: String, participant id: String, role: String?) throws(LiveError)
    /// Names that may be asked for, in alphabetical order.
    var layoutNames: [String] { get }
    /// Keeps the text of a layout file; the name by which it is known then. Throws 422.
    func addLayout(_ text: [UInt8]) throws(LiveError) -> String
    func viewSettings(session token: String, in room: String) throws(LiveError) -> ViewSettings
    func viewSettings(room name: String, participant id: String) throws(LiveError) -> ViewSettings
    func setView(session token: String, in room: String, _ view: ViewSettings) throws(LiveError)
    func setView(room name: String, participant id: String, _ view: ViewSettings) throws(LiveError)
    func setMuted(session token: String, in room: String, media: MutableMedia, muted: Bool) throws(LiveError)
    func participant(ofSession token: String, in room: String) throws(LiveError) -> String
    func participant(seenBy token: String, in room: String, x: Double, y: Double) throws(LiveError) -> String?
    func observe(room name: String, limit: Int, wake: @escaping @Sendable () -> Void) throws(LiveError)
        -> RoomSubscription
    func metrics() -> String
    /// Why nobody could be let in now; empty if they could.
    func reasonsNotToJoin() -> [String]
}

extension LiveServer: Rooms {}
