import Foundation
import Live
import Timing

/// What one client and the service say to each other on a WebSocket. It begins with `join`, `resume` or `watch`, which
/// carry the token; the session outlives the socket, and `resume` takes it up on another.
final class Conversation {
    unowned let socket: WebSocket
    private let signalling: Signalling
    private var router: Router { signalling.router }
    private var rooms: any Rooms { signalling.router.rooms }
    /// What it is about, once that is known.
    private(set) var room: String?
    private(set) var session: String?
    private(set) var participant: String?
    private var claims: TokenClaims?
    private var name = ""
    private(set) var isAttached = false
    private var requests = Rate(perSecond: 40, burst: 80)
    private var chats = Rate(perSecond: 1, burst: 5)
    private var refusals = 0

    /// Requests beyond their rate that are answered before the connection ends.
    private static let refusalLimit = 200
    static let chatLimit = 2000

    init(_ socket: WebSocket, _ signalling: Signalling) {
        self.socket = socket
        self.signalling = signalling
    }

    /// A bucket of tokens.
    private struct Rate {
        let perSecond: Double
        let burst: Double
        var level: Double
        var updated = MonotonicClock.now

        init(perSecond: Double, burst: Double) {
            self.perSecond = perSecond
            self.burst = burst
            level = burst
        }

        mutating func take() -> Bool {
            let now = MonotonicClock.now
            level = min(burst, level + (now - updated).seconds * perSecond)
            updated = now
            guard level >= 1 else { return false }
            level -= 1
            return true
        }
    }

    /// The participant has left: nothing more is said.
    func end(_ reason: String) {
        isAttached = false
        socket.send(Outgoing.message("ended", [("reason", reason)]))
        socket.close(.normal, reason)
    }

    func tellQuality() {
        guard let session, let room, let figures = try? rooms.sessionStatistics(session),
            (try? rooms.participant(ofSession: session, in: room)) != nil
        else { return }
        socket.send(Outgoing.message("quality", [("statistics", figures)]))
    }

    // MARK: - Requests

    func receive(_ text: [UInt8]) {
        var id: String?
        do throws(Problem) {
            guard requests.take() else {
                refusals += 1
                if refusals > Conversation.refusalLimit { socket.close(.policy, "too many messages") }
                throw Problem(429, "too many messages")
            }
            var body = try JSONBody(parsing: text, of: "message")
            id = try body.text("id", limit: 64)
            guard let type = try body.text("type") else { throw JSONBody.lacks("type", "a message's type") }
            guard isAttached || ["join", "resume", "watch"].contains(type) else {
                throw Problem(401, "join, resume or watch first")
            }
            try handle(type, &body, id)
        } catch {
            refuse(error, id)
        }
    }

    private func refuse(_ problem: Problem, _ id: String?) {
        if !isAttached { router.tell(of: problem, socket.request) }
        var fields: [(String, any Encodable)] = [("status", problem.status), ("detail", problem.detail)]
        if let place = problem.place { fields.append(("place", place)) }
        if let wait = problem.headers.first(where: { $0.name == "Retry-After" })?.value, let seconds = Int(wait) {
            fields.append(("retryAfter", seconds))
        }
        socket.send(Outgoing.message("error", id: id, fields))
        guard !isAttached, [401, 403].contains(problem.status) else { return }
        socket.close(.unauthorized, "no entry")
    }

    private func answer(_ id: String?, _ type: String = "ok", _ fields: [(String, any Encodable)] = []) {
        socket.send(Outgoing.message(type, id: id, fields))
    }

    private func handle(_ type: String, _ body: inout JSONBody, _ id: String?) throws(Problem) {
        switch type {
        case "join": try join(&body, id)
        case "resume": try resume(&body, id)
        case "watch": try watch(&body, id)
        case "leave":
            try body.finish()
            guard let session else {
                answer(id)
                return socket.close(.normal, "left")
            }
            try router.ask { () throws(LiveError) in try rooms.leave(session: session) }
            answer(id)
            end("left")
            signalling.detach(self)
        case "candidate":
            guard let line = try body.text("candidate", limit: 1000) else {
                throw JSONBody.lacks("candidate", "a candidate line")
            }
            _ = try body.text("mid", limit: 64)
            try body.finish()
            guard line.hasPrefix("candidate:") else {
                throw body.wrong("candidate", "a line that begins with candidate:")
            }
            // The service learns its peers' addresses from their checks (RFC 8445, section 2.5).
            answer(id)
        case "restart": try restart(&body, id)
        case "mute": try mute(&body, id)
        case "view": try view(&body, id)
        case "pick": try pick(&body, id)
        case "chat": try chat(&body, id)
        case "statistics":
            try body.finish()
            let session = try ownSession()
            let figures = try router.ask { () throws(LiveError) in try rooms.sessionStatistics(session) }
            answer(id, "statistics", [("statistics", figures)])
        case "remove", "role", "layout", "pin": try administer(type, &body, id)
        default:
            throw body.wrong(
                "type",
                "join, resume, watch, leave, candidate, restart, mute, view, pick, chat, statistics, remove, role, "
                    + "layout or pin")
        }
    }

    // MARK: - Beginning

    /// What a first message says of who sends it.
    private func admit(_ body: inout JSONBody, needs: [Grant]) throws(Problem) -> String {
        guard !isAttached else { throw Problem(409, "this connection is in a room already") }
        let token = try body.text("token", limit: 4096)
        guard let room = try body.text("room") else { throw JSONBody.lacks("room", "a room's name") }
        try Router.check(name: room, of: "room")
        var request = socket.request
        request.headers["authorization"] = token.map { "Bearer \($0)" }
        claims = try router.access.claims(of: request, room: room, needs: needs)
        return room
    }

    private var grants: [String] {
        guard let claims else { return Grant.allCases.map(\.rawValue) }
        return Grant.allCases.filter(claims.allows).map(\.rawValue)
    }

    private func join(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        let kind = try body.text("kind") ?? "session"
        guard let kind = JoinKind(rawValue: kind) else { throw body.wrong("kind", "session, publish or view") }
        let needs: [Grant] =
            switch kind {
            case .session: [.publish, .subscribe]
            case .publish: [.publish]
            case .view: [.subscribe]
            }
        let room = try admit(&body, needs: needs)
        guard let offer = try body.text("offer", limit: 65_536) else { throw JSONBody.lacks("offer", "SDP") }
        var wanted = JoinRequest(room: room, kind: kind, offer: offer)
        let label = try body.text("name")
        wanted.name = claims?.name ?? label
        wanted.role = claims?.role
        if let layout = try body.layout("view") { wanted.view = try router.name(of: layout) }
        wanted.rendition = try body.text("rendition")
        wanted.withoutSelf = try body.bool("withoutSelf") ?? false
        try body.finish()
        if let name = wanted.name { try Router.check(label: name) }
        guard !router.isDraining else {
            throw Problem(503, "the service is about to stop; nobody is let in", headers: [("Retry-After", "10")])
        }
        if let seconds = socket.mayAsk(true) {
            throw Problem(429, "too many joins from one address", headers: [("Retry-After", String(seconds))])
        }
        if kind == .view, !rooms.listRooms().contains(where: { $0.name == room }) {
            throw Problem(409, "nobody is in the room \(room) yet", headers: [("Retry-After", "2")])
        }
        let joined = try router.join(wanted, by: claims, from: socket.request.address)
        try begin(room, session: joined.session, participant: joined.participant) { detail in
            answer(
                id, "joined",
                [
                    ("session", joined.session), ("participant", joined.participant), ("answer", joined.answer),
                    ("grants", grants), ("iceServers", router.iceServers.list(for: room)),
                    ("lastChat", signalling.lastChat(of: room)), ("room", detail),
                ])
        }
    }

    private func resume(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        // Who holds the session's name was let in; its own token may have expired since.
        let room = try admitAgain(&body)
        guard let session = try body.text("session") else { throw JSONBody.lacks("session", "a session's name") }
        let number = try body.integer("after", in: 0...Int(Int32.max))
        try body.finish()
        let participant = try router.ask { () throws(LiveError) in
            try rooms.participant(ofSession: session, in: room)
        }
        try begin(room, session: session, participant: participant) { detail in
            answer(
                id, "resumed",
                [
                    ("participant", participant), ("grants", grants),
                    ("iceServers", router.iceServers.list(for: room)),
                    ("lastChat", signalling.lastChat(of: room)), ("room", detail),
                ])
            guard let number else { return }
            for chat in signalling.chats(of: room, after: number) { socket.send(chat) }
        }
    }

    private func admitAgain(_ body: inout JSONBody) throws(Problem) -> String {
        guard !isAttached else { throw Problem(409, "this connection is in a room already") }
        let token = try body.text("token", limit: 4096)
        guard let room = try body.text("room") else { throw JSONBody.lacks("room", "a room's name") }
        try Router.check(name: room, of: "room")
        var request = socket.request
        request.headers["authorization"] = token.map { "Bearer \($0)" }
        claims = try router.access.claims(of: request, room: room, needs: [], mayHaveExpired: true)
        return room
    }

    private func watch(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        let room = try admit(&body, needs: [.subscribe])
        try router.removals.check(claims, room: room)
        try body.finish()
        try begin(room, session: nil, participant: nil) { detail in
            answer(id, "watching", [("grants", grants), ("room", detail)])
        }
    }

    private func begin(
        _ room: String, session: String?, participant: String?, _ tell: (RoomDetail) -> Void
    ) throws(Problem) {
        self.session = session
        let detail = try signalling.attach(self, to: room)
        self.room = room
        self.participant = participant
        name = detail.participants.first { $0.id == participant }?.name ?? ""
        isAttached = true
        tell(detail)
    }

    // MARK: - In the room

    private func ownSession() throws(Problem) -> String {
        guard let session else { throw Problem(409, "you watch the room without being in it") }
        return session
    }

    private func ownRoom() throws(Problem) -> String {
        guard let room else { throw Problem(409, "you are in no room") }
        return room
    }

    private func checkHost() throws(Problem) {
        guard let claims else { return }
        guard claims.allows(.admin) else { throw Problem(403, "the token does not grant to admin") }
        guard Int(Date().timeIntervalSince1970) < claims.exp else { throw Problem(401, "the token has expired") }
    }

    private func restart(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        guard let fragment = try body.text("fragment", limit: 16_384) else {
            throw JSONBody.lacks("fragment", "an SDP fragment with a=ice-ufrag and a=ice-pwd (RFC 9725, section 4.3)")
        }
        try body.finish()
        let session = try ownSession()
        let result = try router.ask { () throws(LiveError) in
            try rooms.trickle(session: session, fragment: fragment, ifMatch: "*")
        }
        switch result {
        case .accepted: answer(id)
        case .restarted(let fragment, _): answer(id, "restarted", [("fragment", fragment)])
        }
    }

    private func mute(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        guard let text = try body.text("media"), let media = MutableMedia(rawValue: text) else {
            throw body.wrong("media", "audio or video")
        }
        guard let muted = try body.bool("muted") else { throw JSONBody.lacks("muted", "true or false") }
        let other = try body.text("participant")
        try body.finish()
        let room = try ownRoom()
        if let other {
            try checkHost()
            try router.ask { () throws(LiveError) in
                try rooms.setMuted(room: room, participant: other, media: media, muted: muted)
            }
        } else {
            let session = try ownSession()
            try router.ask { () throws(LiveError) in
                try rooms.setMuted(session: session, in: room, media: media, muted: muted)
            }
        }
        answer(id)
    }

    private func view(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        let other = try body.text("participant")
        let wish = try Router.ViewWish(&body)
        let room = try ownRoom()
        let settings: ViewSettings
        if let other {
            try checkHost()
            let present = try router.ask { () throws(LiveError) in
                try rooms.viewSettings(room: room, participant: other)
            }
            settings = try router.changed(present, by: wish)
            try router.ask { () throws(LiveError) in
                try rooms.setView(room: room, participant: other, settings)
            }
        } else {
            let session = try ownSession()
            let present = try router.ask { () throws(LiveError) in
                try rooms.viewSettings(session: session, in: room)
            }
            settings = try router.changed(present, by: wish)
            try router.ask { () throws(LiveError) in try rooms.setView(session: session, in: room, settings) }
        }
        answer(id, "ok", [("view", settings)])
    }

    private func pick(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        guard let x = try body.number("x", in: 0...1), let y = try body.number("y", in: 0...1) else {
            throw JSONBody.lacks("x", "x and y from 0 at the upper left to 1")
        }
        try body.finish()
        let (session, room) = (try ownSession(), try ownRoom())
        let found = try router.ask { () throws(LiveError) in
            try rooms.participant(seenBy: session, in: room, x: x, y: y)
        }
        answer(id, "picked", [("participant", found)])
    }

    private func chat(_ body: inout JSONBody, _ id: String?) throws(Problem) {
        guard let text = try body.text("text", limit: 4 * Conversation.chatLimit) else {
            throw JSONBody.lacks("text", "text of 1 to \(Conversation.chatLimit) characters")
        }
        try body.finish()
        let isPlain = text.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        guard text.unicodeScalars.count <= Conversation.chatLimit, isPlain else {
            throw body.wrong("text", "text of 1 to \(Conversation.chatLimit) characters, none of them for control")
        }
        guard let participant, let room else { throw Problem(409, "you watch the room without being in it") }
        guard chats.take() else { throw Problem(429, "one message a second", headers: [("Retry-After", "1")]) }
        answer(id)
        signalling.chat(text, from: participant, name: name, in: room)
    }

    private func administer(_ type: String, _ body: inout JSONBody, _ id: String?) throws(Problem) {
        try checkHost()
        let room = try ownRoom()
        if type == "layout" {
            guard let choice = try body.layout() else { throw JSONBody.lacks("layout", "a layout's name, or a layout") }
            try body.finish()
            let name = try router.name(of: choice)
            try router.ask { () throws(LiveError) in try rooms.setLayout(room: room, layout: name) }
            return answer(id)
        }
        guard let other = try body.textOrNull("participant") else {
            throw JSONBody.lacks("participant", "a participant's id")
        }
        if type == "pin" {
            try body.finish()
            try router.ask { () throws(LiveError) in try rooms.pin(room: room, participant: other) }
            return answer(id)
        }
        guard let other else { throw body.wrong("participant", "a participant's id") }
        if type == "remove" {
            try body.finish()
            try router.ask { () throws(LiveError) in try router.remove(room: room, participant: other) }
        } else {
            guard let role = try body.textOrNull("role") else { throw JSONBody.lacks("role", "a role, or null") }
            try body.finish()
            try router.ask { () throws(LiveError) in try rooms.setRole(room: room, participant: other, role: role) }
        }
        answer(id)
    }
}
