/// The retransmission payload format (RFC 4588, section 4): a stream of its own, in which each payload is the original
/// sequence number followed by the original payload.
///
/// ```
/// |            OSN                |   original RTP payload ...
/// ```
public enum Retransmission {
    /// Bytes of the original sequence number.
    public static let headerSize = 2

    /// The packet that a retransmission carries, as if it had come on the original stream: its ranges are valid for the
    /// bytes that `packet` was parsed from. Nil for one without payload, as senders use it to probe. Throws if it is
    /// shorter than its header.
    public static func original(
        of packet: RTPPacket, in bytes: Span<UInt8>, ssrc: SSRC, payloadType: PayloadType
    ) throws(WireError) -> RTPPacket? {
        guard !packet.payload.isEmpty else { return nil }
        var reader = ByteReader(bytes, in: packet.payload)
        let sequence = SequenceNumber(try reader.uint16())
        var original = packet
        original.header.ssrc = ssrc
        original.header.payloadType = payloadType
        original.header.sequenceNumber = sequence
        original.payload = reader.offset..<packet.payload.upperBound
        return original
    }
}
