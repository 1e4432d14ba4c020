import Codecs
import Containers
import Foundation
import Live
import Media
import Recording
import Synchronization
import Testing
import Timing

/// Recordings of rooms with real clients over sockets on loopback.
@Suite(.serialized) struct RoomRecordingTests {
    /// What a recording told.
    final class Told: Sendable {
        private let state = Mutex<[RecordingEvent]>([])
        func add(_ event: RecordingEvent) { state.withLock { $0.append(event) } }
        var events: [RecordingEvent] { state.withLock { $0 } }
        var hasEnded: Bool { events.contains { if case .ended = $0 { true } else { false } } }
        var files: [String] { events.compactMap { if case .finished(let file, _, _) = $0 { file } else { nil } } }
        var failures: [String] { events.compactMap { if case .failed(let why) = $0 { why } else { nil } } }
    }

    /// A folder that is gone after the test.
    final class Scratch {
        let path = NSTemporaryDirectory() + "/tessera-room-recording-" + UUID().uuidString
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func options(_ scratch: Scratch, _ change: (inout RecordingOptions) -> Void = { _ in }) -> RecordingOptions
    {
        var options = RecordingOptions(
            id: "r1", folder: scratch.path + "/r1", fileName: "mix", started: 1_795_239_886_000)
        options.leastFreeSpace = 0
        change(&options)
        return options
    }

    private func gauge(_ rig: Rig, _ name: String) -> Int {
        let line = rig.server.metrics().split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? -1
    }

    private func status(_ body: () throws -> Void) -> Int? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LiveError)?.status
        }
    }

    /// A busy machine leaves out a tick now and then; a pause would leave out seconds.
    private func hasNoHole(_ check: FileCheck) -> Bool {
        check.gaps.allSatisfy { $0.duration < MediaTime.milliseconds(250) }
    }

    @Test func aWatchedViewIsRecordedWithoutAnEncode() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = Scratch()
        let members = try (0..<3).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members.allSatisfy { $0.client.report.frames > 20 } })
        #expect(gauge(rig, "tessera_video_encodes") == 1)
        let told = Told()
        let recording = try rig.server.record(room: "test", options(scratch), onEvent: told.add)
        #expect(try rig.server.room("test").recordings.map(\.id) == ["r1"])
        var most = 0
        #expect(
            eventually {
                most = max(most, gauge(rig, "tessera_video_encodes"))
                return recording.progress.duration > MediaTime(seconds: 3)
            })
        #expect(most == 1)
        #expect(status { _ = try rig.server.record(room: "test", options(scratch), onEvent: told.add) } == 409)
        try recording.mark("Questions")
        try recording.stop()
        #expect(status { try recording.stop() } == 409)
        #expect(try rig.server.room("test").recordings.isEmpty)
        #expect(eventually { told.hasEnded })
        #expect(told.failures.isEmpty && told.files == [scratch.path + "/r1/mix.webm"])
        let check = try FileCheck(path: told.files[0])
        #expect(check.isSound, "\(check.warnings)")
        #expect(check.pictures > 80 && hasNoHole(check) && check.sizeChanges == 0, "\(check.pictures) \(check.gaps)")
        #expect(abs((check.endDifference ?? .limit).milliseconds) <= 100)
        #expect(check.info.chapters.contains { $0.title == "Questions" })
        #expect(check.info.video?.parameters.size == PictureSize(width: 1280, height: 720))
        #expect(members[0].client.report.freezes == 0)
    }

    @Test(arguments: ["mkv", "mp4", "ogg"]) func whatNobodyWatchesGetsAnEncode(container: String) throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = Scratch()
        let publisher = try rig.join(0, kind: .publish)
        #expect(eventually { publisher.client.report.isConnected })
        let told = Told()
        let recording = try rig.server.record(
            room: "test",
            options(scratch) {
                $0.container = container
                $0.rendition = container == "ogg" ? nil : "360p30"
            }, onEvent: told.add)
        #expect(eventually { recording.progress.duration > MediaTime(seconds: 2) })
        #expect(gauge(rig, "tessera_video_encodes") == (container == "ogg" ? 0 : 1))
        // The room ends with its last participant, and the recording with the room.
        publisher.client.leave()
        #expect(eventually { told.hasEnded })
        #expect(told.failures.isEmpty && told.files.count == 1)
        let check = try FileCheck(path: try #require(told.files.first))
        #expect(check.isSound && hasNoHole(check), "\(check.warnings) \(check.gaps)")
        #expect(check.soundEnd > MediaTime(seconds: 2))
        if container != "ogg" {
            #expect(check.info.video?.parameters.size == PictureSize(width: 640, height: 360))
        }
    }

    @Test func aPauseLeavesNoHoleAndLipsStayInStep() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = Scratch()
        let member = try rig.join(0, media: try FlashMedia.make())
        #expect(eventually { member.client.report.frames > 60 })
        let told = Told()
        let recording = try rig.server.record(room: "test", options(scratch), onEvent: told.add)
        #expect(eventually { recording.progress.duration > .milliseconds(3500) })
        try recording.pause()
        #expect(status { try recording.pause() } == 409)
        #expect(try rig.server.room("test").recordings.map(\.isPaused) == [true])
        let frames = member.client.report.frames
        #expect(eventually { member.client.report.frames > frames + 45 })
        let before = recording.progress.duration
        try recording.resume()
        #expect(status { try recording.resume() } == 409)
        #expect(eventually { recording.progress.duration > before + .milliseconds(3500) })
        try recording.stop()
        #expect(eventually { told.hasEnded })
        let check = try FileCheck(path: try #require(told.files.first))
        #expect(check.isSound && hasNoHole(check), "\(check.warnings) \(check.gaps)")
        #expect(check.flashBeep.offsets.count >= 4, "\(check.flashBeep.flashes.count) \(check.flashBeep.beeps.count)")
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 100, "\(check.flashBeep.offsets)")
    }

    @Test func tracksAreWrittenAsTheyCome() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = Scratch()
        let first = try rig.join(0)
        #expect(eventually { first.client.report.decoded > 10 })
        let told = Told()
        let recording = try rig.server.record(
            room: "test", options(scratch) { $0.kind = .both }, onEvent: told.add)
        #expect(eventually { recording.progress.duration > MediaTime(seconds: 1) })
        let late = try rig.join(1)
        #expect(eventually { late.client.report.frames > 60 })
        try recording.stop()
        #expect(eventually { told.hasEnded })
        #expect(told.failures.isEmpty && told.files.count == 5, "\(told.files)")
        let manifest = try Manifest(path: scratch.path + "/r1/" + Manifest.fileName)
        var tracks: [ManifestEvent.TrackFile] = []
        var joined: [String] = []
        for entry in manifest.entries {
            if case .track(let track) = entry.event { tracks.append(track) }
            if case .joined(let id, _, _) = entry.event { joined.append(id) }
        }
        #expect(joined == [first.joined.participant, late.joined.participant])
        #expect(tracks.count == 4)
        for participant in joined {
            let own = tracks.filter { $0.participant == participant }
            #expect(Set(own.map(\.kind)) == [.camera, .sound])
            for track in own {
                let check = try FileCheck(path: scratch.path + "/r1/" + track.file)
                #expect(check.corruptPackets == 0 && check.truncated == nil, "\(track.file)")
                #expect(check.duration > MediaTime(seconds: 1), "\(track.file) \(check.duration)")
            }
        }
    }

    @Test func refusalsSayWhatIsWrong() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = Scratch()
        func start(_ room: String, _ change: (inout RecordingOptions) -> Void) -> Int? {
            status { _ = try rig.server.record(room: room, options(scratch, change), onEvent: { _ in }) }
        }
        #expect(start("nobody") { _ in } == 404)
        try rig.server.createRoom("test")
        #expect(start("test") { $0.container = "avi" } == 422)
        #expect(start("test") { $0.layout = "nonsense" } == 422)
        #expect(start("test") { $0.rendition = "1p1" } == 422)
        #expect(start("test") { $0.leastFreeSpace = .max } == 507)
        #expect(try rig.server.room("test").recordings.isEmpty)
        // Nobody is there: it rests, and can be stopped.
        let told = Told()
        let recording = try rig.server.record(room: "test", options(scratch) { $0.folder += "2" }, onEvent: told.add)
        #expect(told.events.contains { if case .paused(true) = $0 { true } else { false } })
        try recording.stop()
        #expect(eventually { told.hasEnded })
    }
}

/// A white picture and a tone that begin together once a second.
enum FlashMedia {
    /// The size changes every two seconds, if there are several. A client that is asked for a keyframe leaves out what
    /// comes before its next one, and is out of step for a while, unless all are.
    static func make(
        sizes: [PictureSize] = [PictureSize(width: 320, height: 180)], keyframeEvery: Int64 = 60
    ) throws -> LoadMedia {
        let encoders = try sizes.map { size in
            try VideoEncoders.make(
                VideoEncoderConfiguration(codec: .vp8, size: size, frameRate: .fps30, bitrate: 300_000))
        }
        let sound = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 64_000))
        var pictures: [EncodedChunk] = []
        var packets: [EncodedChunk] = []
        for frame in 0..<Int64(120) {
            let (size, video) = (sizes[Int(frame) / 60 % sizes.count], encoders[Int(frame) / 60 % sizes.count])
            let writable = WritablePicture(size: size)
            let isFlash = frame % 30 >= 15 && frame % 30 < 21
            for row in 0..<size.height {
                for column in 0..<size.width {
                    writable.luma.base[row * writable.luma.stride + column] =
                        isFlash ? 235 : UInt8(30 + (row + column + Int(frame)) % 32)
                }
            }
            for plane in [writable.cb, writable.cr] {
                for row in 0..<plane.height {
                    for column in 0..<plane.width { plane.base[row * plane.stride + column] = 128 }
                }
            }
            let chunk = try video.encode(
                writable.freeze(colour: .bt601Limited), time: FrameRate.fps30.time(ofFrame: frame),
                forceKeyframe: frame % keyframeEvery == 0, activeMap: nil)
            if let chunk { pictures.append(chunk) }
        }
        for tick in 0..<200 {
            let samples = (0..<960).map { index -> Float in
                let position = tick * 960 + index
                let isBeep = (24_000..<33_600).contains(position % 48_000)
                return isBeep ? 0.5 * sinf(2 * .pi * 1000 * Float(position) / 48_000) : 0
            }
            try samples.withUnsafeBufferPointer {
                try sound.encode($0, time: .milliseconds(Int64(20 * tick)), into: &packets)
            }
        }
        return try LoadMedia(name: "Flash", video: pictures, sound: packets)
    }
}
