import Foundation
import Layout

/// `tessera layouts`: looks at layout files without any media.
enum LayoutsCommand {
    static let about = "lists, checks, previews and imports layout files"

    private static let usage = """
        usage: tessera layouts list
               tessera layouts check FILE
               tessera layouts preview FILE --participants N [--size WxH] [--output FILE.png] [--json]
               tessera layouts import --from freeswitch|twilio|owt FILE [--output DIR]

        Works on layout files without media. FILE is a path, or the name of a built-in layout.
        'tessera layouts <command> --help' tells more of each.

        """

    static func run(_ arguments: [String]) throws(CommandFailure) {
        guard let name = arguments.first else {
            throw .misuse("layouts: list, check, preview or import? see 'tessera layouts --help'")
        }
        let rest = Array(arguments.dropFirst())
        switch name {
        case "--help", "-h", "help": print(usage, terminator: "")
        case "list": try list(rest)
        case "check": try check(rest)
        case "preview": try LayoutsPreview.run(rest)
        case "import": try LayoutsImport.run(rest)
        default: throw .misuse("layouts: unknown command '\(name)'; see 'tessera layouts --help'")
        }
    }

    private static func list(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: [], command: "layouts list")
        if read.asksForHelp {
            print("usage: tessera layouts list\n\nNames the built-in layouts, each with what it shows.")
            return
        }
        if let word = read.words.first { throw .misuse("layouts list takes no file, but got '\(word)'") }
        let width = (BuiltInLayouts.names.map(\.count).max() ?? 0) + 2
        for name in BuiltInLayouts.names {
            let summary = BuiltInLayouts.layout(named: name)?.summary ?? ""
            print(name + String(repeating: " ", count: width - name.count) + summary)
        }
    }

    private static func check(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: [], command: "layouts check")
        if read.asksForHelp {
            print(
                """
                usage: tessera layouts check FILE

                Says whether FILE is a layout, or else where it is wrong and what would be right (exit status 1).
                Images that the layout names must exist beside it.
                """)
            return
        }
        let file = try open(try oneFile(read, "layouts check"))
        for name in file.layout.images.keys.sorted() {
            guard let path = file.path(ofImage: name) else { continue }
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw .failed("\(read.words[0]): the image \"\(name)\" is not there: \(path)")
            }
        }
        print("\(read.words[0]): good")
    }

    /// The one word that a command takes.
    static func oneFile(_ arguments: Arguments, _ command: String) throws(CommandFailure) -> String {
        guard let file = arguments.words.first else {
            throw .misuse("\(command): which file? see 'tessera \(command) --help'")
        }
        guard arguments.words.count == 1 else {
            throw .misuse("\(command) takes one file, but got '\(arguments.words[1])' too")
        }
        return file
    }

    static func open(_ name: String) throws(CommandFailure) -> LayoutFile {
        do throws(LayoutFileError) {
            return try LayoutFile(name)
        } catch {
            throw .failed(error.description)
        }
    }
}
