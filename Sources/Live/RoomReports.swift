import Layout
import Mixing
import Synchronization
import Timing

/// A room in a list.
public struct RoomSummary: Sendable, Codable {
    public var name: String
    public var participants: Int
    public var layout: String
    /// Seconds since it was opened.
    public var age: Double
}

/// A room as its hosts see it.
public struct RoomDetail: Sendable, Codable {
    public struct Participant: Sendable, Codable {
        public var id: String
        public var name: String
        public var role: String?
        public var kind: JoinKind
        public var isConnected: Bool
        public var isMuted: Bool
        public var hasCamera: Bool
        public var sharesScreen: Bool
        /// The layout that is watched; nil for those who only publish.
        public var view: String?
        /// Seconds since joining.
        public var age: Double
    }

    public var name: String
    public var layout: String
    public var pinned: String?
    public var participants: [Participant]
    /// Layouts that are composited and encoded at present.
    public var views: [String]
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
    /// Milliseconds that a tick takes from layout to encoded picture, 99th percentile.
    public var tickP99: Double?
    /// Milliseconds that the participant's sound waits in the jitter buffer at least.
    public var soundDelay: Double?
}

extension LiveServer {
    public func listRooms() -> [RoomSummary] {
        let now = MonotonicClock.now
        return rooms.withLock { Array($0.values) }.sorted { $0.name < $1.name }.map { room in
            let (count, layout) = room.state.withLock { ($0.participants.count, $0.layout) }
            return RoomSummary(name: room.name, participants: count, layout: layout, age: room.time(at: now).seconds)
        }
    }

    func openRoom(_ name: String) throws(LiveError) -> LiveRoom {
        try checkName(name, of: "room")
        guard let room = rooms.withLock({ $0[name] }) else { throw LiveError(404, "there is no room '\(name)'") }
        return room
    }

    public func room(_ name: String) throws(LiveError) -> RoomDetail {
        let room = try openRoom(name)
        let now = room.time(at: MonotonicClock.now)
        let (participants, layout, pinned, views) = room.state.withLock { state in
            (state.participants, state.layout, state.pinned, state.views.keys.sorted())
        }
        return RoomDetail(
            name: name, layout: layout, pinned: pinned,
            participants: participants.map { participant in
                let state = participant.state.withLock { ($0.isConnected, $0.isMuted, $0.view) }
                return RoomDetail.Participant(
                    id: participant.id, name: participant.name, role: participant.role, kind: participant.kind,
                    isConnected: state.0, isMuted: state.1, hasCamera: participant.camera?.newest != nil,
                    sharesScreen: participant.screen?.newest != nil,
                    view: participant.kind == .publish ? nil : state.2, age: (now - participant.joined).seconds)
            }, views: views)
    }

    /// Says goodbye to everybody in the room.
    public func closeRoom(_ name: String) throws(LiveError) {
        for participant in try openRoom(name).participants { disconnect(participant) }
    }

    public func remove(room: String, participant id: String) throws(LiveError) {
        disconnect(try participant(id, of: try openRoom(room)))
    }

    private func disconnect(_ participant: LiveParticipant) {
        let number = participant.session
        network.post { $0.close(number) }
    }

    private func participant(_ id: String, of room: LiveRoom) throws(LiveError) -> LiveParticipant {
        guard let participant = room.participants.first(where: { $0.id == id }) else {
            throw LiveError(404, "there is no participant '\(id)' in room '\(room.name)'")
        }
        return participant
    }

    public func setMuted(room: String, participant id: String, muted: Bool) throws(LiveError) {
        try participant(id, of: try openRoom(room)).state.withLock { $0.isMuted = muted }
    }

    /// Whoever is pinned takes the active speaker's place; nil for nobody.
    public func pin(room name: String, participant id: String?) throws(LiveError) {
        let room = try openRoom(name)
        if let id { _ = try participant(id, of: room) }
        room.state.withLock { $0.pinned = id }
    }

    /// The room's layout, which all watch who have not chosen another.
    public func setLayout(room name: String, layout: String) throws(LiveError) {
        let room = try openRoom(name)
        let old = room.state.withLock(\.layout)
        guard old != layout else { return }
        let followers = room.participants.filter { $0.kind != .publish && $0.state.withLock(\.view) == old }
        // A view more for a moment, when the limit is reached and the old one goes.
        let isLast = room.viewers(of: old).count == followers.count
        try room.prepareView(layout, limit: configuration.viewLimit + (isLast ? 1 : 0)) { key throws(LiveError) in
            try makeView(key, in: room)
        }
        room.state.withLock { $0.layout = layout }
        for participant in followers { participant.state.withLock { $0.view = layout } }
        room.dropIdleViews()
    }

    /// The layout that one viewer watches.
    public func setView(session token: String, layout: String) throws(LiveError) {
        let number = try number(of: token)
        guard
            let (room, participant) = network.ask({ network in
                network.session(number).map { ($0.room, $0.participant) }
            })
        else { throw LiveError(404, "there is no such session") }
        guard participant.kind != .publish else {
            throw LiveError(409, "a session that only publishes watches no view")
        }
        try room.prepareView(layout, limit: configuration.viewLimit) { key throws(LiveError) in
            try makeView(key, in: room)
        }
        participant.state.withLock { $0.view = layout }
        room.dropIdleViews()
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
            tickP99: view.map { $0.composite.quantile(0.99).milliseconds + $0.encode.quantile(0.99).milliseconds },
            soundDelay: participant.sound.map { $0.state.target.milliseconds })
    }
}
