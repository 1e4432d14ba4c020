import Foundation
import Glibc
import Testing

/// However a render ends, what it wrote plays.
@Suite struct InterruptTests {
    /// Starts a render that would go on for a day, and waits until it has written something.
    private func start(_ place: Workplace, output: String) throws -> Program.Running {
        let running = try Program.tessera.start([
            "render", "--participants", "2", "--duration", "80000", "--size", "320x180", "--output", place[output],
            "--report", place["report.json"],
        ])
        let part = place[output + ".part"]
        let limit = Date() + 20
        while Date() < limit {
            let size = try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int
            if let size, size > 40_000 { break }
            usleep(5000)
        }
        return running
    }

    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func controlC(_ output: String) throws {
        let place = try Workplace()
        let running = try start(place, output: output)
        running.signal(SIGINT)
        let result = try running.wait()
        #expect(result.status == 130)
        #expect(result.text.contains("ended early"))
        #expect(place.files == [output, "report.json"])
        #expect(try Report(place["report.json"]).wasCancelled)
        let lengths = try Playback(path: place[output]).lengths()
        #expect(lengths.pictures > 0.5)
        #expect(abs(lengths.pictures - lengths.sound) < (output.hasSuffix("mp4") ? 0.022 : 0.002), "\(lengths)")
    }

    @Test func aRequestToEndIsNoHarsherThanControlC() throws {
        let place = try Workplace()
        let running = try start(place, output: "out.webm")
        running.signal(SIGTERM)
        #expect(try running.wait().status == 143)
        #expect(try Playback(path: place["out.webm"]).brightness().count > 15)
    }

    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func killed(_ output: String) throws {
        let place = try Workplace()
        let running = try start(place, output: output)
        running.signal(SIGKILL)
        #expect(try running.wait().status == 137)
        #expect(place.files == [output + ".part"])
        // The end may be in the middle of a piece, which players complain of; what is before plays.
        let result = try Program.ffmpeg.run(
            ["-v", "quiet", "-i", place[output + ".part"], "-f", "framemd5", "-"])
        #expect(result.text.split(separator: "\n").count > 30)
        // It is not lost by trying again, unless that was asked for.
        let again = ["render", "--participants", "1", "--duration", "0.2", "--size", "320x180"]
        let refused = try Program.tessera.run(again + ["--output", place[output]])
        #expect(refused.status == 1)
        #expect(refused.errorLines.count == 1)
        #expect(refused.errors.contains(".part") && refused.errors.contains("--force"), "\(refused.errors)")
        try place.render(Array(again.dropFirst()) + ["--output", place[output], "--force"])
        #expect(place.files == [output])
    }

    /// As on a full disk: the file may grow no further.
    @Test(arguments: ["out.webm", "out.mkv", "out.mp4"]) func noSpaceLeft(_ output: String) throws {
        let place = try Workplace()
        try place.write("precious".utf8, to: output)
        let shell = Program(path: "/bin/sh")
        // In units of 512 bytes.
        let result = try shell.run([
            "-c", "ulimit -f 200; exec \"$0\" \"$@\"", Program.tessera.path, "render", "--participants", "4",
            "--duration",
            "60", "--size", "640x360", "--output", place[output], "--force", "--quiet",
        ])
        #expect(result.status == 1)
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("no space left") && result.errors.contains(".part"), "\(result.errors)")
        #expect(place.files == [output, output + ".part"])
        #expect(FileManager.default.contents(atPath: place[output]) == Data("precious".utf8))
        let played = try Program.ffmpeg.run(["-v", "error", "-i", place[output + ".part"], "-f", "framemd5", "-"])
        #expect(played.text.split(separator: "\n").count > 30)
    }

    @Test func aFullFileSystem() throws {
        guard getuid() == 0 else { return }
        let place = try Workplace()
        try FileManager.default.createDirectory(atPath: place["disk"], withIntermediateDirectories: true)
        guard mount("tmpfs", place["disk"], "tmpfs", 0, "size=200k") == 0 else { return }
        defer { umount(place["disk"]) }
        let result = try Program.tessera.run([
            "render", "--participants", "4", "--duration", "60", "--output", place["disk/out.webm"], "--quiet",
        ])
        #expect(result.status == 1)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("no space left"), "\(result.errors)")
        let played = try Program.ffmpeg.run(["-v", "error", "-i", place["disk/out.webm.part"], "-f", "framemd5", "-"])
        #expect(played.text.split(separator: "\n").count > 30)
    }

    @Test func nobodyReadsWhatIsSaid() throws {
        let place = try Workplace()
        let shell = Program(path: "/bin/sh")
        for (index, ending) in ["2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full", ">/dev/full"].enumerated() {
            let name = "out\(index).webm"
            let result = try shell.run([
                "-c", "exec \"$0\" \"$@\" \(ending)", Program.tessera.path, "render", "--participants", "1",
                "--duration",
                "0.5", "--size", "160x96", "--output", place[name],
            ])
            #expect(result.status == 0, "\(ending): \(result.errors)")
            #expect(try Playback(path: place[name]).brightness().count == 15)
            let refused = try shell.run([
                "-c", "exec \"$0\" \"$@\" \(ending)", Program.tessera.path, "render", "--output", place[name],
            ])
            #expect(refused.status == 1, "\(ending)")
        }
    }
}
