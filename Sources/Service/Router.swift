import Foundation
public import Layout
import Live

/// Turns requests into calls of the rooms, and what they come to into responses. No sockets here.
public struct Router: Sendable {
    let rooms: any Rooms
    let access: Access
    /// ICE servers that clients are told of (RFC 9725, section 4.6), such as `stun:stun.example.net`.
    let iceServers: [String]
    /// Names that a client may ask for; never a path.
    let layouts: [String]

    public init(rooms: any Rooms, access: Access, iceServers: [String] = [], layouts: [String] = BuiltInLayouts.names) {
        self.rooms = rooms
        self.access = access
        self.iceServers = iceServers
        self.layouts = layouts
    }

    /// Most bytes of a body of this media type.
    public static func bodyLimit(mediaType: String) -> Int { mediaType == "application/json" ? 262_144 : 65_536 }

    public func respond(to request: HTTPRequest) -> HTTPResponse {
        var response: HTTPResponse
        do throws(Problem) {
            response = try route(request)
        } catch {
            response = error.response
        }
        response.headers += Router.everywhere
        return response
    }

    /// Tokens travel in a header that scripts set, never by themselves as cookies do, so any origin may ask.
    private static let everywhere = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch"),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
    ]

    /// Methods of a resource, each with what it does.
    private typealias Actions = [(HTTPRequest.Method, () throws(Problem) -> HTTPResponse)]

    private func route(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        let path = request.path
        switch (path.first, path.count) {
        case (nil, _):
            return try choose(request, [(.get, { () throws(Problem) in try page(request, "index.html") })])
        case ("healthz", 1), ("readyz", 1):
            return try choose(
                request, [(.get, { () throws(Problem) in HTTPResponse(200, type: "text/plain", text: "ok\n") })])
        case ("metrics", 1):
            return try choose(
                request,
                [
                    (
                        .get,
                        { () throws(Problem) in
                            HTTPResponse(200, type: "text/plain; version=0.0.4; charset=utf-8", text: rooms.metrics())
                        }
                    )
                ])
        case ("whip", 2): return try entrance(request, room: path[1], kind: .publish, needs: [.publish])
        case ("whep", 2): return try entrance(request, room: path[1], kind: .view, needs: [.subscribe])
        case ("whip", 3): return try session(request, room: path[1], session: path[2], needs: [.publish])
        case ("whep", 3): return try session(request, room: path[1], session: path[2], needs: [.subscribe])
        case ("v1", 2...) where path[1] == "rooms": return try underRooms(request, Array(path.dropFirst(2)))
        case ("v1", 2) where path[1] == "layouts":
            return try choose(request, [(.get, { () throws(Problem) in HTTPResponse(json: layouts) })])
        case (_, 1):
            return try choose(request, [(.get, { () throws(Problem) in try page(request, path[0]) })])
        default: throw Problem(404, "there is nothing here")
        }
    }

    private func underRooms(_ request: HTTPRequest, _ path: [String]) throws(Problem) -> HTTPResponse {
        guard let room = path.first else {
            return try choose(
                request,
                [
                    (
                        .get,
                        { () throws(Problem) in
                            _ = try access.claims(of: request, room: nil, needs: [.admin])
                            return HTTPResponse(json: rooms.listRooms())
                        }
                    )
                ])
        }
        try Router.check(name: room, of: "room")
        switch (path.count > 1 ? path[1] : nil, path.count) {
        case (nil, _):
            return try choose(
                request,
                [
                    (
                        .get,
                        { () throws(Problem) in
                            _ = try access.claims(of: request, room: room, needs: [.subscribe])
                            return HTTPResponse(json: try ask { () throws(LiveError) in try rooms.room(room) })
                        }
                    ),
                    (
                        .delete,
                        { () throws(Problem) in
                            try administer(request, room) { () throws(LiveError) in try rooms.closeRoom(room) }
                        }
                    ),
                ])
        case ("sessions", 2): return try entrance(request, room: room, kind: .session, needs: [.publish, .subscribe])
        case ("sessions", 3):
            return try session(request, room: room, session: path[2], needs: [.publish, .subscribe])
        case ("sessions", 4) where path[3] == "view":
            let change = { () throws(Problem) -> HTTPResponse in
                _ = try access.claims(of: request, room: room, needs: [.subscribe])
                let layout = try layoutName(try body(request, of: LayoutChoice.self).layout)
                return try done { () throws(LiveError) in try rooms.setView(session: path[2], layout: layout) }
            }
            return try choose(request, [(.put, change), (.patch, change)])
        case ("sessions", 4) where path[3] == "statistics":
            return try choose(
                request,
                [
                    (
                        .get,
                        { () throws(Problem) in
                            _ = try access.claims(of: request, room: room, needs: [])
                            return HTTPResponse(
                                json: try ask { () throws(LiveError) in try rooms.sessionStatistics(path[2]) })
                        }
                    )
                ])
        case ("layout", 2):
            let change = { () throws(Problem) -> HTTPResponse in
                _ = try access.claims(of: request, room: room, needs: [.admin])
                let layout = try layoutName(try body(request, of: LayoutChoice.self).layout)
                return try done { () throws(LiveError) in try rooms.setLayout(room: room, layout: layout) }
            }
            return try choose(request, [(.put, change), (.patch, change)])
        case ("pin", 2):
            return try choose(
                request,
                [
                    (
                        .put,
                        { () throws(Problem) in
                            let participant = try body(request, of: PinChoice.self).participant
                            return try administer(request, room) { () throws(LiveError) in
                                try rooms.pin(room: room, participant: participant)
                            }
                        }
                    ),
                    (
                        .delete,
                        { () throws(Problem) in
                            try administer(request, room) { () throws(LiveError) in
                                try rooms.pin(room: room, participant: nil)
                            }
                        }
                    ),
                ])
        case ("participants", 3...): return try participant(request, room: room, path: Array(path.dropFirst(2)))
        default: throw Problem(404, "there is nothing here")
        }
    }

    private func participant(_ request: HTTPRequest, room: String, path: [String]) throws(Problem) -> HTTPResponse {
        let id = path[0]
        switch path.count {
        case 1:
            return try choose(
                request,
                [
                    (
                        .get,
                        { () throws(Problem) in
                            _ = try access.claims(of: request, room: room, needs: [.subscribe])
                            let detail = try ask { () throws(LiveError) in try rooms.room(room) }
                            guard let found = detail.participants.first(where: { $0.id == id }) else {
                                throw Problem(404, "there is no such participant")
                            }
                            return HTTPResponse(json: found)
                        }
                    ),
                    (
                        .delete,
                        { () throws(Problem) in
                            try administer(request, room) { () throws(LiveError) in
                                try rooms.remove(room: room, participant: id)
                            }
                        }
                    ),
                ])
        case 2 where path[1] == "mute" || path[1] == "unmute":
            return try choose(
                request,
                [
                    (
                        .post,
                        { () throws(Problem) in
                            try administer(request, room) { () throws(LiveError) in
                                try rooms.setMuted(room: room, participant: id, muted: path[1] == "mute")
                            }
                        }
                    )
                ])
        default: throw Problem(404, "there is nothing here")
        }
    }

    // MARK: - WHIP, WHEP and sessions

    private func entrance(
        _ request: HTTPRequest, room: String, kind: JoinKind, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        try Router.check(name: room, of: "room")
        var response = try choose(
            request,
            [(.post, { () throws(Problem) in try join(request, room: room, kind: kind, needs: needs) })])
        if request.method == .options { response.headers.append(("Accept-Post", "application/sdp")) }
        return response
    }

    private func join(
        _ request: HTTPRequest, room: String, kind: JoinKind, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        let claims = try access.claims(of: request, room: room, needs: needs)
        guard request.mediaType == "application/sdp" else {
            throw Problem(
                415, "expected Content-Type: application/sdp", headers: [("Accept-Post", "application/sdp")])
        }
        var wanted = JoinRequest(room: room, kind: kind, offer: try request.text("offer"))
        wanted.name = claims?.name ?? request.value("name")
        if let name = wanted.name { try Router.check(label: name) }
        if let view = request.value("view") { wanted.view = try layoutName(view) }
        // A mix can be watched as soon as there is a room: one that nobody opened has nothing to show.
        if kind == .view, !rooms.listRooms().contains(where: { $0.name == room }) {
            throw Problem(409, "nobody is in the room \(room) yet", headers: [("Retry-After", "2")])
        }
        let joined = try ask { () throws(LiveError) in try rooms.join(wanted) }
        let base =
            kind == .session ? "/v1/rooms/\(room)/sessions" : kind == .publish ? "/whip/\(room)" : "/whep/\(room)"
        var headers = [
            ("Location", "\(base)/\(joined.session)"), ("ETag", "\"\(joined.entityTag)\""),
            ("Accept-Patch", "application/trickle-ice-sdpfrag"), ("Cache-Control", "no-store"),
        ]
        headers += iceServers.map { ("Link", "<\($0)>; rel=\"ice-server\"") }
        return HTTPResponse(201, type: "application/sdp", text: joined.answer, headers: headers)
    }

    private func session(
        _ request: HTTPRequest, room: String, session: String, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        try Router.check(name: room, of: "room")
        return try choose(
            request,
            [
                (
                    .patch,
                    { () throws(Problem) in
                        _ = try access.claims(of: request, room: room, needs: needs)
                        return try trickle(request, session: session)
                    }
                ),
                (
                    .delete,
                    { () throws(Problem) in
                        _ = try access.claims(of: request, room: room, needs: needs)
                        _ = try ask { () throws(LiveError) in try rooms.leave(session: session) }
                        return HTTPResponse(200)
                    }
                ),
            ])
    }

    private func trickle(_ request: HTTPRequest, session: String) throws(Problem) -> HTTPResponse {
        guard request.mediaType == "application/trickle-ice-sdpfrag" else {
            throw Problem(
                415, "expected Content-Type: application/trickle-ice-sdpfrag",
                headers: [("Accept-Patch", "application/trickle-ice-sdpfrag")])
        }
        let fragment = try request.text("fragment")
        let result = try ask { () throws(LiveError) in
            try rooms.trickle(session: session, fragment: fragment, ifMatch: request.headers["if-match"])
        }
        switch result {
        case .accepted: return HTTPResponse(204)
        case .restarted(let fragment, let tag):
            return HTTPResponse(
                200, type: "application/trickle-ice-sdpfrag", text: fragment, headers: [("ETag", "\"\(tag)\"")])
        }
    }

    // MARK: - Common to all

    /// Runs the action of the request's method. OPTIONS tells the methods; any other is 405.
    private func choose(_ request: HTTPRequest, _ actions: Actions) throws(Problem) -> HTTPResponse {
        let method = request.method == .head ? HTTPRequest.Method.get : request.method
        if let action = actions.first(where: { $0.0 == method }) { return try action.1() }
        var allowed = actions.map(\.0.rawValue) + ["OPTIONS"]
        if allowed.contains("GET") { allowed.append("HEAD") }
        let list = allowed.joined(separator: ", ")
        guard method == .options else {
            throw Problem(405, "\(method.rawValue) does nothing here: \(list)", headers: [("Allow", list)])
        }
        return HTTPResponse(
            204,
            headers: [
                ("Allow", list), ("Access-Control-Allow-Methods", list),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match"),
                ("Access-Control-Max-Age", "86400"),
            ])
    }

    private func administer(
        _ request: HTTPRequest, _ room: String, _ action: () throws(LiveError) -> Void
    ) throws(Problem) -> HTTPResponse {
        _ = try access.claims(of: request, room: room, needs: [.admin])
        return try done(action)
    }

    private func done(_ action: () throws(LiveError) -> Void) throws(Problem) -> HTTPResponse {
        try ask(action)
        return HTTPResponse(204)
    }

    private func ask<Result>(_ question: () throws(LiveError) -> Result) throws(Problem) -> Result {
        do throws(LiveError) {
            return try question()
        } catch {
            throw Problem(error)
        }
    }

    private struct LayoutChoice: Decodable { var layout: String }
    private struct PinChoice: Decodable { var participant: String }

    private func body<Value: Decodable>(_ request: HTTPRequest, of type: Value.Type) throws(Problem) -> Value {
        guard request.mediaType == "application/json" else {
            throw Problem(415, "expected Content-Type: application/json")
        }
        guard let value = try? JSONDecoder().decode(type, from: Data(request.body)) else {
            throw Problem(400, "the body is not the JSON object that is expected here")
        }
        return value
    }

    private func layoutName(_ name: String) throws(Problem) -> String {
        guard layouts.contains(name) else {
            throw Problem(422, "there is no such layout; there are \(layouts.joined(separator: ", "))")
        }
        return name
    }

    private static func check(name: String, of what: String) throws(Problem) {
        let isGood = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isGood, (1...64).contains(name.utf8.count) else {
            throw Problem(400, "a \(what)'s name is 1 to 64 of A-Z a-z 0-9 _ -")
        }
    }

    private static func check(label: String) throws(Problem) {
        guard label.count <= 64, label.utf8.count <= 256,
            !label.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw Problem(400, "a participant's name has at most 64 characters and no control characters") }
    }

    private func page(_ request: HTTPRequest, _ name: String) throws(Problem) -> HTTPResponse {
        guard let file = WebFiles.files.first(where: { $0.name == name }) else {
            throw Problem(404, "there is nothing here")
        }
        let tag = "\"\(WebFiles.tag(of: file.text))\""
        let headers = [("ETag", tag), ("Cache-Control", "no-cache")] + WebFiles.policy
        if request.headers["if-none-match"] == tag { return HTTPResponse(304, headers: headers) }
        return HTTPResponse(200, type: WebFiles.type(of: name), text: file.text, headers: headers)
    }
}
