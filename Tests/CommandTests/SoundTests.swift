import Foundation
import MediaTesting
import Testing

/// The sound of a composite, as a player hears it.
@Suite struct SoundTests {
    /// Hz; not in step with each other.
    private static let tones = [330.0, 415, 495, 585, 675, 765, 875, 985, 1095]

    private func makeTones(_ place: Workplace, amplitude: Double, seconds: Double) throws -> [String] {
        let codecs = [
            ("opus", ["-c:a", "libopus", "-b:a", "96k"], "webm"), ("aac", ["-c:a", "aac", "-b:a", "128k"], "mp4"),
            ("mp3", ["-c:a", "libmp3lame", "-b:a", "192k"], "mp3"), ("flac", ["-c:a", "flac"], "mkv"),
            ("pcm", ["-c:a", "pcm_s16le", "-ar", "44100"], "wav"),
        ]
        return try SoundTests.tones.enumerated().map { index, tone in
            let (name, codec, kind) = codecs[index % codecs.count]
            return try place.make(
                "\(index)-\(name).\(kind)",
                ["-f", "lavfi", "-i", "aevalsrc='\(amplitude)*sin(2*PI*\(tone)*t)':s=48000:d=\(seconds)"] + codec)
        }
    }

    @Test(arguments: [("webm", "128k"), ("mp4", "192k"), ("webm", "48k")])
    func nineTonesKeepTheirLevels(_ kind: String, _ rate: String) throws {
        let place = try Workplace()
        let files = try makeTones(place, amplitude: 0.08, seconds: 4)
        let inputs = files.flatMap { ["--input", $0] }
        try place.render(inputs + ["--size", "160x96", "--audio-bitrate", rate, "--output", place["out.\(kind)"]])
        let samples = try Playback(path: place["out.\(kind)"]).sound(channels: 2)
        #expect(ToneMeter.peak(samples) <= 1)
        for channel in 0...1 {
            let heard = ToneMeter.channel(channel, of: 2, in: samples)
            let middle = heard[24_000..<168_000]
            for tone in SoundTests.tones {
                let level = ToneMeter.level(of: tone, in: middle)
                #expect(abs(level - ToneMeter.decibels(0.08)) <= 0.5, "\(tone) Hz: \(level) dB in \(kind) at \(rate)")
            }
            if ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil {
                let off = SoundTests.tones.map { ToneMeter.level(of: $0, in: middle) - ToneMeter.decibels(0.08) }
                print("tones in \(kind) at \(rate):", off.map { String(format: "%+.2f", $0) }.joined(separator: " "))
            }
            let clicks = ClickDetector().clicks(in: Array(middle))
            #expect(clicks.isEmpty, "\(clicks)")
            // Nine tones cancel each other at times, but never as a hole does.
            let gaps = GapDetector(drop: 40).gaps(in: Array(middle))
            #expect(gaps.isEmpty, "\(gaps)")
        }
    }

    @Test func nineLoudTonesStayWithinFullScale() throws {
        let place = try Workplace()
        let inputs = try makeTones(place, amplitude: 0.6, seconds: 3).flatMap { ["--input", $0] }
        try place.render(inputs + ["--size", "160x96", "--output", place["out.webm"]])
        let samples = try Playback(path: place["out.webm"]).sound(channels: 2)
        #expect(ToneMeter.peak(samples) <= 1, "\(ToneMeter.peak(samples))")
        let heard = ToneMeter.channel(0, of: 2, in: samples)
        let levels = SoundTests.tones.map { ToneMeter.level(of: $0, in: heard[24_000..<120_000]) }
        // All are turned down alike.
        #expect(levels.max()! - levels.min()! < 1, "\(levels)")
        let gaps = GapDetector(drop: 40).gaps(in: Array(heard[4800..<139_200]))
        #expect(gaps.isEmpty, "\(gaps)")
    }

    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func soundAndPicturesEndTogether(_ name: String) throws {
        let place = try Workplace()
        let input = Workplace.sample("awkward/starts-late.webm")
        for duration in ["1", "1.23", nil] {
            let end = duration.map { ["--duration", $0] } ?? []
            try place.render(
                ["--input", input, "--size", "160x96", "--output", place[name], "--force"] + end)
            let lengths = try Playback(path: place[name]).lengths()
            // AAC comes in frames of 21 ms, and players that go by frames play the last to its end.
            let surplus = name.hasSuffix("mp4") ? 0.022 : 0.002
            #expect(
                lengths.sound > lengths.pictures - 0.002 && lengths.sound < lengths.pictures + surplus,
                "\(name) \(duration ?? ""): \(lengths)")
            if let duration { #expect(abs(lengths.pictures - Double(duration)!) < 0.034) }
        }
    }

    @Test func whereNobodySendsThereIsSilence() throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("awkward/gap.webm"), "--size", "160x96", "--output", place["gap.webm"],
        ])
        let heard = try Playback(path: place["gap.webm"]).sound()
        func level(_ from: Double, _ to: Double) -> Double {
            ToneMeter.decibels(ToneMeter.rms(heard[Int(from * 48_000)..<Int(to * 48_000)]))
        }
        #expect(level(2.1, 3.4) < -75, "\(level(2.1, 3.4))")
        #expect(ToneMeter.level(of: 2765, in: heard[4800..<91_200]) > -42)
        #expect(ToneMeter.level(of: 2765, in: heard[174_000..<230_000]) > -42)
        // At the edges of the gap; a voice has clicks of its own.
        for edge in [Int(1.97 * 48_000)..<Int(2.1 * 48_000), Int(3.4 * 48_000)..<Int(3.53 * 48_000)] {
            let clicks = ClickDetector().clicks(in: Array(heard[edge]))
            #expect(clicks.isEmpty, "\(clicks)")
        }
    }

    @Test func picturesWithoutSoundGiveSilence() throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("awkward/picture-only.webm"), "--size", "160x96", "--output", place["out.webm"],
        ])
        let heard = try Playback(path: place["out.webm"]).sound()
        #expect(ToneMeter.peak(heard) < 1e-4)
        #expect(abs(Double(heard.count) / 48_000 - 5) < 0.05)
    }

    /// Everybody's tone is there, and the left of a stereo input stays on the left.
    @Test func stereoStaysStereo() throws {
        let place = try Workplace()
        let film = try place.make(
            "stereo.webm",
            [
                "-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*440*t)|0.2*sin(2*PI*660*t)':s=48000:d=2", "-c:a",
                "libopus", "-b:a", "128k",
            ])
        try place.render([
            "--input", film, "--size", "160x96", "--audio-bitrate", "128k", "--output", place["out.webm"],
        ])
        let samples = try Playback(path: place["out.webm"]).sound(channels: 2)
        let left = ToneMeter.channel(0, of: 2, in: samples)[9600..<86_400]
        let right = ToneMeter.channel(1, of: 2, in: samples)[9600..<86_400]
        #expect(abs(ToneMeter.level(of: 440, in: left) - ToneMeter.decibels(0.2)) < 0.5)
        #expect(abs(ToneMeter.level(of: 660, in: right) - ToneMeter.decibels(0.2)) < 0.5)
        #expect(ToneMeter.level(of: 660, in: left) < -50)
        #expect(ToneMeter.level(of: 440, in: right) < -50)
    }
}
