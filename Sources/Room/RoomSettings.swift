public import Timing

/// What is laid down about a room when it is made.
public struct RoomSettings: Sendable, Equatable {
    /// Most participants, whatever they do; at least 1.
    public var participantLimit = 100
    /// Most distinct views; at least 1.
    public var viewLimit = 4
    /// The layout of all who choose none.
    public var layout = "grid"
    /// Whether somebody whom a host has muted may unmute themselves.
    public var allowsOwnUnmute = false
    /// A camera without a new picture for so long is shown as frozen.
    public var frozenAfter = MediaTime(seconds: 2)
    /// A camera or screen without a new picture for so long is not shown any more.
    public var goneAfter = MediaTime(seconds: 8)
    /// How long a room stays open with nobody in it; nil for ever.
    public var emptyFor: MediaTime? = .zero

    public init() {}
}
