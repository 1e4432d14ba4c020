import CPango
import Layout

/// One line of text in any script, laid out by Pango: fallback fonts, both directions, ellipsized where it is too long.
final class TextLine {
    enum Weight { case medium, semibold }

    /// First choices; Fontconfig looks further for what these lack. The emoji font is not named, since it has digits.
    private static let families = "Inter, Noto Sans, Noto Sans CJK SC"
    /// Names are cut before layout: nobody can read more, and layout takes time.
    private static let longest = 160

    private let drawing: Drawing
    private let layout: OpaquePointer
    /// Of the ink, in pixels from the start of the line and the baseline, which is y = 0.
    private(set) var ink: (left: Double, top: Double, right: Double, bottom: Double)
    /// How far the line advances, in pixels.
    private(set) var width: Double
    let size: Double

    /// `size` is an em in pixels. `maximumWidth` in pixels; nil for as long as it takes.
    init(_ text: String, size: Double, weight: Weight, maximumWidth: Double?, on drawing: Drawing) {
        self.drawing = drawing
        self.size = size
        layout = pango_cairo_create_layout(drawing.context)
        let context = pango_layout_get_context(layout)
        pango_context_set_language(context, pango_language_from_string("en"))
        let options = cairo_font_options_create()
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)

        let font = pango_font_description_from_string(TextLine.families)
        pango_font_description_set_weight(
            font, weight == .medium ? PANGO_WEIGHT_MEDIUM : PANGO_WEIGHT_SEMIBOLD)
        pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
        pango_layout_set_font_description(layout, font)
        pango_font_description_free(font)

        pango_layout_set_single_paragraph_mode(layout, 1)
        pango_layout_set_auto_dir(layout, 1)
        let line = TextLine.clean(text)
        pango_layout_set_text(layout, line, Int32(line.utf8.count))
        ink = (0, 0, 0, 0)
        width = 0
        measure()
        if let maximumWidth, width > maximumWidth + 0.01 {
            pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
            pango_layout_set_width(layout, Int32(maximumWidth * Double(PANGO_SCALE)))
            measure()
        }
    }

    deinit { tessera_g_object_unref(UnsafeMutableRawPointer(layout)) }

    private func measure() {
        var inkRect = PangoRectangle()
        var logical = PangoRectangle()
        pango_layout_get_extents(layout, &inkRect, &logical)
        let baseline = pango_layout_get_baseline(layout)
        func pixels(_ value: Int32) -> Double { Double(value) / Double(PANGO_SCALE) }
        width = pixels(logical.width)
        ink = (
            pixels(inkRect.x - logical.x), pixels(inkRect.y - baseline), pixels(inkRect.x - logical.x + inkRect.width),
            pixels(inkRect.y - baseline + inkRect.height)
        )
        start = pixels(logical.x)
    }

    /// Where the line starts within Pango's layout; other than 0 for right-to-left text in a given width.
    private var start = 0.0

    /// Draws with the line's start at `x` and its baseline at `baseline`.
    func draw(x: Double, baseline: Double, colour: Colour, opacity: Double = 1) {
        drawing.setColour(colour, opacity: opacity)
        cairo_move_to(
            drawing.context, x - start, baseline - Double(pango_layout_get_baseline(layout)) / Double(PANGO_SCALE))
        pango_cairo_show_layout(drawing.context, layout)
    }

    /// Without line breaks and control characters, and not endless.
    static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
