import Live

/// WHIP (RFC 9725), WHEP and sessions that do both.
extension Router {
    func entrance(
        _ request: HTTPRequest, room: String, kind: JoinKind, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        try Router.check(name: room, of: "room")
        var response = try choose(request, [.post]) { _ throws(Problem) in
            try join(request, room: room, kind: kind, needs: needs)
        }
        if request.method == .options {
            response.headers.append(("Accept-Post", "application/sdp"))
            // Preflights of browsers carry no token; credentials are for those who do.
            let isKnown = (try? access.claims(of: request, room: room, needs: [])) != nil
            response.headers += links(isKnown ? iceServers.list(for: room) : iceServers.open)
        }
        return response
    }

    private func links(_ servers: [ICEServer]) -> [(name: String, value: String)] { servers.flatMap(\.links) }

    /// What a client needs before it makes its offer, as RTCConfiguration takes it.
    func iceServers(_ request: HTTPRequest, room: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in
            _ = try access.claims(of: request, room: room, needs: [])
            return HTTPResponse(
                json: ["iceServers": iceServers.list(for: room)], headers: [("Cache-Control", "no-store")])
        }
    }

    private func join(
        _ request: HTTPRequest, room: String, kind: JoinKind, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        let claims = try access.claims(of: request, room: room, needs: needs)
        guard request.mediaType == "application/sdp" else {
            throw Problem(
                415, "expected Content-Type: application/sdp", headers: [("Accept-Post", "application/sdp")])
        }
        guard !isDraining else {
            throw Problem(503, "the service is about to stop; nobody is let in", headers: [("Retry-After", "10")])
        }
        var wanted = JoinRequest(room: room, kind: kind, offer: try request.text("offer"))
        wanted.name = claims?.name ?? request.value("name")
        wanted.role = claims?.role
        if let name = wanted.name { try Router.check(label: name) }
        if let view = request.value("view") { wanted.view = try check(layout: view, at: "view") }
        wanted.rendition = request.value("rendition")
        // A mix can be watched as soon as there is a room: one that nobody opened has nothing to show.
        if kind == .view, !rooms.listRooms().contains(where: { $0.name == room }) {
            throw Problem(409, "nobody is in the room \(room) yet", headers: [("Retry-After", "2")])
        }
        let joined = try join(wanted, by: claims, from: request.address)
        let base =
            kind == .session ? "/v1/rooms/\(room)/sessions" : kind == .publish ? "/whip/\(room)" : "/whep/\(room)"
        let headers = [
            ("Location", "\(base)/\(joined.session)"), ("ETag", "\"\(joined.entityTag)\""),
            ("Accept-Patch", "application/trickle-ice-sdpfrag"), ("Cache-Control", "no-store"),
        ]
        return HTTPResponse(
            201, type: "application/sdp", text: joined.answer, headers: headers + links(iceServers.list(for: room)))
    }

    /// A session's own resource. Who was let in may restart and leave also after the token has expired.
    func session(
        _ request: HTTPRequest, room: String, session: String, kind: JoinKind, needs: [Grant]
    ) throws(Problem) -> HTTPResponse {
        try Router.check(name: room, of: "room")
        var response = try choose(request, [.patch, .delete]) { method throws(Problem) in
            _ = try access.claims(of: request, room: room, needs: needs, mayHaveExpired: true)
            try expect(session, in: room, kind: kind)
            if method == .patch { return try trickle(request, session: session) }
            try ask { () throws(LiveError) in try rooms.leave(session: session) }
            return HTTPResponse(200)
        }
        if request.method == .options {
            response.headers.append(("Accept-Patch", "application/trickle-ice-sdpfrag"))
        }
        return response
    }

    /// Throws 404 unless the session is of this room, and of this kind if one is given.
    func expect(_ session: String, in room: String, kind: JoinKind?) throws(Problem) {
        let found = try ask { () throws(LiveError) in try rooms.place(ofSession: session) }
        guard found.room == room, kind.map({ $0 == found.kind }) ?? true else {
            throw Problem(404, "there is no such session in the room \(room)")
        }
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
                200, type: "application/trickle-ice-sdpfrag", text: fragment,
                headers: [("ETag", "\"\(tag)\""), ("Cache-Control", "no-store")])
        }
    }
}
