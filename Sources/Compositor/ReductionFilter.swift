/// The weights by which one axis of a plane is reduced: each sample of the target is a sum of ``taps`` neighbouring
/// samples of the source.
package struct ReductionFilter: Sendable {
    /// What stands for 1 among the weights. With 7 bits a sum of products of 8-bit samples fits in 16 bits.
    package static let one = 128
    /// The strongest reduction that is offered: beyond it weights of 7 bits would be too coarse.
    package static let strongest = 4

    /// Samples of the source for one of the target.
    package let taps: Int
    /// For each sample of the target, its first sample of the source; all taps lie inside the source.
    package let starts: [Int]
    /// ``taps`` for each sample of the target, which add up to ``one``.
    package let weights: [Int16]

    /// `target` is at most `source` and at least a ``strongest``th of it. `sharpness` 0 averages areas; 1 is the cubic
    /// of Catmull and Rom, widened so that nothing aliases; between them is a mixture of both.
    package init(source: Int, target: Int, sharpness: Double) {
        precondition(target <= source && source <= target * ReductionFilter.strongest, "no such reduction")
        let ratio = Double(source) / Double(target)
        var rows: [(first: Int, weights: [Double])] = []
        for index in 0..<target {
            let row = ReductionFilter.row(
                centre: (Double(index) + 0.5) * ratio - 0.5, ratio: ratio, source: source, sharpness: sharpness)
            rows.append(row)
        }
        let taps = rows.reduce(1) { max($0, $1.weights.count) }
        self.taps = taps
        starts = rows.map { max(0, min($0.first, source - taps)) }
        var weights: [Int16] = []
        weights.reserveCapacity(target * taps)
        for (row, start) in zip(rows, starts) {
            var fixed = [Int16](repeating: 0, count: taps)
            // What rounding takes from one weight is given to the next, so that the sum is exact.
            var owed = 0.0
            for (offset, weight) in row.weights.enumerated() {
                let wanted = weight * Double(ReductionFilter.one) + owed
                let rounded = wanted.rounded()
                owed = wanted - rounded
                fixed[row.first - start + offset] = Int16(rounded)
            }
            weights += fixed
        }
        self.weights = weights
    }

    /// The weights of one sample of the target, which lies at `centre` among the samples of the source. What reaches
    /// beyond the source's ends is given to its outermost samples.
    private static func row(
        centre: Double, ratio: Double, source: Int, sharpness: Double
    ) -> (first: Int, weights: [Double]) {
        let reach = 2 * ratio
        let nearby = Int((centre - reach).rounded(.down))...Int((centre + reach).rounded(.up))
        let cubic = nearby.map { catmullRom((Double($0) - centre) / ratio) }
        let area = nearby.map {
            max(0, min(Double($0) + 0.5, centre + ratio / 2) - max(Double($0) - 0.5, centre - ratio / 2))
        }
        let cubicSum = cubic.reduce(0, +)
        let areaSum = area.reduce(0, +)
        var clamped: [Int: Double] = [:]
        for (offset, place) in nearby.enumerated() {
            let weight = sharpness * cubic[offset] / cubicSum + (1 - sharpness) * area[offset] / areaSum
            // What is less than half a step would be rounded away, and its taps cost time.
            guard abs(weight) * Double(one) > 0.5 else { continue }
            clamped[min(max(place, 0), source - 1), default: 0] += weight
        }
        let first = clamped.keys.min() ?? 0
        let last = clamped.keys.max() ?? 0
        let sum = clamped.values.reduce(0, +)
        return (first, (first...last).map { (clamped[$0] ?? 0) / sum })
    }

    private static func catmullRom(_ distance: Double) -> Double {
        let x = abs(distance)
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
}
