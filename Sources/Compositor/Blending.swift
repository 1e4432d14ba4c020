/// The inner loops of blending. Each handles one row, reads and writes exactly `count` bytes, and rounds once: the
/// result is the whole number nearest to (source · alpha + target · (255 - alpha)) / 255. They are plain loops in
/// 16 bits, which the compiler turns into vector code.
package enum Blending {
    /// `value` / 255, rounded; exact for 0 to 65,152.
    @inline(__always)
    static func divided(_ value: UInt16) -> UInt16 {
        let rounded = value &+ 128
        return (rounded &+ (rounded &>> 8)) &>> 8
    }

    /// Lays `source` over `target` with a coverage of its own for every sample.
    package static func over(
        _ target: UnsafeMutablePointer<UInt8>, _ source: UnsafePointer<UInt8>, alpha: UnsafePointer<UInt8>, count: Int
    ) {
        for index in 0..<count {
            let coverage = UInt16(alpha[index])
            let mixed = UInt16(source[index]) &* coverage &+ UInt16(target[index]) &* (255 &- coverage)
            target[index] = UInt8(truncatingIfNeeded: divided(mixed))
        }
    }

    /// Lays one `value` over `target`; coverage is `mask` times `strength` / 255.
    package static func tint(
        _ target: UnsafeMutablePointer<UInt8>, value: UInt8, mask: UnsafePointer<UInt8>, strength: UInt8, count: Int
    ) {
        let value = UInt16(value)
        let strength = UInt16(strength)
        for index in 0..<count {
            let coverage = divided(UInt16(mask[index]) &* strength)
            let mixed = value &* coverage &+ UInt16(target[index]) &* (255 &- coverage)
            target[index] = UInt8(truncatingIfNeeded: divided(mixed))
        }
    }

    /// Lays one `value` over `target` with the same coverage everywhere.
    package static func wash(_ target: UnsafeMutablePointer<UInt8>, value: UInt8, strength: UInt8, count: Int) {
        let share = UInt16(value) &* UInt16(strength)
        let rest = 255 &- UInt16(strength)
        for index in 0..<count {
            target[index] = UInt8(truncatingIfNeeded: divided(share &+ UInt16(target[index]) &* rest))
        }
    }

    /// Lets `below` shine through `target`, which keeps `opacity` / 255.
    package static func fade(
        _ target: UnsafeMutablePointer<UInt8>, over below: UnsafePointer<UInt8>, opacity: UInt8, count: Int
    ) {
        let own = UInt16(opacity)
        let rest = 255 &- own
        for index in 0..<count {
            let mixed = UInt16(target[index]) &* own &+ UInt16(below[index]) &* rest
            target[index] = UInt8(truncatingIfNeeded: divided(mixed))
        }
    }
}
