import Foundation
import Live
import Synchronization
import Timing

/// What is said on `/ws`: rooms are joined, resumed and watched, their events told, hosts' wishes carried out, and chat
/// is passed on. `/ws-schema.json` describes the messages.
///
/// Everything but ``drain(seconds:)`` happens on the server's thread. A room's events are taken once, and written once,
/// for all who follow it.
public final class Signalling: @unchecked Sendable {
    let router: Router
    let waker = Waker()
    private var open: [ObjectIdentifier: WebSocket] = [:]
    private var channels: [String: Channel] = [:]
    private let drainSeconds = Atomic(-1)
    private var isDrainTold = false

    public init(router: Router) { self.router = router }

    /// Those who follow one room.
    private final class Channel {
        let subscription: RoomSubscription
        var members: [Conversation] = []
        var lastChat = 0
        /// The last chat messages, as they were sent, with their numbers.
        var chats: [(number: Int, text: String)] = []
        init(_ subscription: RoomSubscription) { self.subscription = subscription }
    }

    /// Chat messages that are kept for who comes back.
    private static let chatsKept = 100

    /// Tells everybody, from any thread, that the service stops in `seconds`, so that they come back by themselves.
    public func drain(seconds: Int) {
        drainSeconds.store(seconds, ordering: .releasing)
        waker.ring()
    }

    // MARK: - Events of sockets

    func opened(_ socket: WebSocket) {
        open[ObjectIdentifier(socket)] = socket
        socket.conversation = Conversation(socket, self)
    }

    func closed(_ socket: WebSocket) {
        open[ObjectIdentifier(socket)] = nil
        if let conversation = socket.conversation { detach(conversation) }
        socket.conversation = nil
    }

    func received(_ text: [UInt8], on socket: WebSocket) { socket.conversation?.receive(text) }

    /// Looks after a socket from time to time. False if nobody has said who they are.
    func tick(_ socket: WebSocket) -> Bool {
        guard let conversation = socket.conversation, conversation.isAttached else { return false }
        conversation.tellQuality()
        return true
    }

    /// Something has happened in a room, or on another thread.
    func turn() {
        for name in Array(channels.keys) { pump(name) }
        let seconds = drainSeconds.load(ordering: .acquiring)
        guard seconds >= 0, !isDrainTold else { return }
        isDrainTold = true
        let text = Outgoing.message("draining", [("seconds", seconds)])
        for socket in open.values { socket.send(text) }
    }

    // MARK: - Rooms

    /// Has a conversation follow `room` from now on; the room as it is now. Throws 404 if there is none.
    func attach(_ conversation: Conversation, to room: String) throws(Problem) -> RoomDetail {
        pump(room)
        let channel: Channel
        if let present = channels[room] {
            channel = present
        } else {
            channel = Channel(
                try router.ask { () throws(LiveError) in
                    try router.rooms.observe(room: room, limit: 1024) { [waker] in waker.ring() }
                })
            channels[room] = channel
        }
        let detail = try router.ask { () throws(LiveError) in try router.rooms.room(room) }
        if let session = conversation.session {
            for other in channel.members where other.session == session {
                other.socket.close(.replaced, "the session goes on on another connection")
                channel.members.removeAll { $0 === other }
            }
        }
        channel.members.append(conversation)
        return detail
    }

    func detach(_ conversation: Conversation) {
        guard let room = conversation.room, let channel = channels[room] else { return }
        channel.members.removeAll { $0 === conversation }
    }

    /// Passes on what has happened in a room.
    private func pump(_ room: String) {
        guard let channel = channels[room] else { return }
        let (events, lost) = channel.subscription.take()
        if lost > 0, let detail = try? router.rooms.room(room) {
            broadcast(Outgoing.message("room", [("room", detail)]), channel)
        }
        for event in events {
            broadcast(Outgoing.encoded(event), channel)
            switch event.kind {
            case .participantLeft(let gone, let reason):
                for member in channel.members where member.participant == gone.id {
                    member.end(reason)
                    channel.members.removeAll { $0 === member }
                }
            case .closed:
                for member in channel.members { member.end("closed") }
                channels[room] = nil
                return
            case .participantJoined, .participantChanged, .activeSpeaker, .layout, .pinned, .view, .rendition,
                .recordings:
                break
            }
        }
    }

    private func broadcast(_ text: String, _ channel: Channel) {
        for member in channel.members { member.socket.send(text) }
    }

    func chat(_ text: String, from participant: String, name: String, in room: String) {
        guard let channel = channels[room] else { return }
        channel.lastChat += 1
        let message = Outgoing.message(
            "chat",
            [
                ("number", channel.lastChat), ("participant", participant), ("name", name), ("text", text),
                ("time", Int(Date().timeIntervalSince1970)),
            ])
        channel.chats.append((channel.lastChat, message))
        if channel.chats.count > Signalling.chatsKept { channel.chats.removeFirst() }
        broadcast(message, channel)
    }

    /// What was said in the room after the message of that number, for one who has come back.
    func chats(of room: String, after number: Int) -> [String] {
        guard let channel = channels[room] else { return [] }
        // A number that has yet to come is of a room that was there before under that name.
        return channel.chats.filter { $0.number > number || number > channel.lastChat }.map(\.text)
    }

    /// The number of the last chat message.
    func lastChat(of room: String) -> Int { channels[room]?.lastChat ?? 0 }
}

/// Messages as they are sent.
enum Outgoing {
    /// A message of that type with its fields.
    static func message(_ type: String, id: String? = nil, _ fields: [(String, any Encodable)] = []) -> String {
        var text = "{\"type\":\"\(type)\""
        if let id { text += ",\"id\":" + encoded(id) }
        for (name, value) in fields { text += ",\"\(name)\":" + encoded(value) }
        return text + "}"
    }

    static func encoded(_ value: any Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}
