import Layout
import Mixing
import Room
import Synchronization
import Timing

/// A room in a list.
public struct RoomSummary: Sendable, Codable {
    public var name: String
    /// Those who watch without a tile included.
    public var participants: Int
    /// Those of them with media.
    public var connected: Int
    public var layout: String
    public var isRecorded: Bool
    /// Seconds since it was opened.
    public var age: Double
}

/// What a viewer sees.
public struct ViewSettings: Sendable, Codable, Equatable {
    /// Nil for the room's own layout, whatever that is at the time.
    public var layout: String?
    /// Whoever takes the active speaker's place; nil for whom the room has pinned.
    public var pinned: String?
    /// Without the viewer's own tile.
    public var withoutSelf: Bool

    public init(layout: String? = nil, pinned: String? = nil, withoutSelf: Bool = false) {
        self.layout = layout
        self.pinned = pinned
        self.withoutSelf = withoutSelf
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        layout = try object.decodeIfPresent(String.self, forKey: .layout)
        pinned = try object.decodeIfPresent(String.self, forKey: .pinned)
        withoutSelf = try object.decodeIfPresent(Bool.self, forKey: .withoutSelf) ?? false
    }

    init(_ choice: ViewChoice) {
        self.init(layout: choice.layout, pinned: choice.pinned, withoutSelf: choice.withoutSelf)
    }

    var choice: ViewChoice { ViewChoice(layout: layout, pinned: pinned, withoutSelf: withoutSelf) }
}

/// A room as its hosts see it.
public struct RoomDetail: Sendable, Codable {
    public struct Participant: Sendable, Codable {
        public var id: String
        public var name: String
        public var role: String?
        public var kind: JoinKind
        public var isConnected: Bool
        /// `joining`, `present`, or `lost` once nothing has come from them for eight seconds.
        public var presence: String
        /// Whether nobody hears them, or sees their camera, by anyone's wish.
        public var isMuted: Bool
        public var isCameraMuted: Bool
        /// What of that only a host can undo: `audio`, `video`.
        public var mutedByHost: [String]
        public var hasCamera: Bool
        /// The camera's picture has stopped.
        public var isFrozen: Bool
        public var sharesScreen: Bool
        /// Their connection loses much, or is slow to answer.
        public var hasPoorNetwork: Bool
        /// The layout that is watched; nil for those who only publish, and in events.
        public var view: String?
        /// Seconds since joining.
        public var age: Double
    }

    public struct Recording: Sendable, Codable {
        public var id: String
        /// Who started it.
        public var by: String?
        /// Seconds since the room was opened.
        public var since: Double
        /// By somebody's wish.
        public var isPaused: Bool
        /// The room goes out as a stream.
        public var isOutput: Bool

        init(_ mark: RecordingMark) {
            id = mark.id
            by = mark.by
            since = mark.since.seconds
            isPaused = mark.isPaused
            isOutput = mark.isOutput
        }
    }

    public var name: String
    public var layout: String
    public var pinned: String?
    public var activeSpeaker: String?
    /// In the order of joining.
    public var participants: [Participant]
    /// Layouts that are composited and encoded at present.
    public var views: [String]
    public var recordings: [Recording]
    /// Most participants.
    public var participantLimit: Int
    /// Seconds since it was opened.
    public var age: Double
}

extension RoomDetail.Participant {
    init(_ participant: Participant, layout: String?, at time: MediaTime) {
        id = participant.id
        name = participant.name
        role = participant.role
        kind = JoinKind(participant.attendance)
        isConnected = participant.presence != .joining
        presence = participant.presence.rawValue
        isMuted = participant.isMuted(.audio)
        isCameraMuted = participant.isMuted(.video)
        mutedByHost = Medium.allCases.filter(participant.mutedByHost.contains).map(\.rawValue)
        hasCamera = participant.hasPicture
        isFrozen = participant.isFrozen
        sharesScreen = participant.sharesScreen
        hasPoorNetwork = participant.hasPoorNetwork
        view = layout
        age = (time - participant.joined).seconds
    }
}

extension RoomDetail {
    init(_ room: Room, name: String, at time: MediaTime) {
        self.name = name
        layout = room.layout
        pinned = room.pinned
        activeSpeaker = room.activeSpeaker
        participants = room.participants.map { participant in
            Participant(participant, layout: participant.view.flatMap { room.views[$0]?.layout }, at: time)
        }
        views = room.views.values.map(\.layout).sorted()
        recordings = room.recordings.map(Recording.init)
        participantLimit = room.settings.participantLimit
        age = time.seconds
    }
}

/// What one session's own page shows of its quality.
public struct SessionStatistics: Sendable, Codable {
    /// Since the beginning.
    public var bytesIn: UInt64
    public var packetsOut: UInt64
    public var framesOut: UInt64
    public var resent: UInt64
    /// Shares of packets, 0 to 1, in the last second: of what the participant sends, of what they receive.
    public var lossIn: Double
    public var lossOut: Double
    /// Milliseconds; nil before it is known.
    public var roundTrip: Double?
    /// Milliseconds that a tick takes from layout to encoded picture: half of them no longer, 99 of 100 no longer.
    public var tickP50: Double?
    public var tickP99: Double?
    /// Milliseconds that the participant's sound waits in the jitter buffer at least.
    public var soundDelay: Double?
    /// Of the connection, by loss and round trip.
    public var quality: ConnectionQuality
    /// Bits per second that the way to the participant is thought to take; nil before it is known.
    public var estimate: Int?
    /// What of the mixed picture is sent there; nil for sound alone.
    public var rendition: String?
    /// Temporal layers of it, 1 to 3; 0 for single pictures now and then.
    public var layers: Int
}

extension LiveServer {
    /// All rooms that are open, by name.
    public func listRooms() -> [RoomSummary] {
        let now = MonotonicClock.now
        return rooms.withLock { Array($0.values) }.sorted { $0.name < $1.name }.map { live in
            let room = live.room
            return RoomSummary(
                name: live.name, participants: room.participants.count,
                connected: room.participants.count { $0.presence != .joining }, layout: room.layout,
                isRecorded: room.recordings.contains { !$0.isOutput }, age: live.time(at: now).seconds)
        }
    }

    func openRoom(_ name: String) throws(LiveError) -> LiveRoom {
        try checkName(name, of: "room")
        guard let room = rooms.withLock({ $0[name] }) else { throw LiveError(404, "there is no room '\(name)'") }
        return room
    }

    /// A room with all who are in it. Throws with 404 if there is none.
    public func room(_ name: String) throws(LiveError) -> RoomDetail {
        let live = try openRoom(name)
        return RoomDetail(live.room, name: name, at: live.time(at: MonotonicClock.now))
    }

    /// Tells of all that happens in a room from now on. `wake` is called when there is something to take, on whatever
    /// thread; it must be quick, and must not ask the server for anything. At most `limit` events wait to be taken.
    /// Throws with 404 if there is no such room.
    public func observe(
        room name: String, limit: Int = 256, wake: @escaping @Sendable () -> Void = {}
    ) throws(LiveError) -> RoomSubscription {
        let live = try openRoom(name)
        let link = RoomSubscription.Link(limit: limit, wake: wake)
        let room = live.observe(link)
        return RoomSubscription(start: RoomDetail(room, name: name, at: live.time(at: MonotonicClock.now)), link: link)
    }

    /// Quality of a session; of one that is in `room`, if that is given. Throws with 404 otherwise.
    public func sessionStatistics(_ token: String, in room: String) throws(LiveError) -> SessionStatistics {
        _ = try number(of: token, in: room)
        return try sessionStatistics(token)
    }

    public func sessionStatistics(_ token: String) throws(LiveError) -> SessionStatistics {
        let number = try number(of: token)
        guard
            let (figures, room, participant) = network.ask({ network in
                network.session(number).map { ($0.snapshot, $0.room, $0.participant) }
            })
        else { throw LiveError(404, "there is no such session") }
        let view = room.view(of: participant)?.figures
        return SessionStatistics(
            bytesIn: figures.bytesIn, packetsOut: figures.packetsOut, framesOut: figures.framesOut,
            resent: figures.resent, lossIn: figures.lossIn, lossOut: figures.lossOut,
            roundTrip: figures.roundTrip?.milliseconds,
            tickP50: view.map { $0.composite.quantile(0.5).milliseconds + $0.encode.quantile(0.5).milliseconds },
            tickP99: view.map { $0.composite.quantile(0.99).milliseconds + $0.encode.quantile(0.99).milliseconds },
            soundDelay: participant.sound.map { $0.state.target.milliseconds }, quality: figures.quality,
            estimate: figures.estimate, rendition: figures.rung, layers: figures.layers)
    }
}
