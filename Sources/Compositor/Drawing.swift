import CPango
import Glibc
import Layout
import Media

/// A surface that Cairo draws on, premultiplied ARGB, clear at first. Lengths are in pixels.
final class Drawing {
    let width: Int
    let height: Int
    private let surface: OpaquePointer
    let context: OpaquePointer

    /// Both sides are positive and at most 16,384.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(width), Int32(height))
        context = cairo_create(surface)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// The finished pixels; nil if memory ran out. Valid during the call.
    func withPixels<Result>(_ body: (_ pixels: UnsafePointer<UInt8>, _ stride: Int) -> Result) -> Result? {
        cairo_surface_flush(surface)
        guard let data = cairo_image_surface_get_data(surface) else { return nil }
        return body(data, Int(cairo_image_surface_get_stride(surface)))
    }

    /// The whole surface as a patch; its sides are even.
    func patch(colour: ColourDescription) -> Patch? {
        withPixels { pixels, stride in
            Patch(premultiplied: pixels, stride: stride, width: width, height: height, colour: colour)
        }
    }

    // MARK: Paint

    func setColour(_ colour: Colour, opacity: Double = 1) {
        cairo_set_source_rgba(
            context, Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255,
            Double(colour.alpha) / 255 * opacity)
    }

    /// Fills the path with a gradient from one point to another.
    func fill(from: (x: Double, y: Double), _ first: Colour, to: (x: Double, y: Double), _ last: Colour) {
        let gradient = cairo_pattern_create_linear(from.x, from.y, to.x, to.y)
        fill(gradient, first, last)
    }

    /// Fills the path with a gradient outwards from a point.
    func fill(round centre: (x: Double, y: Double), radius: Double, _ first: Colour, _ last: Colour) {
        let gradient = cairo_pattern_create_radial(centre.x, centre.y, 0, centre.x, centre.y, radius)
        fill(gradient, first, last)
    }

    private func fill(_ gradient: OpaquePointer?, _ first: Colour, _ last: Colour) {
        func stop(_ offset: Double, _ colour: Colour) {
            cairo_pattern_add_color_stop_rgba(
                gradient, offset, Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255,
                Double(colour.alpha) / 255)
        }
        stop(0, first)
        stop(1, last)
        cairo_set_source(context, gradient)
        cairo_fill(context)
        cairo_pattern_destroy(gradient)
    }

    func fill(_ colour: Colour, opacity: Double = 1) {
        setColour(colour, opacity: opacity)
        cairo_fill(context)
    }

    func stroke(_ colour: Colour, width: Double, opacity: Double = 1) {
        setColour(colour, opacity: opacity)
        cairo_set_line_width(context, width)
        cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        cairo_stroke(context)
    }

    /// Makes what the path covers clear again.
    func erase(strokeWidth: Double) {
        cairo_save(context)
        cairo_set_operator(context, CAIRO_OPERATOR_CLEAR)
        cairo_set_line_width(context, strokeWidth)
        cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
        cairo_stroke(context)
        cairo_restore(context)
    }

    // MARK: Paths

    func addCircle(x: Double, y: Double, radius: Double) {
        cairo_new_sub_path(context)
        cairo_arc(context, x, y, radius, 0, 2 * .pi)
    }

    func addEllipse(x: Double, y: Double, radiusX: Double, radiusY: Double) {
        cairo_save(context)
        cairo_translate(context, x, y)
        cairo_scale(context, max(radiusX, 0.01), max(radiusY, 0.01))
        cairo_new_sub_path(context)
        cairo_arc(context, 0, 0, 1, 0, 2 * .pi)
        cairo_restore(context)
    }

    func addRectangle(x: Double, y: Double, width: Double, height: Double, radius: Double = 0) {
        let radius = min(radius, width / 2, height / 2)
        guard radius > 0 else {
            cairo_rectangle(context, x, y, width, height)
            return
        }
        cairo_new_sub_path(context)
        cairo_arc(context, x + width - radius, y + radius, radius, -.pi / 2, 0)
        cairo_arc(context, x + width - radius, y + height - radius, radius, 0, .pi / 2)
        cairo_arc(context, x + radius, y + height - radius, radius, .pi / 2, .pi)
        cairo_arc(context, x + radius, y + radius, radius, .pi, .pi * 3 / 2)
        cairo_close_path(context)
    }

    func addArc(x: Double, y: Double, radius: Double, from: Double, to: Double) {
        cairo_new_sub_path(context)
        cairo_arc(context, x, y, radius, from, to)
    }

    func addLine(_ points: [(x: Double, y: Double)]) {
        for (index, point) in points.enumerated() {
            if index == 0 {
                cairo_move_to(context, point.x, point.y)
            } else {
                cairo_line_to(context, point.x, point.y)
            }
        }
    }
}

extension Colour {
    static let white = Colour(red: 255, green: 255, blue: 255)
    static let black = Colour(red: 0, green: 0, blue: 0)

    /// From OKLCH, in which equal lightness looks equally light in every hue (B. Ottosson, 2020). `lightness` 0 to 1,
    /// `chroma` about 0 to 0.3, `hue` in degrees. Held within sRGB.
    init(lightness: Double, chroma: Double, hue: Double) {
        let a = chroma * cos(hue * .pi / 180)
        let b = chroma * cos((hue - 90) * .pi / 180)
        func cubed(_ value: Double) -> Double { value * value * value }
        let l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
        let m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
        let s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
        func encoded(_ linear: Double) -> UInt8 {
            let value = min(max(linear, 0), 1)
            let gamma = value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
            return UInt8((gamma * 255).rounded())
        }
        self.init(
            red: encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
            green: encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
            blue: encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))
    }

    func with(alpha: Double) -> Colour {
        Colour(red: red, green: green, blue: blue, alpha: UInt8((min(max(alpha, 0), 1) * 255).rounded()))
    }
}
