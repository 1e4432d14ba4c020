import Containers
import Foundation
import Glibc
import Live
import Testing

/// Views that go out of rooms with real clients, looked at with ffmpeg's tools.
@Suite(.serialized) struct RoomOutputTests {
    private func scratch() throws -> String {
        let path = NSTemporaryDirectory() + "tessera-output-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func spawn(_ program: String, _ arguments: [String], _ output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// As `h264,1280,720` and `aac` by lines.
    private func probe(_ path: String) throws -> [String] {
        let pipe = Pipe()
        let process = try spawn(
            "ffprobe", ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", path], pipe)
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map {
            String($0).trimmingCharacters(in: CharacterSet(charactersIn: ","))
        }
    }

    @Test func aRoomIsServedAsHLS() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let members = try (0..<2).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members[0].client.report.frames > 20 })
        let output = try rig.server.output(
            room: "test", RoomOutput.Options(id: "o1", target: .segments(folder: folder))
        ) { _ in }
        #expect(try rig.server.room("test").recordings.map(\.isOutput) == [true])
        let playlist = folder + "/index.m3u8"
        var text: String { (try? String(contentsOfFile: playlist, encoding: .utf8)) ?? "" }
        #expect(
            eventually(within: 40) { text.components(separatedBy: "#EXTINF").count > 3 }, "\(text) \(output.status)")
        #expect(text.contains("#EXT-X-MAP:URI=\"init.mp4\"") && text.contains("#EXT-X-INDEPENDENT-SEGMENTS"))
        let lengths = text.components(separatedBy: "#EXTINF:").dropFirst().compactMap {
            Double($0.prefix { $0 != "," })
        }
        #expect(lengths.allSatisfy { $0 > 1 && $0 < 4 }, "\(lengths)")
        let streams = try probe(playlist)
        #expect(streams.contains { $0.hasPrefix("h264,") } && streams.contains("aac"), "\(streams)")
        #expect(output.status.state == .running && output.status.failures == 0)
        output.stop()
        #expect(eventually { output.status.state == .ended })
        #expect(text.contains("#EXT-X-ENDLIST"))
        #expect(try rig.server.room("test").recordings.isEmpty)
    }

    @Test func aRoomIsPushedAndAServerThatGoesAwayIsTriedAgain() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let members = try (0..<2).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members[0].client.report.frames > 20 })
        let url = "rtmp://127.0.0.1:\(23_900 + Int.random(in: 0..<90))/live/key"
        func listen(_ file: String) throws -> Process {
            try spawn(
                "ffmpeg",
                [
                    "-v", "error", "-y", "-listen", "1", "-f", "flv", "-i", url, "-c", "copy", "-flush_packets", "1",
                    file,
                ])
        }
        let output = try rig.server.output(
            room: "test", RoomOutput.Options(id: "o1", target: .server(url: url))
        ) { _ in }
        // Nobody listens yet.
        #expect(eventually(within: 20) { output.status.failures > 0 && output.status.state == .waiting })
        for file in ["first.flv", "second.flv"] {
            let server = try listen("\(folder)/\(file)")
            let before = output.status.bytes
            #expect(
                eventually(within: 60) { output.status.state == .running && output.status.bytes > before + 200_000 },
                "\(output.status)")
            if file == "first.flv" {
                // It looks at the stream for a while before it writes.
                let path = "\(folder)/\(file)"
                #expect(
                    eventually(within: 30) {
                        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0 > 50_000
                    })
                let failures = output.status.failures
                kill(server.processIdentifier, SIGKILL)
                #expect(eventually(within: 20) { output.status.failures > failures })
            } else {
                output.stop()
            }
            server.waitUntilExit()
            let streams = try probe("\(folder)/\(file)")
            #expect(streams.contains { $0.hasPrefix("h264,") } && streams.contains("aac"), "\(streams)")
        }
        #expect(eventually { output.status.state == .ended })
    }
}
