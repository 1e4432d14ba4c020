public import Layout
public import Timing

/// What a tick knows of a participant's media.
public struct MediaFacts: Sendable {
    public var participant: String
    /// When the newest picture of the camera, and of the screen, came; nil before the first.
    public var camera: MediaTime?
    public var screen: MediaTime?
    /// Loudness of speech since the tick before, in dBFS.
    public var level: Float
    /// Width divided by height of the camera's picture as it is displayed; nil while unknown.
    public var aspect: Double?
    public var hasPoorNetwork: Bool

    public init(
        participant: String, camera: MediaTime? = nil, screen: MediaTime? = nil, level: Float = -127,
        aspect: Double? = nil, hasPoorNetwork: Bool = false
    ) {
        self.participant = participant
        self.camera = camera
        self.screen = screen
        self.level = level
        self.aspect = aspect
        self.hasPoorNetwork = hasPoorNetwork
    }
}

extension Room {
    /// Takes what is known of everybody's media at `now`, in the order of joining, and makes the ``stage`` of it. Who is
    /// not among `facts` sends nothing; facts about who is gone are passed over.
    public mutating func tick(_ facts: [MediaFacts], at now: MediaTime) -> RoomOutcome {
        var outcome = RoomOutcome()
        stage.participants.removeAll(keepingCapacity: true)
        if isClosed { return outcome }
        stage.pinned = pinned
        var next = facts.startIndex
        for place in participants.indices {
            let id = participants[place].id
            var fact = MediaFacts(participant: id)
            if let found = facts[next...].firstIndex(where: { $0.participant == id }) {
                fact = facts[found]
                next = found + 1
            }
            look(at: fact, of: place, now: now, &outcome)
            guard participants[place].isOnStage else { continue }
            let participant = participants[place]
            stage.participants.append(
                Stage.Participant(
                    id: id, name: participant.name, role: participant.role, joined: participant.joined,
                    hasPicture: participant.hasPicture,
                    isMuted: participant.isMuted(.audio) || records[id]?.sendsSound != true,
                    hasPoorNetwork: fact.hasPoorNetwork, isFrozen: participant.isFrozen,
                    sharesScreen: participant.sharesScreen, level: fact.level,
                    pictureAspect: participant.hasPicture ? fact.aspect : nil))
        }
        if speaker.follow(stage, at: now) { outcome.note(.activeSpeaker(speaker.current), now) }
        return outcome
    }

    private mutating func look(
        at fact: MediaFacts, of place: Int, now: MediaTime, _ outcome: inout RoomOutcome
    ) {
        var age: MediaTime?
        if let newest = fact.camera, !participants[place].isMuted(.video) { age = now - newest }
        let hasPicture = age.map { $0 < settings.goneAfter } ?? false
        let isFrozen = hasPicture && (age ?? .zero) >= settings.frozenAfter
        let sharesScreen = fact.screen.map { now - $0 < settings.goneAfter } ?? false
        let before = participants[place]
        guard
            before.hasPicture != hasPicture || before.isFrozen != isFrozen || before.sharesScreen != sharesScreen
                || before.hasPoorNetwork != fact.hasPoorNetwork
        else { return }
        participants[place].hasPicture = hasPicture
        participants[place].isFrozen = isFrozen
        participants[place].sharesScreen = sharesScreen
        participants[place].hasPoorNetwork = fact.hasPoorNetwork
        outcome.note(.changed(participants[place]), now)
    }

    /// The stage as a view shows it.
    public func stage(for content: ViewContent) -> Stage {
        if content.pinned == nil, content.omitted == nil { return stage }
        var result = stage
        if let omitted = content.omitted { result.participants.removeAll { $0.id == omitted } }
        if let pinned = content.pinned { result.pinned = pinned }
        return result
    }

    /// Takes what all views together show, and says whose pictures need be decoded from now on. What nobody on the
    /// stage has to do with is left as it is: who has only now joined is decoded, so that their first tile has a picture.
    public mutating func show(_ contents: Set<TileContent>) -> [RoomAction] {
        var actions: [RoomAction] = []
        for participant in participants where participant.isOnStage {
            let id = participant.id
            guard let record = records[id] else { continue }
            let isCameraSeen = !participant.isMuted(.video) && contents.contains(.camera(participant: id))
            let isScreenSeen = contents.contains(.screen(participant: id))
            if isCameraSeen != record.isCameraSeen {
                records[id]?.isCameraSeen = isCameraSeen
                actions.append(.setSeen(participant: id, isScreen: false, isCameraSeen))
            }
            // A screen that has only begun is in no view before its first picture has been decoded.
            if participant.sharesScreen, isScreenSeen != record.isScreenSeen {
                records[id]?.isScreenSeen = isScreenSeen
                actions.append(.setSeen(participant: id, isScreen: true, isScreenSeen))
            }
        }
        return actions
    }
}
