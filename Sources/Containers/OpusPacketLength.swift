import Timing

/// How long the sound of a packet of Opus lasts (RFC 6716, 3.1 and 3.2).
///
/// ```
///   0 1 2 3 4 5 6 7
///  +-+-+-+-+-+-+-+-+
///  | config  |s| c |    c: 0 one frame, 1 and 2 two frames, 3 as many as the next byte's lower six bits say
///  +-+-+-+-+-+-+-+-+
/// ```
enum OpusPacketLength {
    /// Zero for an empty packet.
    static func duration(_ packet: [UInt8]) -> MediaTime {
        guard let first = packet.first else { return .zero }
        let frames: Int64 =
            switch first & 3 {
            case 0: 1
            case 1, 2: 2
            default: packet.count > 1 ? Int64(packet[1] & 0x3F) : 0
            }
        return MediaTime(nanoseconds: frames * frameDuration(configuration: first >> 3))
    }

    /// Nanoseconds.
    private static func frameDuration(configuration: UInt8) -> Int64 {
        let step = Int(configuration)
        return switch configuration {
        // SILK: 10, 20, 40 and 60 ms.
        case 0..<12: [10, 20, 40, 60][step % 4] * 1_000_000
        // Hybrid: 10 and 20 ms.
        case 12..<16: [10, 20][step % 2] * 1_000_000
        // CELT: 2.5, 5, 10 and 20 ms.
        default: [2_500_000, 5_000_000, 10_000_000, 20_000_000][step % 4]
        }
    }
}
