import Live
import Service
import Testing

/// Rooms that let everybody in, as session `s1`.
struct FakeRooms: Rooms {
    func join(_ request: JoinRequest) throws(LiveError) -> Joined {
        if request.room == "full" { throw LiveError(503, "the room is full", retryAfter: 5) }
        return Joined(session: "s1", participant: "p1", answer: "v=0\r\n", entityTag: "tag")
    }
    func trickle(session token: String, fragment text: String, ifMatch: String?) throws(LiveError) -> TrickleResult {
        guard let ifMatch else { throw LiveError(428, "If-Match is missing") }
        if ifMatch == "*" { return .restarted(fragment: "a=ice-ufrag:x\r\n", entityTag: "next") }
        guard ifMatch == "\"tag\"" else { throw LiveError(412, "stale") }
        return .accepted
    }
    func known(_ session: String) throws(LiveError) {
        if session != "s1" { throw LiveError(404, "there is no such session") }
    }
    func place(ofSession token: String) throws(LiveError) -> SessionPlace {
        let places = [
            "s1": SessionPlace(room: "r", kind: .publish), "v1": SessionPlace(room: "r", kind: .view),
            "b1": SessionPlace(room: "r", kind: .session),
        ]
        guard let place = places[token] else { throw LiveError(404, "there is no such session") }
        return place
    }
    func reasonsNotToJoin() -> [String] { [] }
    func leave(session token: String) throws(LiveError) { try known(token) }
    func createRoom(_ name: String, _ options: RoomOptions) throws(LiveError) {
        if name == "r" { throw LiveError(409, "there is a room 'r' already") }
    }
    func setRole(room: String, participant id: String, role: String?) throws(LiveError) {}
    var layoutNames: [String] { ["grid", "speaker"] }
    func addLayout(_ text: [UInt8]) throws(LiveError) -> String { "sent-1" }
    func viewSettings(session token: String, in room: String) throws(LiveError) -> ViewSettings {
        try known(token)
        return ViewSettings()
    }
    func viewSettings(room name: String, participant id: String) throws(LiveError) -> ViewSettings { ViewSettings() }
    func setView(session token: String, in room: String, _ view: ViewSettings) throws(LiveError) { try known(token) }
    func setView(room name: String, participant id: String, _ view: ViewSettings) throws(LiveError) {}
    func sessionStatistics(_ token: String) throws(LiveError) -> SessionStatistics { throw LiveError(404, "none") }
    func listRooms() -> [RoomSummary] { [] }
    func room(_ name: String) throws(LiveError) -> RoomDetail { throw LiveError(404, "there is no such room") }
    func closeRoom(_ name: String) throws(LiveError) {}
    func setLayout(room name: String, layout: String) throws(LiveError) {}
    func remove(room: String, participant id: String) throws(LiveError) {}
    func setMuted(room: String, participant id: String, media: MutableMedia, muted: Bool) throws(LiveError) {}
    func pin(room name: String, participant id: String?) throws(LiveError) {}
    func setMuted(session token: String, in room: String, media: MutableMedia, muted: Bool) throws(LiveError) {}
    func participant(ofSession token: String, in room: String) throws(LiveError) -> String { "p1" }
    func participant(seenBy token: String, in room: String, x: Double, y: Double) throws(LiveError) -> String? { nil }
    func observe(room name: String, limit: Int, wake: @escaping @Sendable () -> Void) throws(LiveError)
        -> RoomSubscription
    {
        throw LiveError(404, "there is no such room")
    }
    func metrics() -> String { "tessera_rooms 0\n" }
}

struct RouterTests {
    static let key = try! TokenKey(Array(repeating: 7, count: 32))
    static let keys = TokenKeys(key)
    let open = Router(
        rooms: FakeRooms(), access: Access(keys: keys, isOpenOnLoopback: true),
        iceServers: ICEServers(urls: ["stun:stun.example.net"]))
    let closed = Router(rooms: FakeRooms(), access: Access(keys: keys))
    static let sdp = ["content-type": "application/sdp; charset=utf-8"]
    static let fragment = ["content-type": "application/trickle-ice-sdpfrag"]

    @Test(arguments: [
        (HTTPRequest.Method.get, "healthz", 200), (.head, "readyz", 200), (.get, "metrics", 200), (.get, "", 200),
        (.get, "main.js", 200), (.get, "nothing.js", 404), (.post, "healthz", 405), (.get, "whip/r", 405),
        (.put, "whip/r/s1", 405), (.post, "whip/r", 415), (.options, "whip/r", 204), (.delete, "whip/r/s1", 200),
        (.delete, "whip/r/other", 404), (.get, "v1/rooms", 200), (.get, "v1/rooms/r", 404),
        (.get, "v1/rooms/../x", 400),
        (.get, "v1/rooms/r/nothing", 404), (.put, "v1/rooms/r/layout", 415),
        (.post, "v1/rooms/r/participants/p1/mute", 204),
        (.get, "a/b/c/d/e", 404), (.post, "whip/bad%name", 400),
        (.post, "whip/" + String(repeating: "a", count: 65), 400),
    ])
    func statuses(_ method: HTTPRequest.Method, _ path: String, _ status: Int) {
        let response = open.respond(to: HTTPRequest(method, path: path.split(separator: "/").map(String.init)))
        #expect(response.status == status)
        if status >= 400 { #expect(response.header("Content-Type") == "application/problem+json") }
        if status == 405 { #expect(response.header("Allow")?.contains("OPTIONS") == true) }
        #expect(response.header("Access-Control-Allow-Origin") == "*")
    }

    @Test(arguments: [("whip/r", "/whip/r/s1"), ("v1/rooms/r/sessions", "/v1/rooms/r/sessions/s1")])
    func joining(_ path: String, _ location: String) {
        let path = path.split(separator: "/").map(String.init)
        let response = open.respond(to: HTTPRequest(.post, path: path, headers: RouterTests.sdp, body: [118]))
        #expect(response.status == 201)
        #expect(response.header("Location") == location)
        #expect(response.header("ETag") == "\"tag\"")
        #expect(response.header("Content-Type") == "application/sdp")
        #expect(response.header("Link") == "<stun:stun.example.net>; rel=\"ice-server\"")
        let options = open.respond(to: HTTPRequest(.options, path: path))
        #expect(options.header("Accept-Post") == "application/sdp")
    }

    @Test(arguments: [(nil, 428), ("\"old\"", 412), ("\"tag\"", 204), ("*", 200)] as [(String?, Int)])
    func trickling(_ ifMatch: String?, _ status: Int) {
        var headers = RouterTests.fragment
        headers["if-match"] = ifMatch
        let response = open.respond(to: HTTPRequest(.patch, path: ["whip", "r", "s1"], headers: headers))
        #expect(response.status == status)
        if status == 200 { #expect(response.header("ETag") == "\"next\"") }
    }

    @Test func overloadAndEmptyRoomsSayWhenToTryAgain() {
        let full = open.respond(to: HTTPRequest(.post, path: ["whip", "full"], headers: RouterTests.sdp))
        #expect(full.status == 503)
        #expect(full.header("Retry-After") == "5")
        let empty = open.respond(to: HTTPRequest(.post, path: ["whep", "r"], headers: RouterTests.sdp))
        #expect(empty.status == 409)
        #expect(empty.header("Retry-After") != nil)
    }

    /// A layout is one of the known names, never a path of the server's disk.
    @Test func layoutsAreNamesOnly() {
        let request = HTTPRequest(
            .post, path: ["whip", "r"], query: [("view", "/etc/passwd")], headers: RouterTests.sdp)
        #expect(open.respond(to: request).status == 422)
        let name = HTTPRequest(.post, path: ["whip", "r"], query: [("name", "a\r\nb")], headers: RouterTests.sdp)
        #expect(open.respond(to: name).status == 400)
    }

    @Test(arguments: [
        ("demo", [Grant.publish], 201), ("*", [.admin], 201), ("other", [.publish], 403), ("demo", [.subscribe], 403),
    ])
    func tokensOpenTheirRoom(_ room: String, _ grants: [Grant], _ status: Int) {
        let token = RouterTests.key.sign(TokenClaims(room: room, grants: grants, exp: 4_000_000_000))
        var request = HTTPRequest(.post, path: ["whip", "demo"], headers: RouterTests.sdp)
        #expect(closed.respond(to: request).status == 401)
        request.headers["authorization"] = "Bearer \(token)"
        #expect(closed.respond(to: request).status == status)
        request.headers["authorization"] = "Basic \(token)"
        #expect(closed.respond(to: request).status == 401)
    }

    @Test func openMeansLoopbackOnly() {
        let request = HTTPRequest(.post, path: ["whip", "demo"], headers: RouterTests.sdp, isFromLoopback: false)
        #expect(open.respond(to: request).status == 401)
    }
}
