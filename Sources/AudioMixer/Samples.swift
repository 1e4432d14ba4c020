/// Two planes of samples in memory of their own, zeroed at first.
package final class StereoBuffer {
    package let frames: Int
    package let left: UnsafeMutablePointer<Float>
    package let right: UnsafeMutablePointer<Float>

    package init(frames: Int) {
        self.frames = frames
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: 2 * frames * MemoryLayout<Float>.stride, alignment: 64)
        left = memory.initializeMemory(as: Float.self, repeating: 0, count: 2 * frames)
        right = left + frames
    }

    deinit { UnsafeMutableRawPointer(left).deallocate() }

    func copy(from other: StereoBuffer) {
        precondition(frames == other.frames, "planes of different lengths")
        left.update(from: other.left, count: 2 * frames)
    }

    func clear() {
        left.update(repeating: 0, count: 2 * frames)
    }
}

/// The inner loops over planes of samples. Counts are multiples of 8; pointers need no alignment.
enum Samples {
    typealias Vector = SIMD8<Float>
    static let lanes = 8
    /// Louder samples (beyond +6 dBFS) come from no sane source and are held to this.
    static let bound: Float = 2
    /// Quieter ones (-400 dBFS) are taken for silence: arithmetic with denormal numbers is a hundred times slower, which
    /// would be one client's way to slow down all.
    static let floor: Float = 1e-20

    @inline(__always)
    static func load(_ pointer: UnsafePointer<Float>) -> Vector {
        UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
    }

    @inline(__always)
    static func store(_ vector: Vector, at pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
    }

    @inline(__always)
    static func magnitude(_ vector: Vector) -> Vector {
        let bits = unsafeBitCast(vector, to: SIMD8<UInt32>.self) & SIMD8<UInt32>(repeating: 0x7FFF_FFFF)
        return unsafeBitCast(bits, to: Vector.self)
    }

    /// Compiles to one instruction, unlike `pointwiseMax`, which heeds not-a-number.
    @inline(__always)
    static func larger(_ first: Vector, _ second: Vector) -> Vector {
        first.replacing(with: second, where: second .> first)
    }

    @inline(__always)
    static func held(_ samples: Vector, within limit: Float) -> Vector {
        samples.replacing(with: limit, where: samples .> limit).replacing(with: -limit, where: samples .< -limit)
    }

    @inline(__always)
    static func largest(of vector: Vector) -> Float {
        let four = vector.lowHalf.replacing(with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
        return max(max(four[0], four[1]), max(four[2], four[3]))
    }

    @inline(__always)
    static func total(of vector: Vector) -> Float {
        let four = vector.lowHalf + vector.highHalf
        return (four[0] + four[1]) + (four[2] + four[3])
    }

    @inline(__always)
    static func interleaved(_ left: Vector, _ right: Vector) -> SIMD16<Float> {
        var both = SIMD16<Float>()
        both.evenHalf = left
        both.oddHalf = right
        return both
    }

    /// The largest magnitude in both planes. The samples must be finite.
    static func peak(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int) -> Float {
        var highest = Vector.zero
        for index in stride(from: 0, to: count, by: lanes) {
            highest = larger(highest, magnitude(load(left + index)))
            highest = larger(highest, magnitude(load(right + index)))
        }
        return largest(of: highest)
    }

    /// The mean of the squares of one plane.
    static func power(_ plane: UnsafePointer<Float>, count: Int) -> Float {
        var squares = Vector.zero
        for index in stride(from: 0, to: count, by: lanes) {
            let samples = load(plane + index)
            squares += samples * samples
        }
        return total(of: squares) / Float(count)
    }

    /// Interleaves the two planes.
    static func interleave(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        for index in stride(from: 0, to: count, by: lanes) {
            let both = interleaved(load(left + index), load(right + index))
            UnsafeMutableRawPointer(output + 2 * index).storeBytes(of: both, as: SIMD16<Float>.self)
        }
    }

    /// Interleaves the two planes under a gain that goes in a straight line and has reached `end` at the last frame,
    /// and holds the result within ±`limit`.
    static func interleave(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
        count: Int, gainFrom start: Float, to end: Float, within limit: Float
    ) {
        let slope = (end - start) / Float(count)
        var gain = Vector(1, 2, 3, 4, 5, 6, 7, 8) * slope + start
        for index in stride(from: 0, to: count, by: lanes) {
            let both = interleaved(
                held(load(left + index) * gain, within: limit), held(load(right + index) * gain, within: limit))
            UnsafeMutableRawPointer(output + 2 * index).storeBytes(of: both, as: SIMD16<Float>.self)
            gain += Float(lanes) * slope
        }
    }

    /// `sum += addend`.
    static func add(_ addend: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
        for index in stride(from: 0, to: count, by: lanes) {
            store(load(sum + index) + load(addend + index), at: sum + index)
        }
    }

    /// `result = minuend - subtrahend`.
    static func subtract(
        _ subtrahend: UnsafePointer<Float>, from minuend: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>, count: Int
    ) {
        for index in stride(from: 0, to: count, by: lanes) {
            store(load(minuend + index) - load(subtrahend + index), at: result + index)
        }
    }

    /// `result = source * gain`.
    static func scale(
        _ source: UnsafePointer<Float>, by gain: Float, into result: UnsafeMutablePointer<Float>, count: Int
    ) {
        for index in stride(from: 0, to: count, by: lanes) { store(load(source + index) * gain, at: result + index) }
    }

    /// `result = source * envelope * gain`, where the gain moves from `start` to `end` over the whole count without a
    /// kink at either side.
    static func scale(
        _ source: UnsafePointer<Float>, by envelope: UnsafePointer<Float>, gainFrom start: Float, to end: Float,
        into result: UnsafeMutablePointer<Float>, count: Int
    ) {
        let slope = 1 / Float(count)
        var way = Vector(1, 2, 3, 4, 5, 6, 7, 8) * slope
        for index in stride(from: 0, to: count, by: lanes) {
            let gain = smooth(way) * (end - start) + start
            store(load(source + index) * load(envelope + index) * gain, at: result + index)
            way += Float(lanes) * slope
        }
    }

    /// 0...1 to 0...1, level at both ends.
    @inline(__always)
    static func smooth(_ way: Vector) -> Vector { way * way * (3 - 2 * way) }

    @inline(__always)
    static func smooth(_ way: Float) -> Float { way * way * (3 - 2 * way) }

    /// A foreign sample made safe: not-a-number and infinity become silence.
    @inline(__always)
    static func safe(_ sample: Float, damaged: inout Bool) -> Float {
        guard sample.isFinite else {
            damaged = true
            return 0
        }
        guard abs(sample) >= floor else { return 0 }
        return min(max(sample, -bound), bound)
    }

    /// As the one for single samples; lanes that were not finite are set in `damaged`.
    @inline(__always)
    static func safe(_ samples: Vector, damaged: inout SIMDMask<SIMD8<Int32>>) -> Vector {
        let sizes = magnitude(samples)
        let finite = sizes .<= Float.greatestFiniteMagnitude
        damaged .|= .!finite
        let kept = Vector.zero.replacing(with: samples, where: finite .& (sizes .>= floor))
        return held(kept, within: bound)
    }

    /// Takes `count` frames (any number) of foreign sound apart into two planes, mono into both.
    /// Returns whether any sample was not a finite number.
    static func take(
        _ source: UnsafePointer<Float>, channels: Int, left: UnsafeMutablePointer<Float>,
        right: UnsafeMutablePointer<Float>, count: Int
    ) -> Bool {
        var damaged = SIMDMask<SIMD8<Int32>>(repeating: false)
        var damagedRest = false
        var index = 0
        while index + lanes <= count {
            if channels == 1 {
                let samples = safe(load(source + index), damaged: &damaged)
                store(samples, at: left + index)
                store(samples, at: right + index)
            } else {
                let both = UnsafeRawPointer(source + 2 * index).loadUnaligned(as: SIMD16<Float>.self)
                store(safe(both.evenHalf, damaged: &damaged), at: left + index)
                store(safe(both.oddHalf, damaged: &damaged), at: right + index)
            }
            index += lanes
        }
        while index < count {
            left[index] = safe(source[index * channels], damaged: &damagedRest)
            right[index] = channels == 1 ? left[index] : safe(source[2 * index + 1], damaged: &damagedRest)
            index += 1
        }
        return damagedRest || any(damaged)
    }
}
