public import Media

/// What one tick of a ``Compositor`` gives.
public struct Composite: Sendable {
    /// The same object as before if nothing changed.
    public var picture: Picture
    /// The blocks whose samples may differ from the picture before; all of the first picture.
    public var changed: MacroblockMap
    /// Whether nothing at all changed, so that ``picture`` is the one of the tick before.
    public var isUnchanged: Bool
    public var statistics: CompositeStatistics

    package init(
        picture: Picture, changed: MacroblockMap, isUnchanged: Bool,
        statistics: CompositeStatistics = CompositeStatistics()
    ) {
        self.picture = picture
        self.changed = changed
        self.isUnchanged = isUnchanged
        self.statistics = statistics
    }
}

/// What a tick took.
public struct CompositeStatistics: Hashable, Sendable {
    /// Tiles that were drawn, with their pictures scaled.
    public var tilesDrawn = 0
    /// Tiles of the scene that stayed as they were.
    public var tilesReused = 0
}

/// Why a scene cannot be composed.
public struct CompositorError: Error, CustomStringConvertible, Sendable {
    public enum Code: Hashable, Sendable {
        /// A canvas has odd sides, or sides out of range.
        case badCanvas
        /// The scene is for a canvas of another size.
        case otherCanvas
    }

    public var code: Code
    public var description: String
}
