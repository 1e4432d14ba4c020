import Compositor
import Foundation
import Layout
import Media

/// `tessera layouts preview`: a layout with made-up participants, as text, as JSON or as a picture.
enum LayoutsPreview {
    private static let options = [
        Option("--participants", value: "N", "how many there are (0 to 1000)"),
        Option("--size", value: "WxH", "the canvas in pixels (1280x720 unless given)"),
        Option("--screen", "one of them shares a screen"),
        Option("--output", value: "FILE.png", "writes a picture with test cards"),
        Option("--json", "prints the placements: x, y, width, height, z and source, back to front"),
        Option("--force", "overwrites the picture if it exists"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "layouts preview")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera layouts preview FILE --participants N [--size WxH] [--output FILE.png] [--json]",
                    about: "Shows FILE, a layout file or the name of a built-in layout, with N participants. Without "
                        + "--output or --json\nit is drawn in text.", options: options), terminator: "")
            return
        }
        let name = try LayoutsCommand.oneFile(read, "layouts preview")
        guard let count = try read.integer("--participants", in: 0...Preview.maximumParticipants) else {
            throw .misuse("layouts preview: how many? give --participants N")
        }
        let size = try read.value("--size").map(canvas) ?? CanvasSize(width: 1280, height: 720)
        let output = read.value("--output")
        if let output, !output.lowercased().hasSuffix(".png") {
            throw .misuse("--output \(output): previews are PNG; give a name that ends in .png")
        }
        let file = try LayoutsCommand.open(name)
        // A picture has the names of its test cards, in many scripts; a terminal draws Latin ones best.
        let preview = Preview(
            of: file.layout, participants: count, size: size, isSharing: read.has("--screen"),
            name: output == nil ? Preview.name : TestCard.name)
        if let output {
            try writePicture(preview, file, to: output, force: read.has("--force"))
        }
        if read.has("--json") {
            print(preview.json, terminator: "")
        } else if output == nil {
            let (columns, rows) = terminalSize()
            print(TextDrawing.text(of: preview, columns: columns, rows: rows - 1), terminator: "")
        }
    }

    /// «1280x720»: 16 to 16384 each, rounded down to even numbers.
    private static func canvas(_ text: String) throws(CommandFailure) -> CanvasSize {
        let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
            (16...16_384).contains(width), (16...16_384).contains(height)
        else { throw .misuse("--size \(text): expected WIDTHxHEIGHT with 16 to 16384 each, such as 1280x720") }
        return CanvasSize(width: width & ~1, height: height & ~1)
    }

    private static func terminalSize() -> (columns: Int, rows: Int) {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20, size.ws_row >= 6 {
            return (Int(size.ws_col), Int(size.ws_row))
        }
        return (80, 25)
    }

    private static func writePicture(
        _ preview: Preview, _ file: LayoutFile, to path: String, force: Bool
    ) throws(CommandFailure) {
        if !force, FileManager.default.fileExists(atPath: path) {
            throw .failed("\(path): exists; give --force to overwrite it")
        }
        var images: [String: Picture] = [:]
        for name in file.layout.images.keys.sorted() {
            guard let image = file.path(ofImage: name) else { continue }
            do throws(PNGError) {
                images[name] = try PNGReader.read(image)
            } catch {
                throw .failed(error.description)
            }
        }
        do {
            try ScenePreview.write(preview.scene, to: path) { images[$0] }
        } catch {
            throw .failed("\(error)")
        }
    }
}
