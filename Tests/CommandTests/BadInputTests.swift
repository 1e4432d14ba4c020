import Foundation
import Glibc
import Testing

/// What is wrong gets one clear line and exit status 1, or 2 where the command line itself is wrong, and nothing that
/// was there before is touched.
@Suite struct BadInputTests {
    /// Runs it, and checks that it fails as it should and leaves no file behind.
    private func refuse(
        _ arguments: [String], status: Int32 = 1, saying words: String..., in place: Workplace,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let before = place.files
        let result = try Program.tessera.run(["render"] + arguments)
        #expect(result.status == status, "\(result.errors)", sourceLocation: location)
        #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
        #expect(result.errors.hasPrefix("tessera: "), sourceLocation: location)
        for word in words {
            #expect(result.errors.contains(word), "«\(result.errors)» lacks «\(word)»", sourceLocation: location)
        }
        #expect(place.files == before, sourceLocation: location)
    }

    @Test func filesThatAreNoMedia() throws {
        let place = try Workplace()
        let out = ["--output", place["out.webm"]]
        try refuse(["--input", place["none.webm"]] + out, saying: "none.webm", "no such file", in: place)
        try refuse(["--input", place.folder] + out, saying: "is a directory", in: place)
        let empty = try place.write([], to: "empty.webm")
        try refuse(["--input", empty] + out, saying: "empty.webm", "is empty", in: place)
        let text = try place.write("This is a letter.\n".utf8, to: "text.webm")
        try refuse(["--input", text] + out, saying: "text.webm", "not a media file", in: place)
        var random = SystemRandomNumberGenerator()
        let noise = try place.write(
            (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }, to: "noise.mp4")
        try refuse(["--input", noise] + out, saying: "noise.mp4", in: place)
        try refuse(["--input", "/dev/zero"] + out, saying: "/dev/zero", in: place)
        let good = Workplace.sample("awkward/colour-601.webm")
        try refuse(["--input", good, "--input", text] + out, saying: "text.webm", in: place)
        let playlist = try place.write("#EXTM3U\n#EXTINF:10,\n/etc/passwd\n".utf8, to: "list.m3u8")
        try refuse(["--input", playlist] + out, saying: "list.m3u8", in: place)
    }

    @Test func aFileThatMayNotBeRead() throws {
        guard getuid() != 0 else { return }
        let place = try Workplace()
        let secret = try place.write([1, 2, 3], to: "secret.webm")
        chmod(secret, 0)
        try refuse(["--input", secret, "--output", place["out.webm"]], saying: "secret.webm", in: place)
    }

    @Test func outputsThatCannotBe() throws {
        let place = try Workplace()
        let input = ["--input", Workplace.sample("awkward/colour-601.webm")]
        try refuse(input, status: 2, saying: "--output", in: place)
        try refuse(input + ["--output", place["out.avi"]], status: 2, saying: ".webm, .mkv, .mp4", in: place)
        try refuse(input + ["--output", place["out"]], status: 2, saying: ".webm, .mkv, .mp4", in: place)
        try refuse(input + ["--output", place["none/out.webm"]], saying: "directory must exist", in: place)
        try refuse(input + ["--output", "/proc/out.webm"], saying: "/proc/out.webm", in: place)
        try FileManager.default.createDirectory(atPath: place["folder.webm"], withIntermediateDirectories: true)
        try refuse(input + ["--output", place["folder.webm"], "--force"], saying: "is a directory", in: place)
        try refuse(
            input + ["--output", place["a.webm"], "--report", place["none/r.json"]], saying: "report", in: place)
        try refuse(input + ["--output", place["a.webm"], "--at", "1"], status: 2, saying: "--at", in: place)
        try refuse(input + ["--output", place["a.png"]], status: 2, saying: "--at", in: place)
        try refuse(input + ["--output", place["none/a.png"], "--at", "0"], saying: "none/a.png", in: place)
        try refuse(input + ["--output", place["a.png"], "--at", "7"], saying: "ends at 1.0", in: place)
    }

    @Test func whatExistsIsNotReplaced() throws {
        let place = try Workplace()
        let input = Workplace.sample("awkward/colour-601.webm")
        let precious = Data("precious".utf8)
        for name in ["out.webm", "out.png", "report.json"] { try place.write(precious, to: name) }
        func isUntouched(_ name: String) -> Bool { FileManager.default.contents(atPath: place[name]) == precious }
        try refuse(["--input", input, "--output", place["out.webm"]], saying: "exists already", "--force", in: place)
        try refuse(
            ["--input", input, "--output", place["out.png"], "--at", "0"], saying: "exists already", "--force",
            in: place)
        try refuse(
            ["--input", input, "--output", place["new.webm"], "--report", place["report.json"]],
            saying: "exists already", "--force", in: place)
        #expect(isUntouched("out.webm") && isUntouched("out.png") && isUntouched("report.json"))
        // Asked to replace it, but without success: what was there is still there.
        let text = try place.write("text".utf8, to: "text.webm")
        try refuse(["--input", text, "--output", place["out.webm"], "--force"], saying: "text.webm", in: place)
        #expect(isUntouched("out.webm"))
        try place.render(["--input", input, "--output", place["out.webm"], "--force", "--size", "320x180"])
        #expect(!isUntouched("out.webm"))
        #expect(!place.files.contains { $0.hasSuffix(".part") })
    }

    @Test func noInputIsReplacedByWhatIsMadeFromIt() throws {
        let place = try Workplace()
        let original = try Data(contentsOf: URL(fileURLWithPath: Workplace.sample("awkward/colour-601.webm")))
        let film = try place.write(original, to: "film.webm")
        try FileManager.default.createSymbolicLink(atPath: place["link.webm"], withDestinationPath: film)
        try FileManager.default.createDirectory(atPath: place["sub"], withIntermediateDirectories: true)
        for output in ["film.webm", "link.webm", "sub/../film.webm"] {
            try refuse(
                ["--input", film, "--output", place[output], "--force"], saying: "is one of the inputs", in: place)
        }
        try refuse(
            ["--input", film, "--output", place["o.webm"], "--report", film, "--force"], saying: "is one of the inputs",
            in: place)
        try refuse(
            ["--input", film, "--output", place["o.webm"], "--report", place["o.webm"], "--force"], status: 2,
            saying: "output itself", in: place)
        let still = try place.write(
            try Data(contentsOf: URL(fileURLWithPath: Workplace.sample("awkward/still.png"))), to: "still.png")
        try refuse(
            ["--input", still, "--duration", "1", "--output", still, "--at", "0", "--force"],
            saying: "is one of the inputs", in: place)
        #expect(FileManager.default.contents(atPath: film) == original)
    }

    @Test func layouts() throws {
        let place = try Workplace()
        func command(_ layout: String) -> [String] {
            ["--input", Workplace.sample("awkward/colour-601.webm"), "--output", place["o.webm"], "--layout", layout]
        }
        try refuse(command("nosuch"), saying: "nosuch", "grid", in: place)
        try refuse(command(place["none.json"]), saying: "no such file", in: place)
        let field = #"{"version": 1, "name": "x", "root": {"type": "grid", "spacin": 0.1}}"#
        try refuse(
            command(try place.write(field.utf8, to: "field.json")), saying: "field.json", "$.root.spacin", in: place)
        try refuse(
            command(try place.write(#"{"version": 1"#.utf8, to: "cut.json")), saying: "cut.json", "line 1", in: place)
        let image =
            #"{"version": 1, "name": "x", "images": {"back": "none.png"}, "background": {"image": "back"}, "root": {"type": "grid"}}"#
        try refuse(command(try place.write(image.utf8, to: "image.json")), saying: "none.png", in: place)
        try place.write("no image".utf8, to: "none.png")
        try refuse(command(place["image.json"]), saying: "none.png", in: place)
    }

    @Test func optionsWithNonsense() throws {
        let place = try Workplace()
        let base = ["--input", Workplace.sample("awkward/colour-601.webm"), "--output", place["o.webm"]]
        let misuses = [
            ["--video-codec", "h265"], ["--video-codec", "h264"], ["--audio-codec", "mp3"], ["--fps", "abc"],
            ["--fps", "0"], ["--fps", "-5"], ["--fps", "1e9"], ["--fps", "30/0"], ["--size", "big"],
            ["--size", "1280"], ["--size", "1280x"], ["--size", "x720"], ["--size", "-2x-2"], ["--size", "1280x720x3"],
            ["--duration", "nan"], ["--duration", "inf"], ["--duration", "-1"], ["--duration", "0"],
            ["--duration", "1e300"], ["--video-bitrate", "fast"], ["--video-bitrate", "inf"],
            ["--video-bitrate", "1e300"], ["--video-bitrate", "-1k"], ["--audio-bitrate", "1"],
            ["--participants", "3"], ["--participants", "0"], ["--role", "nobody=host"], ["--role", "host"],
            ["--sise", "1x1"], ["--quiet=yes"], ["--output", "b.webm"], ["stray.webm"], ["--input"], ["--input", "x="],
            ["--input", "=x.webm"], ["--at", "soon"], ["--screen", "a=b.webm@-4"],
        ]
        for words in misuses {
            let command = base + words
            // A size below the least is no misuse: it is understood, and refused.
            let result = try Program.tessera.run(["render"] + command)
            let expected: Int32 = words == ["--size", "-2x-2"] ? 1 : 2
            #expect(result.status == expected, "\(words): \(result.status) \(result.errors)")
            #expect(result.errorLines.count == 1, "\(words): \(result.errors)")
        }
        #expect(place.files.isEmpty)
        try refuse(base + ["--size", "333x177"], saying: "332x176", in: place)
        try refuse(base + ["--size", "8x8"], saying: "16x16 to 7680x4320", in: place)
        try refuse(base + ["--size", "7682x4320"], saying: "16x16 to 7680x4320", in: place)
        try refuse(["--output", place["o.webm"]], saying: "no inputs", in: place)
        let many = (0..<251).flatMap { _ in ["--input", Workplace.sample("awkward/colour-601.webm")] }
        try refuse(many + ["--output", place["o.webm"]], saying: "251", "250", in: place)
        try refuse(
            ["--input", Workplace.sample("awkward/still.png"), "--output", place["o.webm"]], saying: "--duration",
            in: place)
    }

    @Test func noCommandAndWrongCommands() throws {
        for (words, status) in [([], 2), (["rendr"], 2), (["render", "--help"], 0), (["--help"], 0)]
            as [([String], Int32)]
        {
            let result = try Program.tessera.run(words)
            #expect(result.status == status)
            #expect(result.errorLines.count == (status == 0 ? 0 : 1))
        }
    }

    @Test(arguments: ["16x16", "7680x4320"]) func theSmallestAndTheLargestComposite(_ size: String) throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("awkward/colour-601.webm"), "--size", size, "--fps", "15", "--duration", "0.2",
            "--output", place["o.webm"],
        ])
        #expect(try Playback(path: place["o.webm"]).brightness().count == 3)
    }

    @Test(arguments: ["333x177", "101x1001", "2x2", "16x16", "7680x4320"]) func inputsOfOddSizes(_ size: String) throws
    {
        let place = try Workplace()
        // Lossless, since at 2x2 nothing else keeps a colour.
        let film = try place.make(
            "film.mkv",
            [
                "-f", "lavfi", "-i", "color=c=0xd02020:s=\(size):r=10:d=0.3", "-c:v", "libx264", "-preset", "ultrafast",
                "-qp", "10", "-pix_fmt", size == "333x177" || size == "101x1001" ? "yuv444p" : "yuv420p",
            ])
        try place.render(["--input", film, "--output", place["o.png"], "--at", "0.1", "--size", "640x360"])
        let colour = try Playback(path: place["o.png"]).frame(at: 0, width: 640, height: 360)
        let middle = Array(colour[(180 * 640 + 320) * 3..<(180 * 640 + 320) * 3 + 3])
        #expect(middle[0] > 180 && middle[1] < 70 && middle[2] < 70, "\(middle)")
    }

    @Test func twoHundredInputs() throws {
        let place = try Workplace()
        let film = Workplace.sample("awkward/colour-601.webm")
        let inputs = (1...200).flatMap { ["--input", "p\($0)=\(film)"] }
        try place.render(
            inputs + [
                "--duration", "0.5", "--size", "640x360", "--output", place["o.webm"], "--report", place["r.json"],
            ])
        #expect(try Playback(path: place["o.webm"]).brightness().count >= 14)
        #expect(try Report(place["r.json"]).peakMemory < 400 << 20)
    }
}
