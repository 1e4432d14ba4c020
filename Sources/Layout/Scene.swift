/// A flat list of rectangles, ready to be drawn: what the layout engine says of one instant. All sizes are in pixels of
/// the canvas; all that a layout file gives in fractions has been resolved, and all movement has been carried out.
public struct Scene: Equatable, Sendable {
    public var canvas: CanvasSize
    public var background: Backdrop
    /// Back to front.
    public var tiles: [Tile]
    /// Drawn over everything.
    public var watermark: Watermark?
    /// Whether the next instant differs from this one though nothing happens in between: a transition is under way.
    public var isAnimating: Bool

    public init(
        canvas: CanvasSize, background: Backdrop, tiles: [Tile], watermark: Watermark? = nil, isAnimating: Bool = false
    ) {
        self.canvas = canvas
        self.background = background
        self.tiles = tiles
        self.watermark = watermark
        self.isAnimating = isAnimating
    }
}

/// Width and height of the canvas in pixels, both even.
public struct CanvasSize: Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A rectangle in pixels; x, y, width and height are even, and it may reach beyond the canvas while it moves.
public struct PixelRect: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// An sRGB colour with straight (not multiplied) alpha, 0 to 255 each.
public struct Colour: Hashable, Sendable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8
    public var alpha: UInt8

    public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }
}

/// How a picture is brought into a rectangle of another shape.
public enum Fit: String, Hashable, Sendable, Codable {
    /// The whole picture, with the tile's background beside it.
    case contain
    /// The whole rectangle, with the picture's edges cut off evenly.
    case cover
}

/// What lies behind all tiles.
public struct Backdrop: Hashable, Sendable {
    public var colour: Colour
    /// An image by the name that the layout gives it, always drawn with ``Fit/cover``.
    public var image: String?

    public init(colour: Colour, image: String? = nil) {
        self.colour = colour
        self.image = image
    }
}

/// An image laid over the finished picture.
public struct Watermark: Hashable, Sendable {
    /// By the name that the layout gives it.
    public var image: String
    public var rect: PixelRect
    /// 0 (clear) to 1.
    public var opacity: Double

    public init(image: String, rect: PixelRect, opacity: Double) {
        self.image = image
        self.rect = rect
        self.opacity = opacity
    }
}

/// What a tile shows.
public enum TileContent: Hashable, Sendable {
    /// A participant's camera, or their avatar while there is no picture.
    case camera(participant: String)
    /// A participant's screen share.
    case screen(participant: String)
    /// A participant's avatar only: their camera is not wanted here, and need not be decoded.
    case avatar(participant: String)
    /// An image by the name that the layout gives it.
    case image(String)
    /// «+12»: so many participants have no tile of their own.
    case overflow(count: Int)
    /// Only the tile's background.
    case nothing
}

/// One rectangle of a scene with all that is drawn in it.
public struct Tile: Equatable, Sendable {
    /// Stays the same from scene to scene for as long as this is the same tile to the eye.
    public var id: String
    public var content: TileContent
    /// The tile's own rectangle, before contain or cover.
    public var rect: PixelRect
    /// Order among tiles; tiles with equal `z` are drawn in the order of the list.
    public var z: Int
    /// 0 (clear) to 1.
    public var opacity: Double
    public var fit: Fit
    public var background: Colour
    /// Radius of the corners, 0 for square ones, at most half the shorter side.
    public var cornerRadius: Int
    /// Drawn inside the rectangle along its edge; width 0 for none.
    public var border: Stroke
    /// The speaking highlight, drawn inside the rectangle over the border; nil while not speaking.
    public var highlight: Stroke?
    public var label: Label?
    /// Drawn in place of a picture that is not there; nil where the layout wants only the background.
    public var avatar: Avatar?
    /// The picture has stopped: it is shown without colour.
    public var isFrozen: Bool

    public init(
        id: String, content: TileContent, rect: PixelRect, z: Int = 0, opacity: Double = 1, fit: Fit = .cover,
        background: Colour, cornerRadius: Int = 0, border: Stroke = .none, highlight: Stroke? = nil,
        label: Label? = nil, avatar: Avatar? = nil, isFrozen: Bool = false
    ) {
        self.id = id
        self.content = content
        self.rect = rect
        self.z = z
        self.opacity = opacity
        self.fit = fit
        self.background = background
        self.cornerRadius = cornerRadius
        self.border = border
        self.highlight = highlight
        self.label = label
        self.avatar = avatar
        self.isFrozen = isFrozen
    }
}

/// A line along a tile's edge.
public struct Stroke: Hashable, Sendable {
    /// Pixels.
    public var width: Int
    public var colour: Colour

    public static let none = Stroke(width: 0, colour: Colour(red: 0, green: 0, blue: 0, alpha: 0))

    public init(width: Int, colour: Colour) {
        self.width = width
        self.colour = colour
    }
}

/// The small label of a tile: a name and marks on translucent ground at the lower left.
public struct Label: Hashable, Sendable {
    /// In any script; shortened with an ellipsis where it does not fit, never cut through. May be empty if a mark is set.
    public var text: String
    public var isMuted: Bool
    public var hasPoorNetwork: Bool
    /// Height of the letters (an em) in pixels.
    public var fontSize: Int
    public var textColour: Colour
    public var background: Colour

    public init(
        text: String, isMuted: Bool = false, hasPoorNetwork: Bool = false, fontSize: Int, textColour: Colour,
        background: Colour
    ) {
        self.text = text
        self.isMuted = isMuted
        self.hasPoorNetwork = hasPoorNetwork
        self.fontSize = fontSize
        self.textColour = textColour
        self.background = background
    }
}

/// A circle with initials that stands for somebody without a picture.
public struct Avatar: Hashable, Sendable {
    /// One or two letters in any script.
    public var initials: String
    /// 0 to 359 degrees, the same for the same name always.
    public var hue: Int

    public init(initials: String, hue: Int) {
        self.initials = initials
        self.hue = hue
    }
}
