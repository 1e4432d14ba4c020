import Room
import Synchronization
import Timing

/// What happens in a room, for somebody who follows it from outside. Events wait here to be taken; who takes them too
/// slowly loses the oldest, and learns how many.
public final class RoomSubscription: Sendable {
    /// The room as it was when the first event had yet to come.
    public let start: RoomDetail
    private let link: Link

    init(start: RoomDetail, link: Link) {
        self.start = start
        self.link = link
    }

    /// No more events come.
    deinit { link.cancel() }

    /// The events since the last call, in their order, and how many before them were lost because more than the limit
    /// waited. Never waits.
    public func take() -> (events: [LiveEvent], lost: Int) { link.take() }

    /// The rooms' end of a subscription.
    final class Link: Sendable {
        private struct State {
            var events: [LiveEvent] = []
            var lost = 0
            var isCancelled = false
        }

        private let state = Mutex(State())
        private let limit: Int
        /// Called after events have been added, on whatever thread; it must be quick, and must not ask the server for
        /// anything.
        let wake: @Sendable () -> Void

        init(limit: Int, wake: @escaping @Sendable () -> Void) {
            self.limit = max(1, limit)
            self.wake = wake
        }

        /// False if nobody listens any more.
        func add(_ events: [RoomEvent], of room: String) -> Bool {
            state.withLock { state in
                guard !state.isCancelled else { return false }
                state.events += events.map { LiveEvent($0, room: room) }
                let excess = state.events.count - limit
                if excess > 0 {
                    state.events.removeFirst(excess)
                    state.lost += excess
                }
                return true
            }
        }

        func cancel() { state.withLock { $0.isCancelled = true } }

        func take() -> (events: [LiveEvent], lost: Int) {
            state.withLock { state in
                defer {
                    state.events.removeAll()
                    state.lost = 0
                }
                return (state.events, state.lost)
            }
        }
    }
}

/// Something that has happened in a room.
public struct LiveEvent: Sendable, Encodable {
    public enum Kind: Sendable {
        case participantJoined(RoomDetail.Participant)
        /// Role, mutes, presence, camera or screen are others now.
        case participantChanged(RoomDetail.Participant)
        /// With `left`, `removed` or `closed`.
        case participantLeft(RoomDetail.Participant, reason: String)
        /// Nil on an empty stage.
        case activeSpeaker(String?)
        /// The room's own layout.
        case layout(String)
        /// Whom the room has pinned.
        case pinned(String?)
        /// What one viewer watches.
        case view(participant: String, ViewSettings)
        /// What one viewer is sent from now on: a rendition, nil for sound alone, how many of its temporal layers, 1 to
        /// 3, or 0 for single pictures now and then; and why: `bandwidth`, `keyframes` or `wish`.
        case rendition(participant: String, name: String?, layers: Int, reason: String)
        /// All recordings under way.
        case recordings([RoomDetail.Recording])
        /// Nobody can join any more, and no event follows.
        case closed
    }

    public var room: String
    /// Seconds since the room was opened.
    public var time: Double
    public var kind: Kind

    init(_ event: RoomEvent, room: String) {
        self.room = room
        time = event.time.seconds
        func detail(_ participant: Participant) -> RoomDetail.Participant {
            RoomDetail.Participant(participant, layout: nil, at: event.time)
        }
        kind =
            switch event.kind {
            case .joined(let participant): .participantJoined(detail(participant))
            case .changed(let participant): .participantChanged(detail(participant))
            case .left(let participant, let departure):
                .participantLeft(detail(participant), reason: departure.rawValue)
            case .activeSpeaker(let id): .activeSpeaker(id)
            case .layout(let name): .layout(name)
            case .pinned(let id): .pinned(id)
            case .view(let participant, let choice): .view(participant: participant, ViewSettings(choice))
            case .rendition(let participant, let name, let layers, let reason):
                .rendition(participant: participant, name: name, layers: layers, reason: reason)
            case .recording(let marks): .recordings(marks.map(RoomDetail.Recording.init))
            case .closed: .closed
            }
    }

    private enum Key: String, CodingKey {
        case type, room, time, participant, reason, layout, view, rendition, layers, recordings
    }

    /// One flat object: `type`, `room`, `time`, and what the type has besides.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(room, forKey: .room)
        try object.encode(time, forKey: .time)
        try object.encode(type, forKey: .type)
        switch kind {
        case .participantJoined(let participant), .participantChanged(let participant):
            try object.encode(participant, forKey: .participant)
        case .participantLeft(let participant, let reason):
            try object.encode(participant, forKey: .participant)
            try object.encode(reason, forKey: .reason)
        case .activeSpeaker(let id), .pinned(let id): try object.encode(id, forKey: .participant)
        case .layout(let name): try object.encode(name, forKey: .layout)
        case .view(let participant, let view):
            try object.encode(participant, forKey: .participant)
            try object.encode(view, forKey: .view)
        case .rendition(let participant, let name, let layers, let reason):
            try object.encode(participant, forKey: .participant)
            try object.encode(name, forKey: .rendition)
            try object.encode(layers, forKey: .layers)
            try object.encode(reason, forKey: .reason)
        case .recordings(let recordings): try object.encode(recordings, forKey: .recordings)
        case .closed: break
        }
    }

    /// As it stands in JSON.
    public var type: String {
        switch kind {
        case .participantJoined: "participant-joined"
        case .participantChanged: "participant-changed"
        case .participantLeft: "participant-left"
        case .activeSpeaker: "active-speaker"
        case .layout: "layout"
        case .pinned: "pinned"
        case .view: "view"
        case .rendition: "rendition"
        case .recordings: "recordings"
        case .closed: "closed"
        }
    }
}
