public import Timing

/// When the packets of a whole connection arrived (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).
///
/// ```
/// |                     SSRC of packet sender                     |
/// |                      SSRC of media source                     |
/// |      base sequence number     |      packet status count      |
/// |                 reference time                | fb pkt. count |
/// |          packet chunk         |         packet chunk          |
/// |         packet chunk          |  recv delta   |  recv delta   |
/// ```
public struct TransportFeedback: Hashable, Sendable {
    static let format: UInt8 = 15

    /// The most packets that one feedback may report on; a peer's longer claims are refused, since a datagram's few
    /// bytes can stand for 65,535 packets that never were.
    public static let maximumPackets = 8192
    /// A unit of the differences between arrivals: 250 µs.
    public static let tick = MediaTime(nanoseconds: 250_000)
    /// A unit of the reference time: 64 ms.
    public static let ticksPerReference: Int64 = 256

    public var sender: SSRC
    public var media: SSRC
    /// The transport sequence number of the first packet.
    public var base: UInt16
    /// In 64 ms, signed 24 bits, of a clock of the receiver's own.
    public var referenceTime: Int32
    /// Counts the feedback packets.
    public var number: UInt8
    /// From ``base`` on, per packet: ticks since the arrival of the last that arrived before it in this list, for the
    /// first of them since ``referenceTime``; nil for one that did not arrive.
    public var arrivals: [Int16?]

    public init(
        sender: SSRC, media: SSRC, base: UInt16, referenceTime: Int32, number: UInt8, arrivals: [Int16?]
    ) {
        self.sender = sender
        self.media = media
        self.base = base
        self.referenceTime = referenceTime
        self.number = number
        self.arrivals = arrivals
    }

    /// How a packet fared, in two bits.
    private enum Symbol {
        static let lost: UInt8 = 0
        static let smallDelta: UInt8 = 1
        static let largeDelta: UInt8 = 2
        static let reserved: UInt8 = 3
    }

    init(from reader: inout ByteReader) throws(WireError) {
        sender = SSRC(try reader.uint32())
        media = SSRC(try reader.uint32())
        base = try reader.uint16()
        let countOffset = reader.offset
        let count = Int(try reader.uint16())
        guard count > 0 else { throw WireError(.malformed("feedback on no packets"), at: countOffset) }
        guard count <= TransportFeedback.maximumPackets else {
            throw WireError(.malformed("feedback on too many packets"), at: countOffset)
        }
        referenceTime = Int32(bitPattern: try reader.uint24() << 8) >> 8
        number = try reader.uint8()

        // Chunks first, then the deltas: the symbols are kept until their deltas can be read.
        var symbols: [UInt8] = []
        symbols.reserveCapacity(count + 14)
        while symbols.count < count {
            let chunk = try reader.uint16()
            if chunk & 0x8000 == 0 {
                // |0| S |       run length        |
                let run = min(Int(chunk & 0x1fff), count - symbols.count)
                guard run > 0 else { throw WireError(.malformed("run of no packets"), at: reader.offset - 2) }
                symbols.append(contentsOf: repeatElement(UInt8(chunk >> 13 & 3), count: run))
            } else if chunk & 0x4000 == 0 {
                // |1|0|   14 symbols of a bit     |
                for bit in 0..<UInt16(14) { symbols.append(UInt8(chunk >> (13 - bit) & 1)) }
            } else {
                // |1|1|   7 symbols of two bits   |
                for pair in 0..<UInt16(7) { symbols.append(UInt8(chunk >> (12 - 2 * pair) & 3)) }
            }
        }
        arrivals = []
        arrivals.reserveCapacity(count)
        for symbol in symbols.prefix(count) {
            switch symbol {
            case Symbol.smallDelta: arrivals.append(Int16(try reader.uint8()))
            case Symbol.largeDelta: arrivals.append(Int16(bitPattern: try reader.uint16()))
            // The reserved symbol carries no delta that could be known: taken as not arrived.
            default: arrivals.append(nil)
            }
        }
    }

    /// At most ``maximumPackets``. Ends, as the draft asks, with zeros up to a whole word.
    public func write(into writer: inout ByteWriter) throws(WireError) {
        guard (1...TransportFeedback.maximumPackets).contains(arrivals.count) else {
            throw WireError(.malformed("feedback on no or too many packets"), at: writer.count)
        }
        let start = try writer.beginRTCP(type: RTCPType.transportFeedback, format: Int(TransportFeedback.format))
        try writer.put(sender.rawValue)
        try writer.put(media.rawValue)
        try writer.put(base)
        try writer.put(UInt16(arrivals.count))
        try writer.put24(UInt32(bitPattern: referenceTime))
        try writer.put(number)
        var index = 0
        while index < arrivals.count { try writeChunk(from: &index, into: &writer) }
        for arrival in arrivals {
            guard let arrival else { continue }
            if (0...255).contains(arrival) {
                try writer.put(UInt8(arrival))
            } else {
                try writer.put(UInt16(bitPattern: arrival))
            }
        }
        let padding = (4 - (writer.count - start) % 4) % 4
        if padding > 0 {
            // Marked as padding, so that nobody takes the zeros for deltas.
            try writer.put(zeros: padding - 1)
            try writer.put(UInt8(padding))
            writer.patch(UInt8(0xa0) | TransportFeedback.format, at: start)
        }
        try writer.endRTCP(start)
    }

    /// The chunk that covers the most packets from `index` on, which it moves behind them.
    private func writeChunk(from index: inout Int, into writer: inout ByteWriter) throws(WireError) {
        let first = symbol(index)
        var run = 1
        while index + run < arrivals.count, run < 0x1fff, symbol(index + run) == first { run += 1 }
        var small = 0
        while small < 14, index + small < arrivals.count, symbol(index + small) != Symbol.largeDelta { small += 1 }
        let allFit = index + small == arrivals.count || small == 14
        if run >= 14 || index + run == arrivals.count || (run >= 7 && !allFit) {
            try writer.put(UInt16(first) << 13 | UInt16(run))
            index += run
        } else if allFit {
            var chunk: UInt16 = 0x8000
            for offset in 0..<small { chunk |= UInt16(symbol(index + offset)) << UInt16(13 - offset) }
            try writer.put(chunk)
            index += small
        } else {
            let count = min(7, arrivals.count - index)
            var chunk: UInt16 = 0xc000
            for offset in 0..<count { chunk |= UInt16(symbol(index + offset)) << UInt16(12 - 2 * offset) }
            try writer.put(chunk)
            index += count
        }
    }

    private func symbol(_ index: Int) -> UInt8 {
        guard let arrival = arrivals[index] else { return Symbol.lost }
        return (0...255).contains(arrival) ? Symbol.smallDelta : Symbol.largeDelta
    }

    /// Calls `body` for each packet in turn with its transport sequence number and, if it arrived, when: in the
    /// receiver's clock, from the beginning of ``referenceTime``'s range.
    public func forEach(_ body: (UInt16, MediaTime?) -> Void) {
        var ticks = Int64(referenceTime) * TransportFeedback.ticksPerReference
        for (index, arrival) in arrivals.enumerated() {
            let sequence = base &+ UInt16(truncatingIfNeeded: index)
            if let arrival {
                ticks += Int64(arrival)
                body(sequence, MediaTime(nanoseconds: ticks * TransportFeedback.tick.nanoseconds))
            } else {
                body(sequence, nil)
            }
        }
    }
}
