import Dispatch
import Foundation
import Live
import Synchronization

/// Tells of rooms that open and end, and of who comes and goes.
public final class RoomWatch: Sendable {
    private let rooms: any Rooms
    private let webhooks: Webhooks
    private let queue = DispatchQueue(label: "room-watch")

    public init(rooms: any Rooms, webhooks: Webhooks) { (self.rooms, self.webhooks) = (rooms, webhooks) }

    private struct Said: Encodable {
        let room: String
        var participant: RoomDetail.Participant?
        /// `left`, `removed`, `closed` …
        var reason: String?
    }

    /// A room that is followed. It holds itself until the room has ended.
    private final class Following: Sendable {
        let room: String
        let subscription = Mutex<RoomSubscription?>(nil)
        init(_ room: String) { self.room = room }
    }

    /// A room has opened; nobody is in it yet.
    public func opened(_ room: String) {
        let following = Following(room)
        let subscription = try? rooms.observe(
            room: room, limit: 4096,
            wake: { [self] in
                queue.async { self.take(following) }
            })
        guard let subscription else { return }
        following.subscription.withLock { $0 = subscription }
        queue.async { [self] in
            webhooks.tell("room.started", room: room, Said(room: room))
            for participant in subscription.start.participants {
                webhooks.tell("participant.joined", room: room, Said(room: room, participant: participant))
            }
            take(following)
        }
    }

    /// Waits until all that has happened has been told.
    public func settle() { queue.sync {} }

    private func take(_ following: Following) {
        let room = following.room
        for event in following.subscription.withLock({ $0 })?.take().events ?? [] {
            switch event.kind {
            case .participantJoined(let participant):
                webhooks.tell("participant.joined", room: room, Said(room: room, participant: participant))
            case .participantLeft(let participant, let reason):
                webhooks.tell(
                    "participant.left", room: room, Said(room: room, participant: participant, reason: reason))
            case .closed:
                following.subscription.withLock { $0 = nil }
                webhooks.tell("room.ended", room: room, Said(room: room))
            case .participantChanged, .activeSpeaker, .layout, .pinned, .view, .rendition, .recordings: break
            }
        }
    }
}
