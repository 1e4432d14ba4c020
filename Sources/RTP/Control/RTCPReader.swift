/// One RTCP packet out of a compound or reduced-size datagram.
public enum RTCPPacket: Hashable, Sendable {
    case senderReport(SenderReport)
    case receiverReport(ReceiverReport)
    case sourceDescription(SourceDescription)
    case goodbye(Goodbye)
    case nack(GenericNack)
    case pictureLoss(PictureLossIndication)
    case fullIntraRequest(FullIntraRequest)
    case bandwidthEstimate(ReceiverBandwidthEstimate)
    case transportFeedback(TransportFeedback)
    case extendedReport(ExtendedReport)
    /// A packet whose type or format is not understood here, such as APP.
    case unknown(type: UInt8, format: UInt8)

    public func write(into writer: inout ByteWriter) throws(WireError) {
        switch self {
        case .senderReport(let packet): try packet.write(into: &writer)
        case .receiverReport(let packet): try packet.write(into: &writer)
        case .sourceDescription(let packet): try packet.write(into: &writer)
        case .goodbye(let packet): try packet.write(into: &writer)
        case .nack(let packet): try packet.write(into: &writer)
        case .pictureLoss(let packet): try packet.write(into: &writer)
        case .fullIntraRequest(let packet): try packet.write(into: &writer)
        case .bandwidthEstimate(let packet): try packet.write(into: &writer)
        case .transportFeedback(let packet): try packet.write(into: &writer)
        case .extendedReport(let packet): try packet.write(into: &writer)
        case .unknown: throw WireError(.malformed("a packet of unknown type cannot be written"), at: writer.count)
        }
    }
}

/// Reads the packets of an RTCP datagram one by one, compound (RFC 3550, section 6.1) or reduced-size (RFC 5506).
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P| count/  |  packet type  |   length in words, minus one  |
/// |     | format  |               |                               |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
public struct RTCPReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// The next packet, nil at the end. A packet that throws has been passed over, and reading can go on; if not even
    /// its length can be trusted, all that follows has been passed over.
    public mutating func next() throws(WireError) -> RTCPPacket? {
        guard offset < bytes.count else { return nil }
        let start = offset
        offset = bytes.count
        var header = ByteReader(bytes, in: start..<bytes.count)
        let first = try header.uint8()
        guard first >> 6 == 2 else { throw WireError(.malformed("RTCP version other than 2"), at: start) }
        let type = try header.uint8()
        let body = try header.range(Int(try header.uint16()) * 4)
        offset = body.upperBound
        var end = body.upperBound
        if first & 0x20 != 0 {
            guard !body.isEmpty else { throw WireError(.truncated, at: body.upperBound) }
            let padding = Int(bytes[body.upperBound - 1])
            guard padding > 0, padding <= body.count else {
                throw WireError(.malformed("padding of 0 or beyond the packet"), at: body.upperBound - 1)
            }
            end -= padding
        }
        var reader = ByteReader(bytes, in: body.lowerBound..<end)
        return try RTCPReader.packet(type: type, format: first & 0x1f, from: &reader)
    }

    private static func packet(
        type: UInt8, format: UInt8, from reader: inout ByteReader
    ) throws(WireError) -> RTCPPacket {
        switch (type, format) {
        case (RTCPType.senderReport, _): .senderReport(try SenderReport(count: format, from: &reader))
        case (RTCPType.receiverReport, _): .receiverReport(try ReceiverReport(count: format, from: &reader))
        case (RTCPType.sourceDescription, _): .sourceDescription(try SourceDescription(count: format, from: &reader))
        case (RTCPType.goodbye, _): .goodbye(try Goodbye(count: format, from: &reader))
        case (RTCPType.transportFeedback, GenericNack.format): .nack(try GenericNack(from: &reader))
        case (RTCPType.transportFeedback, TransportFeedback.format):
            .transportFeedback(try TransportFeedback(from: &reader))
        case (RTCPType.payloadFeedback, PictureLossIndication.format):
            .pictureLoss(try PictureLossIndication(from: &reader))
        case (RTCPType.payloadFeedback, FullIntraRequest.format):
            .fullIntraRequest(try FullIntraRequest(from: &reader))
        case (RTCPType.payloadFeedback, ReceiverBandwidthEstimate.format):
            try ReceiverBandwidthEstimate(from: &reader).map { .bandwidthEstimate($0) }
                ?? .unknown(type: type, format: format)
        case (RTCPType.extendedReport, _): .extendedReport(try ExtendedReport(from: &reader))
        default: .unknown(type: type, format: format)
        }
    }
}

/// Packet types of RTCP (RFC 3550, 4585, 3611).
enum RTCPType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportFeedback: UInt8 = 205
    static let payloadFeedback: UInt8 = 206
    static let extendedReport: UInt8 = 207
}

extension ByteWriter {
    /// Writes the header of an RTCP packet, its length still open; gives what ``endRTCP(_:)`` needs to close it.
    @_lifetime(self: copy self)
    mutating func beginRTCP(type: UInt8, format: Int) throws(WireError) -> Int {
        guard (0...31).contains(format) else {
            throw WireError(.malformed("more than 31 items in an RTCP packet"), at: count)
        }
        let start = count
        try put(UInt8(0x80) | UInt8(format))
        try put(type)
        try put(UInt16(0))
        return start
    }

    /// Pads to a whole word with zeros and fills in the length of the packet that began at `start`.
    @_lifetime(self: copy self)
    mutating func endRTCP(_ start: Int) throws(WireError) {
        try put(zeros: (4 - (count - start) % 4) % 4)
        let words = (count - start) / 4 - 1
        guard words <= 0xffff else { throw WireError(.noRoom, at: count) }
        patch(UInt16(words), at: start + 2)
    }
}
