import Live

/// `/v1/rooms` and what is under it.
extension Router {
    /// A page of the list: `?limit=` rooms (1 to 1000, else 100) after the name `?after=`. A Link leads to the next.
    func roomList(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .post]) { method throws(Problem) in
            if method == .post { return try createRoom(request) }
            _ = try access.claims(of: request, room: nil, needs: [.admin])
            var limit = 100
            if let text = request.value("limit") {
                guard let number = Int(text), (1...1000).contains(number) else {
                    throw Problem(400, "limit: expected a whole number from 1 to 1000", place: "limit")
                }
                limit = number
            }
            var list = rooms.listRooms()
            if let after = request.value("after") {
                try Router.check(name: after, of: "after")
                list.removeAll { $0.name <= after }
            }
            guard list.count > limit else { return HTTPResponse(json: list) }
            let page = Array(list.prefix(limit))
            let next = "</v1/rooms?limit=\(limit)&after=\(page[limit - 1].name)>; rel=\"next\""
            return HTTPResponse(json: page, headers: [("Link", next)])
        }
    }

    func underRoom(_ request: HTTPRequest, room: String, _ path: [String]) throws(Problem) -> HTTPResponse {
        try Router.check(name: room, of: "room")
        switch (path.first, path.count) {
        case (nil, _):
            return try choose(request, [.get, .patch, .delete]) { method throws(Problem) in
                if method == .patch { return try change(request, room) }
                guard method == .get else {
                    return try administer(request, room) { () throws(LiveError) in try rooms.closeRoom(room) }
                }
                return HTTPResponse(json: try detail(request, room))
            }
        case ("sessions", 1):
            return try entrance(request, room: room, kind: .session, needs: [.publish, .subscribe])
        case ("sessions", 2):
            return try session(
                request, room: room, session: path[1], kind: .session, needs: [.publish, .subscribe])
        case ("sessions", 3) where path[2] == "view": return try sessionView(request, room: room, session: path[1])
        case ("sessions", 3) where path[2] == "statistics":
            return try choose(request, [.get]) { _ throws(Problem) in
                _ = try access.claims(of: request, room: room, needs: [], mayHaveExpired: true)
                try expect(path[1], in: room, kind: nil)
                return HTTPResponse(json: try ask { () throws(LiveError) in try rooms.sessionStatistics(path[1]) })
            }
        case ("ice-servers", 1): return try iceServers(request, room: room)
        case ("outputs", 1): return try roomOutputs(request, room: room)
        case ("outputs", 2): return try roomOutput(request, room: room, id: path[1])
        case ("recordings", 1): return try roomRecordings(request, room: room)
        case ("layout", 1): return try layout(request, room: room)
        case ("views", 1):
            return try choose(request, [.get]) { _ throws(Problem) in
                HTTPResponse(json: try detail(request, room).views)
            }
        case ("pin", 1): return try pin(request, room: room)
        case ("participants", 1):
            return try choose(request, [.get]) { _ throws(Problem) in
                HTTPResponse(json: try detail(request, room).participants)
            }
        case ("participants", 2): return try participant(request, room: room, id: path[1])
        case ("participants", 3) where path[2] == "mute" || path[2] == "unmute":
            return try choose(request, [.post]) { _ throws(Problem) in
                try administer(request, room) { () throws(LiveError) in
                    try rooms.setMuted(
                        room: room, participant: path[1], media: .audio, muted: path[2] == "mute")
                }
            }
        default: throw Router.nothingHere
        }
    }

    func detail(_ request: HTTPRequest, _ room: String) throws(Problem) -> RoomDetail {
        _ = try access.claims(of: request, room: room, needs: [.subscribe])
        return try ask { () throws(LiveError) in try rooms.room(room) }
    }

    /// The room's layout. Its ETag may be given as If-Match, so that two hosts do not undo each other's choice unseen.
    private func layout(_ request: HTTPRequest, room: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .put, .patch]) { method throws(Problem) in
            if method == .get {
                let name = try detail(request, room).layout
                let tag = "\"\(WebFiles.tag(of: name))\""
                if request.headers["if-none-match"] == tag { return HTTPResponse(304, headers: [("ETag", tag)]) }
                return HTTPResponse(json: ["layout": name], headers: [("ETag", tag)])
            }
            _ = try access.claims(of: request, room: room, needs: [.admin])
            let choice = try layoutOfBody(request)
            if let wanted = request.headers["if-match"], wanted != "*" {
                let present = try ask { () throws(LiveError) in try rooms.room(room) }.layout
                guard wanted == "\"\(WebFiles.tag(of: present))\"" else {
                    throw Problem(412, "the layout is \(present) by now: If-Match names another")
                }
            }
            let layout = try name(of: choice)
            return try done { () throws(LiveError) in try rooms.setLayout(room: room, layout: layout) }
        }
    }

    private func layoutOfBody(_ request: HTTPRequest) throws(Problem) -> JSONBody.LayoutChoice {
        var body = try JSONBody(request)
        let choice = try body.layout()
        try body.finish()
        guard let choice else { throw JSONBody.lacks("layout", "a layout's name, or a layout") }
        return choice
    }

    private func pin(_ request: HTTPRequest, room: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.put, .delete]) { method throws(Problem) in
            _ = try access.claims(of: request, room: room, needs: [.admin])
            guard method == .put else {
                return try done { () throws(LiveError) in try rooms.pin(room: room, participant: nil) }
            }
            var body = try JSONBody(request)
            let id = try body.text("participant")
            try body.finish()
            guard let id else { throw JSONBody.lacks("participant", "a participant's id") }
            return try done { () throws(LiveError) in try rooms.pin(room: room, participant: id) }
        }
    }

    private func participant(_ request: HTTPRequest, room: String, id: String) throws(Problem) -> HTTPResponse {
        try Router.check(name: id, of: "participant")
        return try choose(request, [.get, .patch, .delete]) { method throws(Problem) in
            switch method {
            case .delete:
                return try administer(request, room) { () throws(LiveError) in
                    try remove(room: room, participant: id)
                }
            case .patch:
                _ = try access.claims(of: request, room: room, needs: [.admin])
                return try changeParticipant(request, room, id)
            case .get, .head, .post, .put, .options:
                guard let found = try detail(request, room).participants.first(where: { $0.id == id }) else {
                    throw Problem(404, "there is no participant '\(id)' in the room \(room)")
                }
                return HTTPResponse(json: found)
            }
        }
    }

    private func administer(
        _ request: HTTPRequest, _ room: String, _ action: () throws(LiveError) -> Void
    ) throws(Problem) -> HTTPResponse {
        _ = try access.claims(of: request, room: room, needs: [.admin])
        return try done(action)
    }

    func done(_ action: () throws(LiveError) -> Void) throws(Problem) -> HTTPResponse {
        try ask(action)
        return HTTPResponse(204)
    }
}
