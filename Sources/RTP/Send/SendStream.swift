public import Timing

/// One stream of packets to one receiver. Payloads come from the shared ``PacketHistory`` of whichever encode the
/// receiver watches at the time; sequence numbers, timestamps and picture numbers run on when that changes.
public struct SendStream: ~Copyable {
    /// The stream that carries retransmissions (RFC 4588).
    public struct Repair: Hashable, Sendable {
        public var ssrc: SSRC
        public var payloadType: PayloadType

        public init(ssrc: SSRC, payloadType: PayloadType) {
            self.ssrc = ssrc
            self.payloadType = payloadType
        }
    }

    /// Which payload went out under a sequence number.
    private struct Sent {
        var sequence = Int64.min
        var source: UInt32 = 0
        var index: Int64 = 0
        var numbers = PictureNumbers.zero
        var lastSent = MediaTime.zero
        var times: UInt8 = 0
    }

    public let ssrc: SSRC
    public var payloadType: PayloadType
    /// Hz.
    public let clockRate: Int64
    public var repair: Repair?
    /// How often one packet is sent again at most.
    public static let maximumRepeats: UInt8 = 10

    private let timestampOffset: UInt32
    private var nextSequence: Int64
    private var nextRepairSequence: UInt16
    private var sent: [Sent]
    private let mask: Int64
    private var continuity = PictureContinuity()

    /// For reports: packets and bytes of payload, retransmissions on a stream of their own not counted.
    public private(set) var packetCount: UInt32 = 0
    public private(set) var octetCount: UInt32 = 0
    public private(set) var repeatCount: UInt64 = 0

    /// Starting values should be random (RFC 3550, section 5.1). `memory` is how many packets can be asked for again,
    /// rounded up to a power of two.
    public init(
        ssrc: SSRC, payloadType: PayloadType, clockRate: Int64, firstSequence: SequenceNumber,
        timestampOffset: UInt32, repair: Repair? = nil, firstRepairSequence: UInt16 = 0, memory: Int = 1024
    ) {
        precondition(clockRate > 0 && memory > 0, "a clock that goes, and room for a packet")
        var capacity = 1
        while capacity < memory { capacity *= 2 }
        self.ssrc = ssrc
        self.payloadType = payloadType
        self.clockRate = clockRate
        self.repair = repair
        self.timestampOffset = timestampOffset
        nextSequence = Int64(firstSequence.rawValue)
        nextRepairSequence = firstRepairSequence
        sent = [Sent](repeating: Sent(), count: capacity)
        mask = Int64(capacity - 1)
    }

    /// The stream's clock at a time of the pipeline.
    public func timestamp(at mediaTime: MediaTime) -> RTPTimestamp {
        RTPTimestamp(UInt32(truncatingIfNeeded: mediaTime.count(per: clockRate)) &+ timestampOffset)
    }

    /// Writes the next packet: payload `index` of the history of the encode that the caller calls `source`. False, and
    /// nothing written, if the history no longer has it. Packets of a picture come in order.
    public mutating func write(
        _ index: Int64, of history: borrowing PacketHistory, source: UInt32, extensions: HeaderExtensions,
        map: HeaderExtensionMap, now: MediaTime, into writer: inout ByteWriter
    ) throws(WireError) -> Bool {
        guard let packet = history[index] else { return false }
        let shift = continuity.shift(for: packet.numbers, of: source)
        let entry = Sent(
            sequence: nextSequence, source: source, index: index, numbers: packet.numbers.shifted(by: shift),
            lastSent: now)
        try write(entry, packet, of: history, extensions: extensions, map: map, repair: nil, into: &writer)
        sent[Int(nextSequence & mask)] = entry
        nextSequence += 1
        packetCount &+= 1
        octetCount &+= UInt32(truncatingIfNeeded: packet.size)
        return true
    }

    /// A picture of an upper layer is left out. VP8's numbers close up over it; VP9's do not, since their place in the
    /// group of pictures tells what refers to what.
    public mutating func skipPicture(_ format: PictureFormat, source: UInt32) {
        if format == .vp8 { continuity.skip(of: source) }
    }

    /// Which encode's history has the packet that a receiver asks for; nil if it is forgotten, was sent again less than
    /// `interval` ago, or often enough.
    public func source(
        ofLost sequence: SequenceNumber, now: MediaTime, interval: MediaTime = .milliseconds(10)
    ) -> UInt32? {
        packet(ofLost: sequence, now: now, interval: interval)?.source
    }

    /// As ``source(ofLost:now:interval:)``, with the packet's index in that history.
    public func packet(
        ofLost sequence: SequenceNumber, now: MediaTime, interval: MediaTime = .milliseconds(10)
    ) -> (source: UInt32, index: Int64)? {
        guard let entry = entry(sequence), entry.times < SendStream.maximumRepeats,
            entry.times == 0 || now - entry.lastSent >= interval
        else { return nil }
        return (entry.source, entry.index)
    }

    /// Writes a packet again: on the repair stream if there is one, otherwise as it was. False, and nothing written, if
    /// it is forgotten.
    public mutating func writeAgain(
        _ sequence: SequenceNumber, of history: borrowing PacketHistory, extensions: HeaderExtensions,
        map: HeaderExtensionMap, now: MediaTime, into writer: inout ByteWriter
    ) throws(WireError) -> Bool {
        guard var entry = entry(sequence), let packet = history[entry.index] else { return false }
        try write(entry, packet, of: history, extensions: extensions, map: map, repair: repair, into: &writer)
        if repair != nil { nextRepairSequence &+= 1 }
        entry.lastSent = now
        entry.times &+= 1
        sent[Int(entry.sequence & mask)] = entry
        repeatCount += 1
        return true
    }

    /// Writes a packet of nothing but `count` bytes of padding, on the repair stream, so that it tears no hole into the
    /// stream itself. False, and nothing written, without one.
    public mutating func writePadding(
        _ count: UInt8, mediaTime: MediaTime, extensions: HeaderExtensions, map: HeaderExtensionMap,
        into writer: inout ByteWriter
    ) throws(WireError) -> Bool {
        guard let repair, count > 0 else { return false }
        let header = RTPHeader(
            marker: false, payloadType: repair.payloadType, sequenceNumber: SequenceNumber(nextRepairSequence),
            timestamp: timestamp(at: mediaTime), ssrc: repair.ssrc)
        try header.write(into: &writer, extensions: extensions, map: map, padded: true)
        try writer.putPadding(count)
        nextRepairSequence &+= 1
        return true
    }

    /// Says what was sent, and which time of the stream's clock `ntp` is: that of `mediaTime` on the pipeline's
    /// timeline.
    public func senderReport(ntp: NTPTime, mediaTime: MediaTime, blocks: [ReportBlock] = []) -> SenderReport {
        SenderReport(
            ssrc: ssrc, ntp: ntp, timestamp: timestamp(at: mediaTime), packetCount: packetCount,
            octetCount: octetCount, blocks: blocks)
    }

    private func entry(_ sequence: SequenceNumber) -> Sent? {
        // The youngest packet of that number.
        let distance = UInt16(truncatingIfNeeded: nextSequence &- 1) &- sequence.rawValue
        let extended = nextSequence - 1 - Int64(distance)
        let entry = sent[Int(extended & mask)]
        return entry.sequence == extended ? entry : nil
    }

    private func write(
        _ entry: Sent, _ packet: StoredPacket, of history: borrowing PacketHistory, extensions: HeaderExtensions,
        map: HeaderExtensionMap, repair: Repair?, into writer: inout ByteWriter
    ) throws(WireError) {
        let header = RTPHeader(
            marker: packet.marker, payloadType: repair?.payloadType ?? payloadType,
            sequenceNumber: repair == nil ? SequenceNumber(entry.sequence) : SequenceNumber(nextRepairSequence),
            timestamp: timestamp(at: packet.mediaTime), ssrc: repair?.ssrc ?? ssrc)
        try header.write(into: &writer, extensions: extensions, map: map)
        if repair != nil { try writer.put(SequenceNumber(entry.sequence).rawValue) }
        let start = writer.count
        _ = try history.write(entry.index, into: &writer)
        if let format = packet.format { writer.renumber(format, at: start, to: entry.numbers) }
    }
}
