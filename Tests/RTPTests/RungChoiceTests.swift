import RTP
import Testing
import Timing

@Suite struct RungChoiceTests {
    private let ladder = [1_500_000, 500_000, 120_000]

    private func settled(_ available: Int, from start: RungChoice? = nil) -> RungChoice {
        var choice = start ?? RungChoice(bitrates: ladder, hasLayers: true, wished: 0)
        for tick in 0..<2000 { _ = choice.update(available: available, now: .milliseconds(Int64(tick) * 50)) }
        return choice
    }

    @Test func whatTheNetworkTakesIsChosen() {
        #expect(settled(3_000_000).step.rung == 0)
        #expect(settled(3_000_000).step.topLayer == 2)
        // Layers go before a rung does.
        #expect(settled(1_100_000).step.rung == 0)
        #expect(settled(1_100_000).step.topLayer == 1)
        #expect(settled(520_000).step.rung == 1)
        #expect(settled(130_000).step.rung == 2)
        #expect(settled(130_000).step.topLayer == 2)
        #expect(settled(60_000).step.topLayer == 0)
        #expect(settled(20_000).step.isSlideShow)
        #expect(settled(0).step.rung == nil)
    }

    @Test func downAtOnceAndUpOnlyAfterHolding() {
        var choice = RungChoice(bitrates: ladder, hasLayers: true, wished: 0)
        check(choice.update(available: nil, now: .zero) == nil)
        let down = choice.update(available: 150_000, now: .milliseconds(10))
        #expect(down?.reason == .bandwidth)
        #expect(choice.step.rung == 2)
        // A second is not enough, nor is an estimate that comes and goes.
        for tick in 0..<200 {
            let now = MediaTime.milliseconds(1000 + Int64(tick) * 10)
            check(choice.update(available: tick % 100 == 99 ? 130_000 : 3_000_000, now: now) == nil)
        }
        var upAt: MediaTime?
        for tick in 0..<400 where upAt == nil {
            let now = MediaTime.milliseconds(4000 + Int64(tick) * 10)
            if choice.update(available: 3_000_000, now: now) != nil { upAt = now }
        }
        #expect(upAt == .milliseconds(5500))
        #expect(choice.step.rung == 0)
    }

    @Test func whoFailsWaitsLongerEachTime() {
        var choice = RungChoice(bitrates: ladder, hasLayers: true, wished: 0)
        var ups = 0
        // The estimate promises what the link cannot do.
        for tick in 0..<12_000 {
            let now = MediaTime.milliseconds(Int64(tick) * 10)
            let before = choice.step.bitrate
            _ = choice.update(available: choice.step.bitrate > 500_000 ? 450_000 : 2_000_000, now: now)
            if choice.step.bitrate > before { ups += 1 }
        }
        #expect(ups >= 2 && ups <= 9)
    }

    @Test func whoAsksForKeyframesTooOftenGetsALowerRung() {
        var choice = RungChoice(bitrates: ladder, hasLayers: true, wished: 0)
        check(choice.keyframeRequested(now: MediaTime(seconds: 1)) == nil)
        // Of one loss.
        check(choice.keyframeRequested(now: MediaTime(seconds: 1.2)) == nil)
        check(choice.keyframeRequested(now: MediaTime(seconds: 3)) == nil)
        let change = choice.keyframeRequested(now: MediaTime(seconds: 5))
        #expect(change?.reason == .keyframes)
        #expect(choice.step.rung == 1)
        // Not back at once, however good the network.
        for tick in 0..<150 {
            check(choice.update(available: 9_000_000, now: MediaTime(seconds: 6 + Double(tick) / 20)) == nil)
        }
        for tick in 0..<600 { _ = choice.update(available: 9_000_000, now: MediaTime(seconds: 20 + Double(tick) / 20)) }
        #expect(choice.step.rung == 0)
    }

    @Test func theWishIsTheBestThereIs() {
        var choice = RungChoice(bitrates: ladder, hasLayers: false, wished: 1)
        #expect(choice.wanted == nil)
        _ = choice.update(available: 9_000_000, now: MediaTime(seconds: 10))
        #expect(choice.step.rung == 1)
        check(choice.setWish(nil)?.to.rung == nil)
        check(choice.setWish(0)?.to.rung == 0)
        _ = choice.update(available: 200_000, now: MediaTime(seconds: 20))
        #expect(choice.step.rung == 2)
        #expect(choice.wanted == 625_000)
    }
}
