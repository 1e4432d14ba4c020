import Containers
import Foundation
import Glibc
import Media
import Recording
import Testing
import Timing

/// Folders that nobody may write to any more, seen by a thread that is not root: what it starts is not, either.
@Suite struct UnwritableFolderTests {
    private typealias SetUser = @convention(c) (UInt32) -> Int32

    /// Runs `body` on a thread that reads and writes files as nobody (setfsuid(2) is of one thread).
    private func asNobody(_ folder: String, _ body: @escaping @Sendable () throws -> Void) throws {
        let isRoot = geteuid() == 0
        let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "setfsuid")
        let setUser = try #require(symbol.map { unsafeBitCast($0, to: SetUser.self) })
        if isRoot { chown(folder, 65_534, 65_534) }
        let box = Outcome()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            if isRoot { _ = setUser(65_534) }
            box.result = Result { try body() }
            done.signal()
        }
        thread.start()
        done.wait()
        chmod(folder, 0o755)
        try box.result?.get()
    }

    private final class Outcome: @unchecked Sendable { var result: Result<Void, any Error>? }

    /// What is open is written on; the file keeps its `.part`, and is finished once that may be.
    @Test(arguments: ["webm", "mkv", "mp4"]) func aRecordingIsKept(_ kind: String) throws {
        let scratch = try Scratch()
        let folder = scratch.path
        let media = try kind == "mp4" ? EncodedMedia(videoCodec: .h264, seconds: 4) : EncodedMedia(seconds: 4)
        let path = scratch.file("a.\(kind)")
        let told = Told()
        try asNobody(folder) {
            var configuration = LiveRecorder.Configuration(path: path, video: media.video, sound: media.sound)
            configuration.leastFreeSpace = 0
            let recorder = try LiveRecorder(configuration, onEvent: told.add)
            for (track, chunk) in media.chunks { recorder.writeWaiting(chunk, to: track) }
            chmod(folder, 0o555)
            for (track, chunk) in EndlessMedia(media: media, seconds: 4).chunks(round: 1) {
                recorder.writeWaiting(chunk, to: track)
            }
            #expect(throws: ContainerError.self) { try recorder.finish() }
        }
        #expect(told.hasEnded && told.failure != nil)
        #expect(!exists(path) && exists(path + ".part"))
        let check = try FileCheck(path: path + ".part")
        #expect(check.pictures >= 230 && check.corruptPackets == 0, "\(check.pictures)")
        _ = try Recovery.run(path: path + ".part")
        #expect(try FileCheck(path: path).isSound)
    }

    /// The next file of a recording that is split cannot be begun: that ends it, and the first is whole or kept.
    @Test func theNextFileCannotBeBegun() throws {
        let scratch = try Scratch()
        let folder = scratch.path
        let media = try EncodedMedia(seconds: 4)
        let path = scratch.file("a.webm")
        let told = Told()
        try asNobody(folder) {
            var configuration = LiveRecorder.Configuration(path: path, video: media.video, sound: media.sound)
            configuration.leastFreeSpace = 0
            let recorder = try LiveRecorder(configuration, onEvent: told.add)
            for (track, chunk) in media.chunks { recorder.writeWaiting(chunk, to: track) }
            chmod(folder, 0o555)
            recorder.split()
            for round in 1..<4 {
                for (track, chunk) in EndlessMedia(media: media, seconds: 4).chunks(round: round) {
                    recorder.writeWaiting(chunk, to: track)
                }
            }
            #expect(throws: ContainerError.self) { try recorder.finish() }
        }
        #expect(told.hasEnded && told.failure != nil)
        let check = try FileCheck(path: path + ".part")
        #expect(check.pictures >= 115 && check.corruptPackets == 0)
    }
}
