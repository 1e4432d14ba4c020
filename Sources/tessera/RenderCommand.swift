import Archive
import Foundation
import Layout
import Media
import Timing

/// `tessera render`: composites files by a layout, as fast as the machine allows.
enum RenderCommand {
    static let options = [
        Option("--layout", value: "FILE", "layout file, or the name of a built-in layout (default: grid)"),
        Option(
            "--input", value: "[NAME=]FILE[@S]", repeatable: true,
            "a participant: any media file or image; @S starts it at S seconds; again for more"),
        Option("--screen", value: "[NAME=]FILE[@S]", repeatable: true, "the screen share of participant NAME"),
        Option(
            "--role", value: "NAME=ROLE", repeatable: true, "the role of a participant, for layouts that ask for it"),
        Option("--participants", value: "N", "N drawn test cards in place of inputs, 1 to 100"),
        Option("--output", value: "FILE", "where to: .webm, .mkv, .mp4, or .png together with --at"),
        Option("--size", value: "WxH", "size of the composite in pixels, both even (default: 1280x720)"),
        Option("--fps", value: "N", "frames per second, such as 30, 25 or 29.97 (default: 30)"),
        Option("--duration", value: "S", "ends after S seconds (default: when the last input has ended)"),
        Option("--at", value: "S", "with a .png output: the still at S seconds"),
        Option("--video-codec", value: "CODEC", "vp8, vp9 or h264 (default: vp8, in .mp4 h264)"),
        Option("--audio-codec", value: "CODEC", "opus or aac (default: opus, in .mp4 aac)"),
        Option("--video-bitrate", value: "RATE", "bits per second, such as 1500k or 1.5M (default: by the size)"),
        Option("--audio-bitrate", value: "RATE", "bits per second, such as 48k (default: 48k, aac 96k)"),
        Option("--report", value: "FILE.json", "writes what was done: inputs, timings, quality"),
        Option("--force", "replaces an output that exists"),
        Option("--quiet", "no progress"),
    ]

    static let help = helpText(
        usage: "tessera render --layout FILE --input [name=]FILE … --output FILE",
        about: """
            Composites media files into one picture and one sound by a layout, as fast as the machine allows.
            Ctrl-C ends early and leaves a finished, playable file (exit status 130). What is being written is FILE.part;
            it plays, too, should the program be killed.
            """,
        options: options)

    static func run(_ words: [String]) throws(CommandFailure) {
        let arguments = try Arguments(words, options: options, command: "render")
        if arguments.asksForHelp {
            print(help, terminator: "")
            return
        }
        if let word = arguments.words.first {
            throw .misuse("'\(word)' stands alone; did you mean --input \(word)?")
        }
        let request = try RenderRequest(arguments)
        try RenderRun(request).perform()
    }
}

/// What the options of `tessera render` ask for, checked as far as that needs no media.
struct RenderRequest {
    let job: RenderJob
    /// A still at this time in place of a file.
    let still: MediaTime?
    let report: String?
    let isQuiet: Bool
    /// As it was given; nil for none.
    let layoutPath: String?

    init(_ arguments: Arguments) throws(CommandFailure) {
        guard let output = arguments.value("--output") else {
            throw .misuse("--output is missing: where is the composite to be written?")
        }
        let kind = (output as NSString).pathExtension.lowercased()
        guard ["webm", "mkv", "mp4", "png"].contains(kind) else {
            throw .misuse("--output \(output): the name must end in .webm, .mkv, .mp4 or .png")
        }
        still = try arguments.number("--at", in: 0...864_000).map { MediaTime(seconds: $0) }
        if kind == "png", still == nil { throw .misuse("a .png output needs --at S, the time of the still") }
        if kind != "png", still != nil { throw .misuse("--at S goes with a .png output, not with \(output)") }

        let testCards = try arguments.integer("--participants", in: 1...100) ?? 0
        let inputs = try RenderRequest.inputs(arguments)
        if inputs.isEmpty, testCards == 0 {
            throw .failed("no inputs: give at least one --input FILE, or --participants N for test cards")
        }
        if !inputs.isEmpty, testCards > 0 { throw .misuse("--participants goes without --input") }
        guard inputs.count <= RenderJob.inputLimit else {
            throw .failed("\(inputs.count) inputs are too many: at most \(RenderJob.inputLimit) can be composited")
        }

        layoutPath = arguments.value("--layout")
        var job = RenderJob(
            layout: try RenderRequest.layout(layoutPath ?? "grid"), inputs: inputs, output: output)
        job.testCards = testCards
        job.overwrites = arguments.has("--force")
        if let text = arguments.value("--size") { job.size = try RenderRequest.size(text) }
        if let text = arguments.value("--fps") {
            guard let rate = FrameRate(parsing: text), (1...120).contains(rate.framesPerSecond) else {
                throw .misuse("--fps \(text): expected a rate from 1 to 120, such as 30, 25 or 29.97")
            }
            job.frameRate = rate
        }
        job.duration = try arguments.number("--duration", in: 0.001...864_000).map { MediaTime(seconds: $0) }
        if testCards > 0, job.duration == nil { job.duration = MediaTime(seconds: 10) }
        try RenderRequest.setCodecs(of: &job, kind: kind, arguments)
        report = arguments.value("--report")
        job.measuresQuality = report != nil
        isQuiet = arguments.has("--quiet")
        self.job = job
    }

    private static func layout(_ name: String) throws(CommandFailure) -> LayoutFile {
        do {
            return try LayoutFile(name)
        } catch {
            throw .failed("\(error)")
        }
    }

    private static func setCodecs(
        of job: inout RenderJob, kind: String, _ arguments: Arguments
    ) throws(CommandFailure) {
        let videos = ["vp8": Codec.vp8, "vp9": .vp9, "h264": .h264]
        let sounds = ["opus": Codec.opus, "aac": .aac]
        let videoName = arguments.value("--video-codec") ?? (kind == "mp4" ? "h264" : "vp8")
        let soundName = arguments.value("--audio-codec") ?? (kind == "mp4" ? "aac" : "opus")
        guard let video = videos[videoName] else {
            throw .misuse("--video-codec \(videoName): expected vp8, vp9 or h264")
        }
        guard let sound = sounds[soundName] else { throw .misuse("--audio-codec \(soundName): expected opus or aac") }
        if kind == "webm", video == .h264 || sound == .aac {
            throw .misuse(
                "WebM holds vp8 or vp9 with opus; for \(videoName) with \(soundName) name the output .mkv or .mp4")
        }
        if kind == "mp4", video == .vp8 {
            throw .misuse("MP4 holds h264 or vp9; for vp8 name the output .webm or .mkv")
        }
        job.videoCodec = video
        job.soundCodec = sound
        let pixelRate = Double(job.size.area) / 921_600 * job.frameRate.framesPerSecond / 30
        let usual = Int(1_500_000 * pow(pixelRate, 0.8))
        job.videoBitrate = try bitrate("--video-bitrate", arguments, in: 10_000...200_000_000) ?? max(50_000, usual)
        job.soundBitrate =
            try bitrate("--audio-bitrate", arguments, in: 6_000...510_000) ?? (sound == .aac ? 96_000 : 48_000)
    }

    private static func bitrate(
        _ name: String, _ arguments: Arguments, in range: ClosedRange<Int>
    ) throws(CommandFailure) -> Int? {
        guard let text = arguments.value(name) else { return nil }
        let scales: [Character: Double] = ["k": 1000, "K": 1000, "m": 1_000_000, "M": 1_000_000]
        let scale = text.last.flatMap { scales[$0] }
        let digits = scale == nil ? text : String(text.dropLast())
        guard let number = Double(digits), number.isFinite, number < 1e12,
            range.contains(Int(number * (scale ?? 1)))
        else {
            throw .misuse(
                "\(name) \(text): expected \(range.lowerBound / 1000)k to \(range.upperBound / 1000)k bits per second")
        }
        return Int(number * (scale ?? 1))
    }

    private static func size(_ text: String) throws(CommandFailure) -> PictureSize {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let (least, most) = (RenderJob.smallestSize, RenderJob.largestSize)
        guard parts.count == 2, let width = parts[0], let height = parts[1] else {
            throw .misuse("--size \(text): expected WIDTHxHEIGHT, such as 1280x720")
        }
        guard (least.width...most.width).contains(width), (least.height...most.height).contains(height) else {
            throw .failed("--size \(text): expected \(least) to \(most)")
        }
        guard width % 2 == 0, height % 2 == 0 else {
            throw .failed("--size \(text): both sides must be even; nearest is \(width & ~1)x\(height & ~1)")
        }
        return PictureSize(width: width, height: height)
    }

    // MARK: - Inputs

    private static func inputs(_ arguments: Arguments) throws(CommandFailure) -> [RenderJob.Input] {
        var inputs: [RenderJob.Input] = []
        for text in arguments.all("--input") {
            var input = try self.input(text, kind: .camera, option: "--input")
            input.name = unused(input.name, among: inputs)
            inputs.append(input)
        }
        for text in arguments.all("--screen") {
            let screen = try input(text, kind: .screen, option: "--screen")
            if inputs.contains(where: { $0.kind == .screen && $0.name == screen.name }) {
                throw .misuse("--screen \(text): \(screen.name) shares a screen already")
            }
            inputs.append(screen)
        }
        for text in arguments.all("--role") {
            guard let equals = text.firstIndex(of: "=") else { throw .misuse("--role \(text): expected NAME=ROLE") }
            let name = String(text[..<equals])
            guard let index = inputs.firstIndex(where: { $0.name == name && $0.kind == .camera }) else {
                throw .misuse("--role \(text): there is no input named \(name)")
            }
            inputs[index].role = String(text[text.index(after: equals)...])
        }
        return inputs
    }

    /// Reads `[name=]FILE[@S]`. A file that has the whole text for its name is taken as that.
    private static func input(
        _ text: String, kind: RenderJob.Input.Kind, option: String
    ) throws(CommandFailure) -> RenderJob.Input {
        var path = text
        var name: String?
        var start = MediaTime.zero
        if !FileManager.default.fileExists(atPath: path) {
            if let equals = path.firstIndex(of: "="), !path[..<equals].contains("/") {
                name = String(path[..<equals])
                path = String(path[path.index(after: equals)...])
            }
            if !FileManager.default.fileExists(atPath: path), let at = path.lastIndex(of: "@"),
                let seconds = Double(path[path.index(after: at)...])
            {
                guard (0...864_000).contains(seconds) else {
                    throw .misuse("\(option) \(text): the start must lie from 0 to 864000 seconds")
                }
                start = MediaTime(seconds: seconds)
                path = String(path[..<at])
            }
        }
        if path.isEmpty { throw .misuse("\(option) \(text): the file's name is missing") }
        if let name, name.isEmpty { throw .misuse("\(option) \(text): the name before '=' is missing") }
        if let name, name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) || name.count > 64 {
            throw .misuse("\(option): a name is at most 64 characters, without control characters")
        }
        let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        return RenderJob.Input(
            name: name ?? String(stem.prefix(64)), path: path, kind: kind, start: start, hasGivenName: name != nil)
    }

    private static func unused(_ name: String, among inputs: [RenderJob.Input]) -> String {
        var candidate = name
        var number = 2
        while inputs.contains(where: { $0.name == candidate }) {
            candidate = "\(name) \(number)"
            number += 1
        }
        return candidate
    }
}
