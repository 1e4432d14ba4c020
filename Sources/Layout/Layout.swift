/// A layout file after validation: who is shown where, and how it looks. `Layouts/README.md` is the reference of the
/// format.
///
/// Files may come from anybody; what is in them is bounded by ``Limits`` before it costs anything.
public struct Layout: Sendable, Equatable {
    /// What bounds a layout file.
    public enum Limits {
        /// Bytes of the file.
        public static let fileSize = JSONParser.maximumSize
        /// Regions of all variants together.
        public static let regions = 1024
        /// Regions within each other.
        public static let nesting = 12
        /// Variants of one layout.
        public static let variants = 64
        /// Images of one layout.
        public static let images = 64
        /// Bytes of a name, an identifier or a path.
        public static let nameLength = 200
        /// Tiles of one grid.
        public static let gridTiles = 400
    }

    /// The `name` field; empty if the file has none.
    public let name: String
    /// One sentence for a list of layouts; empty if the file has none.
    public let summary: String
    /// Images by the name that the layout gives them, with their paths relative to the layout file.
    public let images: [String: String]
    /// Roles that a region asks for, in the order of the file, each once.
    public let roles: [String]
    /// Participants that a region asks for (identifiers or names, without patterns), in the order of the file, each once.
    public let boundParticipants: [String]

    package let background: Backdrop
    package let watermark: WatermarkPlace?
    package let transition: Transition
    package let timing: StabilityTiming
    package let variants: [Variant]
    package let root: Region
    /// Says quickly whether two layouts come from the same text.
    package let identity: UInt64

    /// Reads a layout file. Throws with the place, what was found there and what would be right.
    public init(parsing bytes: some Collection<UInt8>) throws(LayoutError) {
        let bytes = Array(bytes)
        let document = try JSONParser.parse(bytes)
        var reader = LayoutReader()
        let parts = try reader.read(document)
        name = parts.name
        summary = parts.summary
        images = parts.images
        roles = reader.roles
        boundParticipants = reader.participants
        background = parts.background
        watermark = parts.watermark
        transition = parts.transition
        timing = parts.timing
        variants = parts.variants
        root = parts.root
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        identity = hash
    }

    public static func == (left: Layout, right: Layout) -> Bool { left.identity == right.identity }
}

/// An arrangement that is used while its conditions hold.
package struct Variant: Sendable {
    /// How many participants there may be.
    package var participants: ClosedRange<Int>
    /// Whether somebody must (true) or must not (false) share a screen.
    package var screenShare: Bool?
    /// Whether the canvas must (true) or must not (false) be higher than wide.
    package var portrait: Bool?
    package var background: Backdrop
    package var root: Region

    func applies(participants count: Int, screenShare isShared: Bool, canvas: CanvasSize) -> Bool {
        participants.contains(count) && (screenShare ?? isShared) == isShared
            && (portrait ?? (canvas.height > canvas.width)) == (canvas.height > canvas.width)
    }
}

/// A part of the canvas and what is in it.
package struct Region: Sendable {
    package enum Kind: Sendable {
        /// Children side by side, or one below the other.
        case split(vertical: Bool, spacing: Double, children: [Region])
        /// Children at places of their own, in fractions of this region.
        case layers([Region])
        case grid(Grid)
        case tile(TileRegion)
    }

    /// Number of the region in the order of the file, the same for the same file always.
    package var number: Int
    /// In fractions of the enclosing region; only layers place their children so.
    package var place: FractionRect
    /// Of this region and those within it that do not say otherwise.
    package var z: Int
    /// Share of the enclosing split.
    package var weight: Double
    /// Free space along all four edges, in fractions of the canvas height.
    package var padding: Double
    package var whenEmpty: WhenEmpty
    package var style: Style
    package var kind: Kind
}

/// A rectangle in fractions of what encloses it.
package struct FractionRect: Hashable, Sendable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package static let whole = FractionRect(x: 0, y: 0, width: 1, height: 1)
}

/// What becomes of a region in which nothing is to be shown.
package enum WhenEmpty: String, Sendable, CaseIterable {
    /// In a split its space goes to its siblings; elsewhere it is not drawn.
    case collapse
    /// It is not drawn, and its space stays free.
    case reserve
    /// The tile's background is drawn.
    case background
}

/// The order in which participants are taken, and kept, when there are more than places.
package enum Order: String, Sendable, CaseIterable {
    /// Who joined first comes first.
    case joining
    /// Who joined last comes first.
    case newest
    /// Who spoke last comes first.
    case loudness
}

/// What one tile is for.
package enum TileSource: Hashable, Sendable {
    case speaker
    case screen
    case next(Order)
    case participant(NamePattern)
    case role(String)
    case image(String)
    case nothing
}

/// Whom a grid is for.
package enum GridSource: Hashable, Sendable {
    /// Those whom no region before shows.
    case others
    /// All, even those whom another region shows.
    case everybody
    /// Every screen share that no region before shows.
    case screen
    case participant(NamePattern)
    case role(String)
}

/// A single region with one thing in it.
package struct TileRegion: Sendable {
    /// The first that is there is shown.
    package var sources: [TileSource]
    /// Width by height that the tile may have; it is centred in its region if it cannot fill it.
    package var aspect: AspectRange
}

/// Tiles of one size, in as many rows and columns as make them largest.
package struct Grid: Sendable {
    package var sources: [GridSource]
    package var except: [NamePattern]
    package var order: Order
    /// Most tiles, the one for the overflow included.
    package var maximum: Int
    /// Fewer than this, and the region is empty.
    package var minimum: Int
    package var rows: Int?
    package var columns: Int?
    package var maximumRows: Int
    package var maximumColumns: Int
    /// Indices of cells, row by row, that stay empty; ascending.
    package var excludedCells: [Int]
    package var spacing: Double
    package var aspect: AspectRange
    /// Whether the last tile says how many more there are.
    package var overflow: Bool
    /// Whether an incomplete last row is centred.
    package var centresLastRow: Bool
    /// Whether a cell whose participant has left is given to another.
    package var reuse: Bool
}

/// Least and greatest width divided by height.
package struct AspectRange: Hashable, Sendable {
    package var least: Double
    package var greatest: Double

    package static let any = AspectRange(least: 0, greatest: .infinity)
}

/// How rectangles move from one arrangement to the next.
package struct Transition: Hashable, Sendable {
    package var duration: Double
    package var easing: Easing
}

package enum Easing: String, Sendable, CaseIterable {
    case linear
    case easeIn = "ease-in"
    case easeOut = "ease-out"
    case easeInOut = "ease-in-out"

    /// Maps 0...1 to 0...1.
    func callAsFunction(_ t: Double) -> Double {
        switch self {
        case .linear: t
        case .easeIn: t * t * t
        case .easeOut: 1 - (1 - t) * (1 - t) * (1 - t)
        case .easeInOut: t < 0.5 ? 4 * t * t * t : 1 - 4 * (1 - t) * (1 - t) * (1 - t)
        }
    }
}

/// Seconds and decibels that keep a layout calm.
package struct StabilityTiming: Hashable, Sendable {
    /// Least time between two changes of the active speaker.
    package var speakerHold = 2.0
    /// How long somebody must speak to become the active speaker.
    package var speakerSustain = 0.6
    /// How much louder than the active speaker somebody must be while both speak.
    package var speakerMargin = 3.0
    /// How long a free place is kept before the rest closes ranks.
    package var shrinkAfter = 2.0
}

package struct WatermarkPlace: Hashable, Sendable {
    package var image: String
    package var place: FractionRect
    package var opacity: Double
}

/// An identifier or a name, in which `*` stands for any characters.
package struct NamePattern: Hashable, Sendable {
    package let text: String
    private let pattern: [UInt8]

    package init(_ text: String) {
        self.text = text
        pattern = Array(text.utf8)
    }

    package var isPlain: Bool { !pattern.contains(UInt8(ascii: "*")) }

    package func matches(_ participant: Stage.Participant) -> Bool {
        matches(participant.id) || matches(participant.name)
    }

    /// Greedy with one point of return, so that no pattern takes more than pattern × text steps.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var inName = 0
        var inPattern = 0
        var star: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                star = (inPattern, inName)
                inPattern += 1
            } else if inPattern < pattern.count, pattern[inPattern] == name[inName] {
                inPattern += 1
                inName += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                inPattern = last.pattern + 1
                inName = last.name + 1
            } else {
                return false
            }
        }
        while inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") { inPattern += 1 }
        return inPattern == pattern.count
    }
}
