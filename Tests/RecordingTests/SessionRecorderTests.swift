import Containers
import Foundation
import Media
import Recording
import Synchronization
import Testing
import Timing

@Suite struct SessionRecorderTests {
    private final class Told: Sendable {
        private let state = Mutex<[SessionRecorder.Event]>([])
        func add(_ event: SessionRecorder.Event) { state.withLock { $0.append(event) } }
        var events: [SessionRecorder.Event] { state.withLock { $0 } }
        var wishes: Set<Int> {
            Set(events.compactMap { if case .keyframeWanted(let track) = $0 { track } else { nil } })
        }
    }

    private static let start = MediaTime(seconds: 1000)

    private func recorder(_ folder: String, _ told: Told) throws -> SessionRecorder {
        var configuration = SessionRecorder.Configuration(
            folder: folder, room: "demo", started: 1_795_239_886_000, start: SessionRecorderTests.start,
            monotonic: MediaTime(seconds: 81))
        configuration.leastFreeSpace = 0
        return try SessionRecorder(configuration, onEvent: told.add)
    }

    /// Somebody who is there from the start, and somebody who joins later, with H.264 and a stretch without anything.
    @Test func tracksLieOnOneClockAndGapsStay() throws {
        let scratch = try Scratch()
        let folder = scratch.file("s1")
        let told = Told()
        let recorder = try recorder(folder, told)
        let first = try EncodedMedia(seconds: 6)
        let second = try EncodedMedia(videoCodec: .h264, seconds: 4)
        let zero = SessionRecorderTests.start
        recorder.note(.joined(participant: "a", name: "Ada ../../x", role: "host"), at: zero + .milliseconds(100))
        let camera = recorder.add(.init(participant: "a", name: "Ada ../../x", kind: .camera, codec: .vp8))
        let sound = recorder.add(.init(participant: "a", name: "Ada ../../x", kind: .sound, codec: .opus))
        func write(
            _ media: EncodedMedia, _ camera: Int, _ sound: Int, from shift: MediaTime, without: ClosedRange<Double>?
        ) {
            for (track, chunk) in media.chunks {
                if let without, without.contains(chunk.time.seconds) { continue }
                var moved = chunk
                moved.time += shift
                moved.decodeTime += shift
                recorder.writeWaiting(moved, track: track == .video ? camera : sound)
            }
        }
        // The recording began when the first had been there for half a second: up to the next keyframe nothing decodes.
        write(first, camera, sound, from: zero - .milliseconds(500), without: 3.01...3.99)
        recorder.rotate(track: camera, to: .quarter, at: zero + MediaTime(seconds: 5.5))
        recorder.note(.joined(participant: "b", name: "Bo", role: nil), at: zero + MediaTime(seconds: 6))
        let other = recorder.add(
            .init(participant: "b", name: "Bo", kind: .screen, codec: .h264, size: EncodedMedia.size))
        let voice = recorder.add(.init(participant: "b", name: "Bo", kind: .sound, codec: .opus))
        write(second, other, voice, from: zero + MediaTime(seconds: 600), without: nil)
        recorder.note(.muted(participant: "b", true), at: zero + MediaTime(seconds: 603))
        let files = try recorder.finish()
        #expect(files.count == 4)
        #expect(told.wishes.isSuperset(of: [camera, other]))

        let manifest = try Manifest(path: folder + "/" + Manifest.fileName)
        #expect(manifest.hasEnded && !manifest.isCutOff)
        #expect(
            manifest.entries.first?.event
                == .session(room: "demo", started: 1_795_239_886_000, zero: MediaTime(seconds: 81)))
        #expect(manifest.entries.contains { $0.event == .rotated(track: camera, .quarter) })
        let tracks = manifest.tracks
        #expect(Set(tracks.map(\.file.file)) == ["1-camera.webm", "2-sound.webm", "3-screen.mkv", "4-sound.webm"])
        for (start, file) in tracks {
            let check = try FileCheck(path: folder + "/" + file.file)
            #expect(check.isSound, "\(check.warnings)")
            #expect(abs((check.info.origin - start).milliseconds) <= 1, "\(file.file)")
        }
        let pictures = try FileCheck(path: folder + "/1-camera.webm")
        #expect(abs((pictures.info.origin - .milliseconds(1500)).milliseconds) <= 1)
        #expect(pictures.gaps.contains { abs($0.duration.seconds - 1) < 0.1 })
        #expect(pictures.info.title == "Ada ../../x")
        let screen = try FileCheck(path: folder + "/3-screen.mkv")
        #expect(screen.pictures == 120 && abs(screen.info.origin.seconds - 600) < 0.001)

        // In step: flash and beep of one participant, by the session's clock.
        for (picture, sound) in [("1-camera.webm", "2-sound.webm"), ("3-screen.mkv", "4-sound.webm")] {
            let (seen, heard) = (
                try FileCheck(path: folder + "/" + picture), try FileCheck(path: folder + "/" + sound)
            )
            let flashes = seen.flashBeep.flashes.map { $0 + seen.info.origin }
            let beeps = heard.flashBeep.beeps.map { $0 + heard.info.origin }
            #expect(flashes.count >= 2)
            for flash in flashes {
                let nearest = beeps.map { abs(($0 - flash).milliseconds) }.min() ?? 999
                #expect(nearest <= 15, "\(picture) at \(flash): \(nearest) ms")
            }
        }
    }

    @Test func aFolderIsForOneSession() throws {
        let scratch = try Scratch()
        let folder = scratch.file("s")
        let told = Told()
        let recorder = try recorder(folder, told)
        let refused = #expect(throws: ContainerError.self) { _ = try self.recorder(folder, told) }
        #expect(refused?.code == .outputExists)
        #expect(try recorder.finish().isEmpty)
        let manifest = try Manifest(path: folder + "/" + Manifest.fileName)
        #expect(manifest.entries.count == 2)
    }

    @Test func resolutionsMayChange() throws {
        let scratch = try Scratch()
        let folder = scratch.file("s")
        let recorder = try recorder(folder, Told())
        let track = recorder.add(.init(participant: "a", name: "A", kind: .camera, codec: .vp8))
        let file = try FileReader(path: awkward("size-change.webm"))
        while case .packet(let packet) = try file.read() {
            guard packet.track == .video else { continue }
            var moved = packet.chunk
            moved.time += SessionRecorderTests.start
            moved.decodeTime += SessionRecorderTests.start
            recorder.writeWaiting(moved, track: track)
        }
        _ = try recorder.finish()
        let check = try FileCheck(path: folder + "/1-camera.webm")
        #expect(check.isSound && check.sizeChanges == 2)
    }
}

@Suite struct ManifestTests {
    static let all: [ManifestEvent] = [
        .session(room: "r", started: 1, zero: MediaTime(nanoseconds: 123_456_789)),
        .joined(participant: "a", name: "Ünï \"x\" / \u{1F600}", role: nil),
        .joined(participant: "b", name: "", role: "guest"), .left(participant: "a"),
        .named(participant: "a", name: "B"), .role(participant: "a", role: nil), .muted(participant: "a", true),
        .camera(participant: "a", false), .sharing(participant: "a", true), .speaking(participant: "a", true),
        .levels(["a": -30, "b": -127]), .frozen(participant: "a", true), .poorNetwork(participant: "a", false),
        .layout(view: "main", layout: "grid"), .pinned(view: "main", participant: nil),
        .view(view: "main", size: PictureSize(width: 1280, height: 720), rate: 30),
        .degraded(step: "faster-encoder", true),
        .track(
            .init(
                track: 1, participant: "a", kind: .camera, codec: .vp8, file: "1-camera.webm",
                start: MediaTime(nanoseconds: 1_500_000_001))),
        .trackEnded(track: 1, chunks: 9, dropped: 1), .resized(track: 1, size: PictureSize(width: 2, height: 4)),
        .rotated(track: 1, .threeQuarters), .marker("x\ny"), .paused, .resumed, .end(error: nil), .end(error: "e"),
    ]

    private func text(_ entries: [ManifestEntry]) -> Data { entries.reduce(Data()) { $0 + Manifest.line($1) } }

    private var entries: [ManifestEntry] {
        ManifestTests.all.enumerated().map {
            ManifestEntry(at: MediaTime(nanoseconds: Int64($0.offset) * 33_333_333), event: $0.element)
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        let manifest = try Manifest(text(entries), path: "m")
        #expect(manifest.entries == entries)
        #expect(!manifest.isCutOff && manifest.hasEnded)
    }

    /// Cut off anywhere, the whole lines remain.
    @Test func aManifestMayBeCutOffAnywhere() throws {
        let whole = text(entries)
        let firstEnd = try #require(whole.firstIndex(of: 10))
        for length in 0..<whole.count {
            let cut = whole.prefix(length)
            if length <= firstEnd {
                #expect(throws: Manifest.Fault.self) { try Manifest(Data(cut), path: "m") }
            } else {
                let manifest = try Manifest(Data(cut), path: "m")
                #expect(manifest.entries == Array(entries.prefix(manifest.entries.count)))
                #expect(manifest.isCutOff == (cut.last != 10))
            }
        }
    }

    @Test(arguments: [
        ("nonsense", "no JSON"), ("{}", "lacks"), ("[1]", "no JSON"), (#"{"at":"x","event":"left"}"#, "wrong kind"),
        (#"{"at":1,"event":"danced","participant":"a"}"#, "unknown event 'danced'"),
        (#"{"at":1,"event":"left"}"#, "'participant'"), (#"{"at":-1,"event":"paused"}"#, "'at'"),
        (#"{"at":0.01,"event":"paused"}"#, "earlier"),
        (#"{"at":1,"event":"rotated","track":1,"degrees":45}"#, "degrees"),
        (#"{"at":1,"event":"view","view":"v","width":0,"height":9,"rate":1}"#, "size"),
        (
            #"{"at":1,"event":"track","track":1,"participant":"a","kind":"camera","codec":"vp8","file":"../../etc/passwd"}"#,
            "beside the manifest"
        ),
        (#"{"at":1,"event":"track","track":1,"participant":"a","kind":"smell","codec":"vp8","file":"a"}"#, ""),
    ])
    func anEditedLineIsNamed(_ line: String, _ cause: String) throws {
        let data =
            text(Array(entries.prefix(3))) + Data((line + "\n").utf8)
            + text([ManifestEntry(at: .limit, event: .paused)])
        let fault = #expect(throws: Manifest.Fault.self) { try Manifest(data, path: "m.jsonl") }
        #expect(fault?.line == 4)
        #expect(fault?.description.hasPrefix("m.jsonl, line 4: ") == true)
        #expect(cause.isEmpty || fault?.cause.contains(cause) == true, "\(fault?.cause ?? "")")
    }

    @Test func versionsAndBeginnings() throws {
        let newer = Data(#"{"at":0,"event":"session","manifest":2,"room":"r","started":1,"zero":1}"#.utf8) + Data([10])
        #expect(throws: Manifest.Fault.self) { try Manifest(newer, path: "m") }
        #expect(throws: Manifest.Fault.self) {
            try Manifest(text([ManifestEntry(at: .zero, event: .paused)]), path: "m")
        }
        #expect(throws: Manifest.Fault.self) { try Manifest(Data(), path: "m") }
        #expect(throws: Manifest.Fault.self) { try Manifest(path: "/nowhere/m") }
    }
}
