public import Layout
public import Timing

/// A conference: who is in it, what they may do, who watches what. Pure policy: every change is one call that is given
/// the time and returns what is to be done and what has happened; nothing here reads a clock, waits or sends.
///
/// All times are on one timeline, the room's. A call that throws has changed nothing.
///
/// What a host mutes stays muted until a host lifts it, unless ``RoomSettings/allowsOwnUnmute`` says otherwise; what
/// participants mute themselves only they can lift, since no host is to open anybody's microphone.
public struct Room: Sendable {
    public private(set) var settings: RoomSettings
    /// In the order of joining.
    public internal(set) var participants: [Participant] = []
    /// Whom the room has pinned: they take the active speaker's place in all views that pin nobody else.
    public private(set) var pinned: String?
    public internal(set) var recordings: [RecordingMark] = []
    /// What recordings watch, in the order of their start.
    public internal(set) var recorders: [Recorder] = []
    public private(set) var isClosed = false
    /// What each view shows.
    public internal(set) var views: [ViewID: ViewContent] = [:]
    /// Who is to be seen, as of the last ``tick(_:at:)``.
    public internal(set) var stage = Stage()

    var records: [String: Record] = [:]
    var nextView = 1
    var speaker = ActiveSpeaker()
    /// Nil while somebody is there.
    private var emptySince: MediaTime?
    private var wasEntered = false

    private static let timeToEnter = MediaTime(seconds: 30)

    /// What the room remembers of a participant besides what others may know.
    struct Record: Sendable {
        var sendsSound: Bool
        var isCameraSeen = true
        var isScreenSeen = true
    }

    public init(_ settings: RoomSettings = RoomSettings(), now: MediaTime) {
        self.settings = settings
        emptySince = now
    }

    /// The room's own layout.
    public var layout: String { settings.layout }

    /// Whoever has the floor.
    public var activeSpeaker: String? { speaker.current }

    public func participant(_ id: String) -> Participant? { participants.first { $0.id == id } }

    // MARK: - Coming and going

    /// Somebody who wants in.
    public struct Newcomer: Sendable {
        /// Unlike any other's in the room, now or before.
        public var id: String
        public var name: String
        public var role: String?
        public var attendance: Attendance
        /// Whether they can be heard at all.
        public var sendsSound: Bool
        public var choice: ViewChoice

        public init(
            id: String, name: String, role: String? = nil, attendance: Attendance = .full, sendsSound: Bool = true,
            choice: ViewChoice = ViewChoice()
        ) {
            self.id = id
            self.name = name
            self.role = role
            self.attendance = attendance
            self.sendsSound = sendsSound
            self.choice = choice
        }
    }

    /// Lets somebody in, who has no tile before they are ``connected(_:now:)``.
    ///
    /// In a full room the first who is lost makes way. Throws if the room is closed or full, if the identifier is
    /// in use, or if their choice is one view too many.
    public mutating func join(_ newcomer: Newcomer, now: MediaTime) throws(RoomError) -> RoomOutcome {
        if isClosed { throw RoomError(code: .closed, description: "the room is closed") }
        let isFull = participants.count >= max(1, settings.participantLimit)
        let lost = isFull ? participants.first { $0.presence == .lost } : nil
        guard !isFull || lost != nil else {
            throw RoomError(
                code: .full, description: "the room is full: \(settings.participantLimit) participants")
        }
        guard records[newcomer.id] == nil else {
            throw RoomError(code: .nameTaken, description: "there is a participant '\(newcomer.id)' already")
        }
        var choice = newcomer.attendance == .sender ? nil : newcomer.choice
        if let wanted = choice?.pinned, records[wanted] == nil { choice?.pinned = nil }
        let participant = Participant(
            id: newcomer.id, name: newcomer.name, role: newcomer.role, attendance: newcomer.attendance,
            joined: max(now, participants.last?.joined ?? now), choice: choice)
        var next = self
        var outcome = RoomOutcome()
        if let lost {
            outcome.actions.append(.disconnect(participant: lost.id))
            next.take(lost.id, .left, now: now, &outcome)
        }
        next.participants.append(participant)
        next.records[newcomer.id] = Record(sendsSound: newcomer.sendsSound)
        next.emptySince = nil
        next.wasEntered = true
        try next.arrangeViews(&outcome)
        self = next
        outcome.note(.joined(self.participant(newcomer.id) ?? participant), now)
        return outcome
    }

    /// Somebody's connection has ended. Nothing happens if they are gone already.
    public mutating func leave(_ id: String, now: MediaTime) -> RoomOutcome {
        var outcome = RoomOutcome()
        take(id, .left, now: now, &outcome)
        return outcome
    }

    /// A host sends somebody away.
    public mutating func remove(_ id: String, now: MediaTime) throws(RoomError) -> RoomOutcome {
        _ = try place(id)
        var outcome = RoomOutcome()
        outcome.actions.append(.disconnect(participant: id))
        take(id, .removed, now: now, &outcome)
        return outcome
    }

    private mutating func take(_ id: String, _ departure: Departure, now: MediaTime, _ outcome: inout RoomOutcome) {
        guard let place = participants.firstIndex(where: { $0.id == id }) else { return }
        let gone = participants.remove(at: place)
        records[id] = nil
        stage.participants.removeAll { $0.id == id }
        for index in participants.indices where participants[index].choice?.pinned == id {
            participants[index].choice?.pinned = nil
        }
        outcome.note(.left(gone, departure), now)
        if pinned == id { setPinned(nil, now: now, &outcome) }
        rearrangeViews(&outcome)
        if participants.isEmpty { emptySince = now }
    }

    private mutating func setPinned(_ id: String?, now: MediaTime, _ outcome: inout RoomOutcome) {
        pinned = id
        stage.pinned = id
        outcome.note(.pinned(id), now)
    }

    /// Sends everybody away; nobody is let in any more.
    public mutating func close(now: MediaTime) -> RoomOutcome {
        var outcome = RoomOutcome()
        guard !isClosed else { return outcome }
        isClosed = true
        for participant in participants {
            outcome.actions.append(.disconnect(participant: participant.id))
            take(participant.id, .closed, now: now, &outcome)
        }
        if !recordings.isEmpty {
            recordings = []
            recorders = []
            outcome.note(.recording([]), now)
            rearrangeViews(&outcome)
        }
        outcome.note(.closed, now)
        return outcome
    }

    /// Closes a room in which nobody has been for as long as its settings allow.
    public mutating func closeIfAbandoned(now: MediaTime) -> RoomOutcome {
        guard !isClosed, let emptySince, var patience = settings.emptyFor else { return RoomOutcome() }
        // Whoever makes a room needs some time to come in.
        if !wasEntered { patience = max(patience, Room.timeToEnter) }
        return now - emptySince >= patience ? close(now: now) : RoomOutcome()
    }

    // MARK: - Presence

    /// Media can flow: the participant gets a tile.
    public mutating func connected(_ id: String, now: MediaTime) -> RoomOutcome {
        var outcome = setPresence(.present, of: id, now: now)
        if let view = participant(id)?.view { outcome.actions.append(.requestKeyframe(view)) }
        return outcome
    }

    /// Nothing authentic has come from the participant for as long as patience lasts: they lose their tile.
    public mutating func lost(_ id: String, now: MediaTime) -> RoomOutcome {
        setPresence(.lost, of: id, now: now)
    }

    /// Something has come again from somebody who was lost, who takes up their place.
    public mutating func heardAgain(_ id: String, now: MediaTime) -> RoomOutcome {
        setPresence(.present, of: id, now: now)
    }

    private mutating func setPresence(_ presence: Presence, of id: String, now: MediaTime) -> RoomOutcome {
        var outcome = RoomOutcome()
        guard let place = participants.firstIndex(where: { $0.id == id }), participants[place].presence != presence
        else { return outcome }
        // Who has never been connected cannot be lost, only not come.
        if presence == .lost, participants[place].presence == .joining { return outcome }
        participants[place].presence = presence
        outcome.note(.changed(participants[place]), now)
        return outcome
    }

    // MARK: - Mutes and roles

    /// Mutes or unmutes. Throws if somebody wants to undo what a host has done to them.
    public mutating func setMuted(
        _ isMuted: Bool, _ medium: Medium, of id: String, by actor: Actor, now: MediaTime
    ) throws(RoomError) -> RoomOutcome {
        let place = try place(id)
        let before = participants[place]
        var participant = before
        switch (actor, isMuted) {
        case (.host, true): participant.mutedByHost.insert(medium)
        case (.host, false): participant.mutedByHost.remove(medium)
        case (.oneself, true): participant.mutedByThemselves.insert(medium)
        case (.oneself, false):
            if participant.mutedByHost.contains(medium) {
                guard settings.allowsOwnUnmute else {
                    throw RoomError(code: .forbidden, description: "a host has muted this; only a host can undo it")
                }
                participant.mutedByHost.remove(medium)
            }
            participant.mutedByThemselves.remove(medium)
        }
        var outcome = RoomOutcome()
        guard participant != before else { return outcome }
        participants[place] = participant
        if medium == .audio, participant.isMuted(.audio) != before.isMuted(.audio) {
            outcome.actions.append(.setHeard(participant: id, !participant.isMuted(.audio)))
        }
        outcome.note(.changed(participant), now)
        return outcome
    }

    /// Changes what layouts may bind a region to; nil for no role.
    public mutating func setRole(_ role: String?, of id: String, now: MediaTime) throws(RoomError) -> RoomOutcome {
        let place = try place(id)
        var outcome = RoomOutcome()
        guard participants[place].role != role else { return outcome }
        participants[place].role = role
        outcome.note(.changed(participants[place]), now)
        return outcome
    }

    // MARK: - What is watched

    /// Changes the room's own layout. Throws if those who chose the old one for themselves make the new one a view too
    /// many.
    public mutating func setLayout(_ layout: String, now: MediaTime) throws(RoomError) -> RoomOutcome {
        if isClosed { throw RoomError(code: .closed, description: "the room is closed") }
        var outcome = RoomOutcome()
        guard layout != settings.layout else { return outcome }
        var next = self
        next.settings.layout = layout
        try next.arrangeViews(&outcome)
        self = next
        outcome.note(.layout(layout), now)
        return outcome
    }

    /// Pins somebody for all who have pinned nobody themselves; nil for nobody.
    public mutating func pin(_ id: String?, now: MediaTime) throws(RoomError) -> RoomOutcome {
        if let id { _ = try place(id) }
        var outcome = RoomOutcome()
        if id != pinned { setPinned(id, now: now, &outcome) }
        return outcome
    }

    /// Changes what one viewer sees. Throws if that is a view too many, whereupon they keep what they had.
    public mutating func setView(
        _ choice: ViewChoice, of id: String, now: MediaTime
    ) throws(RoomError) -> RoomOutcome {
        let place = try place(id)
        guard participants[place].attendance != .sender else {
            throw RoomError(code: .watchesNothing, description: "a session that only publishes watches no view")
        }
        if let wanted = choice.pinned { _ = try self.place(wanted) }
        var outcome = RoomOutcome()
        guard participants[place].choice != choice else { return outcome }
        var next = self
        next.participants[place].choice = choice
        try next.arrangeViews(&outcome)
        self = next
        outcome.note(.view(participant: id, choice), now)
        return outcome
    }

    /// One viewer is sent another rendition, or other layers of it, for `reason`; see ``RoomEvent/Kind``.
    public func renditionChanged(
        of id: String, to name: String?, layers: Int, reason: String, now: MediaTime
    ) -> RoomOutcome {
        var outcome = RoomOutcome()
        guard !isClosed, participants.contains(where: { $0.id == id }) else { return outcome }
        outcome.note(.rendition(participant: id, name: name, layers: layers, reason: reason), now)
        return outcome
    }

    // MARK: - Recordings

    /// Shows everybody that the room is recorded.
    public mutating func recordingStarted(_ id: String, by name: String?, now: MediaTime) -> RoomOutcome {
        var outcome = RoomOutcome()
        guard !isClosed, !recordings.contains(where: { $0.id == id }) else { return outcome }
        recordings.append(RecordingMark(id: id, by: name, since: now))
        outcome.note(.recording(recordings), now)
        return outcome
    }

    public mutating func recordingEnded(_ id: String, now: MediaTime) throws(RoomError) -> RoomOutcome {
        guard let place = recordings.firstIndex(where: { $0.id == id }) else {
            throw RoomError(code: .unknownRecording, description: "there is no recording '\(id)' under way")
        }
        recordings.remove(at: place)
        recorders.removeAll { $0.id == id }
        var outcome = RoomOutcome()
        rearrangeViews(&outcome)
        outcome.note(.recording(recordings), now)
        return outcome
    }

    func place(_ id: String) throws(RoomError) -> Int {
        guard let place = participants.firstIndex(where: { $0.id == id }) else {
            throw RoomError(code: .unknownParticipant, description: "there is no participant '\(id)'")
        }
        return place
    }
}

extension RoomOutcome {
    mutating func note(_ kind: RoomEvent.Kind, _ time: MediaTime) {
        events.append(RoomEvent(time: time, kind: kind))
    }
}
