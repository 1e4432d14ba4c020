/// Draws a scene with box-drawing characters, for a terminal.
///
/// A character is taken to be twice as high as wide. Tiles that speak have heavy lines; names are shortened to fit.
public struct TextDrawing {
    private enum Cell: Equatable {
        case character(Character)
        /// The right half of a wide character.
        case taken
    }

    private let width: Int
    private let height: Int
    private var cells: [Cell]

    /// The drawing, `columns` (at least 8) wide and at most `rows` (at least 4) high, as lines that end with a newline.
    public static func text(of preview: Preview, columns: Int, rows: Int) -> String {
        let scene = preview.scene
        var width = min(max(columns, 8), 400)
        let ratio = Double(scene.canvas.height) / Double(scene.canvas.width) / 2
        var height = Int((Double(width) * ratio).rounded())
        let most = min(max(rows, 4), 200)
        if height > most {
            height = most
            width = min(width, max(8, Int((Double(height) / ratio).rounded())))
        }
        var drawing = TextDrawing(width: width, height: max(height, 3))
        drawing.frame(0, 0, drawing.width - 1, drawing.height - 1, Array("┌┐└┘─│"))
        let names = Dictionary(
            preview.stage.participants.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        for tile in scene.tiles { drawing.draw(tile, scene.canvas, names) }
        return drawing.text
    }

    private init(width: Int, height: Int) {
        self.width = width
        self.height = height
        cells = Array(repeating: .character(" "), count: width * height)
    }

    private mutating func draw(_ tile: Tile, _ canvas: CanvasSize, _ names: [String: String]) {
        func column(_ x: Int) -> Int {
            min(max(Int((Double(x) / Double(canvas.width) * Double(width)).rounded()), 0), width)
        }
        func row(_ y: Int) -> Int {
            min(max(Int((Double(y) / Double(canvas.height) * Double(height)).rounded()), 0), height)
        }
        let (left, right) = (column(tile.rect.x), column(tile.rect.x + tile.rect.width) - 1)
        let (top, bottom) = (row(tile.rect.y), row(tile.rect.y + tile.rect.height) - 1)
        guard right >= left, bottom >= top else { return }
        for y in top...bottom {
            for x in left...right { put(" ", x, y) }
        }
        let isFramed = right > left && bottom > top
        if isFramed { frame(left, top, right, bottom, Array(tile.highlight == nil ? "┌┐└┘─│" : "┏┓┗┛━┃")) }
        let inset = isFramed ? 1 : 0
        let space = right - left + 1 - 2 * inset
        let text = TextDrawing.shortened(TextDrawing.caption(tile, names), to: space)
        let y = (top + bottom) / 2
        write(text, left + inset + (space - TextDrawing.width(of: text)) / 2, y)
    }

    private static func caption(_ tile: Tile, _ names: [String: String]) -> String {
        let text =
            switch tile.content {
            case .camera(let id), .avatar(let id): names[id].flatMap { $0.isEmpty ? nil : $0 } ?? id
            case .screen(let id): "screen of " + (names[id].flatMap { $0.isEmpty ? nil : $0 } ?? id)
            case .image(let name): "image " + name
            case .overflow(let count): "+\(count)"
            case .nothing: ""
            }
        let marks =
            (tile.label?.isMuted == true ? " (muted)" : "") + (tile.label?.hasPoorNetwork == true ? " (poor)" : "")
        return text + marks
    }

    /// At most `space` columns wide, with an ellipsis where something is missing.
    private static func shortened(_ text: String, to space: Int) -> String {
        if width(of: text) <= space { return text }
        guard space > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let width = width(of: character)
            if used + width > space - 1 { break }
            result.append(character)
            used += width
        }
        return result + "…"
    }

    private static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    /// Two columns for East Asian scripts and emoji, one for all else.
    private static func width(of character: Character) -> Int {
        switch character.unicodeScalars.first?.value ?? 0 {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0x1f300...0x1faff, 0x20000...0x3fffd:
            2
        default: 1
        }
    }

    /// Corners (upper left, upper right, lower left, lower right), then the horizontal and the vertical line.
    private mutating func frame(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ lines: [Character]) {
        for x in left...right {
            put(lines[4], x, top)
            put(lines[4], x, bottom)
        }
        for y in top...bottom {
            put(lines[5], left, y)
            put(lines[5], right, y)
        }
        put(lines[0], left, top)
        put(lines[1], right, top)
        put(lines[2], left, bottom)
        put(lines[3], right, bottom)
    }

    private mutating func write(_ text: String, _ x: Int, _ y: Int) {
        var x = x
        for character in text {
            put(character, x, y)
            if TextDrawing.width(of: character) == 2, x + 1 < width { cells[y * width + x + 1] = .taken }
            x += TextDrawing.width(of: character)
        }
    }

    private mutating func put(_ character: Character, _ x: Int, _ y: Int) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        // Whoever draws over one half of a wide character takes away both.
        if cells[y * width + x] == .taken, x > 0 { cells[y * width + x - 1] = .character(" ") }
        if x + 1 < width, cells[y * width + x + 1] == .taken { cells[y * width + x + 1] = .character(" ") }
        cells[y * width + x] = .character(character)
    }

    private var text: String {
        var text = ""
        for y in 0..<height {
            for x in 0..<width {
                if case .character(let character) = cells[y * width + x] { text.append(character) }
            }
            text.append("\n")
        }
        return text
    }
}
