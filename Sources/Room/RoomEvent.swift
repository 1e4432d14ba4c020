public import Timing

/// Why somebody is not in the room any more.
public enum Departure: String, Sendable, Codable {
    /// They said goodbye, or their connection ended.
    case left
    /// A host removed them.
    case removed
    /// The room was closed.
    case closed
}

/// A recording under way.
public struct RecordingMark: Sendable, Equatable {
    public let id: String
    /// Who started it, as shown to everybody; nil for the service itself.
    public let by: String?
    public let since: MediaTime
    /// By somebody's wish.
    public internal(set) var isPaused = false
    /// The room goes out as a stream, and nothing is kept of it here.
    public internal(set) var isOutput = false
}

/// Something that has happened in a room.
public struct RoomEvent: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case joined(Participant)
        /// Name, role, mutes, presence, camera or screen are others now.
        case changed(Participant)
        case left(Participant, Departure)
        case activeSpeaker(String?)
        /// The room's own layout.
        case layout(String)
        /// Whom the room has pinned.
        case pinned(String?)
        /// What one viewer watches.
        case view(participant: String, ViewChoice)
        /// What one viewer is sent from now on: a rung of the ladder, nil for sound alone, and how many temporal layers of
        /// it, 0 for single pictures now and then; and why.
        case rendition(participant: String, name: String?, layers: Int, reason: String)
        /// All recordings that are under way.
        case recording([RecordingMark])
        /// Nobody can join any more.
        case closed
    }

    /// On the room's timeline.
    public var time: MediaTime
    public let kind: Kind
}

/// What whoever runs the room must do, in this order.
public enum RoomAction: Sendable, Equatable {
    case makeView(ViewID, ViewContent)
    /// The view goes on with the same encoder, showing something else.
    case changeView(ViewID, ViewContent)
    /// The participant's pictures come from this view from now on.
    case watch(participant: String, ViewID)
    /// Nobody watches the view any more, which showed this.
    case dropView(ViewID, ViewContent)
    case requestKeyframe(ViewID)
    /// Whether the participant is to be heard.
    case setHeard(participant: String, Bool)
    /// Whether some view shows the participant's camera or screen, which need be decoded only then.
    case setSeen(participant: String, isScreen: Bool, Bool)
    /// Ends the participant's connection.
    case disconnect(participant: String)
}

/// What a change of the room comes to.
public struct RoomOutcome: Sendable, Equatable {
    public var actions: [RoomAction] = []
    public var events: [RoomEvent] = []

    public init() {}
}

/// Why the room does not do what it is asked.
public struct RoomError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case closed
        case full
        case unknownParticipant
        case nameTaken
        case tooManyViews
        case watchesNothing
        /// Only a host may.
        case forbidden
        case unknownRecording
        case alreadyRecorded
    }

    public let code: Code
    /// One line for a person.
    public let description: String
}
