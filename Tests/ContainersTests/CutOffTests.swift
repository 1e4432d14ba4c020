import Containers
import Glibc
import Media
import Testing
import Timing

/// What a writer did to its file.
private final class LoggedSink: RecordingSink {
    enum Entry {
        case write(offset: Int, bytes: [UInt8])
        case truncate(length: Int)
    }

    /// Shared with the test, and told how far the recording had come at each entry.
    final class Log {
        var entries: [(entry: Entry, given: MediaTime)] = []
        /// The end of what the writer was given.
        var given = MediaTime.zero
        /// Bytes that fit.
        var room = Int64.max
    }

    private let log: Log
    private let file: FileSink

    init(_ log: Log, path: String, replacing: Bool) throws(SinkError) {
        self.log = log
        file = try FileSink(path: path, replacing: replacing)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError) {
        let fitting = max(0, min(Int64(bytes.count), log.room - offset))
        let part = UnsafeRawBufferPointer(rebasing: bytes[0..<Int(fitting)])
        log.entries.append((.write(offset: Int(offset), bytes: Array(part)), log.given))
        try file.write(part, at: offset)
        if fitting < bytes.count { throw SinkError(number: ENOSPC) }
    }

    func truncate(to length: Int64) throws(SinkError) {
        log.entries.append((.truncate(length: Int(length)), log.given))
        try file.truncate(to: length)
    }

    func synchronise() throws(SinkError) { try file.synchronise() }
    func close() throws(SinkError) { try file.close() }
}

@Suite struct CutOffTests {
    private func writer(_ path: String, _ log: LoggedSink.Log, soundOnly: Bool = false) throws -> FileWriter {
        try FileWriter(
            path: path, video: soundOnly ? nil : PlainMedia.video, sound: PlainMedia.sound,
            openSink: { path, replacing throws(SinkError) in
                try LoggedSink(log, path: path, replacing: replacing)
            })
    }

    /// The writes of a recording, replayed up to every one of them and to places within it: what is there opens and
    /// lacks at most the last second.
    @Test(arguments: ["webm", "mkv", "mp4", "ogg"])
    func anyPrefixOfTheWritesIsPlayable(_ kind: String) throws {
        let scratch = try Scratch()
        let log = LoggedSink.Log()
        let soundOnly = kind == "mp4" || kind == "ogg"
        let writer = try writer(scratch.file("a.\(kind)"), log, soundOnly: soundOnly)
        for (track, chunk) in PlainMedia.both(seconds: 6) where track == .sound || !soundOnly {
            log.given = chunk.time + chunk.duration
            try writer.write(chunk, to: track)
        }
        // What finishing an MP4 writes goes to another file.
        let written = log.entries
        if kind == "mp4" { writer.abandon() } else { _ = try writer.finish() }
        let entries = kind == "mp4" ? written : log.entries
        #expect(entries.count >= 11)

        var file: [UInt8] = []
        for index in entries.indices {
            guard case .write(let offset, let bytes) = entries[index].entry else { continue }
            // The process was gone within this write, or at the latest when the next one began.
            let next = entries[min(index + 1, entries.count - 1)].given
            for part in [bytes.count / 3, bytes.count] {
                var image = file
                let end = offset + part
                if image.count < end { image += [UInt8](repeating: 0, count: end - image.count) }
                image.replaceSubrange(offset..<end, with: bytes[0..<part])
                if part == bytes.count { file = image }
                let whole = part == bytes.count
                let reached = whole ? next : entries[index].given
                guard reached > .milliseconds(1000) else { continue }
                let path = scratch.write(image, as: "cut.\(kind)")
                let content = try WholeFile(FileReader(path: path))
                let lastSound = content.sound.last.map { $0.chunk.time + $0.chunk.duration } ?? .zero
                #expect(reached - lastSound <= .milliseconds(1000), "write \(index), \(part) bytes")
                if !soundOnly {
                    let lastPicture = content.video.last.map { $0.chunk.time + $0.chunk.duration } ?? .zero
                    #expect(reached - lastPicture <= .milliseconds(1000), "write \(index), \(part) bytes")
                    #expect(abs((lastPicture - lastSound).milliseconds) <= 200 || !whole)
                }
            }
        }
    }

    @Test func piecesAreAtMostHalfASecond() throws {
        let scratch = try Scratch()
        let log = LoggedSink.Log()
        let writer = try writer(scratch.file("a.webm"), log)
        var flushed = MediaTime.zero
        for (track, chunk) in PlainMedia.both(seconds: 6) {
            log.given = chunk.time
            try writer.write(chunk, to: track)
            #expect(log.given - writer.flushedDuration <= .milliseconds(560))
            #expect(writer.flushedDuration >= flushed)
            flushed = writer.flushedDuration
        }
        writer.abandon()
        #expect(exists(writer.partPath) && !exists(writer.path))
    }

    @Test(arguments: ["webm", "mkv", "mp4"], [500, 10_000, 20_000])
    func noSpaceLeft(_ kind: String, room: Int64) throws {
        let scratch = try Scratch()
        let log = LoggedSink.Log()
        log.room = room
        let path = scratch.file("a.\(kind)")
        let soundOnly = kind == "mp4"
        var errors: [ContainerError] = []
        do {
            let writer = try writer(path, log, soundOnly: soundOnly)
            for (track, chunk) in PlainMedia.both(seconds: 6) where track == .sound || !soundOnly {
                do throws(ContainerError) { try writer.write(chunk, to: track) } catch { errors.append(error) }
                if errors.count == 3 { break }
            }
        } catch {
            errors.append(try #require(error as? ContainerError))
        }
        let first = try #require(errors.first)
        #expect(first.code == .noSpace)
        // The same error each time, and nothing more is tried.
        #expect(Set(errors).count == 1)
        #expect(log.entries.filter { if case .truncate = $0.entry { true } else { false } }.count <= 1)
        #expect(!exists(path))
        guard room > 1000 else { return }
        let content = try WholeFile(FileReader(path: path + ".part"))
        let last = content.sound.last.map { $0.chunk.time + $0.chunk.duration } ?? .zero
        #expect(last > .milliseconds(300))
        #expect(first.description.contains(path + ".part"))
    }
}
