/// Turns blocks of 16x16 bytes on their diagonal.
///
/// In four rounds, blocks of 1, 2, 4 and 8 bytes change places with those that lie across the diagonal of a block twice
/// as large: by masks and shifts within words of 16 and of 32 bits, then by words of 32 and 64 bits as a whole.
enum Transposition {
    private typealias Row = SIMD2<UInt64>
    private typealias Half = (Row, Row, Row, Row, Row, Row, Row, Row)

    /// Writes the turned block, row n at `target` + n · `targetStride`.
    static func turn(
        _ source: UnsafeRawPointer, stride: Int, to target: UnsafeMutableRawPointer, stride targetStride: Int
    ) {
        let (upper, lower) = turned(source, stride)
        @inline(__always)
        func put(_ row: Int, _ value: Row) {
            target.storeBytes(of: value, toByteOffset: row * targetStride, as: Row.self)
        }
        put(0, upper.0)
        put(1, upper.1)
        put(2, upper.2)
        put(3, upper.3)
        put(4, upper.4)
        put(5, upper.5)
        put(6, upper.6)
        put(7, upper.7)
        put(8, lower.0)
        put(9, lower.1)
        put(10, lower.2)
        put(11, lower.3)
        put(12, lower.4)
        put(13, lower.5)
        put(14, lower.6)
        put(15, lower.7)
    }

    /// Writes each row of the turned block as 16-bit numbers, 32 bytes from one to the next: those at even places
    /// first, then those at odd places.
    static func widen(_ source: UnsafeRawPointer, stride: Int, to target: UnsafeMutableRawPointer) {
        let (upper, lower) = turned(source, stride)
        @inline(__always)
        func put(_ row: Int, _ value: Row) {
            let pairs = unsafeBitCast(value, to: SIMD8<UInt16>.self)
            target.storeBytes(of: pairs & 255, toByteOffset: row * 32, as: SIMD8<UInt16>.self)
            target.storeBytes(of: pairs &>> 8, toByteOffset: row * 32 + 16, as: SIMD8<UInt16>.self)
        }
        put(0, upper.0)
        put(1, upper.1)
        put(2, upper.2)
        put(3, upper.3)
        put(4, upper.4)
        put(5, upper.5)
        put(6, upper.6)
        put(7, upper.7)
        put(8, lower.0)
        put(9, lower.1)
        put(10, lower.2)
        put(11, lower.3)
        put(12, lower.4)
        put(13, lower.5)
        put(14, lower.6)
        put(15, lower.7)
    }

    @inline(__always)
    private static func turned(_ source: UnsafeRawPointer, _ stride: Int) -> (upper: Half, lower: Half) {
        @inline(__always)
        func bytes(_ first: Int) -> (SIMD4<UInt32>, SIMD4<UInt32>) {
            let upper = source.loadUnaligned(fromByteOffset: first * stride, as: SIMD8<UInt16>.self)
            let lower = source.loadUnaligned(fromByteOffset: (first + 1) * stride, as: SIMD8<UInt16>.self)
            return (
                unsafeBitCast((upper & 0x00ff) | (lower &<< 8), to: SIMD4<UInt32>.self),
                unsafeBitCast((upper &>> 8) | (lower & 0xff00), to: SIMD4<UInt32>.self)
            )
        }
        @inline(__always)
        func words(_ upper: SIMD4<UInt32>, _ lower: SIMD4<UInt32>) -> (SIMD4<UInt32>, SIMD4<UInt32>) {
            ((upper & 0xffff) | (lower &<< 16), (upper &>> 16) | (lower & 0xffff_0000))
        }
        @inline(__always)
        func pairs(_ upper: SIMD4<UInt32>, _ lower: SIMD4<UInt32>) -> (SIMD2<UInt64>, SIMD2<UInt64>) {
            (
                unsafeBitCast(SIMD4(upper[0], lower[0], upper[2], lower[2]), to: SIMD2<UInt64>.self),
                unsafeBitCast(SIMD4(upper[1], lower[1], upper[3], lower[3]), to: SIMD2<UInt64>.self)
            )
        }

        let (a0, a1) = bytes(0)
        let (a2, a3) = bytes(2)
        let (a4, a5) = bytes(4)
        let (a6, a7) = bytes(6)
        let (a8, a9) = bytes(8)
        let (a10, a11) = bytes(10)
        let (a12, a13) = bytes(12)
        let (a14, a15) = bytes(14)
        let (b0, b2) = words(a0, a2)
        let (b1, b3) = words(a1, a3)
        let (b4, b6) = words(a4, a6)
        let (b5, b7) = words(a5, a7)
        let (b8, b10) = words(a8, a10)
        let (b9, b11) = words(a9, a11)
        let (b12, b14) = words(a12, a14)
        let (b13, b15) = words(a13, a15)
        let (c0, c4) = pairs(b0, b4)
        let (c1, c5) = pairs(b1, b5)
        let (c2, c6) = pairs(b2, b6)
        let (c3, c7) = pairs(b3, b7)
        let (c8, c12) = pairs(b8, b12)
        let (c9, c13) = pairs(b9, b13)
        let (c10, c14) = pairs(b10, b14)
        let (c11, c15) = pairs(b11, b15)
        return (
            (
                SIMD2(c0[0], c8[0]),
                SIMD2(c1[0], c9[0]),
                SIMD2(c2[0], c10[0]),
                SIMD2(c3[0], c11[0]),
                SIMD2(c4[0], c12[0]),
                SIMD2(c5[0], c13[0]),
                SIMD2(c6[0], c14[0]),
                SIMD2(c7[0], c15[0])
            ),
            (
                SIMD2(c0[1], c8[1]),
                SIMD2(c1[1], c9[1]),
                SIMD2(c2[1], c10[1]),
                SIMD2(c3[1], c11[1]),
                SIMD2(c4[1], c12[1]),
                SIMD2(c5[1], c13[1]),
                SIMD2(c6[1], c14[1]),
                SIMD2(c7[1], c15[1])
            )
        )
    }
}
