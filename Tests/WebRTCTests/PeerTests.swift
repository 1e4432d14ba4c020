import NetworkTesting
import RTP
import SecureTransport
import Testing
import Timing
import WebRTC

@Suite struct PeerTests {
    @Test(arguments: [SetupRole.passive, .active], [CheckingAgent.Nomination.regular, .aggressive])
    func connectsAndExchangesMediaOnACleanNetwork(
        setup: SetupRole, nomination: CheckingAgent.Nomination
    ) throws {
        let pair = try PeerPair(seed: 1, serverSetup: setup, nomination: nomination)
        #expect(pair.connect())
        #expect(pair.now < .milliseconds(60))
        #expect(pair.server.profile == .aes128GCM)
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(1_000))
        #expect(pair.atServer.count >= 49)
        #expect(pair.atClient.count >= 49)
        #expect(pair.atServer.allSatisfy { $0.source == IncomingSource(media: 0, role: .media) })
        #expect(pair.largestDatagram <= 1_200)
    }

    @Test(arguments: [SetupRole.passive, .active])
    func ninetyNineOfAHundredHandshakesEndInTimeWithTwentyPerCentLoss(setup: SetupRole) throws {
        var late = 0
        for seed in 0..<100 {
            var impairment = Impairment.loss(0.2)
            impairment.reorder = 0.1
            impairment.duplicate = 0.1
            let pair = try PeerPair(seed: UInt64(seed), impairment: impairment, serverSetup: setup)
            if !pair.connect() { late += 1 }
        }
        #expect(late <= 1)
    }
}
