import Codecs
import Containers
import Foundation
import Live
import Media
import Recording
import Testing
import Timing

/// Flash and beep of one participant, through the server into the composite and into their own tracks, while things
/// happen to them.
@Suite(.serialized) struct RecordedLipSyncTests {
    enum Happening: String, CaseIterable, CustomTestStringConvertible {
        case nothing, joinsLate, changesResolution, mutesCamera, loses20Percent
        var testDescription: String { rawValue }
    }

    @Test(arguments: Happening.allCases) func soundAndPictureStayTogether(_ happening: Happening) throws {
        let rig = try Rig()
        defer { rig.stop() }
        let scratch = RoomRecordingTests.Scratch()
        let told = RoomRecordingTests.Told()
        try rig.server.createRoom("test")
        _ = try rig.join(8, kind: .view)
        var options = RecordingOptions(id: "r1", folder: scratch.path + "/r1", fileName: "mix", started: 0)
        (options.kind, options.leastFreeSpace, options.pausesWhenEmpty) = (.both, 0, false)
        let media = try FlashMedia.make(
            sizes: happening == .changesResolution
                ? [PictureSize(width: 320, height: 180), PictureSize(width: 160, height: 90)]
                : [PictureSize(width: 320, height: 180)], keyframeEvery: 1)
        func begin() throws -> RoomRecording { try rig.server.record(room: "test", options, onEvent: told.add) }
        var recording: RoomRecording?
        if happening == .joinsLate {
            recording = try begin()
            #expect(eventually { recording?.progress.duration ?? .zero > MediaTime(seconds: 4) })
        }
        var impairment: Impairment?
        if happening == .loses20Percent { impairment = try Impairment(parsing: "loss=20,delay=10") }
        let member = try rig.join(0, media: media, impairment: impairment)
        #expect(eventually { member.client.report.frames > 60 })
        let running = try recording ?? begin()
        let start = running.progress.duration
        if happening == .mutesCamera {
            for turn in 1...3 {
                let before = running.progress.duration
                #expect(eventually { running.progress.duration > before + MediaTime(seconds: 2) })
                member.client.setSending(video: turn == 2, sound: true)
            }
            member.client.setSending(video: true, sound: true)
        }
        #expect(eventually(within: 40) { running.progress.duration > start + MediaTime(seconds: 12) })
        try running.stop()
        #expect(eventually { told.hasEnded })
        #expect(told.failures.isEmpty)

        var composite = FlashBeepMeter()
        try measure(scratch.path + "/r1/mix.webm", into: &composite)
        check(composite, "composite", happening)
        var tracks = FlashBeepMeter()
        for entry in try Manifest(path: scratch.path + "/r1/" + Manifest.fileName).entries {
            guard case .track(let track) = entry.event, track.participant == member.joined.participant else { continue }
            try measure(scratch.path + "/r1/" + track.file, into: &tracks)
        }
        check(tracks, "tracks", happening)
    }

    /// Of packets that are lost, those are that a beep begins with, or a flash: what is heard or seen first is later then.
    private func check(_ meter: FlashBeepMeter, _ what: String, _ happening: Happening) {
        let offsets = meter.offsets.map { abs($0.milliseconds) }.sorted()
        #expect(offsets.count >= 5, "\(what): \(meter.flashes.count) flashes, \(meter.beeps.count) beeps")
        guard !offsets.isEmpty else { return }
        let high = offsets[(offsets.count * 95 + 99) / 100 - 1]
        print(
            String(
                format: "%@: %d offsets, p95 %.0f ms, worst %.0f ms", what, offsets.count, high,
                offsets[offsets.count - 1]))
        if happening == .loses20Percent {
            #expect(offsets[offsets.count / 2] <= 40 && offsets[offsets.count - 1] <= 200, "\(what): \(meter.offsets)")
        } else {
            #expect(high <= 40 && offsets[offsets.count - 1] <= 100, "\(what): \(meter.offsets)")
        }
    }

    private func measure(_ path: String, into meter: inout FlashBeepMeter) throws {
        let file = try MediaFile(path: path)
        let origin = file.info.origin
        while let picture = file.nextPicture() { meter.add(picture.picture, time: picture.time + origin) }
        while let block = file.nextSound() {
            var moved = block
            moved.time += origin
            meter.add(moved)
        }
    }
}
