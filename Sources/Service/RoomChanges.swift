import Live

/// What makes rooms and changes them.
extension Router {
    func createRoom(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        var body = try JSONBody(request)
        guard let room = try body.text("name") else { throw JSONBody.lacks("name", "1 to 64 of A-Z a-z 0-9 _ -") }
        do {
            try Router.check(name: room, of: "room")
        } catch {
            throw Problem(422, "$.name: \(error.detail)", place: "$.name")
        }
        _ = try access.claims(of: request, room: room, needs: [.admin])
        var options = RoomOptions()
        options.participantLimit = try body.integer("participantLimit", in: 1...10_000)
        options.allowsOwnUnmute = try body.bool("allowsOwnUnmute")
        let layout = try body.layout()
        try body.finish()
        guard !isDraining else {
            throw Problem(503, "the service is about to stop; no room is made", headers: [("Retry-After", "10")])
        }
        if let layout { options.layout = try name(of: layout) }
        try ask { () throws(LiveError) in try rooms.createRoom(room, options) }
        return HTTPResponse(
            201, json: try ask { () throws(LiveError) in try rooms.room(room) },
            headers: [("Location", "/v1/rooms/\(room)")])
    }

    /// Layout and pin of a room; the room as it is then.
    func change(_ request: HTTPRequest, _ room: String) throws(Problem) -> HTTPResponse {
        _ = try access.claims(of: request, room: room, needs: [.admin])
        var body = try JSONBody(request)
        let layout = try body.layout()
        let pinned = try body.textOrNull("pinned")
        try body.finish()
        guard layout != nil || pinned != nil else { throw JSONBody.lacks("layout", "layout or pinned") }
        if let layout {
            let name = try name(of: layout)
            try ask { () throws(LiveError) in try rooms.setLayout(room: room, layout: name) }
        }
        if let pinned { try ask { () throws(LiveError) in try rooms.pin(room: room, participant: pinned) } }
        return HTTPResponse(json: try ask { () throws(LiveError) in try rooms.room(room) })
    }

    func changeParticipant(_ request: HTTPRequest, _ room: String, _ id: String) throws(Problem) -> HTTPResponse {
        var body = try JSONBody(request)
        let muted = try body.bool("muted")
        let cameraMuted = try body.bool("cameraMuted")
        let role = try body.textOrNull("role")
        var view: ViewWish?
        if var object = try body.object("view") { view = try ViewWish(&object) }
        try body.finish()
        guard muted != nil || cameraMuted != nil || role != nil || view != nil else {
            throw JSONBody.lacks("muted", "muted, cameraMuted, role or view")
        }
        for (media, muted) in [(MutableMedia.audio, muted), (.video, cameraMuted)] {
            guard let muted else { continue }
            try ask { () throws(LiveError) in
                try rooms.setMuted(room: room, participant: id, media: media, muted: muted)
            }
        }
        if let role { try ask { () throws(LiveError) in try rooms.setRole(room: room, participant: id, role: role) } }
        if let view {
            let present = try ask { () throws(LiveError) in try rooms.viewSettings(room: room, participant: id) }
            let settings = try changed(present, by: view)
            try ask { () throws(LiveError) in try rooms.setView(room: room, participant: id, settings) }
        }
        return HTTPResponse(204)
    }

    /// What one session watches.
    func sessionView(_ request: HTTPRequest, room: String, session: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .put, .patch]) { method throws(Problem) in
            _ = try access.claims(of: request, room: room, needs: [.subscribe])
            try expect(session, in: room, kind: nil)
            let present = try ask { () throws(LiveError) in try rooms.viewSettings(session: session, in: room) }
            if method == .get { return HTTPResponse(json: present) }
            var body = try JSONBody(request)
            let wish = try ViewWish(&body)
            let settings = try changed(present, by: wish)
            return try done { () throws(LiveError) in try rooms.setView(session: session, in: room, settings) }
        }
    }

    // MARK: - Views and layouts

    /// What is to be another in a view; what is nil stays.
    struct ViewWish {
        var layout: JSONBody.LayoutChoice?
        var pinned: String??
        var withoutSelf: Bool?

        /// Takes the fields `layout`, `pinned` and `withoutSelf`. Throws 422 if there are others besides those that were
        /// taken before, or none of these.
        init(_ body: inout JSONBody) throws(Problem) {
            layout = try body.layout()
            pinned = try body.textOrNull("pinned")
            withoutSelf = try body.bool("withoutSelf")
            try body.finish()
            guard layout != nil || pinned != nil || withoutSelf != nil else {
                throw JSONBody.lacks("layout", "layout, pinned or withoutSelf")
            }
        }
    }

    func changed(_ view: ViewSettings, by wish: ViewWish) throws(Problem) -> ViewSettings {
        var view = view
        switch wish.layout {
        case nil: break
        case .unset?: view.layout = nil
        case let choice?: view.layout = try name(of: choice)
        }
        if let pinned = wish.pinned { view.pinned = pinned }
        view.withoutSelf = wish.withoutSelf ?? view.withoutSelf
        return view
    }

    /// The name by which the rooms know a layout. Throws 422.
    func name(of choice: JSONBody.LayoutChoice) throws(Problem) -> String {
        switch choice {
        case .name(let name): return try check(layout: name, at: "$.layout")
        case .inline(let text):
            do throws(LiveError) {
                return try rooms.addLayout(text)
            } catch {
                // The layout's own places begin at its root.
                let detail = error.detail.replacing("$.", with: "$.layout.")
                throw Problem(error.status, detail, place: "$.layout")
            }
        case .unset: throw Problem(422, "$.layout: expected a layout's name, or a layout", place: "$.layout")
        }
    }
}
