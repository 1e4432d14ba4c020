/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea, Flood 2014).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Evenly spread over -1 to 1: one sample of white noise at full scale (-4.8 dBFS RMS).
    public mutating func sample() -> Float {
        Float(Int32(truncatingIfNeeded: next() >> 32)) / 2_147_483_648
    }

    /// `count` samples of white noise, each within ±`amplitude`.
    public mutating func noise(_ count: Int, amplitude: Float) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        for index in samples.indices { samples[index] = amplitude * sample() }
        return samples
    }
}
