import CPango
import Layout
public import Media

/// A drawn screen share for previews and trials: a slide with a heading, lines and a chart.
public enum TestSlide {
    /// `size` has sides of 16 to 8192 pixels.
    public static func picture(size: PictureSize, colour: ColourDescription = .bt601Limited) -> Picture {
        let wide = min(max(size.width, 16), 8192)
        let tall = min(max(size.height, 16), 8192)
        let drawing = Drawing(width: wide, height: tall)
        draw(on: drawing, width: Double(wide), height: Double(tall))
        return (drawing.image() ?? RGBImage(width: 1, height: 1, bytes: [0, 0, 0, 255])).picture(colour: colour)
    }

    private static func draw(on drawing: Drawing, width: Double, height: Double) {
        let ink = Colour(red: 28, green: 34, blue: 52)
        let accent = Colour(red: 62, green: 121, blue: 247)
        drawing.addRectangle(x: 0, y: 0, width: width, height: height)
        drawing.fill(Colour(red: 250, green: 250, blue: 252))
        drawing.addRectangle(x: 0, y: 0, width: width * 0.012, height: height)
        drawing.fill(accent)
        let left = width * 0.07
        let heading = TextLine(
            "Quarterly review", size: height * 0.085, weight: .semibold, maximumWidth: width * 0.8, on: drawing)
        heading.draw(x: left, baseline: height * 0.19, colour: ink)
        let subtitle = TextLine(
            "Minutes watched, by region", size: height * 0.042, weight: .medium, maximumWidth: width * 0.8, on: drawing)
        subtitle.draw(x: left, baseline: height * 0.265, colour: ink, opacity: 0.6)

        let lines = ["More rooms, fewer streams", "Half the traffic on phones", "Next: two more regions"]
        for (index, text) in lines.enumerated() {
            let baseline = height * (0.43 + 0.13 * Double(index))
            drawing.addCircle(x: left + height * 0.012, y: baseline - height * 0.016, radius: height * 0.011)
            drawing.fill(accent)
            let line = TextLine(text, size: height * 0.046, weight: .medium, maximumWidth: width * 0.4, on: drawing)
            line.draw(x: left + height * 0.05, baseline: baseline, colour: ink)
        }
        let bars = [0.32, 0.44, 0.41, 0.58, 0.66, 0.83]
        let foot = height * 0.86
        let room = width * 0.40
        for (index, share) in bars.enumerated() {
            let each = room / Double(bars.count)
            let x = width * 0.53 + Double(index) * each
            let tall = height * 0.5 * share
            drawing.addRectangle(
                x: x, y: foot - tall, width: each * 0.62, height: tall, radius: each * 0.1)
            drawing.fill(
                Colour(lightness: 0.60 + 0.03 * Double(5 - index), chroma: 0.16, hue: 262 - 12 * Double(5 - index)))
        }
        drawing.addLine([(width * 0.52, foot), (width * 0.93, foot)])
        drawing.stroke(ink, width: max(1, height * 0.003), opacity: 0.25)
    }
}
