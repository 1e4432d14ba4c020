/// The fixed fields of an RTP packet (RFC 3550, section 5.1).
public struct RTPHeader: Hashable, Sendable {
    /// Bytes of a header without contributors and extensions.
    public static let minimumSize = 12

    public var marker: Bool
    public var payloadType: PayloadType
    public var sequenceNumber: SequenceNumber
    public var timestamp: RTPTimestamp
    public var ssrc: SSRC

    public init(
        marker: Bool = false, payloadType: PayloadType, sequenceNumber: SequenceNumber, timestamp: RTPTimestamp,
        ssrc: SSRC
    ) {
        self.marker = marker
        self.payloadType = payloadType
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
    }
}

/// An RTP packet as it lies in a datagram: the fixed fields, and where everything else is. Nothing is copied; ranges
/// are valid for the bytes that were parsed.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                           timestamp                           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                             SSRC                              |
/// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
/// |                     CSRC (0 to 15 of them)                    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |     profile of extension      |     length in 32-bit words    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                        header extension                       |
/// ```
public struct RTPPacket: Hashable, Sendable {
    public var header: RTPHeader
    /// The list of contributors, four bytes each.
    public var contributorBytes: Range<Int>
    /// The elements of the header extension; nil without one.
    public var extensions: ExtensionBlock?
    /// What follows the header, without padding.
    public var payload: Range<Int>
    /// Bytes of padding at the end, its count included; 0 without.
    public var padding: Int

    /// Reads a whole, decrypted packet. Throws where it is cut off, of another version, or where the padding is none
    /// or reaches beyond the payload.
    public init(parsing bytes: Span<UInt8>) throws(WireError) {
        var reader = ByteReader(bytes)
        let first = try reader.uint8()
        guard first >> 6 == 2 else { throw WireError(.malformed("RTP version other than 2"), at: 0) }
        let second = try reader.uint8()
        header = RTPHeader(
            marker: second & 0x80 != 0, payloadType: PayloadType(second),
            sequenceNumber: SequenceNumber(try reader.uint16()), timestamp: RTPTimestamp(try reader.uint32()),
            ssrc: SSRC(try reader.uint32()))
        contributorBytes = try reader.range(Int(first & 0x0f) * 4)
        if first & 0x10 != 0 {
            let profile = try reader.uint16()
            let words = try reader.uint16()
            extensions = ExtensionBlock(profile: profile, elements: try reader.range(Int(words) * 4))
        }
        let rest = reader.rest()
        if first & 0x20 != 0 {
            guard !rest.isEmpty else { throw WireError(.truncated, at: rest.lowerBound) }
            padding = Int(bytes[rest.upperBound - 1])
            guard padding > 0 else { throw WireError(.malformed("padding of 0 bytes"), at: rest.upperBound - 1) }
            guard padding <= rest.count else {
                throw WireError(.malformed("padding beyond the payload"), at: rest.upperBound - 1)
            }
        } else {
            padding = 0
        }
        payload = rest.lowerBound..<rest.upperBound - padding
    }

    public var contributorCount: Int { contributorBytes.count / 4 }

    /// Contributor `index` of a packet parsed from `bytes`; nil if there are not as many.
    public func contributor(_ index: Int, in bytes: Span<UInt8>) -> SSRC? {
        guard index >= 0, index < contributorCount else { return nil }
        let start = contributorBytes.lowerBound + index * 4
        var reader = ByteReader(bytes, in: start..<start + 4)
        return (try? reader.uint32()).map { SSRC($0) }
    }
}

extension RTPHeader {
    /// Writes the header of a packet; the payload is to follow, and then the padding if `padded` says so
    /// (``ByteWriter/putPadding(_:)``). At most 15 contributors.
    public func write(
        into writer: inout ByteWriter, contributors: [SSRC] = [], extensions: HeaderExtensions = HeaderExtensions(),
        map: HeaderExtensionMap = .empty, padded: Bool = false
    ) throws(WireError) {
        guard contributors.count <= 15 else {
            throw WireError(.malformed("more than 15 contributors"), at: writer.count)
        }
        let start = writer.count
        try writer.put(UInt8(0x80) | (padded ? 0x20 : 0) | UInt8(contributors.count))
        try writer.put((marker ? UInt8(0x80) : 0) | payloadType.rawValue)
        try writer.put(sequenceNumber.rawValue)
        try writer.put(timestamp.rawValue)
        try writer.put(ssrc.rawValue)
        for contributor in contributors { try writer.put(contributor.rawValue) }
        if try extensions.write(into: &writer, map: map) {
            writer.patch(UInt8(0x90) | (padded ? 0x20 : 0) | UInt8(contributors.count), at: start)
        }
    }
}

extension ByteWriter {
    /// Ends a packet with `count` bytes of padding, 1 to 255.
    @_lifetime(self: copy self)
    public mutating func putPadding(_ count: UInt8) throws(WireError) {
        precondition(count > 0, "padding counts itself")
        try put(zeros: Int(count) - 1)
        try put(count)
    }
}
