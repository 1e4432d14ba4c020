import Mixing
import Timing

/// How long the stages of a render took, tick by tick.
struct RenderTimings {
    var waitForDecoders = DurationHistogram()
    var layOut = DurationHistogram()
    var composite = DurationHistogram()
    var mixSound = DurationHistogram()
    var waitForEncoder = DurationHistogram()
}

extension RenderReport.Stage {
    init(_ histogram: DurationHistogram) {
        self.init(
            count: histogram.count, mean: histogram.mean.milliseconds, p50: histogram.quantile(0.5).milliseconds,
            p99: histogram.quantile(0.99).milliseconds, maximum: histogram.maximum.milliseconds)
    }
}
