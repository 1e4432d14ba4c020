import Foundation
import Layout

/// `tessera layouts import`: layout files of other systems as ours.
enum LayoutsImport {
    private static let options = [
        Option("--from", value: "SYSTEM", "whose file it is: freeswitch, twilio or owt"),
        Option("--output", value: "DIR", "writes one file per layout, named for it, instead of printing"),
        Option("--resolution", value: "WxH", "the canvas of Twilio's pixels, if the file does not say it"),
        Option("--force", "overwrites files that exist"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "layouts import")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera layouts import --from freeswitch|twilio|owt FILE [--output DIR]",
                    about: "Reads FreeSWITCH's conference_layouts.conf.xml, Twilio's video_layout or OWT's region "
                        + "lists and prints the\nlayout as JSON; several become a list, each of which is a layout.",
                    options: options), terminator: "")
            return
        }
        let systems = ImportedLayout.Origin.allCases.map(\.rawValue).joined(separator: ", ")
        guard let system = read.value("--from") else {
            throw .misuse("layouts import: whose file is it? give --from with one of \(systems)")
        }
        guard let origin = ImportedLayout.Origin(rawValue: system.lowercased()) else {
            throw .misuse("--from \(system): expected one of \(systems)")
        }
        var resolution: CanvasSize?
        if let text = read.value("--resolution") {
            let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
            guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
                (16...16_384).contains(width), (16...16_384).contains(height)
            else { throw .misuse("--resolution \(text): expected WIDTHxHEIGHT, such as 1280x720") }
            resolution = CanvasSize(width: width, height: height)
        }
        let path = try LayoutsCommand.oneFile(read, "layouts import")
        let imported = try layouts(path, origin, resolution)
        for layout in imported {
            for note in layout.notes { warn("\(path): \(layout.name): \(note)") }
        }
        if let folder = read.value("--output") {
            try write(imported, to: folder, force: read.has("--force"))
        } else if imported.count == 1 {
            print(imported[0].text, terminator: "")
        } else {
            let texts = imported.map { $0.text.trimmingCharacters(in: .newlines) }
            print("[\n" + texts.joined(separator: ",\n") + "\n]")
        }
    }

    private static func layouts(
        _ path: String, _ origin: ImportedLayout.Origin, _ resolution: CanvasSize?
    ) throws(CommandFailure) -> [ImportedLayout] {
        let bytes: [UInt8]
        do throws(LayoutFileError) {
            bytes = try LayoutFile.bytes(of: path, limit: ImportedLayout.maximumSize)
        } catch {
            throw .failed(error.description)
        }
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        do throws(LayoutError) {
            return try ImportedLayout.read(bytes, from: origin, resolution: resolution, fallbackName: name)
        } catch {
            throw .failed("\(path): \(error)")
        }
    }

    /// Nothing is written unless all of it can be.
    private static func write(_ layouts: [ImportedLayout], to folder: String, force: Bool) throws(CommandFailure) {
        let manager = FileManager.default
        do {
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .failed("\(folder): cannot be made a folder; check the path and its permissions")
        }
        var paths: [String] = []
        var taken: Set<String> = []
        for layout in layouts {
            let name = fileName(layout.name, &taken)
            let path = folder + (folder.hasSuffix("/") ? "" : "/") + name + ".json"
            if !force, manager.fileExists(atPath: path) {
                throw .failed("\(path): exists; give --force to overwrite it")
            }
            paths.append(path)
        }
        for (layout, path) in zip(layouts, paths) {
            do {
                try Data(layout.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw .failed("\(path): cannot be written; check permissions and space")
            }
        }
        print("\(layouts.count) layout\(layouts.count == 1 ? "" : "s") written to \(folder)")
    }

    /// Letters, digits and `+ - _ .` of a name, not hidden, 64 at most, and no name twice whatever the case.
    private static func fileName(_ name: String, _ taken: inout Set<String>) -> String {
        var plain = String(
            name.unicodeScalars.prefix(64).map { scalar -> Character in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "+", "-", "_", ".": Character(scalar)
                default: "_"
                }
            })
        if plain.isEmpty || plain.hasPrefix(".") { plain = "_" + plain }
        var unique = plain
        var number = 2
        while !taken.insert(unique.lowercased()).inserted {
            unique = "\(plain)-\(number)"
            number += 1
        }
        return unique
    }

    private static func warn(_ text: String) {
        StandardError.write("tessera: \(text)\n")
    }
}
