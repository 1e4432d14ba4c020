import Foundation

/// The command line: finds the command, runs it, and turns what it throws into one line and an exit status.
@main
enum Tessera {
    struct Command {
        let name: String
        let about: String
        let run: ([String]) throws(CommandFailure) -> Void
    }

    static var commands: [Command] {
        [
            Command(
                name: "render", about: "composites media files by a layout into one file or still",
                run: RenderCommand.run),
            Command(name: "load", about: LoadCommand.about, run: LoadCommand.run),
            Command(name: "serve", about: ServeCommand.about, run: ServeCommand.run),
            Command(name: "record", about: RecordCommand.about, run: RecordCommand.run),
            Command(name: "token", about: TokenCommand.about, run: TokenCommand.run),
            Command(name: "archive", about: ArchiveCommand.about, run: ArchiveCommand.run),
            Command(name: "layouts", about: LayoutsCommand.about, run: LayoutsCommand.run),
            Command(name: "recover", about: RecoverCommand.about, run: RecoverCommand.run),
            Command(name: "verify", about: VerifyCommand.about, run: VerifyCommand.run),
        ]
    }

    static func main() {
        StandardError.prepare()
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            StandardError.write("tessera: \(error.message)\n")
            exit(error.status)
        }
    }

    private static func run(_ arguments: [String]) throws(CommandFailure) {
        guard let name = arguments.first else { throw .misuse("which command? see 'tessera --help'") }
        if ["--help", "-h", "help"].contains(name) {
            print(usage, terminator: "")
            return
        }
        guard let command = commands.first(where: { $0.name == name }) else {
            let near = commands.map(\.name).first { Arguments.distance($0, name) <= 2 }
            let hint = near.map { " (did you mean '\($0)'?)" } ?? ""
            throw .misuse("unknown command '\(name)'\(hint); see 'tessera --help'")
        }
        try command.run(Array(arguments.dropFirst()))
    }

    private static var usage: String {
        let width = (commands.map(\.name.count).max() ?? 0) + 2
        let lines = commands.map { command in
            "  " + command.name + String(repeating: " ", count: width - command.name.count) + command.about
        }
        return "usage: tessera <command> [options]\n\n" + lines.joined(separator: "\n")
            + "\n\n'tessera <command> --help' tells more of each.\n"
    }
}
