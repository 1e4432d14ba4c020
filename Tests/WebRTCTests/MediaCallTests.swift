import NetworkTesting
import Testing
import Timing
import WebRTC

/// Whole calls in virtual time, many of them, each by its seed.
@Suite struct MediaCallTests {
    private func impairment(_ random: inout NetworkRandom) -> Impairment {
        var impairment = Impairment.loss(
            0.3 * random.fraction(), delay: .milliseconds(Int64(5 + 60 * random.fraction())))
        impairment.jitter = .milliseconds(Int64(300 * random.fraction() * random.fraction()))
        impairment.reorder = 0.25 * random.fraction()
        impairment.duplicate = 0.2 * random.fraction()
        return impairment
    }

    @Test(arguments: 0..<8) func anyNetworkIsSurvivedAndLeavesNothingBehind(group: Int) throws {
        for seed in (group * 4)..<(group * 4 + 4) {
            var random = NetworkRandom(seed: UInt64(seed) + 77)
            let bad = impairment(&random)
            let call = try MediaCall(seed: UInt64(seed), impairment: bad)
            #expect(call.pair.connect(within: .milliseconds(15_000)), "seed \(seed)")
            call.pair.run(until: call.pair.now + .milliseconds(10_000))
            // The network becomes good again: everything is as ever within a second.
            call.pair.setImpairment(Impairment())
            let good = call.pair.now
            call.pair.run(until: good + .milliseconds(4_000))
            for end in call.ends {
                #expect(end.failures.isEmpty, "seed \(seed): \(end.failures.prefix(3))")
                #expect(end.mostWaiting <= 1_024)
                #expect(end.shown.count { $0 >= good + .milliseconds(1_000) } >= 85, "seed \(seed)")
                #expect(end.heard.count { $0 >= good + .milliseconds(1_000) } >= 140, "seed \(seed)")
                // Most of the time there was something to see and hear, too.
                #expect(end.heard.count { $0 < good } >= 200, "seed \(seed)")
            }
            #expect(call.pair.server.end == nil && call.pair.client.end == nil)
            #expect(call.pair.server.counters.forged == 0 && call.pair.client.counters.forged == 0)
        }
    }

    @Test(arguments: [500, 5_000] as [Int64], 0..<6)
    func anOutageIsOverWhenItIsOver(length: Int64, seed: Int) throws {
        var random = NetworkRandom(seed: UInt64(seed))
        var impairment = Impairment.loss(0.02 * Double(seed % 3), delay: .milliseconds(20))
        let call = try MediaCall(seed: UInt64(seed), impairment: impairment)
        #expect(call.pair.connect())
        call.pair.run(until: call.pair.now + .milliseconds(3_000 + Int64(100 * random.fraction())))
        let end = call.pair.now + .milliseconds(length)
        impairment.outages = [call.pair.now..<end]
        call.pair.setImpairment(impairment)
        call.pair.run(until: end + .milliseconds(3_000))
        for side in call.ends {
            #expect(try #require(side.pictureAfter(end)) < .milliseconds(1_000))
            #expect(try #require(side.soundAfter(end)) < .milliseconds(200))
            #expect(side.failures.isEmpty, "\(side.failures.prefix(3))")
        }
        #expect(call.pair.server.isConnected && call.pair.client.isConnected)
    }

    @Test func handshakesNeedNoLargeDatagramsAndLittleMemory() throws {
        var late = 0
        for seed in 0..<200 {
            var impairment = Impairment.loss(0.2)
            impairment.jitter = .milliseconds(30)
            let pair = try PeerPair(seed: UInt64(seed) + 5_000, impairment: impairment)
            if !pair.connect() { late += 1 }
            #expect(pair.largestDatagram <= 1_200)
        }
        #expect(late <= 2)
    }
}
