import Foundation
import Live
import Media
import MediaTesting
import Testing
import Timing

@Suite(.serialized) struct RoomTests {
    @Test func oneClientConnectsAndWatchesItself() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let member = try rig.join(0)
        #expect(eventually { member.client.report.decoded >= 30 })
        let report = member.client.report
        #expect(report.isConnected)
        #expect(report.undecodable == 0)
    }
}
