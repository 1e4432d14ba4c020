public import Timing

/// What a participant sends that can be muted.
public enum Medium: String, Sendable, Codable, CaseIterable {
    case audio
    case video
}

/// What a participant's connection is for.
public enum Attendance: String, Sendable, Codable {
    /// Sends media and watches a view.
    case full
    /// Only sends.
    case sender
    /// Only watches; has no tile.
    case viewer
}

/// Whether there is anybody behind a participant.
public enum Presence: String, Sendable, Codable {
    /// Let in, and not connected yet.
    case joining
    case present
    /// Nothing authentic has come from them for a while: they have no tile until it does again.
    case lost
}

/// In whose name something is done to a participant.
public enum Actor: Sendable, Equatable {
    /// The participant's own.
    case oneself
    /// Of somebody with the right to run the room.
    case host
}

/// Somebody in a room.
public struct Participant: Sendable, Equatable {
    public let id: String
    public let name: String
    /// What layouts may bind a region to.
    public internal(set) var role: String?
    public let attendance: Attendance
    /// When they joined, on the room's timeline.
    public let joined: MediaTime
    public internal(set) var presence = Presence.joining
    /// What they have muted themselves.
    public internal(set) var mutedByThemselves: Set<Medium> = []
    /// What a host has muted.
    public internal(set) var mutedByHost: Set<Medium> = []
    /// Whether pictures of their camera come, and whether those have stopped though they should not.
    public internal(set) var hasPicture = false
    public internal(set) var isFrozen = false
    public internal(set) var sharesScreen = false
    /// Whether their connection loses much, or is slow to answer.
    public internal(set) var hasPoorNetwork = false
    /// What they chose to see; nil for those who watch nothing.
    public internal(set) var choice: ViewChoice?
    /// The view that comes of the choice.
    public internal(set) var view: ViewID?

    /// Whether nobody hears, or sees, them by anyone's wish.
    public func isMuted(_ medium: Medium) -> Bool {
        mutedByThemselves.contains(medium) || mutedByHost.contains(medium)
    }

    /// Whether there is a tile for them.
    public var isOnStage: Bool { attendance != .viewer && presence == .present }
}
