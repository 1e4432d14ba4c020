import Compositor
import Media
import MediaTesting
import PlaneKernels
import PlaneKernelsAVX2
import Testing

/// ``PlaneReduction`` against a plain loop over the same weights.
struct PlaneReductionTests {
    private static let sizes: [(PictureSize, PictureSize)] = [
        (PictureSize(width: 640, height: 360), PictureSize(width: 426, height: 240)),
        (PictureSize(width: 320, height: 180), PictureSize(width: 213, height: 120)),
        (PictureSize(width: 333, height: 177), PictureSize(width: 332, height: 100)),
        (PictureSize(width: 64, height: 64), PictureSize(width: 16, height: 16)),
        (PictureSize(width: 33, height: 47), PictureSize(width: 33, height: 17)),
        (PictureSize(width: 100, height: 32), PictureSize(width: 31, height: 32)),
    ]

    /// A plane in memory of its own, amid bytes that must stay as they are.
    private final class Guarded {
        static let margin = 96
        let stride: Int
        let bytes: UnsafeMutableBufferPointer<UInt8>
        let width: Int
        let height: Int

        init(_ size: PictureSize) {
            width = size.width
            height = size.height
            stride = size.width + 7
            bytes = .allocate(capacity: stride * height + 2 * Guarded.margin)
            bytes.initialize(repeating: 0xa5)
        }

        deinit { bytes.deallocate() }

        var plane: WritablePlane {
            WritablePlane(base: bytes.baseAddress! + Guarded.margin, stride: stride, width: width, height: height)
        }

        subscript(x: Int, y: Int) -> UInt8 {
            get { bytes[Guarded.margin + y * stride + x] }
            set { bytes[Guarded.margin + y * stride + x] = newValue }
        }

        /// Whether all bytes outside of the rows are as they were.
        var isIntact: Bool {
            bytes.indices.allSatisfy { index in
                let place = index - Guarded.margin
                let isInside = place >= 0 && place < stride * height && place % stride < width
                return isInside || bytes[index] == 0xa5
            }
        }
    }

    @Test(arguments: sizes, [0, 0.5, 1])
    func reducesAsAPlainLoopDoes(_ sizes: (PictureSize, PictureSize), sharpness: Double) {
        let (from, to) = sizes
        var random = SeededRandom(seed: 7)
        let source = Guarded(from)
        for y in 0..<from.height {
            for x in 0..<from.width {
                // Noise over its full range, and black and white in turn, which overshoot most.
                source[x, y] =
                    y < from.height / 2 ? .random(in: 0...255, using: &random) : (x / 3 + y / 3) % 2 == 0 ? 0 : 255
            }
        }
        let target = Guarded(to)
        let reduction = PlaneReduction(source: from, target: to, sharpness: sharpness)
        reduction.reduce(source.plane.readOnly, to: target.plane)
        #expect(target.isIntact)
        #expect(source.isIntact)

        let down = ReductionFilter(source: from.height, target: to.height, sharpness: sharpness)
        let across = ReductionFilter(source: from.width, target: to.width, sharpness: sharpness)
        var worst = 0
        for y in 0..<to.height {
            let row = (0..<from.width).map { x in
                PlaneReductionTests.sample(down, y) { Int(source[x, $0]) }
            }
            for x in 0..<to.width {
                let expected = PlaneReductionTests.sample(across, x) { row[$0] }
                worst = max(worst, abs(expected - Int(target[x, y])))
            }
        }
        #expect(worst == 0)
    }

    private static func sample(_ filter: ReductionFilter, _ index: Int, _ source: (Int) -> Int) -> Int {
        let sum = (0..<filter.taps).reduce(0) {
            $0 + Int(filter.weights[index * filter.taps + $1]) * source(filter.starts[index] + $1)
        }
        return min(max((sum + ReductionFilter.one / 2) >> 7, 0), 255)
    }

    @Test(arguments: [(640, 426), (320, 213), (640, 640), (64, 16), (7680, 2560)], [0, 0.5, 1])
    func weightsAddUp(_ sizes: (Int, Int), sharpness: Double) {
        let filter = ReductionFilter(source: sizes.0, target: sizes.1, sharpness: sharpness)
        for index in 0..<sizes.1 {
            let sum = filter.weights[index * filter.taps..<(index + 1) * filter.taps].reduce(0) { $0 + Int($1) }
            #expect(sum == ReductionFilter.one)
            #expect(filter.starts[index] >= 0 && filter.starts[index] + filter.taps <= sizes.0)
        }
    }

    /// The code for wider vectors and that for every processor give the same bytes; where there is no AVX2 there is
    /// nothing to compare.
    @Test func bothBuildsAgree() throws {
        guard PlaneReduction.hasAVX2 else { return }
        let width = 100
        let stride = 112
        let rows = (0..<16 * stride).map { UInt8(truncatingIfNeeded: $0 * 37 ^ $0 >> 3) }
        let weights: [Int16] = [-9, 41, 70, 31, -5]
        func run(
            _ sum: (UnsafeRawPointer, Int, UnsafePointer<Int16>, Int, UnsafeMutableRawPointer, Int) -> Void
        ) -> [UInt8] {
            var output = [UInt8](repeating: 0, count: stride)
            rows.withUnsafeBytes { source in
                output.withUnsafeMutableBytes { target in
                    sum(source.baseAddress!, stride, weights, weights.count, target.baseAddress!, width)
                }
            }
            return output
        }
        let plain = run { PlaneKernels.PlaneKernel.sumRows($0, stride: $1, weights: $2, taps: $3, to: $4, width: $5) }
        let wide = run {
            PlaneKernelsAVX2.PlaneKernel.sumRows($0, stride: $1, weights: $2, taps: $3, to: $4, width: $5)
        }
        #expect(plain == wide)
    }
}
