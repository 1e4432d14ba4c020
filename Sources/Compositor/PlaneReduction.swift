import CSwscale
package import Media
import PlaneKernels
import PlaneKernelsAVX2

/// Reduces planes of one size to another by ``ReductionFilter``s, 16 rows at a time, so that all that lies between the
/// source and the target stays in the first cache.
///
/// First each of the 16 rows is made from its rows of the source. The result is turned on its side: 16 rows become one
/// vector for each column, and columns are then added up as rows were before. That is turned back into the target.
/// All of it is arithmetic on whole vectors of 16-bit numbers, where even and odd bytes are taken apart by masks and
/// shifts. Writes exactly the target's samples; source and target may lie at any address.
package final class PlaneReduction {
    /// Below these the vectors do not fit.
    package static let smallestSource = 32
    package static let smallestTarget = 16

    private static let rows = 16
    package static let hasAVX2 = av_get_cpu_flags() & AV_CPU_FLAG_AVX2 != 0

    private let across: ReductionFilter
    private let down: ReductionFilter
    private let sourceWidth: Int
    private let targetWidth: Int
    private let targetHeight: Int
    /// 16 rows of the target's height and the source's width.
    private let strip: UnsafeMutableRawPointer
    private let stripStride: Int
    /// The same, turned: 16 samples of 16 bits for each column, those of even rows before those of odd rows.
    private let columns: UnsafeMutableRawPointer
    /// 16 rows of the target, turned: 16 bytes for each column.
    private let result: UnsafeMutableRawPointer

    /// Whether planes of these sizes can be reduced by this.
    package static func offers(_ source: PictureSize, _ target: PictureSize) -> Bool {
        target.width <= source.width && target.height <= source.height
            && source.width <= target.width * ReductionFilter.strongest
            && source.height <= target.height * ReductionFilter.strongest
            && min(source.width, source.height) >= smallestSource && min(target.width, target.height) >= smallestTarget
    }

    /// For sizes that are offered; see ``ReductionFilter`` for `sharpness`.
    package init(source: PictureSize, target: PictureSize, sharpness: Double) {
        precondition(PlaneReduction.offers(source, target), "no such reduction")
        across = ReductionFilter(source: source.width, target: target.width, sharpness: sharpness)
        down = ReductionFilter(source: source.height, target: target.height, sharpness: sharpness)
        sourceWidth = source.width
        targetWidth = target.width
        targetHeight = target.height
        stripStride = (source.width + 63) & ~63
        strip = .allocate(byteCount: stripStride * PlaneReduction.rows, alignment: 64)
        columns = .allocate(byteCount: stripStride * 32, alignment: 64)
        result = .allocate(byteCount: (target.width + 15) / 16 * 16 * 16, alignment: 64)
        // The last vectors of a row reach beyond it; what they find there is never used.
        strip.initializeMemory(as: UInt8.self, repeating: 0, count: stripStride * PlaneReduction.rows)
        result.initializeMemory(as: UInt8.self, repeating: 0, count: (target.width + 15) / 16 * 16 * 16)
    }

    deinit {
        strip.deallocate()
        columns.deallocate()
        result.deallocate()
    }

    /// Reduces `source` into `target`, which have the sizes this was made for.
    package func reduce(_ source: Plane, to target: WritablePlane) {
        precondition(source.width == sourceWidth && target.width == targetWidth && target.height == targetHeight)
        var top = 0
        while top < targetHeight {
            let count = min(PlaneReduction.rows, targetHeight - top)
            let output = UnsafeMutableRawPointer(target.base + top * target.stride)
            if PlaneReduction.hasAVX2 {
                wide(source, top: top, count: count, to: output, stride: target.stride)
            } else {
                plain(source, top: top, count: count, to: output, stride: target.stride)
            }
            top += count
        }
    }

    /// The rows from `top` on, at most 16.
    private func wide(_ source: Plane, top: Int, count: Int, to target: UnsafeMutableRawPointer, stride: Int) {
        typealias Kernels = PlaneKernelsAVX2.PlaneKernel
        withWeights { starts, weights in
            for row in 0..<count {
                let place = top + row
                Kernels.sumRows(
                    UnsafeRawPointer(source.base + down.starts[place] * source.stride), stride: source.stride,
                    weights: weights.down + place * down.taps, taps: down.taps, to: strip + row * stripStride,
                    width: sourceWidth)
            }
            Kernels.turnToColumns(strip, stride: stripStride, width: sourceWidth, to: columns)
            Kernels.sumColumns(
                columns, starts: starts, weights: weights.across, taps: across.taps, count: targetWidth, to: result)
            if count == PlaneReduction.rows {
                Kernels.turnToRows(result, width: targetWidth, to: target, stride: stride)
            } else {
                Kernels.turnToRows(result, width: targetWidth, to: strip, stride: stripStride)
                for row in 0..<count {
                    (target + row * stride).copyMemory(from: strip + row * stripStride, byteCount: targetWidth)
                }
            }
        }
    }

    /// The same for every processor.
    private func plain(_ source: Plane, top: Int, count: Int, to target: UnsafeMutableRawPointer, stride: Int) {
        typealias Kernels = PlaneKernels.PlaneKernel
        withWeights { starts, weights in
            for row in 0..<count {
                let place = top + row
                Kernels.sumRows(
                    UnsafeRawPointer(source.base + down.starts[place] * source.stride), stride: source.stride,
                    weights: weights.down + place * down.taps, taps: down.taps, to: strip + row * stripStride,
                    width: sourceWidth)
            }
            Kernels.turnToColumns(strip, stride: stripStride, width: sourceWidth, to: columns)
            Kernels.sumColumns(
                columns, starts: starts, weights: weights.across, taps: across.taps, count: targetWidth, to: result)
            if count == PlaneReduction.rows {
                Kernels.turnToRows(result, width: targetWidth, to: target, stride: stride)
            } else {
                Kernels.turnToRows(result, width: targetWidth, to: strip, stride: stripStride)
                for row in 0..<count {
                    (target + row * stride).copyMemory(from: strip + row * stripStride, byteCount: targetWidth)
                }
            }
        }
    }

    private func withWeights(
        _ body: (UnsafePointer<Int>, (down: UnsafePointer<Int16>, across: UnsafePointer<Int16>)) -> Void
    ) {
        across.starts.withUnsafeBufferPointer { starts in
            across.weights.withUnsafeBufferPointer { across in
                down.weights.withUnsafeBufferPointer { down in
                    guard let starts = starts.baseAddress, let down = down.baseAddress,
                        let across = across.baseAddress
                    else { return }
                    body(starts, (down, across))
                }
            }
        }
    }
}
