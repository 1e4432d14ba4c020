package import Media

/// Reduction to exactly half of both sides: each sample is the mean of four. That is what an area filter does at this
/// ratio, at a fifth of its cost, so strong reductions begin with it.
package enum Halving {
    /// `source` has even sides; `target` has half of them.
    package static func halve(_ source: Plane, to target: WritablePlane) {
        for row in 0..<target.height {
            let upper = source.base + 2 * row * source.stride
            halve(upper, upper + source.stride, to: target.base + row * target.stride, count: target.width)
        }
    }

    /// Two samples are read at once as a 16-bit word, and added within it.
    private static func halve(
        _ upper: UnsafePointer<UInt8>, _ lower: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>,
        count: Int
    ) {
        let above = UnsafeRawPointer(upper)
        let below = UnsafeRawPointer(lower)
        for index in 0..<count {
            let first = above.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
            let second = below.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
            let sum = (first & 255) &+ (first &>> 8) &+ (second & 255) &+ (second &>> 8)
            target[index] = UInt8(truncatingIfNeeded: (sum &+ 2) &>> 2)
        }
    }
}
