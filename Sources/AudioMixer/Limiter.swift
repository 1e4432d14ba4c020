import Foundation

/// Holds stereo sound below a ceiling without overshoot, both channels by the same gain, with a constant delay of
/// ``delay`` frames (2 ms). While nothing exceeds the ceiling and no gain is being given back, the output is the
/// delayed input bit for bit.
///
/// The gain is controlled in steps of 16 frames. Let D(k) be the reduction (1 - gain) that the peak within step k
/// needs, and M(k) = max D(k-6...k). The reduction in force, F(k) >= M(k), jumps up with M, is held for 20 ms (so that
/// low notes are not bent within their period) and then falls with two time constants at once: a fast part, and a slow
/// part that only builds up under sustained limiting and keeps the gain from pumping there. F is smoothed over six steps
/// (0...5 back) and drawn linearly from step to step. A frame of step k leaves in step k + 6, under a gain between the
/// smoothed values of steps k + 5 and k + 6: these average F(k...k+6), each of which covers D(k). Hence no overshoot.
package final class Limiter {
    /// Frames from input to output.
    package static let delay = 96
    static let step = 16
    private static let stepsPerTick = AudioMixer.framesPerTick / step
    private static let stepsOfDelay = delay / step
    private static let stepsPerSecond = 48_000.0 / Double(step)

    private static let holdSteps = 60
    private static let fastRelease = Float(exp(-1 / (0.1 * stepsPerSecond)))
    private static let slowAttack = Float(1 - exp(-1 / (0.3 * stepsPerSecond)))
    private static let slowRelease = Float(1 - exp(-1 / (1.0 * stepsPerSecond)))
    /// Reductions below this (-0.0001 dB) are dropped, so that the gain comes back to exactly one.
    private static let negligible: Float = 1e-5
    private static let smoothing: [Float] = {
        let weights = (1...stepsOfDelay).map { Float(pow(sin(Double($0) * .pi / Double(stepsOfDelay + 1)), 2)) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }()

    private let ceiling: Float
    /// Slightly below the ceiling, for what rounding may add; clamping to the ceiling then takes off no more than that.
    private let target: Float
    private let delayed: StereoBuffer
    /// Reductions D of the last steps (seven count) and F (six count), newest first.
    private var needed = SIMD8<Float>.zero
    private var inForce = SIMD8<Float>.zero
    private let weights: SIMD8<Float>
    private var fast: Float = 0
    private var slow: Float = 0
    private var hold = 0
    /// The smoothed reduction at the end of the last step: 0 for unity gain.
    package private(set) var reduction: Float = 0

    /// `ceiling` in dBFS, at most 0.
    package init(ceiling: Double) {
        self.ceiling = Float(pow(10, min(ceiling, 0) / 20))
        target = self.ceiling * (1 - 1e-5)
        delayed = StereoBuffer(frames: Limiter.delay)
        var weights = SIMD8<Float>.zero
        for index in Limiter.smoothing.indices { weights[index] = Limiter.smoothing[index] }
        self.weights = weights
    }

    /// Goes on as the other one would.
    package func takeState(of other: Limiter) {
        delayed.copy(from: other.delayed)
        needed = other.needed
        inForce = other.inForce
        fast = other.fast
        slow = other.slow
        hold = other.hold
        reduction = other.reduction
    }

    /// Whether the sound leaving the two is the same to the ear, given the same input for the last 2 ms and from now on.
    package func agrees(with other: Limiter) -> Bool {
        abs(reduction - other.reduction) < 1e-4 && abs(fast - other.fast) < 1e-3 && abs(slow - other.slow) < 1e-3
    }

    /// Limits one tick: `left` and `right` hold 960 frames each, `output` takes 960 interleaved frames.
    package func process(
        left: UnsafePointer<Float>, right: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let step = Limiter.step
        for index in 0..<Limiter.stepsPerTick {
            let before = reduction
            advance(peak: Samples.peak(left + index * step, right + index * step, count: step))
            let fromDelay = index < Limiter.stepsOfDelay
            let source = fromDelay ? index * step : index * step - Limiter.delay
            let sourceLeft = fromDelay ? UnsafePointer(delayed.left) + source : left + source
            let sourceRight = fromDelay ? UnsafePointer(delayed.right) + source : right + source
            let place = output + index * step * 2
            if before == 0 && reduction == 0 {
                Samples.interleave(sourceLeft, sourceRight, into: place, count: step)
            } else {
                Samples.interleave(
                    sourceLeft, sourceRight, into: place, count: step, gainFrom: 1 - before, to: 1 - reduction,
                    within: ceiling)
            }
        }
        let kept = AudioMixer.framesPerTick - Limiter.delay
        delayed.left.update(from: left + kept, count: Limiter.delay)
        delayed.right.update(from: right + kept, count: Limiter.delay)
    }

    /// One control step.
    private func advance(peak: Float) {
        let need = peak > target ? 1 - target / peak : 0
        // At rest and nothing to do: the common case.
        if need == 0 && reduction == 0 && fast == 0 && slow == 0 && needed == .zero { return }
        needed = Limiter.push(need, onto: needed)
        var highest = needed
        highest[7] = 0
        let most = Samples.largest(of: highest)
        if most >= fast * 0.98 && most > 0 {
            fast = max(fast, most)
            hold = Limiter.holdSteps
        } else if hold > 0 {
            hold -= 1
        } else {
            fast = max(most, fast * Limiter.fastRelease)
        }
        slow += (fast - slow) * (fast > slow ? Limiter.slowAttack : Limiter.slowRelease)
        if fast < Limiter.negligible && most == 0 { fast = 0 }
        if slow < Limiter.negligible && fast == 0 { slow = 0 }
        inForce = Limiter.push(max(fast, slow), onto: inForce)
        reduction = Samples.total(of: inForce * weights)
    }

    private static func push(_ value: Float, onto history: SIMD8<Float>) -> SIMD8<Float> {
        SIMD8(value, history[0], history[1], history[2], history[3], history[4], history[5], history[6])
    }
}
