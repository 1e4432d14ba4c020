import Foundation
import Live

/// `tessera load`: real WebRTC clients against a running server.
enum LoadCommand {
    static let about = "puts real WebRTC clients into a room and reports what they see"

    private static let options = [
        Option("--room", value: "R", "the room to join"),
        Option("--participants", value: "N", "how many clients (default 4)"),
        Option("--duration", value: "S", "seconds that are measured, from two after the last join on (default 10)"),
        Option("--server", value: "URL", "the server (default http://127.0.0.1:8080)"),
        Option("--token", value: "T", "a join token"),
        Option("--media", value: "FILE", repeatable: true, "VP8 and Opus to publish (default Samples/*.webm)"),
        Option("--watch", "publishes nothing"),
        Option("--no-sound", "publishes pictures only"),
        Option("--decode", value: "N", "how many clients decode what they receive; the others count (default 2)"),
        Option(
            "--impair", value: "LIST",
            "a bad network both ways: loss=10,delay=25,jitter=20,rate=500k,reorder=5,duplicate=1,seed=7"),
        Option("--joins", value: "N", "so many more join then, one after the other, while the others watch"),
        Option(
            "--latency", "burns codes into the pictures, chirps, and reports the time through the server (layout grid)"),
        Option("--rounds", value: "N", "with --latency: everybody joins so often, at other phases (default 1)"),
        Option("--interval", value: "S", "with --latency: figures of every S seconds"),
        Option("--json", "prints the report as JSON"),
        Option("--report", value: "FILE", "writes the report as JSON"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "load")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera load --room R [--participants N] [--duration S] [options]",
                    about: "Joins as N participants who publish media files, and measures the mix they receive. Exit "
                        + "status 1 if a check\nfails: all connected, 20 pictures a second, few freezes, the others "
                        + "heard and oneself not.", options: options), terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("load: '\(word)' is no option; see 'tessera load --help'") }
        guard let room = read.value("--room") else { throw .misuse("which room? --room R") }
        var run = LoadRun(
            signalling: try LoadSignalling(
                server: read.value("--server") ?? "http://127.0.0.1:8080", room: room, token: read.value("--token")))
        run.participants = try read.integer("--participants", in: 1...1000) ?? 4
        run.duration = try read.number("--duration", in: 0.1...86_400) ?? 10
        run.decoding = try read.integer("--decode", in: 0...1000) ?? 2
        run.hasSound = !read.has("--no-sound")
        run.watches = read.has("--watch")
        run.joins = try read.integer("--joins", in: 0...10_000) ?? 0
        run.measuresLatency = read.has("--latency")
        run.rounds = try read.integer("--rounds", in: 1...1000) ?? 1
        run.interval = try read.number("--interval", in: 1...86_400)
        if !run.measuresLatency, read.value("--rounds") != nil || run.interval != nil {
            throw .misuse("--rounds and --interval go with --latency")
        }
        if run.measuresLatency, run.joins > 0 { throw .misuse("give --latency or --joins, not both") }
        if let text = read.value("--impair") {
            do {
                run.impairment = try Impairment(parsing: text)
            } catch {
                throw .misuse("--impair: \(error.description)")
            }
        }
        run.files = read.all("--media")
        if run.files.isEmpty { run.files = try LoadMedia.sampleFiles(in: "Samples") }
        let summary = try run.run()
        try write(summary, read)
        let failed = summary.checks.filter { !$0.passed }
        guard failed.isEmpty else {
            throw .failed("load: \(failed.map { "\($0.name) (\($0.detail))" }.joined(separator: "; "))")
        }
    }

    private static func write(_ summary: LoadSummary, _ read: Arguments) throws(CommandFailure) {
        do {
            let json = try summary.json
            print(read.has("--json") ? json : summary.text)
            if let path = read.value("--report") { try Data((json + "\n").utf8).write(to: URL(filePath: path)) }
        } catch {
            throw .failed("\(read.value("--report") ?? "the report"): \(error.localizedDescription)")
        }
    }
}
