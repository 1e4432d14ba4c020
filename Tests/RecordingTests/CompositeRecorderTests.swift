import Containers
import Foundation
import Glibc
import Media
import Recording
import Synchronization
import Testing
import Timing

/// A disk that stops when told to, and fills up.
private final class Disk: Sendable {
    let gate = NSCondition()
    private let state = Mutex((isStalled: false, room: Int64.max))

    var isStalled: Bool {
        get { state.withLock(\.isStalled) }
        set {
            gate.lock()
            state.withLock { $0.isStalled = newValue }
            gate.broadcast()
            gate.unlock()
        }
    }

    var room: Int64 {
        get { state.withLock(\.room) }
        set { state.withLock { $0.room = newValue } }
    }

    func waitWhileStalled() {
        gate.lock()
        while isStalled { gate.wait() }
        gate.unlock()
    }
}

private final class DiskSink: RecordingSink {
    private let disk: Disk
    private let file: FileSink

    init(_ disk: Disk, path: String, replacing: Bool) throws(SinkError) {
        self.disk = disk
        file = try FileSink(path: path, replacing: replacing)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError) {
        disk.waitWhileStalled()
        guard offset + Int64(bytes.count) <= disk.room else { throw SinkError(number: ENOSPC) }
        try file.write(bytes, at: offset)
    }
    func truncate(to length: Int64) throws(SinkError) { try file.truncate(to: length) }
    func synchronise() throws(SinkError) { try file.synchronise() }
    func close() throws(SinkError) { try file.close() }
}

@Suite struct CompositeRecorderTests {
    private func recorder(
        _ path: String, _ media: EncodedMedia, _ disk: Disk, _ whenFull: CompositeRecorder.WhenFull
    ) throws -> CompositeRecorder {
        try CompositeRecorder(
            path: path, video: media.video, sound: media.sound, whenFull: whenFull,
            openSink: { path, replacing throws(SinkError) in
                try DiskSink(disk, path: path, replacing: replacing)
            })
    }

    @Test func twoThreadsRecordOneFile() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 4)
        let path = scratch.file("a.webm")
        let recorder = try recorder(path, media, Disk(), .wait)
        let group = DispatchGroup()
        let failures = Mutex<[String]>([])
        for track in Track.allCases {
            let chunks = media.chunks.filter { $0.track == track }.map(\.chunk)
            group.enter()
            Thread {
                do { for chunk in chunks { try recorder.write(chunk, to: track) } } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                group.leave()
            }.start()
        }
        group.wait()
        let finished = try recorder.finish()
        #expect(failures.withLock { $0 } == [])
        #expect(finished.path == path && exists(path))
        #expect(recorder.statistics.chunks == media.chunks.count)
        #expect(recorder.statistics.dropped == 0)
        #expect(recorder.statistics.longestQueue <= CompositeRecorder.queueSpan)
        let check = try FileCheck(path: path)
        #expect(check.isSound && check.pictures == 120)
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 5)
    }

    /// Live: a disk that stands still costs chunks, not memory, and what is recorded afterwards is decodable.
    @Test func aStalledDiskDropsUntilAKeyframe() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 8)
        let disk = Disk()
        let path = scratch.file("a.webm")
        let recorder = try recorder(path, media, disk, .drop)
        var asked = false
        for (index, (track, chunk)) in media.chunks.enumerated() {
            disk.isStalled = chunk.time >= .milliseconds(2000) && chunk.time < .milliseconds(5000)
            // A live source is slower than this loop: let the recorder keep up while the disk runs.
            while !disk.isStalled, recorder.statistics.chunks + recorder.statistics.dropped < index { sched_yield() }
            try recorder.write(chunk, to: track)
            asked = asked || recorder.needsKeyframe
            #expect(recorder.statistics.longestQueue <= CompositeRecorder.queueSpan)
        }
        disk.isStalled = false
        _ = try recorder.finish()
        #expect(asked)
        #expect(recorder.statistics.dropped > 50)
        let check = try FileCheck(path: path)
        #expect(check.corruptPackets == 0 && check.repairedTimes == 0)
        #expect(check.gaps.contains { $0.track == .video && $0.duration > .milliseconds(1000) })
    }

    @Test func aFullDiskIsSaidAndTheFileStaysPlayable() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 8)
        let disk = Disk()
        disk.room = 60_000
        let path = scratch.file("a.webm")
        let recorder = try recorder(path, media, disk, .wait)
        var failure: ContainerError?
        for (track, chunk) in media.chunks where failure == nil {
            do throws(ContainerError) { try recorder.write(chunk, to: track) } catch { failure = error }
        }
        let last = #expect(throws: ContainerError.self) { try recorder.finish() }
        #expect(failure?.code ?? last?.code == .noSpace)
        #expect(last?.code == .noSpace)
        #expect(!exists(path))
        let check = try FileCheck(path: path + ".part")
        #expect(check.pictures > 15 && check.corruptPackets == 0)
    }

    @Test func aCancelledRecordingIsKeptAndCanBeFinished() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 4)
        for kind in ["webm", "mkv"] {
            let path = scratch.file("a.\(kind)")
            let recorder = try recorder(path, media, Disk(), .wait)
            for (track, chunk) in media.chunks { try recorder.write(chunk, to: track) }
            recorder.cancel()
            #expect(!exists(path) && exists(path + ".part"))
            #expect(try FileReader(path: path + ".part").info.duration == nil)
            let outcome = try Recovery.run(path: path + ".part")
            #expect(outcome.file.path == path && outcome.damaged == 0)
            #expect(exists(path) && !exists(path + ".part") && !exists(path + ".recovering"))
            let check = try FileCheck(path: path)
            #expect(check.isSound && check.pictures == 120)
            #expect(abs(((check.info.duration ?? .zero) - .milliseconds(4000)).milliseconds) < 30)
            #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 5)
        }
    }
}
