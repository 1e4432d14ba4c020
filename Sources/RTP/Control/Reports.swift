public import Timing

/// What a receiver says of one stream (RFC 3550, section 6.4.1).
///
/// ```
/// |                             SSRC                              |
/// | fraction lost |       cumulative number of packets lost       |
/// |           extended highest sequence number received           |
/// |                      interarrival jitter                      |
/// |                         last SR (LSR)                         |
/// |                   delay since last SR (DLSR)                  |
/// ```
public struct ReportBlock: Hashable, Sendable {
    public var ssrc: SSRC
    /// Since the report before, in 1/256.
    public var fractionLost: UInt8
    /// Since the beginning; duplicates count against it. -2^23 to 2^23 - 1.
    public var cumulativeLost: Int32
    /// Number of wrap-arounds in the upper half.
    public var highestSequence: UInt32
    /// In units of the stream's clock.
    public var jitter: UInt32
    /// The middle of the NTP time of the last sender report; 0 if there was none.
    public var lastReport: UInt32
    /// Since that report came, in 1/65536 s.
    public var delaySinceLastReport: UInt32

    public init(
        ssrc: SSRC, fractionLost: UInt8 = 0, cumulativeLost: Int32 = 0, highestSequence: UInt32 = 0,
        jitter: UInt32 = 0, lastReport: UInt32 = 0, delaySinceLastReport: UInt32 = 0
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastReport = lastReport
        self.delaySinceLastReport = delaySinceLastReport
    }

    init(from reader: inout ByteReader) throws(WireError) {
        ssrc = SSRC(try reader.uint32())
        fractionLost = try reader.uint8()
        // Sign-extended from 24 bits.
        cumulativeLost = Int32(bitPattern: try reader.uint24() << 8) >> 8
        highestSequence = try reader.uint32()
        jitter = try reader.uint32()
        lastReport = try reader.uint32()
        delaySinceLastReport = try reader.uint32()
    }

    func write(into writer: inout ByteWriter) throws(WireError) {
        try writer.put(ssrc.rawValue)
        try writer.put(fractionLost)
        try writer.put24(UInt32(bitPattern: min(max(cumulativeLost, -0x80_0000), 0x7f_ffff)))
        try writer.put(highestSequence)
        try writer.put(jitter)
        try writer.put(lastReport)
        try writer.put(delaySinceLastReport)
    }

    /// The time from our report to its echo, less the time that the peer held it (RFC 3550, section 6.4.1). `now` is
    /// of the clock that filled in our sender reports. Nil if no report is quoted, or the figures make no sense.
    public func roundTrip(now: NTPTime) -> MediaTime? {
        guard lastReport != 0 else { return nil }
        let elapsed = now.middle &- lastReport &- delaySinceLastReport
        // Clocks of peers are coarse: a little below zero is zero; beyond a minute is nonsense.
        if Int32(bitPattern: elapsed) < 0 { return Int32(bitPattern: elapsed) > -6554 ? .zero : nil }
        guard elapsed < 60 << 16 else { return nil }
        return MediaTime(clamping: Int64(elapsed), per: 1 << 16)
    }
}

/// A report by who sends media, with the blocks of what it receives (RFC 3550, section 6.4.1).
public struct SenderReport: Hashable, Sendable {
    public var ssrc: SSRC
    /// The sender's wall clock.
    public var ntp: NTPTime
    /// The same instant by the stream's clock.
    public var timestamp: RTPTimestamp
    public var packetCount: UInt32
    /// Of payload.
    public var octetCount: UInt32
    public var blocks: [ReportBlock]

    public init(
        ssrc: SSRC, ntp: NTPTime, timestamp: RTPTimestamp, packetCount: UInt32, octetCount: UInt32,
        blocks: [ReportBlock] = []
    ) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.timestamp = timestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.blocks = blocks
    }

    init(count: UInt8, from reader: inout ByteReader) throws(WireError) {
        ssrc = SSRC(try reader.uint32())
        ntp = NTPTime(rawValue: try reader.uint64())
        timestamp = RTPTimestamp(try reader.uint32())
        packetCount = try reader.uint32()
        octetCount = try reader.uint32()
        blocks = []
        for _ in 0..<count { blocks.append(try ReportBlock(from: &reader)) }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.senderReport, format: blocks.count)
        try writer.put(ssrc.rawValue)
        try writer.put(ntp.rawValue)
        try writer.put(timestamp.rawValue)
        try writer.put(packetCount)
        try writer.put(octetCount)
        for block in blocks { try block.write(into: &writer) }
        try writer.endRTCP(start)
    }
}

/// A report by who only receives (RFC 3550, section 6.4.2).
public struct ReceiverReport: Hashable, Sendable {
    public var ssrc: SSRC
    public var blocks: [ReportBlock]

    public init(ssrc: SSRC, blocks: [ReportBlock] = []) {
        self.ssrc = ssrc
        self.blocks = blocks
    }

    init(count: UInt8, from reader: inout ByteReader) throws(WireError) {
        ssrc = SSRC(try reader.uint32())
        blocks = []
        for _ in 0..<count { blocks.append(try ReportBlock(from: &reader)) }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.receiverReport, format: blocks.count)
        try writer.put(ssrc.rawValue)
        for block in blocks { try block.write(into: &writer) }
        try writer.endRTCP(start)
    }
}

/// Times that let a receiver measure the round trip too (RFC 3611, sections 4.4 and 4.5). Blocks of other kinds are
/// passed over.
public struct ExtendedReport: Hashable, Sendable {
    /// The echo of one receiver's reference time.
    public struct Echo: Hashable, Sendable {
        public var ssrc: SSRC
        /// The middle of the reference time that came.
        public var lastReport: UInt32
        /// Since it came, in 1/65536 s.
        public var delay: UInt32

        public init(ssrc: SSRC, lastReport: UInt32, delay: UInt32) {
            self.ssrc = ssrc
            self.lastReport = lastReport
            self.delay = delay
        }

        /// As ``ReportBlock/roundTrip(now:)``.
        public func roundTrip(now: NTPTime) -> MediaTime? {
            ReportBlock(ssrc: ssrc, lastReport: lastReport, delaySinceLastReport: delay).roundTrip(now: now)
        }
    }

    public var ssrc: SSRC
    /// The receiver's wall clock (RRTR).
    public var referenceTime: NTPTime?
    /// DLRR.
    public var echoes: [Echo]

    public init(ssrc: SSRC, referenceTime: NTPTime? = nil, echoes: [Echo] = []) {
        self.ssrc = ssrc
        self.referenceTime = referenceTime
        self.echoes = echoes
    }

    private static let referenceTimeBlock: UInt8 = 4
    private static let echoBlock: UInt8 = 5

    init(from reader: inout ByteReader) throws(WireError) {
        ssrc = SSRC(try reader.uint32())
        echoes = []
        while !reader.isAtEnd {
            let type = try reader.uint8()
            try reader.skip(1)
            let range = try reader.range(Int(try reader.uint16()) * 4)
            var block = ByteReader(reader.bytes, in: range)
            switch type {
            case ExtendedReport.referenceTimeBlock:
                referenceTime = NTPTime(rawValue: try block.uint64())
            case ExtendedReport.echoBlock:
                while block.remaining >= 12 {
                    echoes.append(
                        Echo(
                            ssrc: SSRC(try block.uint32()), lastReport: try block.uint32(),
                            delay: try block.uint32()))
                }
            default: break
            }
        }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.extendedReport, format: 0)
        try writer.put(ssrc.rawValue)
        if let referenceTime {
            try writer.put(ExtendedReport.referenceTimeBlock)
            try writer.put(UInt8(0))
            try writer.put(UInt16(2))
            try writer.put(referenceTime.rawValue)
        }
        if !echoes.isEmpty {
            try writer.put(ExtendedReport.echoBlock)
            try writer.put(UInt8(0))
            try writer.put(UInt16(truncatingIfNeeded: echoes.count * 3))
            for echo in echoes {
                try writer.put(echo.ssrc.rawValue)
                try writer.put(echo.lastReport)
                try writer.put(echo.delay)
            }
        }
        try writer.endRTCP(start)
    }
}
