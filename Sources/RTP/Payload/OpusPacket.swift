/// What an Opus packet says of itself in its first bytes (RFC 6716, section 3; in RTP, RFC 7587: one packet is one
/// payload, and the clock is 48 kHz whatever is coded).
///
/// ```
///  0 1 2 3 4 5 6 7
/// +-+-+-+-+-+-+-+-+
/// | config  |s| c |   c: 0 one frame, 1 two of one size, 2 two of different sizes, 3 any number
/// +-+-+-+-+-+-+-+-+
/// ```
public struct OpusPacket: Hashable, Sendable {
    /// Hz of RTP timestamps.
    public static let clockRate: Int64 = 48_000

    /// In samples of 48 kHz: 120 (2.5 ms) to 5760 (120 ms).
    public let samples: Int
    public let isStereo: Bool
    /// Carries a low-bitrate copy of the packet before it.
    public let hasRedundancy: Bool
    /// Of two bytes or fewer: nothing but the notice that nothing is sent for a while (DTX).
    public let isSilence: Bool

    /// Reads a payload. Throws if it is empty, longer than 120 ms, or its frames are more than its bytes.
    public init(parsing bytes: Span<UInt8>) throws(WireError) {
        var reader = ByteReader(bytes)
        let first = try reader.uint8()
        let configuration = first >> 3
        let frame = OpusPacket.frameSamples(configuration)
        var count = 1
        switch first & 0x03 {
        case 0: count = 1
        case 1:
            count = 2
            guard reader.remaining % 2 == 0 else {
                throw WireError(.malformed("two Opus frames of one size in an odd number of bytes"), at: 1)
            }
        case 2: count = 2
        default:
            count = Int(try reader.uint8() & 0x3f)
            guard count > 0 else { throw WireError(.malformed("Opus packet of no frames"), at: 1) }
        }
        samples = frame * count
        guard samples <= 5760 else { throw WireError(.malformed("Opus packet of more than 120 ms"), at: 0) }
        isStereo = first & 0x04 != 0
        isSilence = bytes.count <= 2
        hasRedundancy = OpusPacket.redundancy(
            configuration: configuration, code: first & 0x03, frame: frame, bytes: bytes)
    }

    /// Samples of 48 kHz in a frame (RFC 6716, table 2).
    private static func frameSamples(_ configuration: UInt8) -> Int {
        switch configuration {
        case 0..<12:
            switch configuration & 3 {
            case 0: 480
            case 1: 960
            case 2: 1920
            default: 2880
            }
        case 12..<16: configuration & 1 == 0 ? 480 : 960
        default: 120 << Int(configuration & 3)
        }
    }

    /// The flags that begin a frame of linear prediction (RFC 6716, section 4.2.3): per channel, the activity of each
    /// 20 ms and whether there is redundancy, uncompressed bits in effect. Redundancy of the first frame is meant.
    private static func redundancy(configuration: UInt8, code: UInt8, frame: Int, bytes: Span<UInt8>) -> Bool {
        // Without linear prediction there is none.
        guard configuration < 16 else { return false }
        var reader = ByteReader(bytes, in: 1..<bytes.count)
        // Only a single frame, or several behind a length each, begin at a place that is easy to tell; others count
        // as without redundancy.
        if code == 2 {
            guard let length = try? reader.uint8() else { return false }
            if length >= 252, (try? reader.skip(1)) == nil { return false }
        } else if code == 3 {
            return false
        }
        guard let flags = reader.peek() else { return false }
        let internalFrames = frame <= 960 ? 1 : frame / 960
        let first = flags >> (7 - UInt8(internalFrames)) & 1
        guard bytes[0] & 0x04 != 0 else { return first == 1 }
        let second = flags >> UInt8(max(0, 6 - 2 * internalFrames)) & 1
        return first == 1 || second == 1
    }
}
