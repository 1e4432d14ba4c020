import RTP
import Testing
import Timing

/// As `#expect`, for calls that change what they are called on.
func check(_ isTrue: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(isTrue, sourceLocation: sourceLocation)
}

/// What `body` writes, of at most `limit` bytes. Never inlined: where the result is not used, the optimiser would give its
/// memory back before it is filled.
@inline(never)
func written(limit: Int = 2048, _ body: (inout ByteWriter) throws(WireError) -> Void) throws(WireError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: limit)
    var writer = ByteWriter(buffer.mutableSpan)
    try body(&writer)
    let count = writer.count
    return Array(buffer.prefix(count))
}

/// A generator whose sequence is fixed by its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
