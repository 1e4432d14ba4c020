import Archive
import Foundation
import Layout

/// `tessera archive submit`: a request from a file, from options, or from both; options win.
enum ArchiveSubmit {
    private static let options = [
        Option("--session", value: "DIR", "a recorded session: a folder with tracks and their manifest"),
        Option(
            "--input", value: "[NAME=]FILE[@S]", repeatable: true,
            "in place of a session: a participant; @S starts it at S seconds; again for more"),
        Option("--screen", value: "[NAME=]FILE[@S]", repeatable: true, "the screen share of participant NAME"),
        Option(
            "--layout", value: "[S:]LAYOUT", repeatable: true,
            "layout file or built-in layout, from S seconds on; again for a timeline (the session's own)"),
        Option("--output", value: "FILE", "where to: .webm, .mkv or .mp4 (a file in --data)"),
        Option("--size", value: "WxH", "size of the composite in pixels (the session's, else 1280x720)"),
        Option("--fps", value: "N", "frames per second (the session's, else 30)"),
        Option("--video-codec", value: "CODEC", "vp8, vp9 or h264 (vp8, in .mp4 h264)"),
        Option("--audio-codec", value: "CODEC", "opus or aac (opus, in .mp4 aac)"),
        Option("--video-bitrate", value: "BITS", "bits per second (by the size)"),
        Option("--audio-bitrate", value: "BITS", "bits per second (48000, aac 96000)"),
        Option("--leave-out", value: "WHO", repeatable: true, "a participant, by identifier or name, who is not there"),
        Option("--hide", value: "WHO", repeatable: true, "a participant whose tile is grey and who is not heard"),
        Option("--from", value: "S", "begins S seconds into the session"),
        Option("--to", value: "S", "ends S seconds into the session"),
        Option("--trim", "begins with the first media and ends with the last"),
        Option("--chunk", value: "S", "length of the pieces that are worked on (about 60)"),
        Option("--force", "replaces an output that exists"),
        ArchiveCommand.dataOption,
    ]

    private static let help = helpText(
        usage: "tessera archive submit [REQUEST.json] [options]",
        about: """
            Checks a request and queues it; prints the job's identifier. REQUEST.json ('-' for standard input) is described
            in Sources/Archive/Archive.md; a Twilio composition with video_layout, resolution and trim is understood, too.
            """, options: options)

    static func run(_ words: [String]) throws(CommandFailure) {
        let arguments = try Arguments(words, options: options, command: "archive submit")
        if arguments.asksForHelp {
            print(help, terminator: "")
            return
        }
        guard arguments.words.count <= 1 else {
            throw .misuse("archive submit takes one request, but got '\(arguments.words[1])' too")
        }
        var members = try arguments.words.first.map { name throws(CommandFailure) in try read(name) } ?? []
        for member in try given(arguments) {
            members.removeAll { $0.name == member.name }
            members.append(member)
        }
        let folder = FileManager.default.currentDirectoryPath
        let document = JSONValue.object(members)
        let request = try ArchiveCommand.attempt { () throws(ArchiveError) in
            try ArchiveRequest(document, places: .files(relativeTo: folder))
        }
        let jobs = try ArchiveCommand.jobs(arguments)
        let (job, warnings) = try ArchiveCommand.attempt { () throws(ArchiveError) in
            try jobs.submit(request, now: ArchiveCommand.now)
        }
        for warning in warnings { StandardError.write("tessera: warning: \(warning)\n") }
        print(job.id)
    }

    private static func read(_ name: String) throws(CommandFailure) -> [JSONMember] {
        let bytes: [UInt8]
        if name == "-" {
            bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
        } else {
            do {
                bytes = try LayoutFile.bytes(of: name, limit: Layout.Limits.fileSize)
            } catch {
                throw .failed(error.description)
            }
        }
        do {
            guard case .object(let members) = try JSONParser.parse(bytes) else {
                throw CommandFailure.failed("\(name): $: expected an archive job as an object")
            }
            return members
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw .failed("\(name): \(error)")
        }
    }

    /// What the options say, as members of a request.
    private static func given(_ arguments: Arguments) throws(CommandFailure) -> [JSONMember] {
        var members: [JSONMember] = []
        for (option, field) in [
            ("--session", "session"), ("--output", "output"), ("--size", "size"), ("--fps", "fps"),
            ("--video-codec", "videoCodec"), ("--audio-codec", "audioCodec"),
        ] {
            if let text = arguments.value(option) { members.append(JSONMember(field, .string(text))) }
        }
        for (option, field, range) in [
            ("--video-bitrate", "videoBitrate", 10_000...200_000_000),
            ("--audio-bitrate", "audioBitrate", 6_000...510_000),
            ("--chunk", "chunk", 1...600),
        ] {
            if let number = try arguments.integer(option, in: range) {
                members.append(JSONMember(field, .number(Double(number))))
            }
        }
        for (option, field) in [("--leave-out", "leaveOut"), ("--hide", "hide")] where !arguments.all(option).isEmpty {
            members.append(JSONMember(field, .array(arguments.all(option).map(JSONValue.string))))
        }
        if arguments.has("--force") { members.append(JSONMember("overwrite", .bool(true))) }
        members += try trim(arguments)
        if let layouts = layouts(arguments.all("--layout")) { members.append(layouts) }
        let inputs =
            try arguments.all("--input").map { text throws(CommandFailure) in try input(text, kind: "camera") }
            + arguments.all("--screen").map { text throws(CommandFailure) in try input(text, kind: "screen") }
        if !inputs.isEmpty { members.append(JSONMember("inputs", .array(inputs))) }
        return members
    }

    private static func trim(_ arguments: Arguments) throws(CommandFailure) -> [JSONMember] {
        let limits = 0.0...864_000
        let parts = [
            ("start", try arguments.number("--from", in: limits)), ("end", try arguments.number("--to", in: limits)),
        ]
        .compactMap { name, time in time.map { JSONMember(name, .number($0)) } }
        if arguments.has("--trim") {
            guard parts.isEmpty else { throw .misuse("--trim goes without --from and --to") }
            return [JSONMember("trim", .bool(true))]
        }
        return parts.isEmpty ? [] : [JSONMember("trim", .object(parts))]
    }

    /// Reads `[S:]LAYOUT`, again and again.
    private static func layouts(_ texts: [String]) -> JSONMember? {
        guard let first = texts.first else { return nil }
        func split(_ text: String) -> (from: Double, layout: String) {
            guard let colon = text.firstIndex(of: ":"), let from = Double(text[..<colon]) else { return (0, text) }
            return (from, String(text[text.index(after: colon)...]))
        }
        if texts.count == 1, split(first).from == 0 { return JSONMember("layout", .string(split(first).layout)) }
        let list = texts.map(split).map { from, layout in
            JSONValue.object([JSONMember("from", .number(from)), JSONMember("layout", .string(layout))])
        }
        return JSONMember("layouts", .array(list))
    }

    /// Reads `[name=]FILE[@S]`. A file that has the whole text for its name is taken as that.
    private static func input(_ text: String, kind: String) throws(CommandFailure) -> JSONValue {
        var path = text
        var members = [JSONMember("kind", .string(kind))]
        if !FileManager.default.fileExists(atPath: path) {
            if let equals = path.firstIndex(of: "="), !path[..<equals].contains("/") {
                members.append(JSONMember("name", .string(String(path[..<equals]))))
                path = String(path[path.index(after: equals)...])
            }
            if !FileManager.default.fileExists(atPath: path), let at = path.lastIndex(of: "@"),
                let seconds = Double(path[path.index(after: at)...])
            {
                guard (0...864_000).contains(seconds) else {
                    throw .misuse("--input \(text): the start must lie from 0 to 864000 seconds")
                }
                members.append(JSONMember("start", .number(seconds)))
                path = String(path[..<at])
            }
        }
        members.append(JSONMember("file", .string(path)))
        return .object(members)
    }
}
