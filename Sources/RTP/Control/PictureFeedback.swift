/// Packets of one stream that a receiver lacks (RFC 4585, section 6.2.1).
///
/// ```
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source                         |
/// |            PID                |             BLP               |  once or more
/// ```
public struct GenericNack: Hashable, Sendable {
    static let format: UInt8 = 1

    /// A sequence number, and which of the 16 that follow it are lacking too.
    public struct Item: Hashable, Sendable {
        public var first: SequenceNumber
        /// Bit 0 stands for `first + 1`.
        public var following: UInt16

        public init(first: SequenceNumber, following: UInt16) {
            self.first = first
            self.following = following
        }
    }

    public var sender: SSRC
    public var media: SSRC
    public var items: [Item]

    public init(sender: SSRC, media: SSRC, items: [Item]) {
        self.sender = sender
        self.media = media
        self.items = items
    }

    /// Packs extended sequence numbers, given in ascending order.
    public init(sender: SSRC, media: SSRC, lost: [Int64]) {
        self.init(sender: sender, media: media, items: [])
        var base: Int64?
        for sequence in lost {
            if let base, sequence > base, sequence - base <= 16 {
                items[items.count - 1].following |= 1 << UInt16(sequence - base - 1)
            } else if sequence != base {
                items.append(Item(first: SequenceNumber(sequence), following: 0))
                base = sequence
            }
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        sender = SSRC(try reader.uint32())
        media = SSRC(try reader.uint32())
        items = []
        while !reader.isAtEnd {
            items.append(Item(first: SequenceNumber(try reader.uint16()), following: try reader.uint16()))
        }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.transportFeedback, format: Int(GenericNack.format))
        try writer.put(sender.rawValue)
        try writer.put(media.rawValue)
        for item in items {
            try writer.put(item.first.rawValue)
            try writer.put(item.following)
        }
        try writer.endRTCP(start)
    }

    /// Each sequence number that is asked for, in the order of the packet; one may come twice.
    public func forEach(_ body: (SequenceNumber) -> Void) {
        for item in items {
            body(item.first)
            for bit in 0..<UInt16(16) where item.following & (1 << bit) != 0 {
                body(SequenceNumber(item.first.rawValue &+ bit &+ 1))
            }
        }
    }
}

/// A receiver lacks pictures and needs a keyframe (RFC 4585, section 6.3.1).
public struct PictureLossIndication: Hashable, Sendable {
    static let format: UInt8 = 1

    public var sender: SSRC
    public var media: SSRC

    public init(sender: SSRC, media: SSRC) {
        self.sender = sender
        self.media = media
    }

    init(from reader: inout ByteReader) throws(WireError) {
        sender = SSRC(try reader.uint32())
        media = SSRC(try reader.uint32())
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(
            type: RTCPType.payloadFeedback, format: Int(PictureLossIndication.format))
        try writer.put(sender.rawValue)
        try writer.put(media.rawValue)
        try writer.endRTCP(start)
    }
}

/// A request for keyframes, numbered so that repetitions can be told (RFC 5104, section 4.3.1).
public struct FullIntraRequest: Hashable, Sendable {
    static let format: UInt8 = 4

    public struct Item: Hashable, Sendable {
        public var media: SSRC
        /// Counts the requests to one stream.
        public var number: UInt8

        public init(media: SSRC, number: UInt8) {
            self.media = media
            self.number = number
        }
    }

    public var sender: SSRC
    public var items: [Item]

    public init(sender: SSRC, items: [Item]) {
        self.sender = sender
        self.items = items
    }

    init(from reader: inout ByteReader) throws(WireError) {
        sender = SSRC(try reader.uint32())
        // The media source is unused here.
        try reader.skip(4)
        items = []
        while !reader.isAtEnd {
            let media = SSRC(try reader.uint32())
            items.append(Item(media: media, number: try reader.uint8()))
            try reader.skip(3)
        }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.payloadFeedback, format: Int(FullIntraRequest.format))
        try writer.put(sender.rawValue)
        try writer.put(UInt32(0))
        for item in items {
            try writer.put(item.media.rawValue)
            try writer.put(item.number)
            try writer.put24(0)
        }
        try writer.endRTCP(start)
    }
}

/// What a receiver estimates it can take, all streams together (draft-alvestrand-rmcat-remb-03, section 2.2).
///
/// ```
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source (0)                     |
/// |  Unique identifier 'R' 'E' 'M' 'B'                            |
/// |  Num SSRC     | BR Exp    |  BR Mantissa                      |
/// |   SSRC feedback                                               |  Num SSRC times
/// ```
public struct ReceiverBandwidthEstimate: Hashable, Sendable {
    static let format: UInt8 = 15
    private static let identifier: UInt32 = 0x5245_4d42

    public var sender: SSRC
    /// Bits per second. Written with 18 significant bits, rounded down.
    public var bitrate: UInt64
    /// At most 255.
    public var sources: [SSRC]

    public init(sender: SSRC, bitrate: UInt64, sources: [SSRC]) {
        self.sender = sender
        self.bitrate = bitrate
        self.sources = sources
    }

    /// Nil for other application-layer feedback.
    init?(from reader: inout ByteReader) throws(WireError) {
        sender = SSRC(try reader.uint32())
        try reader.skip(4)
        guard !reader.isAtEnd, try reader.uint32() == ReceiverBandwidthEstimate.identifier else { return nil }
        let count = Int(try reader.uint8())
        let word = try reader.uint24()
        let (exponent, mantissa) = (UInt64(word >> 18), UInt64(word & 0x3ffff))
        // 18 bits shifted by 46 and less fit; more is beyond any link, and no reason to trap.
        bitrate = exponent <= 46 ? mantissa << exponent : UInt64.max
        guard reader.remaining >= count * 4 else {
            throw WireError(.malformed("REMB with fewer sources than it counts"), at: reader.offset)
        }
        sources = []
        for _ in 0..<count { sources.append(SSRC(try reader.uint32())) }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        guard sources.count <= 255 else {
            throw WireError(.malformed("more than 255 sources in a REMB"), at: writer.count)
        }
        let start = try writer.beginRTCP(
            type: RTCPType.payloadFeedback, format: Int(ReceiverBandwidthEstimate.format))
        try writer.put(sender.rawValue)
        try writer.put(UInt32(0))
        try writer.put(ReceiverBandwidthEstimate.identifier)
        try writer.put(UInt8(sources.count))
        let exponent = max(0, 64 - bitrate.leadingZeroBitCount - 18)
        try writer.put24(UInt32(exponent) << 18 | UInt32(bitrate >> UInt64(exponent)))
        for source in sources { try writer.put(source.rawValue) }
        try writer.endRTCP(start)
    }
}
