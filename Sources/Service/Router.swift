import Foundation
public import Layout
import Live
import Synchronization

/// Turns requests into calls of the rooms, and what they come to into responses. No sockets here.
public final class Router: Sendable {
    let rooms: any Rooms
    /// What a reload of the configuration replaces.
    private let replaceable: Mutex<(access: Access, iceServers: ICEServers)>
    var access: Access { replaceable.withLock(\.access) }
    var iceServers: ICEServers { replaceable.withLock(\.iceServers) }
    /// Names that a client may ask for; never a path.
    let layouts: [String]
    let figures: HTTPFigures
    let recordings: Recordings?
    let archives: Archives?
    let outputs: Outputs?
    let removals = Removals()
    let log: EventLog
    private let draining = Mutex(false)

    public init(
        rooms: any Rooms, access: Access, iceServers: ICEServers = ICEServers(),
        layouts: [String] = BuiltInLayouts.names,
        figures: HTTPFigures = HTTPFigures(), recordings: Recordings? = nil,
        archives: Archives? = nil, outputs: Outputs? = nil, log: EventLog = .silent
    ) {
        self.rooms = rooms
        replaceable = Mutex((access, iceServers))
        self.layouts = layouts
        self.figures = figures
        self.recordings = recordings
        self.archives = archives
        self.outputs = outputs
        self.log = log
    }

    /// Who comes from now on is let in by `access`, and told of `iceServers`.
    public func replace(access: Access, iceServers: ICEServers) {
        replaceable.withLock { $0 = (access, iceServers) }
    }

    /// Nobody is let in any more; those who are in stay. Readiness says so.
    public func drain() { draining.withLock { $0 = true } }
    var isDraining: Bool { draining.withLock { $0 } }

    /// Most bytes of a body of this media type.
    public static func bodyLimit(mediaType: String) -> Int { mediaType == "application/json" ? 262_144 : 65_536 }

    public func respond(to request: HTTPRequest) -> HTTPResponse {
        do throws(Problem) {
            return Router.finished(try route(request))
        } catch {
            tell(of: error, request)
            return Router.finished(error.response)
        }
    }

    /// Refusals that somebody may have to look into: no entry, no place, or our own failure.
    func tell(of problem: Problem, _ request: HTTPRequest) {
        guard [401, 403, 429].contains(problem.status) || problem.status >= 500 else { return }
        // The last part of a session's path lets whoever knows it in.
        let path = "/" + request.path.map { $0.utf8.count == 32 ? "…" : $0 }.joined(separator: "/")
        log.note(
            "refused",
            [
                "status": .number(problem.status), "method": .text(request.method.rawValue), "path": .text(path),
                "address": .text(request.address), "why": .text(problem.detail),
            ])
    }

    /// Sends somebody out, and takes their token from them if it is their own.
    func remove(room: String, participant id: String) throws(LiveError) {
        try rooms.remove(room: room, participant: id)
        removals.remove(room: room, participant: id)
    }

    /// Lets somebody in who may come.
    func join(_ request: JoinRequest, by claims: TokenClaims?, from address: String) throws(Problem) -> Joined {
        try removals.check(claims, room: request.room)
        let joined = try ask { () throws(LiveError) in try rooms.join(request) }
        removals.note(claims, room: request.room, participant: joined.participant)
        log.note(
            "admitted",
            [
                "room": .text(request.room), "participant": .text(joined.participant), "address": .text(address),
            ])
        return joined
    }

    /// With the headers that every response has.
    static func finished(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers += everywhere
        return response
    }

    /// Tokens travel in a header that scripts set, never by themselves as cookies do, so any origin may ask.
    private static let everywhere = [
        ("Access-Control-Allow-Origin", "*"),
        (
            "Access-Control-Expose-Headers",
            "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Accept-Ranges, Allow, Content-Range, "
                + "WWW-Authenticate"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
    ]

    private func route(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        let path = request.path
        switch (path.first, path.count) {
        case (nil, _): return try get(request) { () throws(Problem) in try page(request, "index.html") }
        case ("healthz", 1): return try get(request) { () in HTTPResponse(200, type: "text/plain", text: "ok\n") }
        case ("readyz", 1): return try get(request) { () in readiness() }
        case ("metrics", 1):
            return try get(request) { () in
                HTTPResponse(
                    200, type: "text/plain; version=0.0.4; charset=utf-8",
                    text: rooms.metrics() + figures.text + ProcessFigures.text)
            }
        case ("openapi.json", 1):
            return try get(request) { () in
                HTTPResponse(200, type: "application/json", text: OpenAPI.document)
            }
        case ("ws", 1):
            return try get(request) { () throws(Problem) in
                throw Problem(426, "expected an upgrade to websocket", headers: [("Upgrade", "websocket")])
            }
        case ("ws-schema.json", 1):
            return try get(request) { () in
                HTTPResponse(200, type: "application/schema+json", text: SocketSchema.document)
            }
        case ("whip", 2): return try entrance(request, room: path[1], kind: .publish, needs: [.publish])
        case ("whep", 2): return try entrance(request, room: path[1], kind: .view, needs: [.subscribe])
        case ("whip", 3):
            return try session(request, room: path[1], session: path[2], kind: .publish, needs: [.publish])
        case ("whep", 3):
            return try session(request, room: path[1], session: path[2], kind: .view, needs: [.subscribe])
        case ("v1", 2) where path[1] == "rooms": return try roomList(request)
        case ("v1", 3...) where path[1] == "rooms":
            return try underRoom(request, room: path[2], Array(path.dropFirst(3)))
        case ("hls", 3): return try stream(request, key: path[1], name: path[2])
        case ("v1", 2) where path[1] == "recordings": return try recordingList(request)
        case ("v1", 3...) where path[1] == "recordings":
            return try underRecording(request, id: path[2], Array(path.dropFirst(3)))
        case ("v1", 3) where path[1] == "archive" && path[2] == "jobs": return try archiveJobs(request)
        case ("v1", 4...) where path[1] == "archive" && path[2] == "jobs":
            return try underArchiveJob(request, id: path[3], Array(path.dropFirst(4)))
        case ("v1", 2) where path[1] == "layouts": return try get(request) { () in HTTPResponse(json: layouts) }
        case (_, 1): return try get(request) { () throws(Problem) in try page(request, path[0]) }
        default: throw Router.nothingHere
        }
    }

    static var nothingHere: Problem { Problem(404, "there is nothing here; /openapi.json tells what there is") }

    /// Whether more can come, and why not.
    private func readiness() -> HTTPResponse {
        let reasons = (isDraining ? ["the service is about to stop"] : []) + rooms.reasonsNotToJoin()
        guard !reasons.isEmpty else { return HTTPResponse(200, type: "text/plain", text: "ready\n") }
        return Problem(503, reasons.joined(separator: "; "), headers: [("Retry-After", "5")]).response
    }

    // MARK: - Common to all

    private func get(
        _ request: HTTPRequest, _ answer: () throws(Problem) -> HTTPResponse
    ) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in try answer() }
    }

    /// Runs `act` with the request's method if it is one of `methods`, HEAD as GET. OPTIONS tells the methods; any other
    /// is 405.
    func choose(
        _ request: HTTPRequest, _ methods: [HTTPRequest.Method],
        _ act: (HTTPRequest.Method) throws(Problem) -> HTTPResponse
    ) throws(Problem) -> HTTPResponse {
        let method = request.method == .head ? HTTPRequest.Method.get : request.method
        if methods.contains(method) { return try act(method) }
        let allowed = methods + (methods.contains(.get) ? [.head, .options] : [.options])
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        guard method == .options else {
            throw Problem(405, "\(request.method.rawValue) does nothing here: \(list)", headers: [("Allow", list)])
        }
        return HTTPResponse(
            204,
            headers: [
                ("Allow", list), ("Access-Control-Allow-Methods", list),
                (
                    "Access-Control-Allow-Headers",
                    "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range"
                ),
                ("Access-Control-Max-Age", "86400"),
            ])
    }

    func ask<Result>(_ question: () throws(LiveError) -> Result) throws(Problem) -> Result {
        do throws(LiveError) {
            return try question()
        } catch {
            throw Problem(error)
        }
    }

    func check(layout name: String, at place: String) throws(Problem) -> String {
        guard layouts.contains(name) else {
            throw Problem(
                422, "\(place): there is no such layout; there are \(layouts.joined(separator: ", "))", place: place)
        }
        return name
    }

    static func check(name: String, of what: String) throws(Problem) {
        let isGood = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isGood, (1...64).contains(name.utf8.count) else {
            throw Problem(400, "a \(what)'s name is 1 to 64 of A-Z a-z 0-9 _ -", place: what)
        }
    }

    static func check(label: String) throws(Problem) {
        guard label.count <= 64, label.utf8.count <= 256,
            !label.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw Problem(
                400, "name: a participant's name has at most 64 characters and no control characters", place: "name")
        }
    }

    private func page(_ request: HTTPRequest, _ name: String) throws(Problem) -> HTTPResponse {
        guard let file = WebFiles.files.first(where: { $0.name == name }) else { throw Router.nothingHere }
        let tag = "\"\(WebFiles.tag(of: file.text))\""
        let headers = [("ETag", tag), ("Cache-Control", "no-cache")] + WebFiles.policy(host: request.headers["host"])
        if request.headers["if-none-match"] == tag { return HTTPResponse(304, headers: headers) }
        return HTTPResponse(200, type: WebFiles.type(of: name), text: file.text, headers: headers)
    }
}
