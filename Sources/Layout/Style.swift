/// How a tile looks; sizes are fractions of the canvas height. The defaults are the look of the built-in layouts.
package struct Style: Hashable, Sendable {
    package enum PictureFit: String, Sendable, CaseIterable {
        case contain
        case cover
        /// Cover for a camera, unless too little of it would be left; contain for screens and images.
        case auto
    }

    package struct LabelStyle: Hashable, Sendable {
        package var size = 0.026
        package var colour = Colour(red: 0xf4, green: 0xf6, blue: 0xfb)
        package var background = Colour(red: 0, green: 0, blue: 0, alpha: 0x8c)
        package var showsName = true
        package var showsMarks = true
    }

    package struct LineStyle: Hashable, Sendable {
        package var width: Double
        package var colour: Colour
    }

    package var fit = PictureFit.auto
    package var background = Colour(red: 0x1a, green: 0x21, blue: 0x33)
    package var radius = 0.0165
    package var border: LineStyle?
    package var highlight: LineStyle? = Style.accent
    package var label: LabelStyle? = LabelStyle()
    package var avatar = true
    /// Whether the camera is shown; without it the avatar stands for its participant always.
    package var camera = true
    package var greysFrozen = true

    package static let accent = LineStyle(width: 0.0056, colour: Colour(red: 0x4c, green: 0xc2, blue: 0xff))
    /// The share of a camera's picture that ``PictureFit/auto`` leaves at least. Below that of 16:9 in 4:5, so that
    /// rounding to pixels decides nothing there; above that of portrait pictures in tiles of 4:3.
    package static let leastCovered = 0.43
    package static let canvas = Colour(red: 0x0b, green: 0x0f, blue: 0x1a)
}
