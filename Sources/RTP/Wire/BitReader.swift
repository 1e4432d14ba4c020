/// Reads bits of a coded picture's headers, the most significant first; nil beyond the end.
struct BitReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var index: Int
    private let end: Int
    /// Whether a 3 behind two zeros is only there to prevent a start code (ITU-T H.264, section 7.3.1).
    private let isEscaped: Bool
    private var bit: UInt8 = 0
    private var zeros = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, in range: Range<Int>, isEscaped: Bool) {
        self.bytes = bytes
        self.isEscaped = isEscaped
        index = max(0, range.lowerBound)
        end = min(bytes.count, range.upperBound)
    }

    /// `count` is at most 32.
    mutating func read(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            if isEscaped, bit == 0, zeros >= 2, index < end, bytes[index] == 3 {
                index += 1
                zeros = 0
            }
            guard index < end else { return nil }
            value = value << 1 | UInt32(bytes[index] >> (7 - bit) & 1)
            bit += 1
            if bit == 8 {
                zeros = bytes[index] == 0 ? zeros + 1 : 0
                bit = 0
                index += 1
            }
        }
        return value
    }

    /// An unsigned Exp-Golomb code (ITU-T H.264, section 9.1); nil also beyond 2^31.
    mutating func exponential() -> UInt32? {
        var zeros = 0
        while true {
            guard let bit = read(1) else { return nil }
            if bit == 1 { break }
            zeros += 1
            guard zeros < 31 else { return nil }
        }
        guard let rest = read(zeros) else { return nil }
        return (UInt32(1) << UInt32(zeros)) - 1 + rest
    }
}
