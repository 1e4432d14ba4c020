import Codecs
import Containers
import Foundation
import Glibc
import Media
import Recording
import Synchronization
import Testing
import Timing

/// What a recorder told.
final class Told: Sendable {
    private let state = Mutex<[LiveRecorder.Event]>([])

    func add(_ event: LiveRecorder.Event) { state.withLock { $0.append(event) } }

    var events: [LiveRecorder.Event] { state.withLock { $0 } }
    var wishes: Int { events.count { if case .keyframeWanted = $0 { true } else { false } } }
    var reports: [RecordingReport] {
        events.compactMap { if case .finished(_, let report) = $0 { report } else { nil } }
    }
    var failure: ContainerError? {
        events.lazy.compactMap { if case .failed(let error) = $0 { error } else { nil } }.first
    }
    var hasEnded: Bool { events.contains { if case .ended = $0 { true } else { false } } }
}

/// A room that goes on for as long as one likes: the same few seconds of encoded media again and again.
struct EndlessMedia {
    let media: EncodedMedia
    let seconds: Int

    /// The chunks of the room's `round`th stretch. Sound's padding is part of its clock: it begins before the picture.
    func chunks(round: Int, start: MediaTime = .zero) -> [(track: Track, chunk: EncodedChunk)] {
        let shift = start + MediaTime(seconds: Double(round * seconds))
        // The last packet of sound reaches into the next stretch, whose first begins there.
        let end = MediaTime(seconds: Double(seconds)) - media.sound.startPadding - .milliseconds(1)
        return media.chunks.filter { $0.track == .video || $0.chunk.time < end }.map { track, chunk in
            var moved = chunk
            moved.time += shift
            moved.decodeTime += shift
            return (track, moved)
        }
    }
}

@Suite struct LiveRecorderTests {
    /// Gives chunks no faster than they are written, as a room does.
    private func feed(_ recorder: LiveRecorder, _ chunks: [(track: Track, chunk: EncodedChunk)]) {
        for (track, chunk) in chunks { recorder.writeWaiting(chunk, to: track) }
    }

    private func configuration(_ path: String, _ media: EncodedMedia, room: String? = nil) -> LiveRecorder.Configuration
    {
        var configuration = LiveRecorder.Configuration(path: path, video: media.video, sound: media.sound)
        configuration.room = room
        configuration.leastFreeSpace = 0
        return configuration
    }

    @Test(arguments: [
        Written(kind: "webm", video: .vp8, sound: .opus), Written(kind: "webm", video: .vp9, sound: .opus),
        Written(kind: "mkv", video: .vp8, sound: .opus), Written(kind: "mp4", video: .h264, sound: .aac),
        Written(kind: "mp4", video: .h264, sound: .opus),
    ])
    func aRoomIsRecordedFromItsNextKeyframeOn(_ written: Written) throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(videoCodec: written.video, soundCodec: written.sound, seconds: 6)
        let path = scratch.file("a.\(written.kind)")
        let told = Told()
        var configuration = configuration(path, media, room: "Réunion 7")
        configuration.started = 1_795_239_886
        configuration.videoTitle = "grid"
        let recorder = try LiveRecorder(configuration, onEvent: told.add)
        // The room has run for an hour, and the recording begins in the midst of a group of pictures.
        let start = MediaTime(seconds: 3600)
        let chunks = EndlessMedia(media: media, seconds: 6).chunks(round: 0, start: start)
        let late = chunks.filter { $0.chunk.time >= start + .milliseconds(700) }
        let marked = late.firstIndex { $0.chunk.time > start + .milliseconds(4000) } ?? 0
        feed(recorder, Array(late[..<marked]))
        recorder.mark("Questions", at: start + .milliseconds(4000))
        feed(recorder, Array(late[marked...]))
        let files = try recorder.finish()
        #expect(files.map(\.path) == [path] && told.hasEnded && told.wishes >= 1)
        #expect(recorder.status.dropped == 0)

        let check = try FileCheck(path: path)
        #expect(check.isSound, "\(check.warnings)")
        // Keyframes are two seconds apart.
        let pictures = late.drop { $0.track == .sound || !$0.chunk.isKeyframe }.count { $0.track == .video }
        #expect(check.pictures == pictures && pictures >= 120)
        #expect(abs((check.firstPicture ?? .limit).milliseconds) <= 1)
        #expect(abs((check.endDifference ?? .limit).milliseconds) <= 45)
        #expect(check.gaps.isEmpty, "\(check.gaps)")
        #expect(check.flashBeep.offsets.count >= 3)
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 5, "\(check.flashBeep.offsets)")
        #expect(check.info.title == "Réunion 7")
        #expect(check.info.creationTime == 1_795_239_886)
        #expect(check.info.video?.title == "grid" || written.kind == "mp4")
        #expect(check.info.video?.parameters.colour != nil || written.video == .vp8)
        let chapter = try #require(check.info.chapters.last)
        #expect(chapter.title == "Questions" && abs((check.duration - chapter.start).milliseconds - 2000) < 50)
        #expect(!exists(path + ".marks"))
        #expect(try probed(path).isEmpty)

        let report = try #require(told.reports.first)
        #expect(report.pictures == pictures && report.gaps.isEmpty && report.latePictures == 0)
        #expect(abs(report.soundDrift) < 1 && abs(report.startOffset ?? 99) < 25 && abs(report.endOffset ?? 99) < 45)
        #expect(report.started == "2026-11-21T05:44:46Z" && report.room == "Réunion 7" && report.chapters == 1)
        let saved = try JSONDecoder().decode(
            RecordingReport.self, from: Data(contentsOf: URL(fileURLWithPath: RecordingReport.path(for: path))))
        #expect(saved == report)
        let poster = try ImageReader.read(bytes(of: path + ".poster.png"))
        #expect(poster.size == EncodedMedia.size)
        let strip = try ImageReader.read(bytes(of: path + ".strip.png"))
        #expect(strip.size == PictureSize(width: 1600, height: 96))
    }

    /// What ffprobe warns of.
    private func probed(_ path: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ffprobe", "-v", "warning", path]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test func soundAlone() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 4)
        let path = scratch.file("a.ogg")
        let told = Told()
        var configuration = LiveRecorder.Configuration(path: path, video: nil, sound: media.sound)
        configuration.leastFreeSpace = 0
        let recorder = try LiveRecorder(configuration, onEvent: told.add)
        let chunks = EndlessMedia(media: media, seconds: 4).chunks(round: 0, start: MediaTime(seconds: 77))
        feed(recorder, chunks.filter { $0.track == .sound })
        _ = try recorder.finish()
        #expect(told.wishes == 0)
        let check = try FileCheck(path: path)
        #expect(check.isSound && abs((check.soundEnd - .milliseconds(4000)).milliseconds) < 25)
        #expect(check.flashBeep.beeps.count == 3)
    }

    /// Pauses at awkward moments: afterwards sound has no gap and sound and picture lie as before.
    @Test(arguments: ["webm", "mp4"]) func pausesLeaveNoHole(_ kind: String) throws {
        let scratch = try Scratch()
        let media =
            kind == "webm"
            ? try EncodedMedia(seconds: 6) : try EncodedMedia(videoCodec: .h264, seconds: 6)
        let endless = EndlessMedia(media: media, seconds: 6)
        let path = scratch.file("a.\(kind)")
        let told = Told()
        let recorder = try LiveRecorder(configuration(path, media), onEvent: told.add)
        let start = MediaTime(seconds: 50)
        let all = (0..<5).flatMap { endless.chunks(round: $0, start: start) }
        let moments: [(Int64, Bool)] = [(3507, true), (7011, false), (11_333, true), (19_990, false)]
        var changes = moments.map { (at: start + MediaTime.milliseconds($0.0), isPause: $0.1) }
        for (track, chunk) in all {
            while let change = changes.first, chunk.time >= change.at {
                if change.isPause { recorder.pause(at: change.at) } else { recorder.resume(at: change.at) }
                changes.removeFirst()
            }
            feed(recorder, [(track, chunk)])
        }
        _ = try recorder.finish()
        let check = try FileCheck(path: path)
        #expect(check.isSound, "\(check.warnings)")
        #expect(check.gaps.isEmpty, "\(check.gaps)")
        // 3.507 s, then from the keyframe at 8 to 11.333, then from the one at 20 to 30.
        #expect(kind == "mp4" || abs((check.duration - .milliseconds(16_840)).milliseconds) < 60, "\(check.duration)")
        #expect(abs((check.soundDrift ?? .limit).milliseconds) < 25)
        #expect(check.flashBeep.offsets.count >= 12)
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 6, "\(check.flashBeep.offsets)")
        #expect(told.reports.first?.pauses.count == 2)
    }

    @Test func splittingLosesNothing() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 6)
        let endless = EndlessMedia(media: media, seconds: 6)
        let told = Told()
        var configuration = configuration(scratch.file("a.webm"), media)
        configuration.splitDuration = MediaTime(seconds: 5)
        configuration.makesPoster = false
        let recorder = try LiveRecorder(configuration, onEvent: told.add)
        let all = (0..<4).flatMap { endless.chunks(round: $0, start: MediaTime(seconds: 9)) }
        feed(recorder, all)
        let files = try recorder.finish().sorted { $0.path < $1.path }
        #expect(files.count >= 3 && exists(scratch.file("a-2.webm")))
        var pictures = 0
        var packets = 0
        for file in files {
            let check = try FileCheck(path: file.path)
            #expect(check.isSound && check.gaps.isEmpty)
            #expect(abs((check.firstPicture ?? .limit).milliseconds) <= 1)
            #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 40, "\(check.flashBeep.offsets)")
            pictures += check.pictures
            packets += told.reports.first { file.path.hasSuffix("/" + $0.file) }?.soundPackets ?? 0
        }
        #expect(pictures == all.count { $0.track == .video })
        #expect(packets == all.count { $0.track == .sound })
    }

    @Test func keyframesAreWishedForUntilTheyCome() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 6)
        let told = Told()
        let recorder = try LiveRecorder(configuration(scratch.file("a.webm"), media), onEvent: told.add)
        // Five seconds of pictures of which none is a keyframe.
        let chunks = EndlessMedia(media: media, seconds: 6).chunks(round: 0)
        feed(recorder, chunks.filter { $0.track == .sound || !$0.chunk.isKeyframe })
        // Nothing was written, but nothing is lost that could have been decoded.
        _ = try? recorder.finish()
        #expect(told.wishes >= 4 && told.wishes <= 7)
        #expect(told.hasEnded)
    }

    // MARK: - Disks

    @Test(arguments: ["webm", "mkv", "mp4"]) func aFullDiskEndsItWithAnEvent(_ kind: String) throws {
        let scratch = try Scratch()
        guard geteuid() == 0, mount("tmpfs", scratch.path, "tmpfs", 0, "size=1m") == 0 else { return }
        defer { umount2(scratch.path, Int32(MNT_DETACH)) }
        let media = try kind == "mp4" ? EncodedMedia(videoCodec: .h264, seconds: 4) : EncodedMedia(seconds: 4)
        let endless = EndlessMedia(media: media, seconds: 4)
        let told = Told()
        let path = scratch.file("a.\(kind)")
        let recorder = try LiveRecorder(configuration(path, media), onEvent: told.add)
        var round = 0
        while told.failure == nil, round < 60 {
            feed(recorder, endless.chunks(round: round))
            round += 1
        }
        #expect(told.failure?.code == .noSpace)
        let thrown = #expect(throws: ContainerError.self) { try recorder.finish() }
        #expect(thrown?.code == .noSpace && told.hasEnded)
        // Calls that come afterwards do no harm.
        #expect(!recorder.write(media.chunks[0].chunk, to: media.chunks[0].track))
        recorder.pause(at: .zero)
        let kept = exists(path) ? path : path + ".part"
        let check = try FileCheck(path: kept)
        #expect(check.pictures > 60 && check.corruptPackets == 0)
        #expect(abs((check.endDifference ?? .limit).milliseconds) <= 200)
    }

    @Test func tooLittleSpaceIsSaidBefore() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 1)
        var configuration = configuration(scratch.file("a.webm"), media)
        configuration.leastFreeSpace = .max
        let refused = #expect(throws: ContainerError.self) { _ = try LiveRecorder(configuration) { _ in } }
        #expect(refused?.code == .noSpace)
        #expect(!exists(scratch.file("a.webm.part")))
        configuration.leastFreeSpace = 0
        configuration.path = scratch.file("nowhere/a.webm")
        let nowhere = #expect(throws: ContainerError.self) { _ = try LiveRecorder(configuration) { _ in } }
        #expect(nowhere?.code == .notWritable)
    }

    @Test func aFolderThatVanishesIsNoticed() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 4)
        try FileManager.default.createDirectory(atPath: scratch.file("d"), withIntermediateDirectories: true)
        let told = Told()
        let recorder = try LiveRecorder(configuration(scratch.file("d/a.webm"), media), onEvent: told.add)
        let endless = EndlessMedia(media: media, seconds: 4)
        feed(recorder, endless.chunks(round: 0))
        try FileManager.default.removeItem(atPath: scratch.file("d"))
        var round = 1
        while told.failure == nil, round < 20 {
            feed(recorder, endless.chunks(round: round))
            round += 1
        }
        #expect(told.failure?.code == .writeFailed)
        #expect(throws: ContainerError.self) { try recorder.finish() }
    }

    /// Markers survive the process too.
    @Test func aCutOffRecordingKeepsItsMarkers() throws {
        let scratch = try Scratch()
        let media = try EncodedMedia(seconds: 4)
        for kind in ["webm", "mkv"] {
            let path = scratch.file("a.\(kind)")
            let recorder = try LiveRecorder(configuration(path, media, room: "r")) { _ in }
            feed(recorder, media.chunks)
            recorder.mark("Here: \"ü\"", at: .milliseconds(1500))
            recorder.cancel()
            #expect(exists(path + ".part") && exists(path + ".marks"))
            _ = try Recovery.run(path: path + ".part")
            let info = try FileReader(path: path).info
            #expect(info.chapters == [Chapter(start: .milliseconds(1500), title: "Here: \"ü\"")])
            #expect(info.title == "r")
            #expect(!exists(path + ".marks"))
            // What recovery leaves if its process ends at its very last step: a second name.
            try FileManager.default.linkItem(atPath: path, toPath: path + ".part")
            #expect(try Recovery.run(path: path + ".part").wasWhole)
            #expect(exists(path) && !exists(path + ".part"))
        }
    }
}
