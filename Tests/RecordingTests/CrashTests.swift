import Containers
import Foundation
import Glibc
import Media
import MediaTesting
import Recording
import Testing
import Timing

/// A sink that keeps what was written, in order.
private final class LogSink: RecordingSink {
    final class Log {
        var writes: [(offset: Int, bytes: [UInt8], given: MediaTime)] = []
        var given = MediaTime.zero
    }

    private let log: Log
    private let file: FileSink

    init(_ log: Log, path: String, replacing: Bool) throws(SinkError) {
        self.log = log
        file = try FileSink(path: path, replacing: replacing)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError) {
        log.writes.append((Int(offset), Array(bytes), log.given))
        try file.write(bytes, at: offset)
    }
    func truncate(to length: Int64) throws(SinkError) { try file.truncate(to: length) }
    func synchronise() throws(SinkError) { try file.synchronise() }
    func close() throws(SinkError) { try file.close() }
}

@Suite struct CrashTests {
    /// Real codecs: every prefix of the writes, and prefixes that end within a write, decode, and lack at most the
    /// last second; sound and picture end within 200 ms of each other where a write ended.
    @Test(arguments: [
        Written(kind: "webm", video: .vp8, sound: .opus), Written(kind: "mkv", video: .h264, sound: .opus),
        Written(kind: "mp4", video: .h264, sound: .aac),
    ])
    func whatWasWrittenBeforeTheCrashPlays(_ written: Written) throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(videoCodec: written.video, soundCodec: written.sound, seconds: 5)
        let log = LogSink.Log()
        let writer = try FileWriter(
            path: scratch.file("a.\(written.kind)"), video: media.video, sound: media.sound,
            openSink: { path, replacing throws(SinkError) in try LogSink(log, path: path, replacing: replacing) })
        for (track, chunk) in media.chunks {
            log.given = chunk.decodeTime
            try writer.write(chunk, to: track)
        }
        // The index of an MP4 is written to another file; a crash then leaves this one whole.
        if written.kind == "mp4" { writer.abandon() } else { _ = try writer.finish() }

        var random = SeededRandom(seed: 7)
        var image: [UInt8] = []
        for (index, write) in log.writes.enumerated() {
            let next = index + 1 < log.writes.count ? log.writes[index + 1].given : log.given
            for part in [Int.random(in: 0...write.bytes.count, using: &random), write.bytes.count] {
                let isWhole = part == write.bytes.count
                var cut = image
                cut += [UInt8](repeating: 0, count: max(0, write.offset + part - cut.count))
                cut.replaceSubrange(write.offset..<write.offset + part, with: write.bytes[0..<part])
                if isWhole { image = cut }
                let given = isWhole ? next : write.given
                guard given > .milliseconds(1000) else { continue }
                let check = try FileCheck(path: scratch.write(cut, as: "cut.\(written.kind)"))
                let place = "write \(index), \(part) of \(write.bytes.count) bytes"
                #expect(given - check.pictureEnd <= .milliseconds(1000), "\(place)")
                #expect(given - check.soundEnd <= .milliseconds(1000), "\(place)")
                if isWhole {
                    #expect(abs((check.endDifference ?? .limit).milliseconds) <= 200, "\(place)")
                    #expect(check.corruptPackets == 0, "\(place)")
                }
            }
        }
    }

    /// Processes that record, killed at ten moments: what they leave plays, and the next start finishes it.
    @Test func killedProcesses() throws {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: (own as NSString).deletingLastPathComponent + "/crash")
        process.arguments = ["run", "2"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }

    /// A real full disk, where the tests may mount one.
    @Test(.enabled(if: geteuid() == 0))
    func aFullFileSystem() throws {
        let scratch = try Scratch()
        let mounted = mount("tmpfs", scratch.path, "tmpfs", 0, "size=1m")
        guard mounted == 0 else { return }
        defer { umount(scratch.path) }
        let media = try EncodedMedia(seconds: 2)
        let filler = scratch.write([UInt8](repeating: 1, count: 940_000), as: "filler")
        let path = scratch.file("a.webm")
        let writer = try FileWriter(path: path, video: media.video, sound: media.sound)
        var failure: ContainerError?
        var shift = MediaTime.zero
        while failure == nil, shift < MediaTime(seconds: 60) {
            for (track, chunk) in media.chunks where failure == nil {
                var moved = chunk
                moved.time += shift
                moved.decodeTime += shift
                do throws(ContainerError) { try writer.write(moved, to: track) } catch { failure = error }
            }
            shift += MediaTime(seconds: 2)
        }
        #expect(failure?.code == .noSpace)
        #expect(!exists(path))
        let check = try FileCheck(path: path + ".part")
        #expect(check.pictures > 10)
        #expect(bytes(of: filler).count == 940_000)
        // With room again it can be finished.
        try FileManager.default.removeItem(atPath: filler)
        let outcome = try Recovery.run(path: path + ".part")
        #expect(outcome.file.path == path)
        #expect(try FileCheck(path: path).isSound)
    }
}
