import Archive
import Foundation
import Layout
import Media
import Testing
import Timing

/// What holds of every render: the same bytes each time, bounded memory, a complete report.
@Suite struct RenderTests {
    private func inputs(_ count: Int) throws -> [String] {
        try Workplace.participants(count).flatMap { ["--input", $0] }
    }

    @Test(arguments: ["webm", "mkv", "mp4"]) func theSameBytesEachTime(_ kind: String) throws {
        let place = try Workplace()
        let command = try inputs(4) + ["--duration", "2", "--size", "320x180"]
        try place.render(command + ["--output", place["a.\(kind)"]])
        try place.render(command + ["--output", place["b.\(kind)"]])
        #expect(FileManager.default.contentsEqual(atPath: place["a.\(kind)"], andPath: place["b.\(kind)"]))
    }

    @Test func theSameBytesWhateverTheThreads() throws {
        let place = try Workplace()
        var seen: Set<Data> = []
        for threads in [1, 2, 7] {
            let inputs = try (Workplace.participants(5) + [Workplace.sample("awkward/gap.webm")]).map {
                RenderJob.Input(name: ($0 as NSString).lastPathComponent, path: $0)
            }
            var job = RenderJob(layout: try LayoutFile("speaker"), inputs: inputs, output: place["\(threads).webm"])
            job.size = PictureSize(width: 320, height: 180)
            job.duration = MediaTime(seconds: 5)
            job.decodeThreads = threads
            _ = try OfflineRender(job).run()
            seen.insert(try Data(contentsOf: URL(fileURLWithPath: job.output)))
        }
        #expect(seen.count == 1)
    }

    /// Those whom no tile shows are not decoded, and come into view as if they had been all along.
    @Test(arguments: ["single", "speaker", "pip"]) func whatNobodySeesIsNotDecoded(_ layout: String) throws {
        let place = try Workplace()
        var films: [Data] = []
        for leaves in [true, false] {
            let files = try Workplace.participants(10) + [Workplace.sample("awkward/vp9.webm")]
            let inputs = files.map { RenderJob.Input(name: ($0 as NSString).lastPathComponent, path: $0) }
            var job = RenderJob(layout: try LayoutFile(layout), inputs: inputs, output: place["\(leaves).webm"])
            job.size = PictureSize(width: 320, height: 180)
            job.leavesUnseenUndecoded = leaves
            let report = try OfflineRender(job).run()
            films.append(try Data(contentsOf: URL(fileURLWithPath: job.output)))
            let saved = report.inputs.reduce(0) { $0 + $1.framesNotDecoded }
            if ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil {
                print("\(layout): \(saved) of 4050 pictures not decoded, \(report.elapsed) s")
            }
            #expect(leaves ? saved > (layout == "single" ? 2000 : 500) : saved == 0, "\(saved)")
        }
        #expect(films[0] == films[1])
    }

    @Test func memoryIsBounded() throws {
        let place = try Workplace()
        let command = try inputs(9) + ["--report", place["r.json"], "--output", place["out.webm"], "--force"]
        try place.render(command + ["--duration", "6"])
        let report = try Report(place["r.json"])
        #expect(report.peakMemory < 400 << 20, "\(report.peakMemory >> 20) MiB")
        if ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil {
            print("nine inputs at 720p: \(report.peakMemory >> 20) MiB")
        }
    }

    /// Ten minutes need what one needs.
    @Test func memoryDoesNotGrowWithLength() throws {
        let place = try Workplace()
        let second = try place.make(
            "second.webm",
            [
                "-f", "lavfi", "-i", "testsrc=s=160x96:r=15:d=10", "-f", "lavfi", "-i", "sine=440:r=48000:d=10", "-c:v",
                "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k", "-c:a", "libopus", "-b:a", "32k",
            ])
        let long = try place.make("long.webm", ["-stream_loop", "59", "-i", second, "-c", "copy"])
        func peak(_ seconds: Int) throws -> Int {
            try place.render([
                "--input", long, "--input", "b=\(long)", "--duration", "\(seconds)", "--size", "160x96", "--fps", "15",
                "--report", place["r.json"], "--output", place["out.mp4"], "--force", "--quiet",
            ])
            return try Report(place["r.json"]).peakMemory
        }
        let short = try peak(60)
        let whole = try peak(600)
        #expect(whole - short < 12 << 20, "\(short >> 20) MiB, \(whole >> 20) MiB")
        if ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil {
            print("one minute: \(short >> 10) KiB, ten minutes: \(whole >> 10) KiB")
        }
    }

    @Test func theReportIsComplete() throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("01-amara.webm"), "--input", Workplace.sample("awkward/fifteen-fps.webm"),
            "--input", Workplace.sample("awkward/h264-aac.mp4"), "--input", Workplace.sample("awkward/sound-only.webm"),
            "--fps", "30", "--duration", "4", "--size", "640x360", "--output", place["out.webm"], "--report",
            place["r.json"],
        ])
        let report = try Report(place["r.json"])
        #expect(report.inputs.map { $0["videoCodec"] as? String } == ["vp8", "vp8", "h264", nil])
        #expect(report.inputs.map { $0["soundCodec"] as? String } == ["opus", "opus", "aac", "opus"])
        #expect(report.inputs[0]["size"] as? String == "640x360")
        #expect((118...121).contains(report.count("framesUsed", ofInput: 0)))
        #expect((59...61).contains(report.count("framesUsed", ofInput: 1)))
        #expect((58...62).contains(report.count("framesRepeated", ofInput: 1)))
        #expect(report.count("framesSkipped", ofInput: 0) == 0)
        for input in report.inputs.prefix(3) {
            #expect(abs(input["offsetMean"] as? Double ?? 100) < 20)
            #expect(input["offsetP95"] as? Double ?? 100 < 40)
        }
        for stage in ["composite", "mixSound", "layOut", "encodeVideo", "encodeSound", "write", "waitForDecoders"] {
            let times = try #require(report.stages[stage], "\(stage)")
            #expect(times["p50"]! <= times["p99"]! && times["p99"]! <= times["maximum"]! && times["count"]! > 0)
        }
        let psnr = try #require(report.output["psnr"] as? Double)
        #expect(psnr > 28 && psnr < 60, "\(psnr)")
        #expect(report.output["ticks"] as? Int == 120)
        #expect(report.output["duration"] as? Double == 4)
    }

    /// Of codecs that measure their PSNR by themselves, and of the one that does not.
    @Test(arguments: ["vp8", "vp9", "h264"])
    func everyCodecsQualityIsReported(codec: String) throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("01-amara.webm"), "--duration", "2", "--size", "320x180", "--video-codec",
            codec, "--video-bitrate", "800k", "--output", place["out.mkv"], "--report", place["r.json"],
        ])
        let psnr = try #require(try Report(place["r.json"]).output["psnr"] as? Double)
        #expect(psnr > 34 && psnr < 60, "\(codec): \(psnr)")
    }

    /// A rate that is not the inputs' skips or repeats, and says so.
    @Test func halfTheRateSkipsHalf() throws {
        let place = try Workplace()
        try place.render([
            "--input", Workplace.sample("01-amara.webm"), "--fps", "15", "--duration", "4", "--size", "320x180",
            "--output", place["out.webm"], "--report", place["r.json"],
        ])
        let report = try Report(place["r.json"])
        #expect((59...61).contains(report.count("framesUsed", ofInput: 0)))
        #expect((57...61).contains(report.count("framesSkipped", ofInput: 0)))
    }

    /// Of 60 pictures a second every other one is shown, though WebM rounds their times to milliseconds.
    @Test func sixtyPicturesASecondDoNotJudder() throws {
        let place = try Workplace()
        let film = try place.make(
            "film.webm",
            [
                "-f", "lavfi", "-i", "testsrc=s=160x96:r=60:d=3", "-c:v", "libvpx", "-deadline", "realtime",
                "-cpu-used",
                "8", "-b:v", "1M",
            ])
        try place.render([
            "--input", film, "--size", "160x96", "--output", place["o.webm"], "--report", place["r.json"],
        ])
        let input = try Report(place["r.json"]).inputs[0]
        // The file does not say how long its last picture lasts.
        #expect((90...91).contains(input["framesUsed"] as? Int ?? 0))
        #expect(abs(input["offsetMean"] as? Double ?? 9) < 0.5, "always the same one of two")
        #expect(input["offsetP95"] as? Double ?? 9 < 1)
    }
}
