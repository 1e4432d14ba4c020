import Foundation
import Testing

/// Damaged files are rendered as far as they go, with a warning, and what was left out is counted.
@Suite struct DamageTests {
    private func render(_ place: Workplace, _ input: String) throws -> (result: Program.Result, report: Report) {
        let result = try place.render([
            "--input", input, "--size", "320x180", "--output", place["out.webm"], "--report", place["report.json"],
        ])
        return (result, try Report(place["report.json"]))
    }

    @Test(arguments: [("01-amara.webm", 0.5), ("awkward/h264-aac.mp4", 0.6)])
    func aFileCutInTheMiddle(_ name: String, _ share: Double) throws {
        let place = try Workplace()
        let whole = try Data(contentsOf: URL(fileURLWithPath: Workplace.sample(name)))
        let kind = (name as NSString).pathExtension
        let cut = try place.write(whole.prefix(Int(Double(whole.count) * share)), to: "cut.\(kind)")
        let (result, report) = try render(place, cut)
        #expect(result.errors.contains("warning: ") && result.errors.contains("its end is missing"), "\(result.errors)")
        #expect((report.inputs[0]["warnings"] as? [String])?.isEmpty == false)
        let length = try Playback(path: place["out.webm"]).lengths().pictures
        let all = kind == "webm" ? 13.0 : 5.0
        #expect(length > all * (share - 0.15) && length < all * (share + 0.15), "\(length)")
    }

    @Test func anMP4CutBeforeItsIndexSaysWhatIsWrong() throws {
        let place = try Workplace()
        let film = try place.make(
            "whole.mp4",
            FlashBeep(30).arguments.map { $0 == "libvpx" ? "mpeg4" : $0 }.filter {
                !["-deadline", "realtime", "-cpu-used", "8"].contains($0)
            })
        let whole = try Data(contentsOf: URL(fileURLWithPath: film))
        let cut = try place.write(whole.prefix(whole.count / 2), to: "cut.mp4")
        let result = try Program.tessera.run(["render", "--input", cut, "--output", place["out.webm"]])
        #expect(result.status == 1)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("moov"), "\(result.errors)")
    }

    @Test(arguments: ["01-amara.webm", "awkward/h264-aac.mp4", "awkward/vp9.webm"])
    func aCorruptPacketIsSkippedAndCounted(_ name: String) throws {
        let place = try Workplace()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: Workplace.sample(name)))
        let middle = bytes.count / 2
        for index in middle..<middle + 500 { bytes[index] ^= 0x5a }
        let kind = (name as NSString).pathExtension
        let (_, report) = try render(place, try place.write(bytes, to: "corrupt.\(kind)"))
        #expect(report.count("corruptPackets", ofInput: 0) > 0)
        let lengths = try Playback(path: place["out.webm"]).lengths()
        let all = name.hasPrefix("01") ? 13.0 : 5.0
        #expect(abs(lengths.pictures - all) < 0.3 && abs(lengths.sound - lengths.pictures) < 0.002, "\(lengths)")
    }

    @Test func rubbishThatLooksLikeAFile() throws {
        let place = try Workplace()
        let whole = try Data(contentsOf: URL(fileURLWithPath: Workplace.sample("awkward/flash-beep-30.webm")))
        // The header is right, and nothing behind it.
        var bytes = whole.prefix(whole.count / 20)
        var state: UInt64 = 1
        for _ in 0..<100_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            bytes.append(UInt8(truncatingIfNeeded: state >> 33))
        }
        let result = try Program.tessera.run([
            "render", "--input", try place.write(bytes, to: "rubbish.webm"), "--output", place["out.webm"], "--quiet",
        ])
        #expect([0, 1].contains(result.status), "\(result.status)")
    }
}
