import Compositor
import MediaTesting
import Testing

/// The inner loops against plain twins in exact arithmetic, on random input of every length, with guard bytes.
@Suite struct BlendingTests {
    private static let guardByte: UInt8 = 0xA5
    private static let room = 64

    private func mix(_ source: Int, _ target: Int, _ alpha: Double) -> UInt8 {
        UInt8((Double(source) * alpha + Double(target) * (1 - alpha)).rounded())
    }

    /// Runs `fast` on `count` random bytes between guards and compares with `plain`, sample by sample.
    private func check(
        _ name: String, tolerance: Int = 0,
        fast: (
            _ target: UnsafeMutablePointer<UInt8>, _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ value: UInt8,
            _ strength: UInt8, _ count: Int
        ) -> Void,
        plain: (_ target: Int, _ a: Int, _ b: Int, _ value: Int, _ strength: Int) -> UInt8
    ) {
        var random = SeededRandom(seed: 7)
        let room = BlendingTests.room
        for count in Array(0...130) + [1000] {
            func bytes() -> [UInt8] {
                (0..<count).map { _ in
                    let value = random.next()
                    return value >> 32 & 7 == 0 ? 0 : value >> 32 & 7 == 1 ? 255 : UInt8(value & 255)
                }
            }
            let (target, a, b) = (bytes(), bytes(), bytes())
            let value = UInt8(random.next() & 255)
            let strength: UInt8 = [0, 255, UInt8(random.next() & 255)][count % 3]
            var output = [UInt8](repeating: BlendingTests.guardByte, count: count + 2 * room)
            output.replaceSubrange(room..<(room + count), with: target)
            output.withUnsafeMutableBufferPointer { output in
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        var empty: UInt8 = 0
                        withUnsafePointer(to: &empty) { none in
                            fast(
                                output.baseAddress! + room, a.baseAddress ?? none, b.baseAddress ?? none, value,
                                strength, count)
                        }
                    }
                }
            }
            for index in 0..<count {
                let expected = plain(Int(target[index]), Int(a[index]), Int(b[index]), Int(value), Int(strength))
                let difference = abs(Int(output[room + index]) - Int(expected))
                #expect(difference <= tolerance, "\(name): sample \(index) of \(count)")
                if difference > tolerance { return }
            }
            let guards = output[..<room] + output[(room + count)...]
            #expect(guards.allSatisfy { $0 == BlendingTests.guardByte }, "\(name): wrote beyond \(count) samples")
        }
    }

    @Test func over() {
        check("over") { target, a, b, _, _, count in
            Blending.over(target, a, alpha: b, count: count)
        } plain: { target, a, b, _, _ in
            mix(a, target, Double(b) / 255)
        }
    }

    @Test func tint() {
        check("tint") { target, a, _, value, strength, count in
            Blending.tint(target, value: value, mask: a, strength: strength, count: count)
        } plain: { target, a, _, value, strength in
            mix(value, target, (Double(a * strength) / 255).rounded() / 255)
        }
    }

    @Test func wash() {
        check("wash") { target, _, _, value, strength, count in
            Blending.wash(target, value: value, strength: strength, count: count)
        } plain: { target, _, _, value, strength in
            mix(value, target, Double(strength) / 255)
        }
    }

    @Test func fade() {
        check("fade") { target, a, _, _, strength, count in
            Blending.fade(target, over: a, opacity: strength, count: count)
        } plain: { target, a, _, _, strength in
            mix(target, a, Double(strength) / 255)
        }
    }
}
