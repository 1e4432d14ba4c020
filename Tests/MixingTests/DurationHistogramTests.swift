import Mixing
import Testing
import Timing

@Suite struct DurationHistogramTests {
    @Test func quantilesAreRightToSixPercent() {
        var histogram = DurationHistogram()
        for milliseconds: Int64 in 1...1000 { histogram.record(.milliseconds(milliseconds)) }
        for quantile in [0.01, 0.1, 0.5, 0.9, 0.99, 1] {
            #expect(abs(histogram.quantile(quantile).milliseconds / (quantile * 1000) - 1) < 0.06)
        }
        #expect(histogram.mean == MediaTime(nanoseconds: 500_500_000))
        #expect(histogram.maximum == .milliseconds(1000))
    }

    @Test func extremesAreCountedAtTheEnds() {
        var histogram = DurationHistogram()
        #expect(histogram.quantile(0.5) == .zero)
        histogram.record(MediaTime(nanoseconds: -5))
        histogram.record(MediaTime(seconds: 86_400))
        #expect(histogram.count == 2)
        #expect(histogram.quantile(1) > MediaTime(seconds: 60))
    }
}
