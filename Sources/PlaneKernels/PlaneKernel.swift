/// The inner loops of reducing planes, between memory that the caller lays out. The module is built twice from the same
/// files: for every processor, and for those that have AVX2, on which vectors are twice as wide. It uses nothing but
/// fixed-width numbers and vectors, since code of the standard library that was built for AVX2 must not end up in
/// what every processor runs.
package enum PlaneKernel {
    /// Makes one row of `width` samples, at least 32, as sums of `taps` rows of which the first is at `source`.
    @inline(never)
    package static func sumRows(
        _ source: UnsafeRawPointer, stride: Int, weights: UnsafePointer<Int16>, taps: Int,
        to target: UnsafeMutableRawPointer, width: Int
    ) {
        // The compiler unrolls the usual numbers of taps, and keeps their weights in registers.
        switch taps {
        case 2: WeightedSum.rows(source, stride, weights, 2, to: target, width: width)
        case 3: WeightedSum.rows(source, stride, weights, 3, to: target, width: width)
        case 4: WeightedSum.rows(source, stride, weights, 4, to: target, width: width)
        case 5: WeightedSum.rows(source, stride, weights, 5, to: target, width: width)
        case 6: WeightedSum.rows(source, stride, weights, 6, to: target, width: width)
        default: WeightedSum.rows(source, stride, weights, taps, to: target, width: width)
        }
    }

    /// Turns 16 rows into columns of 16 words each, for a `width` that is rounded up to 16 columns.
    @inline(never)
    package static func turnToColumns(
        _ rows: UnsafeRawPointer, stride: Int, width: Int, to columns: UnsafeMutableRawPointer
    ) {
        var x = 0
        while x < width {
            Transposition.widen(rows + x, stride: stride, to: columns + x &* 32)
            x &+= 16
        }
    }

    /// Makes `count` columns of 16 bytes, each the sum of `taps` columns of words from the one that `starts` names.
    @inline(never)
    package static func sumColumns(
        _ columns: UnsafeRawPointer, starts: UnsafePointer<Int>, weights: UnsafePointer<Int16>, taps: Int, count: Int,
        to target: UnsafeMutableRawPointer
    ) {
        switch taps {
        case 2: WeightedSum.columns(columns, starts, weights, 2, count, to: target)
        case 3: WeightedSum.columns(columns, starts, weights, 3, count, to: target)
        case 4: WeightedSum.columns(columns, starts, weights, 4, count, to: target)
        case 5: WeightedSum.columns(columns, starts, weights, 5, count, to: target)
        case 6: WeightedSum.columns(columns, starts, weights, 6, count, to: target)
        default: WeightedSum.columns(columns, starts, weights, taps, count, to: target)
        }
    }

    /// Turns columns of 16 bytes into 16 rows of `width` samples, at least 16.
    @inline(never)
    package static func turnToRows(
        _ columns: UnsafeRawPointer, width: Int, to target: UnsafeMutableRawPointer, stride: Int
    ) {
        var x = 0
        while true {
            Transposition.turn(columns + x &* 16, stride: 16, to: target + x, stride: stride)
            x &+= 16
            if x >= width { return }
            // The last vector of a row ends where the row does.
            if x &+ 16 > width { x = width &- 16 }
        }
    }
}

/// Sums of samples times weights of 7 bits, which add up to 128, in vectors.
///
/// A sum is at most 255 · 128 and a tenth more either way, since weights may be negative; counted from -16,384 it fits
/// in 16 bits.
private enum WeightedSum {
    typealias Words = SIMD16<Int16>

    /// Half a step, for rounding, and the offset.
    private static var start: Words { Words(repeating: Int16(128 / 2 - 16_384)) }

    /// The sums as samples of 0 to 255 in the lower 8 bits; what is in the others is for the caller to cut off.
    @inline(__always)
    private static func samples(_ sums: Words) -> Words {
        let value = (sums &>> 7) &+ 128
        let positive = value & ~(value &>> 15)
        return positive | ((Words(repeating: 255) &- positive) &>> 15)
    }

    /// One row of `width` samples from `taps` rows, of which the first is at `source`.
    @inline(__always)
    static func rows(
        _ source: UnsafeRawPointer, _ stride: Int, _ weights: UnsafePointer<Int16>, _ taps: Int,
        to target: UnsafeMutableRawPointer, width: Int
    ) {
        var x = 0
        while true {
            var even = start
            var odd = start
            var tap = 0
            while tap < taps {
                let bytes = source.loadUnaligned(fromByteOffset: tap &* stride &+ x, as: SIMD16<UInt16>.self)
                let weight = Words(repeating: weights[tap])
                even = even &+ unsafeBitCast(bytes & 255, to: Words.self) &* weight
                odd = odd &+ unsafeBitCast(bytes &>> 8, to: Words.self) &* weight
                tap &+= 1
            }
            target.storeBytes(of: (samples(even) & 255) | (samples(odd) &<< 8), toByteOffset: x, as: Words.self)
            x &+= 32
            if x >= width { return }
            if x &+ 32 > width { x = width &- 32 }
        }
    }

    /// One column of bytes for each of `starts`, from columns of words.
    @inline(__always)
    static func columns(
        _ source: UnsafeRawPointer, _ starts: UnsafePointer<Int>, _ weights: UnsafePointer<Int16>, _ taps: Int,
        _ count: Int,
        to target: UnsafeMutableRawPointer
    ) {
        var index = 0
        while index < count {
            let first = source + starts[index] &* 32
            var sum = start
            var tap = 0
            while tap < taps {
                let column = first.loadUnaligned(fromByteOffset: tap &* 32, as: Words.self)
                sum = sum &+ column &* Words(repeating: weights[index &* taps &+ tap])
                tap &+= 1
            }
            let value = samples(sum)
            target.storeBytes(
                of: (value.lowHalf & 255) | (value.highHalf &<< 8), toByteOffset: index &* 16, as: SIMD8<Int16>.self)
            index &+= 1
        }
    }
}
