import Testing
import Timing

@Suite struct MediaTimeTests {
    @Test func countsOfEveryRateBecomeNanoseconds() {
        #expect(MediaTime(clamping: 48_000, per: 48_000) == MediaTime(seconds: 1))
        #expect(MediaTime(clamping: 1, per: 3).nanoseconds == 333_333_333)
        #expect(MediaTime(clamping: -1, per: 3).nanoseconds == -333_333_334)
        #expect(MediaTime(clamping: 90_000 * 3600 * 24 * 365, per: 90_000) == MediaTime(seconds: 3600 * 24 * 365))
    }

    @Test(arguments: [Int64.min, -1 << 62, 1 << 62, Int64.max]) func foreignCountsNeverTrap(count: Int64) {
        for rate: Int64 in [Int64.min, -1, 0, 1, 2, 1000, 90_000, Int64.max] {
            let time = MediaTime(clamping: count, per: rate)
            #expect(abs(time.nanoseconds) <= MediaTime.limit.nanoseconds)
        }
    }

    @Test func secondsThatAreNoNumbersAreZeroOrHeld() {
        #expect(MediaTime(seconds: .nan) == .zero)
        #expect(MediaTime(seconds: .infinity) == .limit)
        #expect(MediaTime(seconds: -1e300) == -MediaTime.limit)
    }

    @Test func countRoundsToTheNearest() {
        #expect(MediaTime(nanoseconds: 20_833).count(per: 48_000) == 1)
        #expect(MediaTime(nanoseconds: 10_416).count(per: 48_000) == 0)
        #expect(MediaTime(nanoseconds: -20_833).count(per: 48_000) == -1)
        #expect(MediaTime(seconds: 3600).count(per: 90_000) == 324_000_000)
    }

    @Test func describesItselfInSeconds() {
        #expect(MediaTime(seconds: 12.3456).description == "12.346 s")
        #expect(MediaTime(seconds: -0.05).description == "-0.050 s")
    }
}

@Suite struct FrameRateTests {
    @Test func ticksDoNotDrift() {
        #expect(FrameRate(30).time(ofFrame: 108_000) == MediaTime(seconds: 3600))
        #expect(FrameRate(parsing: "29.97") == FrameRate(numerator: 30000, denominator: 1001))
        #expect(FrameRate(parsing: "12.5")?.framesPerSecond == 12.5)
        #expect(FrameRate(parsing: "25")?.interval == .milliseconds(40))
    }

    @Test(arguments: ["", "0", "-5", "a", "1/0", "0/1", "30/", "1e9", "nan"]) func nonsenseIsNoRate(text: String) {
        #expect(FrameRate(parsing: text) == nil)
    }

    @Test func framesBeforeATimeAreThoseThatBeginBeforeIt() {
        let rate = FrameRate(30)
        #expect(rate.frames(before: .zero) == 0)
        #expect(rate.frames(before: MediaTime(nanoseconds: 1)) == 1)
        #expect(rate.frames(before: MediaTime(seconds: 1)) == 30)
        for index: Int64 in 1..<100 { #expect(rate.frames(before: rate.time(ofFrame: index)) == index) }
    }
}
