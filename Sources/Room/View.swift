/// Names a view for as long as it lives. Numbers are not used again.
public struct ViewID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: Int

    public static func < (left: ViewID, right: ViewID) -> Bool { left.number < right.number }
    public var description: String { "view \(number)" }
}

/// What one viewer wants to see.
public struct ViewChoice: Hashable, Sendable, Codable {
    /// Nil for the room's own layout, whatever that is at the time.
    public var layout: String?
    /// Who takes the active speaker's place; nil for whom the room has pinned.
    public var pinned: String?
    /// Without the viewer's own tile.
    public var withoutSelf: Bool

    public init(layout: String? = nil, pinned: String? = nil, withoutSelf: Bool = false) {
        self.layout = layout
        self.pinned = pinned
        self.withoutSelf = withoutSelf
    }
}

/// What a view shows. Viewers whose choices come to the same share one composite and one encode.
public struct ViewContent: Hashable, Sendable {
    public var layout: String
    /// Nil for whom the room has pinned.
    public var pinned: String?
    /// Who has no tile in it.
    public var omitted: String?

    public init(layout: String, pinned: String? = nil, omitted: String? = nil) {
        self.layout = layout
        self.pinned = pinned
        self.omitted = omitted
    }
}
