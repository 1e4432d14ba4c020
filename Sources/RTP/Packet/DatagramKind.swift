/// What a datagram on a shared port is, by its first bytes (RFC 7983, section 7, and RFC 5761, section 4).
///
/// ```
///                 +----------------+
///                 |        [0..3] -+--> STUN
///                 |      [20..63] -+--> DTLS
///     packet -->  |      [64..79] -+--> TURN channel
///                 |    [128..191] -+--> RTP or RTCP, by the second byte
///                 +----------------+
/// ```
public enum DatagramKind: Hashable, Sendable {
    case stun
    case dtls
    case turnChannel
    case rtp
    case rtcp
    /// None of those, or too short to be any.
    case unknown

    public init(_ bytes: Span<UInt8>) {
        guard bytes.count >= 2 else {
            self = .unknown
            return
        }
        switch bytes[0] {
        case 0...3: self = bytes.count >= 20 ? .stun : .unknown
        case 20...63: self = bytes.count >= 13 ? .dtls : .unknown
        case 64...79: self = .turnChannel
        case 128...191:
            // RTCP's packet types 192 to 223 are payload types 64 to 95 with the marker bit.
            if (192...223).contains(bytes[1]) {
                self = bytes.count >= 8 ? .rtcp : .unknown
            } else {
                self = bytes.count >= RTPHeader.minimumSize ? .rtp : .unknown
            }
        default: self = .unknown
        }
    }
}
