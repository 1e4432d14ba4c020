import Foundation
import Testing

/// What flashes and beeps together in an input does so in the composite, within 20 ms.
@Suite struct LipSyncTests {
    /// Most seconds between flash and beep.
    private static let limit = 0.020

    private static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p"]
    private static let aac = ["-c:a", "aac", "-b:a", "96k"]

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let film: FlashBeep
        let container: String
        var testDescription: String { "\(name) in \(container)" }
    }

    static let cases: [Case] = {
        let rates = [
            ("15", FlashBeep(15)), ("24", FlashBeep(24)), ("25", FlashBeep(25)),
            ("29.97", FlashBeep(30, thousandAndOneths: true)), ("30", FlashBeep(30)), ("50", FlashBeep(50)),
            ("60", FlashBeep(60)),
        ]
        return rates.flatMap { name, film in
            ["webm", "mkv", "mp4"].map { container in
                var film = film
                if container == "mp4" {
                    film.picture = h264
                    film.sound = aac
                } else if container == "mkv" {
                    film.sound = ["-c:a", "libmp3lame", "-b:a", "128k"]
                }
                return Case(name: name, film: film, container: container)
            }
        }
    }()

    private func check(
        _ path: String, flashes: Int, _ comment: String, location: SourceLocation = #_sourceLocation
    ) throws {
        let pairs = try FlashBeep.measure(path)
        #expect(pairs.count == flashes, "\(comment): \(pairs)", sourceLocation: location)
        for pair in pairs {
            #expect(abs(pair.offset) <= LipSyncTests.limit, "\(comment): \(pair)", sourceLocation: location)
        }
        if ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil {
            print("lip-sync", comment, pairs.map { String(format: "%+.1f", $0.offset * 1000) }.joined(separator: " "))
        }
    }

    @Test(arguments: cases) func everyRateAndContainer(_ item: Case) throws {
        let place = try Workplace()
        let film = try place.make("film.\(item.container)", item.film.arguments)
        try place.render(["--input", film, "--size", "160x96", "--output", place["out.webm"], "--quiet"])
        try check(place["out.webm"], flashes: 3, item.testDescription)
    }

    @Test(arguments: ["flash-beep-15.mkv", "flash-beep-25.mp4", "flash-beep-30.webm"])
    func samples(_ name: String) throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("awkward/" + name), "--size", "320x180", "--output", place["out.webm"],
        ])
        try check(place["out.webm"], flashes: 5, name)
    }

    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func everyOutput(_ name: String) throws {
        let place = try Workplace()
        let film = try place.make("film.webm", FlashBeep(30).arguments)
        try place.render(["--input", film, "--size", "160x96", "--output", place[name]])
        try check(place[name], flashes: 3, name)
    }

    /// Pictures that stand still are not encoded; what comes after them must not come early for that.
    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func afterALongStandstill(_ name: String) throws {
        let place = try Workplace()
        var film = FlashBeep(30)
        film.period = 45
        film.seconds = 1.5
        let input = try place.make("film.mkv", film.arguments)
        try place.render(["--input", input, "--size", "160x96", "--output", place[name]])
        try check(place[name], flashes: 2, "standstill in \(name)")
    }

    @Test(arguments: ["24", "25", "29.97", "60"]) func everyOutputRate(_ rate: String) throws {
        let place = try Workplace()
        let film = try place.make("film.webm", FlashBeep(30).arguments)
        try place.render(["--input", film, "--size", "160x96", "--fps", rate, "--output", place["out.webm"]])
        try check(place["out.webm"], flashes: 3, "to \(rate) fps")
    }

    @Test(arguments: ["0.5", "2.5", "1.234", "0.0167"]) func inputsThatStartLater(_ start: String) throws {
        let place = try Workplace()
        let film = try place.make("film.mkv", FlashBeep(25).arguments)
        try place.render(["--input", "\(film)@\(start)", "--size", "160x96", "--output", place["out.webm"]])
        try check(place["out.webm"], flashes: 3, "from \(start) s on")
        let beeps = FlashBeep.starts(in: try Playback(path: place["out.webm"]).sound())
        #expect(beeps.count == 3)
        for (index, beep) in beeps.enumerated() {
            #expect(abs(beep - Double(index + 1) - Double(start)!) < 0.005, "\(beep)")
        }
    }

    /// A container's own start: what begins at 5 s in the file begins at zero, both streams alike, and a stream that
    /// begins later than the other keeps its distance.
    @Test(arguments: ["webm", "mp4"]) func filesWithStartOffsets(_ container: String) throws {
        let place = try Workplace()
        var film = FlashBeep(30)
        if container == "mp4" {
            film.picture = LipSyncTests.h264
            film.sound = LipSyncTests.aac
        }
        let plain = try place.make("plain.\(container)", film.arguments)
        let shifted = try place.make(
            "shifted.\(container)",
            ["-i", plain, "-c", "copy", "-output_ts_offset", "5", "-avoid_negative_ts", "disabled"])
        try place.render(["--input", shifted, "--size", "160x96", "--output", place["out.webm"]])
        try check(place["out.webm"], flashes: 3, "from 5 s in \(container)")
    }

    @Test func soundThatBeginsLaterThanThePictures() throws {
        let place = try Workplace()
        let film = try place.make("film.mkv", FlashBeep(30).arguments)
        let late = try place.make("late.mkv", ["-i", film, "-c", "copy", "-bsf:a", "noise=drop='lt(pts*tb,0.7)'"])
        try place.render(["--input", late, "--size", "160x96", "--output", place["out.webm"]])
        try check(place["out.webm"], flashes: 3, "sound from 0.7 s on")
    }
}
