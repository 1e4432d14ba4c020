import Foundation
import Testing

/// Who is where, when, and looks how: stills of the composite, seen as pixels.
@Suite struct TimelineTests {
    private static let width = 320
    private static let height = 180

    /// A still's pixels, three bytes each.
    private func still(_ place: Workplace, at time: Double, _ arguments: [String]) throws -> [UInt8] {
        let name = "still-\(UUID().uuidString).png"
        try place.render(
            arguments + [
                "--at", "\(time)", "--size", "\(TimelineTests.width)x\(TimelineTests.height)", "--output", place[name],
            ])
        return try Playback(path: place[name]).frame(at: 0, width: TimelineTests.width, height: TimelineTests.height)
    }

    /// Mean of the squares of all differences, as PSNR in dB.
    private func likeness(_ first: [UInt8], _ second: [UInt8]) -> Double {
        guard first.count == second.count, !first.isEmpty else { return 0 }
        let sum = zip(first, second).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        return sum == 0 ? 100 : 10 * log10(65_025 * Double(first.count) / sum)
    }

    private func sample(_ name: String) -> String { Workplace.sample("awkward/" + name) }

    @Test func whoHasNotBegunIsNotThereAndWhoEndedLeaves() throws {
        let place = try Workplace()
        let long = Workplace.sample("01-amara.webm")
        let short = sample("picture-only.webm")
        let alone = ["--input", long]
        let both = alone + ["--input", "late=\(short)@3"]
        // The short one lasts from 3 to 8 s.
        #expect(try still(place, at: 2.5, both) == still(place, at: 2.5, alone))
        #expect(try likeness(still(place, at: 5, both), still(place, at: 5, alone)) < 25)
        // Two seconds later the grid closes up.
        #expect(try still(place, at: 12, both) == still(place, at: 12, alone))
    }

    /// Sound from 2.5 s, pictures from 3.0 s of its own timeline.
    @Test func aFileWhoseTimeBeginsLateComesLate() throws {
        let place = try Workplace()
        let alone = ["--input", Workplace.sample("01-amara.webm")]
        let both = alone + ["--input", sample("starts-late.webm")]
        #expect(try still(place, at: 2.0, both) == still(place, at: 2.0, alone))
        let avatar = try still(place, at: 2.95, both)
        let picture = try still(place, at: 3.6, both)
        #expect(try likeness(avatar, still(place, at: 2.95, alone)) < 25)
        #expect(likeness(avatar, picture) < 25)
    }

    @Test func aGapFreezesAndThenGoesOn() throws {
        let place = try Workplace()
        let input = ["--input", sample("gap.webm"), "--layout", "plain-grid"]
        let frozen = try still(place, at: 2.2, input)
        #expect(try still(place, at: 3.4, input) == frozen)
        #expect(try likeness(still(place, at: 1.9, input), frozen) > 25)
        #expect(try still(place, at: 3.6, input) != frozen)
    }

    @Test func whatHasNoPictureHasAnAvatarAndWhatHasNoSoundIsMuted() throws {
        let place = try Workplace()
        let sound = try still(place, at: 1, ["--input", sample("sound-only.webm")])
        let renamed = try still(place, at: 1, ["--input", "Zoe=" + sample("sound-only.webm")])
        #expect(likeness(sound, renamed) < 40)
        // Not black: the avatar's circle stands out.
        #expect(sound.max()! > 200)
    }

    @Test func aSizeThatChangesChangesNothingElse() throws {
        let place = try Workplace()
        let input = ["--input", sample("size-change.webm"), "--layout", "plain-grid"]
        let before = try still(place, at: 1.9, input)
        let after = try still(place, at: 2.1, input)
        #expect(likeness(before, after) > 22, "\(likeness(before, after))")
        // 4:3 from 4 s on.
        #expect(try still(place, at: 4.5, input).max()! > 150)
    }

    @Test func rotationIsObeyed() throws {
        let place = try Workplace()
        // The upright picture, contained, leaves both sides of the canvas to the background.
        let rotated = try still(place, at: 1, ["--input", sample("rotated.mp4")])
        let portrait = try still(place, at: 1, ["--input", sample("portrait.webm")])
        func brightness(_ pixels: [UInt8], column: Int) -> Int {
            (0..<TimelineTests.height).reduce(0) { $0 + Int(pixels[($1 * TimelineTests.width + column) * 3 + 1]) }
                / TimelineTests.height
        }
        for pixels in [rotated, portrait] {
            #expect(brightness(pixels, column: 160) > 60)
            #expect(brightness(pixels, column: 270) < 50)
        }
    }

    /// BT.601, BT.709 and full range hold the same patches, and all must look as they were painted.
    @Test(arguments: ["colour-601.webm", "colour-709.mp4", "colour-full.mp4"]) func colours(_ name: String) throws {
        let place = try Workplace()
        let painted = [
            0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0, 0x101010, 0x000000, 0x242424,
            0x494949, 0x6d6d6d, 0x929292, 0xb6b6b6, 0xdbdbdb, 0xffffff,
        ]
        let input = ["--input", sample(name), "--layout", "plain-grid"]
        let pixels = try still(place, at: 0.5, input)
        // The same out of the encoded composite, by its tags.
        try place.render(
            input + ["--size", "320x180", "--video-bitrate", "3M", "--output", place["out.webm"]])
        let encoded = try Playback(path: place["out.webm"]).frame(at: 0.9, width: 320, height: 180)
        for (patch, colour) in painted.enumerated() {
            let place = ((patch / 8 * 90 + 45) * 320 + patch % 8 * 40 + 20) * 3
            for channel in 0..<3 {
                let expected = colour >> (16 - 8 * channel) & 0xff
                #expect(abs(Int(pixels[place + channel]) - expected) <= 6, "patch \(patch) of the still")
                #expect(abs(Int(encoded[place + channel]) - expected) <= 10, "patch \(patch) of the film")
            }
        }
    }

    @Test func aScreenShareGoesToItsPlace() throws {
        let place = try Workplace()
        let camera = ["--input", "Ann=" + sample("vp9.webm")]
        let shared = camera + ["--screen", "Ann=" + sample("screen-share.webm")]
        let both = try still(place, at: 2, shared)
        #expect(try likeness(both, still(place, at: 2, camera)) < 20)
        // A screen whose owner has no camera is shown as well.
        #expect(
            try likeness(both, still(place, at: 2, camera + ["--screen", "Bob=" + sample("screen-share.webm")])) > 10)
    }

    @Test func rolesAreObeyed() throws {
        let place = try Workplace()
        let people = ["--input", "a=" + sample("vp9.webm"), "--input", "b=" + sample("gap.webm")]
        let layout =
            #"{"version": 1, "name": "host", "root": {"type": "tile", "show": {"role": "host"}, "style": {"label": false}}}"#
        try place.write(layout.utf8, to: "host.json")
        let host = ["--layout", place["host.json"]]
        let first = try still(place, at: 1, people + host + ["--role", "a=host"])
        let second = try still(place, at: 1, people + host + ["--role", "b=host"])
        #expect(likeness(first, second) < 20)
    }

    @Test func aStillEqualsTheFilmAtThatTime() throws {
        let place = try Workplace()
        let inputs = ["--input", Workplace.sample("01-amara.webm"), "--input", sample("twenty-five-fps.webm")]
        try place.render(
            inputs + ["--size", "320x180", "--video-bitrate", "4M", "--duration", "4", "--output", place["out.webm"]])
        for time in [1.0, 2.0, 3.5] {
            let picture = try still(place, at: time, inputs)
            func film(_ offset: Double) throws -> Double {
                let frame = try Playback(path: place["out.webm"]).frame(at: time + offset, width: 320, height: 180)
                return likeness(picture, frame)
            }
            let same = try film(-0.005)
            #expect(same > 35, "\(time): \(same)")
            #expect(try same > film(-0.105) && same > film(0.1))
        }
    }

    @Test func namesComeFromTitles() throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("06-wei.webm"), "--input", "Host=" + Workplace.sample("09-layla.webm"),
            "--duration", "0.2", "--size", "320x180", "--output", place["out.webm"], "--report", place["r.json"],
        ])
        #expect(try Report(place["r.json"]).inputs.map { $0["name"] as? String } == ["王伟", "Host"])
    }
}
