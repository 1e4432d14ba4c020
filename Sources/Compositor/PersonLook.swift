import CPango
import Glibc
import Layout
import Media
import Timing

/// How the person of a ``TestCard`` looks, and how to draw them.
struct PersonLook {
    struct MovingPart {
        var area: PixelRect
        /// In coordinates of the whole picture.
        var draw: (Drawing) -> Void
    }

    private enum Hair: CaseIterable { case short, bob, bun, curls, bald, long }

    private let index: Int
    private let width: Double
    private let height: Double
    /// Of the wall.
    private let hue: Double
    private let skin: Colour
    private let skinShade: Colour
    private let hairColour: Colour
    private let shirt: Colour
    private let shirtShade: Colour
    private let hair: Hair
    private let hasGlasses: Bool
    /// Centre and unit of the head: half its height is one unit.
    private let x: Double
    private let y: Double
    private let unit: Double

    init(index: Int, size: PictureSize) {
        self.index = index
        width = Double(size.width)
        height = Double(size.height)
        let number = Double(max(index, 0) % 100_000)
        // Turning by the golden angle keeps neighbours apart in hue.
        hue = (250 + number * 137.508).truncatingRemainder(dividingBy: 360)
        let tones: [(Double, Double, Double)] = [
            (0.83, 0.055, 60), (0.62, 0.075, 55), (0.48, 0.065, 50), (0.77, 0.07, 62), (0.87, 0.045, 55),
            (0.55, 0.075, 52), (0.70, 0.075, 58),
        ]
        let tone = tones[(max(index, 0) * 3) % tones.count]
        skin = Colour(lightness: tone.0, chroma: tone.1, hue: tone.2)
        skinShade = Colour(lightness: tone.0 - 0.07, chroma: tone.1 + 0.012, hue: tone.2 - 6)
        let hairs: [(Double, Double, Double)] = [
            (0.26, 0.02, 50), (0.36, 0.06, 50), (0.68, 0.09, 80), (0.22, 0.01, 270), (0.48, 0.10, 45),
            (0.62, 0.01, 250),
        ]
        let strand = hairs[(max(index, 0) * 5 + 1) % hairs.count]
        hairColour = Colour(lightness: strand.0, chroma: strand.1, hue: strand.2)
        let shirtHue = hue + 150
        shirt = Colour(lightness: 0.56, chroma: 0.11, hue: shirtHue)
        shirtShade = Colour(lightness: 0.44, chroma: 0.10, hue: shirtHue)
        hair = Hair.allCases[(max(index, 0) * 7 + 2) % Hair.allCases.count]
        hasGlasses = index % 4 == 1
        unit = min(width * 0.30, height * 0.245)
        x = width * 0.5
        y = height * 0.43
    }

    // MARK: Still

    func drawStill(on drawing: Drawing) {
        drawing.addRectangle(x: 0, y: 0, width: width, height: height)
        drawing.fill(
            from: (0, 0), Colour(lightness: 0.80, chroma: 0.07, hue: hue),
            to: (width * 0.35, height), Colour(lightness: 0.52, chroma: 0.095, hue: hue + 25))
        drawWall(on: drawing)
        if hair == .long || hair == .bob { drawHairBehind(on: drawing) }
        drawBody(on: drawing)
        drawHead(on: drawing)
        drawNumber(on: drawing)
    }

    /// A window or a frame and a lamp, faint, so that rooms differ.
    private func drawWall(on drawing: Drawing) {
        let light = Colour.white
        drawing.addCircle(x: width * 0.18, y: height * 0.2, radius: max(width, height) * 0.34)
        drawing.fill(
            round: (width * 0.18, height * 0.2), radius: max(width, height) * 0.34, light.with(alpha: 0.30),
            light.with(alpha: 0))
        let side = unit * 0.95
        switch index % 3 {
        case 0:
            let left = width * 0.5 + unit * 1.75
            for column in 0..<2 {
                for row in 0..<2 {
                    drawing.addRectangle(
                        x: left + Double(column) * side * 0.62, y: height * 0.13 + Double(row) * side * 0.62,
                        width: side * 0.55, height: side * 0.55, radius: side * 0.05)
                }
            }
            drawing.fill(light, opacity: 0.26)
        case 1:
            let left = width * 0.5 - unit * 1.75 - side * 1.2
            drawing.addRectangle(x: left, y: height * 0.16, width: side * 1.2, height: side * 0.86, radius: side * 0.05)
            drawing.fill(light, opacity: 0.24)
            drawing.addLine([
                (left + side * 0.15, height * 0.16 + side * 0.72), (left + side * 0.45, height * 0.16 + side * 0.3),
                (left + side * 0.65, height * 0.16 + side * 0.52), (left + side * 0.8, height * 0.16 + side * 0.38),
                (left + side * 1.05, height * 0.16 + side * 0.72),
            ])
            drawing.fill(Colour(lightness: 0.5, chroma: 0.1, hue: hue + 25), opacity: 0.5)
        default:
            for row in 0..<2 {
                let top = height * 0.2 + Double(row) * side * 0.75
                let left = width * 0.5 + unit * 1.6
                drawing.addRectangle(x: left, y: top + side * 0.5, width: side * 1.5, height: side * 0.07, radius: 2)
                drawing.fill(light, opacity: 0.34)
                for book in 0..<5 {
                    let tall = side * (0.32 + 0.12 * Double((book * 7 + row * 3 + index) % 3) / 2)
                    drawing.addRectangle(
                        x: left + side * (0.12 + 0.2 * Double(book)), y: top + side * 0.5 - tall, width: side * 0.15,
                        height: tall, radius: 1)
                    drawing.fill(
                        Colour(lightness: 0.66, chroma: 0.10, hue: hue + Double(book) * 55 + 90), opacity: 0.75)
                }
            }
        }
    }

    private func drawBody(on drawing: Drawing) {
        let top = y + unit * 1.28
        let half = unit * 1.75
        cairo_new_path(drawing.context)
        cairo_move_to(drawing.context, x - half, height + 2)
        cairo_curve_to(
            drawing.context, x - half, top + unit * 0.45, x - unit * 1.25, top + unit * 0.12, x - unit * 0.42, top)
        cairo_line_to(drawing.context, x + unit * 0.42, top)
        cairo_curve_to(
            drawing.context, x + unit * 1.25, top + unit * 0.12, x + half, top + unit * 0.45, x + half, height + 2)
        cairo_close_path(drawing.context)
        drawing.fill(from: (x - half, top), shirt, to: (x + half * 0.6, height), shirtShade)
        // Neck, and the collar's opening.
        drawing.addRectangle(
            x: x - unit * 0.33, y: y + unit * 0.5, width: unit * 0.66, height: unit * 0.95, radius: unit * 0.3)
        drawing.fill(skinShade)
        drawing.addEllipse(x: x, y: top + unit * 0.02, radiusX: unit * 0.44, radiusY: unit * 0.17)
        drawing.fill(skinShade)
    }

    private func drawHairBehind(on drawing: Drawing) {
        let length = hair == .long ? 1.75 : 1.0
        drawing.addRectangle(
            x: x - unit * 0.95, y: y - unit * 1.1, width: unit * 1.9, height: unit * (1.1 + length), radius: unit * 0.75
        )
        drawing.fill(hairColour)
    }

    private func drawHead(on drawing: Drawing) {
        for side in [-1.0, 1.0] {
            drawing.addEllipse(
                x: x + side * unit * 0.79, y: y + unit * 0.08, radiusX: unit * 0.13, radiusY: unit * 0.2)
            drawing.fill(skinShade)
        }
        if hair == .bun {
            drawing.addCircle(x: x, y: y - unit * 1.18, radius: unit * 0.36)
            drawing.fill(hairColour)
        }
        drawing.addEllipse(x: x, y: y, radiusX: unit * 0.8, radiusY: unit)
        drawing.fill(from: (x - unit, y - unit), skin, to: (x + unit * 1.4, y + unit * 1.4), skinShade)
        drawHairOnTop(on: drawing)
        // Nose.
        drawing.addLine([
            (x - unit * 0.02, y + unit * 0.05), (x - unit * 0.09, y + unit * 0.3), (x + unit * 0.05, y + unit * 0.32),
        ])
        drawing.stroke(skinShade, width: unit * 0.06)
    }

    private func drawHairOnTop(on drawing: Drawing) {
        let context = drawing.context
        switch hair {
        case .bald:
            for side in [-1.0, 1.0] {
                drawing.addEllipse(
                    x: x + side * unit * 0.76, y: y - unit * 0.22, radiusX: unit * 0.08, radiusY: unit * 0.3)
                drawing.fill(hairColour)
            }
        case .curls:
            for step in 0...8 {
                let angle = Double.pi * (1 + Double(step) / 8)
                drawing.addCircle(
                    x: x + cos(angle) * unit * 0.74, y: y - unit * 0.28 + sin(angle) * unit * 0.66,
                    radius: unit * 0.29)
                drawing.fill(hairColour)
            }
        case .short, .bob, .bun, .long:
            let part = index % 2 == 0 ? 0.35 : -0.35
            cairo_new_path(context)
            cairo_move_to(context, x - unit * 0.84, y - unit * 0.02)
            cairo_curve_to(
                context, x - unit * 0.98, y - unit * 1.35, x + unit * 0.98, y - unit * 1.35, x + unit * 0.84,
                y - unit * 0.02)
            cairo_curve_to(
                context, x + unit * 0.72, y - unit * 0.42, x + unit * (part + 0.25), y - unit * 0.5, x + unit * part,
                y - unit * 0.62)
            cairo_curve_to(
                context, x + unit * (part - 0.3), y - unit * 0.45, x - unit * 0.72, y - unit * 0.4, x - unit * 0.84,
                y - unit * 0.02)
            cairo_close_path(context)
            drawing.fill(hairColour)
        }
    }

    /// Number and clock stand this far from the middle, so that a square crop still has them.
    private var reach: Double { min(height * 0.43, width / 2 - height * 0.045) }
    private var clockSize: Double { max(height * 0.046, 7) }

    /// The number on a small badge at the upper left.
    private func drawNumber(on drawing: Drawing) {
        let size = clockSize
        let line = TextLine("\(index + 1)", size: size, weight: .semibold, maximumWidth: nil, on: drawing)
        let badge = size * 1.75
        let left = x - reach
        let top = height * 0.045
        let wide = max(badge, line.width + size * 0.9)
        drawing.addRectangle(x: left, y: top, width: wide, height: badge, radius: badge / 2)
        drawing.fill(.black, opacity: 0.28)
        line.draw(x: left + (wide - line.width) / 2, baseline: top + badge / 2 + size * 0.364, colour: .white)
    }

    // MARK: Moving

    func movingParts(at time: MediaTime) -> [MovingPart] {
        let seconds = time.seconds
        let face = PixelRect(
            x: Int(x - unit * 0.8), y: Int(y - unit * 0.5), width: Int(unit * 1.6) + 2, height: Int(unit * 1.35) + 2)
        let clock = PixelRect(
            x: Int(x + reach - clockSize * 6), y: Int(height * 0.045) - 2, width: Int(clockSize * 6) + 3,
            height: Int(clockSize * 1.75) + 6)
        return [
            MovingPart(area: face) { drawFace(seconds, on: $0) },
            MovingPart(area: clock) { drawClock(time, on: $0) },
        ]
    }

    private func drawFace(_ seconds: Double, on drawing: Drawing) {
        let phase = Double(max(index, 0) % 1000) * 0.7
        let sinceBlink = (seconds + phase * 1.3).truncatingRemainder(dividingBy: 3.4 + Double(index % 3) * 0.4)
        let open = sinceBlink >= 0 && sinceBlink < 0.14 ? 0.12 : 1.0
        let gaze = sin(seconds * 0.6 + phase) * unit * 0.035
        let dark = Colour(red: 38, green: 30, blue: 34)
        for side in [-1.0, 1.0] {
            let eye = x + side * unit * 0.33
            drawing.addEllipse(
                x: eye, y: y - unit * 0.03, radiusX: unit * 0.14, radiusY: unit * 0.105 * open + unit * 0.012)
            drawing.fill(open < 1 ? skinShade : Colour(red: 250, green: 248, blue: 246))
            if open == 1 {
                drawing.addCircle(x: eye + gaze, y: y - unit * 0.025, radius: unit * 0.078)
                drawing.fill(dark)
            } else {
                drawing.addLine([(eye - unit * 0.12, y), (eye + unit * 0.12, y)])
                drawing.stroke(dark, width: unit * 0.035)
            }
            drawing.addLine([
                (eye + side * unit * 0.17, y - unit * 0.215), (eye + side * unit * 0.06, y - unit * 0.262),
                (eye - side * unit * 0.14, y - unit * 0.235),
            ])
            drawing.stroke(hairColour, width: unit * 0.06)
            if hasGlasses {
                drawing.addRectangle(
                    x: eye - unit * 0.24, y: y - unit * 0.19, width: unit * 0.48, height: unit * 0.34,
                    radius: unit * 0.14)
                drawing.stroke(dark, width: unit * 0.04)
            }
        }
        if hasGlasses {
            drawing.addLine([(x - unit * 0.09, y - unit * 0.05), (x + unit * 0.09, y - unit * 0.05)])
            drawing.stroke(dark, width: unit * 0.04)
        }
        // Talks in phrases, then smiles.
        let phrase = sin(seconds * 0.9 + phase * 2)
        let lip = Colour(lightness: 0.5, chroma: 0.11, hue: 22)
        let mouth = y + unit * 0.55
        if phrase > -0.2 {
            let opening = abs(sin(seconds * 9 + phase)) * (0.6 + 0.4 * sin(seconds * 5.3 + phase))
            drawSpeakingMouth(
                y: mouth - unit * 0.05, half: unit * (0.23 + 0.03 * cos(seconds * 7)),
                depth: unit * (0.05 + 0.16 * opening), lip: lip, on: drawing)
        } else {
            drawing.addArc(x: x, y: mouth - unit * 0.24, radius: unit * 0.32, from: 0.9, to: .pi - 0.9)
            drawing.stroke(lip, width: unit * 0.06)
        }
    }

    /// Open in a smile: nearly straight above, round below, with a row of teeth.
    private func drawSpeakingMouth(y: Double, half: Double, depth: Double, lip: Colour, on drawing: Drawing) {
        let context = drawing.context
        func addMouth() {
            cairo_new_path(context)
            cairo_move_to(context, x - half, y)
            cairo_curve_to(context, x - half * 0.5, y + unit * 0.03, x + half * 0.5, y + unit * 0.03, x + half, y)
            cairo_curve_to(
                context, x + half * 0.85, y + depth * 1.35, x - half * 0.85, y + depth * 1.35, x - half, y)
            cairo_close_path(context)
        }
        addMouth()
        drawing.fill(Colour(lightness: 0.34, chroma: 0.09, hue: 20))
        cairo_save(context)
        addMouth()
        cairo_clip(context)
        drawing.addRectangle(
            x: x - half * 0.75, y: y, width: half * 1.5, height: unit * 0.07, radius: unit * 0.03)
        drawing.fill(.white, opacity: 0.92)
        cairo_restore(context)
        addMouth()
        drawing.stroke(lip, width: unit * 0.04)
    }

    private func drawClock(_ time: MediaTime, on drawing: Drawing) {
        let hundredths = max(0, time.nanoseconds / 10_000_000)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let text = "\(two(hundredths / 6000)):\(two(hundredths / 100 % 60)).\(two(hundredths % 100))"
        let size = clockSize
        // Each digit has the same room, so that the clock stands still while it runs.
        let cell = size * 0.66
        let narrow = size * 0.34
        let widths = text.map { $0 == ":" || $0 == "." ? narrow : cell }
        let total = widths.reduce(0, +)
        var left = x + reach - total - size * 0.5
        let tall = size * 1.75
        let top = height * 0.045
        drawing.addRectangle(
            x: left - size * 0.5, y: top, width: total + size, height: tall, radius: tall / 2)
        drawing.fill(.black, opacity: 0.28)
        for (character, room) in zip(text, widths) {
            let line = TextLine(String(character), size: size, weight: .medium, maximumWidth: nil, on: drawing)
            line.draw(x: left + (room - line.width) / 2, baseline: top + tall / 2 + size * 0.364, colour: .white)
            left += room
        }
    }
}
