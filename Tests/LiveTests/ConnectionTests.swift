import Live
import Testing
import Timing

/// What is made of a connection's figures: its quality, and what is asked of who publishes.
@Suite struct ConnectionTests {
    @Test(arguments: [
        (0.0, 20, ConnectionQuality.good), (0.009, 149, .good), (0.01, 20, .fair), (0, 150, .fair), (0.049, 299, .fair),
        (0.05, 20, .poor), (0, 300, .poor),
    ])
    func qualityFollowsLossAndRoundTrip(loss: Double, roundTrip: Int64, expected: ConnectionQuality) {
        #expect(ConnectionQuality(loss: loss, roundTrip: .milliseconds(roundTrip)) == expected)
    }

    @Test func qualityDoesNotFlicker() {
        var meter = QualityMeter()
        #expect(meter.quality == .good)
        // One bad second is none.
        meter.note(loss: 0.2, roundTrip: nil)
        #expect(meter.quality == .good)
        for _ in 0..<4 { meter.note(loss: 0.2, roundTrip: nil) }
        #expect(meter.quality == .poor)
        for _ in 0..<4 { meter.note(loss: 0, roundTrip: .milliseconds(20)) }
        #expect(meter.quality == .poor)
        for _ in 0..<20 { meter.note(loss: 0, roundTrip: .milliseconds(20)) }
        #expect(meter.quality == .good)
    }

    @Test func smallTilesAreAskedForLittle() throws {
        func asked(_ height: Int?, isWanted: Bool = true) -> Double {
            UsefulBitrate.bitrate(of: .init(isWanted: isWanted, height: height))
        }
        #expect((1_600_000...1_800_000).contains(asked(720)))
        #expect((100_000...200_000).contains(asked(180)))
        #expect(asked(720, isWanted: false) < 50_000)
        #expect(asked(nil) > 2_000_000)

        var useful = UsefulBitrate()
        func update(_ heights: [Int], _ milliseconds: Int64) -> Int? {
            useful.update(
                heights.map { UsefulBitrate.Source(isWanted: true, height: $0) }, now: .milliseconds(milliseconds))
        }
        #expect(update([], 0) == nil)
        // Less only after a while, more at once, and again and again.
        #expect(update([180], 100) == nil)
        let less = try #require(update([180], 3200))
        #expect(less < 250_000)
        #expect(update([180], 3300) == nil)
        #expect(update([180], 5300) == less)
        let more = try #require(update([720], 5400))
        #expect(more > 1_600_000)
        #expect(update([180], 5500) == nil)
        #expect(update([720], 5600) == nil)
        #expect(update([180], 6000) == nil)
    }
}
