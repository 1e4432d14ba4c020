import Foundation
import Testing

/// What a person sees while it works.
@Suite struct ProgressTests {
    private func command(_ place: Workplace) -> [String] {
        ["render", "--participants", "4", "--duration", "40", "--size", "640x360", "--output", place["out.webm"]]
    }

    @Test func aBarOnATerminal() throws {
        let place = try Workplace()
        // A terminal of its own, whose screen becomes the output.
        let words = ([Program.tessera.path] + command(place)).map { "'\($0)'" }.joined(separator: " ")
        let result = try Program(path: "/usr/bin/script").run(["-qec", words + " >/dev/null", "/dev/null"])
        #expect(result.status == 0)
        let text = result.text
        #expect(text.contains("█") && text.contains("%") && text.contains("left") && text.contains(" x "), "\(text)")
        #expect(text.contains("of 0:40"))
        // One line, drawn over and over, and taken away at the end.
        #expect(!text.contains("\n"))
        #expect(text.hasSuffix("\r\u{1B}[K"))
    }

    @Test func plainLinesElsewhere() throws {
        let place = try Workplace()
        let result = try Program.tessera.run(command(place))
        #expect(!result.errors.contains("\r") && !result.errors.contains("\u{1B}"))
        #expect(result.text.split(separator: "\n").count == 1)
        #expect(result.text.contains("40.00 s of 640x360"))
    }

    @Test func nothingWhenQuiet() throws {
        let place = try Workplace()
        let result = try Program.tessera.run(command(place) + ["--quiet"])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty && result.output.isEmpty)
    }
}
