import CPango
import Layout
import Media

/// Draws the label of a tile: a name and marks in white on translucent black.
struct LabelArt: Hashable {
    /// Below this an em is unreadable, and the label goes.
    private static let smallestEm = 6.0
    /// Lengths in ems.
    private static let height = 1.75
    private static let padding = 0.58
    private static let gap = 0.42
    private static let margin = 0.55

    let label: Label
    /// An em in pixels, as it fits the tile.
    let em: Double
    /// Outer sides in pixels, even.
    private(set) var maximumWidth: Int
    let height: Int
    /// From the tile's left and lower edges, even.
    let margin: Int

    /// Nil if the tile has no room for a label.
    init?(_ label: Label, frame: PixelRect) {
        let asked = Double(min(max(label.fontSize, 0), 512))
        // In a small tile letters shrink with it, slower once they are hard to read.
        let height = Double(frame.height)
        let limit = min(max(height * 0.095, min(height * 0.13, 7)), Double(frame.width) * 0.13)
        // In half pixels, so that a tile that grows does not need a new label at every tick.
        em = (min(asked, limit) * 2).rounded(.down) / 2
        guard em >= LabelArt.smallestEm, label.hasPoorNetwork || label.isMuted || !label.text.isEmpty else {
            return nil
        }
        self.label = label
        self.height = Int((em * LabelArt.height / 2).rounded()) * 2
        margin = Int((em * LabelArt.margin / 2).rounded()) * 2
        maximumWidth = (frame.width - 2 * margin) & ~1
        guard maximumWidth > self.height else { return nil }
    }

    /// The same for a tile of any width: what does not depend on where the name has to be shortened.
    var unlimited: LabelArt {
        var art = self
        art.maximumWidth = .max
        return art
    }

    /// Takes no more width than the whole name needs, `naturalWidth`.
    mutating func limit(to naturalWidth: Int) { maximumWidth = min(maximumWidth, naturalWidth) }

    /// How wide the label is if nothing limits it, in pixels, even.
    var naturalWidth: Int {
        let line = label.text.isEmpty ? nil : fittingLine(room: nil, on: Drawing(width: 1, height: 1))
        return outerWidth(content: contentWidth(of: line))
    }

    private var markWidth: Double { em * 0.95 }
    private var marks: Int { (label.isMuted ? 1 : 0) + (label.hasPoorNetwork ? 1 : 0) }
    private var gap: Double { em * LabelArt.gap }
    private var marksWidth: Double { Double(marks) * markWidth + Double(max(0, marks - 1)) * gap }

    private func contentWidth(of line: TextLine?) -> Double {
        marksWidth + (line.map { $0.width + (marks > 0 ? gap : 0) } ?? 0)
    }

    private func outerWidth(content: Double) -> Int {
        Int(((content + 2 * em * LabelArt.padding) / 2).rounded(.up)) * 2
    }

    /// Nil if memory runs out, or neither name nor marks have room.
    func patch(colour: ColourDescription) -> Patch? {
        let trial = Drawing(width: 1, height: 1)
        let room = Double(maximumWidth) - 2 * em * LabelArt.padding - marksWidth - (marks > 0 ? gap : 0)
        var line = label.text.isEmpty ? nil : fittingLine(room: nil, on: trial)
        if let whole = line, whole.width > room + 0.01 {
            // Less than a letter and the ellipsis says nothing.
            line = room < em * 1.5 ? nil : fittingLine(room: room, on: trial)
        }
        let content = contentWidth(of: line)
        guard line != nil || marks > 0 else { return nil }
        let width = outerWidth(content: content)
        guard width <= max(maximumWidth, 2) else { return nil }

        let drawing = Drawing(width: width, height: height)
        drawing.addRectangle(
            x: 0, y: 0, width: Double(width), height: Double(height), radius: Double(height) * 0.32)
        drawing.fill(label.background)
        let middle = Double(height) / 2
        var x = (Double(width) - content) / 2
        if label.isMuted {
            MarkArt.mutedMicrophone(x: x, middle: middle, size: markWidth, colour: label.textColour, on: drawing)
            x += markWidth + gap
        }
        if label.hasPoorNetwork {
            MarkArt.poorNetwork(x: x, middle: middle, size: markWidth, colour: label.textColour, on: drawing)
            x += markWidth + gap
        }
        if let line {
            let final = TextLine(
                label.text, size: line.size, weight: .medium, maximumWidth: room, on: drawing)
            final.draw(x: x, baseline: baseline(of: final), colour: label.textColour)
        }
        return drawing.patch(colour: colour)
    }

    /// Latin capitals sit in the middle; scripts that reach further are moved, so that all of their ink is inside.
    private func baseline(of line: TextLine) -> Double {
        let usual = Double(height) / 2 + 0.364 * line.size
        let highest = 1 - line.ink.top
        let lowest = Double(height) - 1 - line.ink.bottom
        return min(max(usual, highest), max(lowest, highest))
    }

    /// Scripts with tall stacks get smaller letters rather than cut ones.
    private func fittingLine(room: Double?, on drawing: Drawing) -> TextLine {
        var size = em
        while true {
            let line = TextLine(label.text, size: size, weight: .medium, maximumWidth: room, on: drawing)
            let ink = line.ink.bottom - line.ink.top
            let available = Double(height) - 2
            if ink <= available || size <= 4 { return line }
            size = max(4, min(size * available / ink, size * 0.95))
        }
    }
}

/// Marks as simple shapes, `size` pixels wide and high.
enum MarkArt {
    private static let red = Colour(red: 255, green: 107, blue: 107)
    private static let amber = Colour(red: 255, green: 190, blue: 70)

    /// A microphone with a line across.
    static func mutedMicrophone(x: Double, middle: Double, size: Double, colour: Colour, on drawing: Drawing) {
        let unit = size / 16
        let centre = x + size / 2
        let top = middle - size / 2
        drawing.addRectangle(
            x: centre - 2.6 * unit, y: top + 0.5 * unit, width: 5.2 * unit, height: 8.6 * unit, radius: 2.6 * unit)
        drawing.fill(red)
        drawing.addArc(x: centre, y: top + 7 * unit, radius: 4.9 * unit, from: 0.1, to: .pi - 0.1)
        drawing.stroke(red, width: 1.5 * unit)
        drawing.addLine([(centre, top + 12 * unit), (centre, top + 14.8 * unit)])
        drawing.stroke(red, width: 1.5 * unit)
        let slash = [(x: x + 2 * unit, y: top + 1.8 * unit), (x: x + 14 * unit, y: top + 13.8 * unit)]
        drawing.addLine(slash)
        drawing.stroke(red, width: 1.7 * unit)
    }

    /// Three bars, of which one is lit.
    static func poorNetwork(x: Double, middle: Double, size: Double, colour: Colour, on drawing: Drawing) {
        let unit = size / 16
        let foot = middle + size / 2 - 2.2 * unit
        for (index, height) in [4.2, 8.0, 11.8].enumerated() {
            let left = x + (1.2 + Double(index) * 5) * unit
            drawing.addRectangle(
                x: left, y: foot - height * unit, width: 3.6 * unit, height: height * unit, radius: 1.1 * unit)
            if index == 0 { drawing.fill(amber) } else { drawing.fill(colour, opacity: 0.32) }
        }
    }
}
