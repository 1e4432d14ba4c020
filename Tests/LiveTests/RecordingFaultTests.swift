import Containers
import Foundation
import Glibc
import Live
import Media
import Recording
import Testing
import Timing

/// Disks that fill up under recordings of rooms. Where the tests may not mount one, there is nothing to see.
@Suite(.serialized) struct RecordingFaultTests {
    @Test(arguments: [RecordingOptions.Kind.composite, .tracks])
    func aFullDiskEndsTheRecordingAndNotTheRoom(_ kind: RecordingOptions.Kind) throws {
        let scratch = RoomRecordingTests.Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        guard geteuid() == 0, mount("tmpfs", scratch.path, "tmpfs", 0, "size=1m") == 0 else { return }
        defer { umount2(scratch.path, Int32(MNT_DETACH)) }
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<2).map { try rig.join($0) }
        #expect(eventually { members.allSatisfy { $0.client.report.decoded > 20 } })
        let told = RoomRecordingTests.Told()
        var options = RecordingOptions(id: "r1", folder: scratch.path + "/r1", fileName: "mix", started: 0)
        options.kind = kind
        options.leastFreeSpace = 0
        let recording = try rig.server.record(room: "test", options, onEvent: told.add)
        #expect(eventually(within: 60) { told.hasEnded })
        #expect(told.failures.count == 1, "\(told.failures)")
        #expect(throws: LiveError.self) { try recording.stop() }
        #expect(try rig.server.room("test").recordings.isEmpty)
        // Everybody goes on seeing and hearing, and nobody tries to write any more.
        let before = members.map(\.client.report)
        #expect(
            eventually {
                zip(members, before).allSatisfy { member, before in
                    member.client.report.decoded > before.decoded + 60
                }
            })
        #expect(told.failures.count == 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/r1").sorted()
        let media = files.filter { name in ["webm", "part"].contains { name.hasSuffix("." + $0) } }
        #expect(media.count == (kind == .composite ? 1 : 4), "\(files)")
        for name in media {
            let check = try FileCheck(path: scratch.path + "/r1/" + name)
            #expect(check.corruptPackets <= 1 && check.duration > MediaTime(seconds: 1), "\(name) \(check.duration)")
            if kind == .composite {
                #expect(abs((check.endDifference ?? .limit).milliseconds) <= 200)
            }
        }
    }
}
