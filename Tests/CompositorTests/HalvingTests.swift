import Compositor
import Media
import MediaTesting
import Testing

@Suite struct HalvingTests {
    @Test func everySampleIsTheMeanOfFour() {
        for width in Array(1...70) + [320] {
            let picture = Drawn.noise(PictureSize(width: 2 * width, height: 6), seed: UInt64(width))
            let source = picture.luma
            let stride = width + 64
            var output = [UInt8](repeating: 0xA5, count: stride * 3)
            output.withUnsafeMutableBufferPointer {
                Halving.halve(
                    source, to: WritablePlane(base: $0.baseAddress! + 32, stride: stride, width: width, height: 3))
            }
            var isRight = true
            for y in 0..<3 {
                for x in 0..<stride {
                    let actual = output[y * stride + x]
                    guard (32..<(32 + width)).contains(x) else {
                        isRight = isRight && actual == 0xA5
                        continue
                    }
                    let upper = source.base + 2 * y * source.stride + 2 * (x - 32)
                    let lower = upper + source.stride
                    let sum = Int(upper[0]) + Int(upper[1]) + Int(lower[0]) + Int(lower[1])
                    isRight = isRight && Int(actual) == (sum + 2) / 4
                }
            }
            withExtendedLifetime(picture) {}
            #expect(isRight, "\(width) wide")
        }
    }
}
