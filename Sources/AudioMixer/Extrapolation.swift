/// Goes on with sound that broke off, so that it can be faded out instead of cut.
///
/// Linear prediction by Burg's method (J. P. Burg, 1967): the filter is stable by construction and carries on tones
/// without a seam. It runs only when an input stops, about 0.03 ms of work for each channel.
final class Extrapolation {
    /// How much of the past is looked at, and the number of coefficients.
    static let history = 960
    private static let order = 32
    private let forward: UnsafeMutablePointer<Double>
    private let backward: UnsafeMutablePointer<Double>
    private let coefficients: UnsafeMutablePointer<Double>
    private let reversed: UnsafeMutablePointer<Double>

    init() {
        forward = .allocate(capacity: 2 * Extrapolation.history + 2 * (Extrapolation.order + 1))
        backward = forward + Extrapolation.history
        coefficients = backward + Extrapolation.history
        reversed = coefficients + Extrapolation.order + 1
    }

    deinit { forward.deallocate() }

    /// Writes `count` samples (at most ``history``) that would follow the ``history`` samples before `end`.
    func extend(upTo end: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, count: Int) {
        let past = end - Extrapolation.history
        var peak: Float = 0
        for index in 0..<Extrapolation.history { peak = max(peak, abs(past[index])) }
        guard peak > 1e-6 else {
            result.update(repeating: 0, count: count)
            return
        }
        fit(past)
        // `forward` has served; it now holds the latest samples, followed by those predicted from them.
        let order = Extrapolation.order
        let signal = forward
        for index in 0..<order { signal[index] = Double(past[Extrapolation.history - order + index]) }
        let bound = Double(peak) * 1.5
        for index in 0..<count {
            var next = 0.0
            for tap in 1...order { next -= coefficients[tap] * signal[order + index - tap] }
            next = min(max(next, -bound), bound)
            signal[order + index] = next
            result[index] = Float(next)
        }
    }

    /// Finds the coefficients a(1)...a(order) for which x(n) + Σ a(i) x(n-i) is least, in both directions of time.
    private func fit(_ past: UnsafePointer<Float>) {
        let count = Extrapolation.history
        for index in 0..<count {
            forward[index] = Double(past[index])
            backward[index] = forward[index]
        }
        for index in 0...Extrapolation.order { coefficients[index] = index == 0 ? 1 : 0 }
        var firstEnergy = 0.0
        for stage in 1...Extrapolation.order {
            // backward(n - 1) of the last stage lies at n - stage.
            let length = count - stage
            let (product, energy) = correlate(forward + stage, backward, count: length)
            if stage == 1 { firstEnergy = energy }
            // What is left is rounding: more coefficients would only model that.
            guard energy > firstEnergy * 1e-13 else { return }
            let reflection = -2 * product / energy
            for index in 0...stage { reversed[index] = coefficients[stage - index] }
            for index in 0...stage { coefficients[index] += reflection * reversed[index] }
            let ahead = forward + stage
            for index in 0..<length {
                let left = ahead[index]
                let right = backward[index]
                ahead[index] = left + reflection * right
                backward[index] = right + reflection * left
            }
        }
    }

    /// Σ first·second and Σ first² + second².
    private func correlate(
        _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, count: Int
    ) -> (product: Double, energy: Double) {
        var products = SIMD4<Double>.zero
        var squares = SIMD4<Double>.zero
        var index = 0
        while index + 4 <= count {
            let left = UnsafeRawPointer(first + index).loadUnaligned(as: SIMD4<Double>.self)
            let right = UnsafeRawPointer(second + index).loadUnaligned(as: SIMD4<Double>.self)
            products += left * right
            squares += left * left + right * right
            index += 4
        }
        var product = products.sum()
        var energy = squares.sum()
        while index < count {
            product += first[index] * second[index]
            energy += first[index] * first[index] + second[index] * second[index]
            index += 1
        }
        return (product, energy)
    }
}
