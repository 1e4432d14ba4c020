public import Timing

/// Decides what of a received stream of Opus is played when; the decoding, concealing and stretching is others' work.
///
/// The delay of a packet is the time from its earliest possible arrival (``ArrivalClock``) to its playing. It should
/// be what the network's jitter asks for (``target``), between ``minimumDelay`` and ``maximumDelay``, and not longer:
/// - A packet that is not there when its time has come is concealed (from the copy in the next one if there is one).
///   If a later one is there, it counts as lost; otherwise it may still come, is played then, and the delay is longer.
/// - When nothing was sent for a while (DTX), the pause absorbs what is to be changed of the delay.
/// - Otherwise a delay that is too long is shortened by stretching, packet by packet, and one too short lengthened.
///   Below a tick nothing can be gained: what has come is played at the next tick at the earliest.
/// - A delay beyond ``maximumDelay`` and a little is cut by dropping the oldest packets.
///
/// Pulled once per tick: ``next(now:queued:into:)`` again and again until the samples of a tick are there.
public struct SoundBuffer: ~Copyable {
    private struct Entry {
        var packet: SoundPacket
        var slot: Int32
        var length: Int32
    }

    /// Packets that wait; beyond, the oldest are dropped.
    public static let packetLimit = 256
    /// How much more than ``maximumDelay`` is bearable for a moment.
    static let excessLimit = MediaTime.milliseconds(60)
    /// How much longer than wanted the delay may be before it is shortened.
    private static let hysteresis = MediaTime.milliseconds(6)
    /// For how long it may be, and beyond what it may not for a moment.
    private static let reluctance = MediaTime.milliseconds(400)
    private static let haste = MediaTime.milliseconds(40)
    /// Longer concealment would be heard as what it is.
    private static let concealmentLimit = 120 * 48
    /// A change of the relation between timestamps and time that is no jitter.
    private static let jump = MediaTime.milliseconds(3000)

    /// Samples of a tick, at 48 kHz.
    public let tick: Int
    /// Can be changed at any time, as when sound is to wait for pictures; held between zero and ``maximumDelay``.
    public var minimumDelay: MediaTime {
        didSet { minimumDelay = min(max(minimumDelay, .zero), maximumDelay) }
    }
    public let maximumDelay: MediaTime

    public private(set) var statistics = SoundBufferStatistics()
    public private(set) var arrivals = ArrivalClock(clockRate: OpusPacket.clockRate)
    public private(set) var reports = ReportedClock(clockRate: OpusPacket.clockRate)

    /// By timestamp.
    private var entries: [Entry] = []
    private var slots = PacketSlots(limit: packetLimit + 1)
    private var timestamps = ExtendedCounter<UInt32>()
    private var estimate = DelayEstimate()
    private var lastArrival: (timestamp: Int64, sequence: Int64, at: MediaTime)?
    /// The timestamp of the next sample to be made; nil before the first packet is played.
    private var position: Int64?
    private var lastPlayed: SoundPacket?
    private var concealed = 0
    private var stretch = SoundStretch.none
    private var lastInBounds = MediaTime.zero
    private var playing: (timestamp: Int64, at: MediaTime)?
    /// Delay of the packet played last, beyond what was wanted; negative if short of it.
    public private(set) var excess = MediaTime.zero

    /// `minimumDelay` of zero is for least latency. `tick` is 480 (10 ms) or 960 (20 ms) samples.
    public init(
        tick: Int = 960, minimumDelay: MediaTime = .zero, maximumDelay: MediaTime = .milliseconds(200)
    ) {
        precondition(tick > 0 && minimumDelay >= .zero && minimumDelay <= maximumDelay, "delays in order")
        self.tick = tick
        self.minimumDelay = minimumDelay
        self.maximumDelay = maximumDelay
        entries.reserveCapacity(SoundBuffer.packetLimit + 1)
    }

    /// The delay that the network's jitter asks for at present.
    public var target: MediaTime { min(max(estimate.delay, minimumDelay), maximumDelay) }

    /// Packets that wait.
    public var waiting: Int { entries.count }

    /// Which sound is played when, for pictures to be in step with it. Nil before the first sender report and the
    /// first sound.
    public var anchor: SoundAnchor? {
        guard let playing, let captured = reports.wallClock(of: playing.timestamp) else { return nil }
        return SoundAnchor(captured: captured, played: playing.at)
    }

    // MARK: Packets in

    /// Takes a packet's payload. `sequence` is its extended sequence number, by ``ReceiveStatistics``; for a redundant
    /// block (``RedundantSound``) that of the packet which it repeats, with `isCopy`.
    public mutating func receive(
        _ payload: Span<UInt8>, timestamp: RTPTimestamp, sequence: Int64, isCopy: Bool = false, now: MediaTime
    ) {
        guard let opus = try? OpusPacket(parsing: payload) else {
            statistics.malformed += 1
            return
        }
        let extended: Int64
        if isCopy {
            extended = timestamps.position(of: timestamp.rawValue)
        } else {
            extended = note(timestamp, sequence: sequence, now: now)
        }
        let packet = SoundPacket(
            sequence: sequence, timestamp: extended, samples: opus.samples, hasRedundancy: opus.hasRedundancy,
            isSilence: opus.isSilence)
        if let position, extended + Int64(packet.samples) <= position {
            if !isCopy { statistics.late += 1 }
            return
        }
        var index = entries.count
        while index > 0, entries[index - 1].packet.timestamp > extended { index -= 1 }
        if index > 0, entries[index - 1].packet.timestamp == extended {
            if !isCopy { statistics.duplicates += 1 }
            return
        }
        guard let slot = slots.put(payload) else {
            statistics.malformed += 1
            return
        }
        entries.insert(Entry(packet: packet, slot: slot, length: Int32(payload.count)), at: index)
        if entries.count > SoundBuffer.packetLimit { discardFirst() }
    }

    /// Takes a payload with copies of earlier packets (RFC 2198): what it repeats and was lost is played as if it had
    /// come by itself. Blocks of other formats than `payloadType` are passed over. Throws if the payload is cut off.
    public mutating func receiveRedundant(
        _ packet: RTPPacket, sequence: Int64, payloadType: PayloadType, in bytes: Span<UInt8>, now: MediaTime
    ) throws(WireError) {
        // The primary first: the timestamps of copies are extended by its.
        let timestamp = packet.header.timestamp
        var copies: Int64 = 0
        try RedundantSound.forEachBlock(in: packet.payload, of: bytes) { block in
            guard block.payloadType == payloadType else { return }
            guard block.isPrimary else {
                copies += 1
                return
            }
            receive(bytes.clipped(to: block.data), timestamp: timestamp, sequence: sequence, now: now)
        }
        try RedundantSound.forEachBlock(in: packet.payload, of: bytes) { block in
            guard block.payloadType == payloadType, !block.isPrimary else { return }
            let earlier = RTPTimestamp(timestamp.rawValue &- UInt32(block.timestampOffset))
            receive(
                bytes.clipped(to: block.data), timestamp: earlier, sequence: sequence - copies, isCopy: true, now: now)
            copies -= 1
        }
    }

    /// Extends a timestamp and measures its delay; begins anew if the timestamps jumped.
    private mutating func note(_ timestamp: RTPTimestamp, sequence: Int64, now: MediaTime) -> Int64 {
        var extended = timestamps.extend(timestamp.rawValue)
        if let last = lastArrival {
            let media = MediaTime(clamping: extended &- last.timestamp, per: OpusPacket.clockRate)
            let wall = now - last.at
            if abs(media.nanoseconds &- wall.nanoseconds) > SoundBuffer.jump.nanoseconds, sequence > last.sequence {
                restart()
                extended = timestamps.extend(timestamp.rawValue)
            }
        }
        if sequence > lastArrival?.sequence ?? .min { lastArrival = (extended, sequence, now) }
        arrivals.receive(extended, arrival: now)
        if let earliest = arrivals.earliestArrival(of: extended) { estimate.add(now - earliest, at: now) }
        return extended
    }

    public mutating func receive(_ report: SenderReport) {
        reports.receive(report, timestamp: timestamps.position(of: report.timestamp.rawValue))
    }

    /// Throws away what waits, for a stream that begins anew. What is known of the jitter stays.
    public mutating func restart() {
        for entry in entries { slots.release(entry.slot) }
        entries.removeAll(keepingCapacity: true)
        timestamps = ExtendedCounter()
        arrivals = ArrivalClock(clockRate: OpusPacket.clockRate)
        reports = ReportedClock(clockRate: OpusPacket.clockRate)
        lastArrival = nil
        position = nil
        playing = nil
        lastPlayed = nil
        stretch = .none
        statistics.resets += 1
    }

    // MARK: Sound out

    /// What to play next, when `queued` samples have already been made for the tick at `now`. The payload that a
    /// decision is about is put in place of what `data` holds.
    public mutating func next(now: MediaTime, queued: Int, into data: inout [UInt8]) -> SoundDecision {
        let ahead = MediaTime(clamping: Int64(max(0, queued)), per: OpusPacket.clockRate)
        let lacking = max(1, tick - max(0, queued))
        while let first = entries.first {
            let packet = first.packet
            if let position, packet.timestamp + Int64(packet.samples) <= position {
                // A copy, or overlapping packets.
                discardFirst(counting: false)
                continue
            }
            let earliest = arrivals.earliestArrival(of: packet.timestamp) ?? now
            let delay = now + ahead - earliest
            if delay > maximumDelay + SoundBuffer.excessLimit, entries.count > 1 {
                discardFirst()
                continue
            }
            guard let position, packet.timestamp > position else {
                if position == nil, now - earliest < target { return silence(lacking) }
                return play(first, now: now, ahead: ahead, earliest: earliest, into: &data)
            }
            // Something lies between. It has been waited for already if the packet's own time has come.
            if now - earliest >= target || packet.timestamp - position > Int64(OpusPacket.clockRate) * 10 {
                return play(first, now: now, ahead: ahead, earliest: earliest, into: &data)
            }
            if let lastPlayed, packet.sequence <= lastPlayed.sequence + 1 { return silence(lacking) }
            return replace(upTo: first, from: position, into: &data)
        }
        guard position != nil else { return silence(lacking) }
        if lastPlayed?.isSilence ?? true { return silence(lacking) }
        if concealed == 0 { statistics.underruns += 1 }
        return conceal(lacking)
    }

    /// Stands in for a lost packet, of which the next is there.
    private mutating func replace(upTo next: Entry, from position: Int64, into data: inout [UInt8]) -> SoundDecision {
        let gap = Int(next.packet.timestamp - position)
        let usual = lastPlayed?.samples ?? next.packet.samples
        let samples = min(gap, usual)
        self.position = position + Int64(samples)
        if gap == samples, next.packet.hasRedundancy {
            copy(next, into: &data)
            statistics.recoveredSamples += UInt64(samples)
            concealed = 0
            return .recover(from: next.packet, samples: samples)
        }
        return conceal(samples)
    }

    private mutating func conceal(_ samples: Int) -> SoundDecision {
        guard concealed < SoundBuffer.concealmentLimit else { return silence(samples) }
        concealed += samples
        statistics.concealedSamples += UInt64(samples)
        return .conceal(samples: samples)
    }

    private mutating func silence(_ samples: Int) -> SoundDecision {
        statistics.silentSamples += UInt64(samples)
        return .silence(samples: samples)
    }

    private mutating func play(
        _ entry: Entry, now: MediaTime, ahead: MediaTime, earliest: MediaTime, into data: inout [UInt8]
    ) -> SoundDecision {
        copy(entry, into: &data)
        entries.removeFirst()
        slots.release(entry.slot)
        chooseStretch(margin: now - earliest, ahead: ahead, now: now)
        playing = (entry.packet.timestamp, now + ahead)
        position = entry.packet.timestamp + Int64(entry.packet.samples)
        lastPlayed = entry.packet
        concealed = 0
        statistics.decodedSamples += UInt64(entry.packet.samples)
        // What is as good as silent is not worth stretching, and decoders make noise of it at length.
        guard !entry.packet.isSilence else { return .decode(entry.packet, .none) }
        switch stretch {
        case .none: break
        case .shorten: statistics.shortened += 1
        case .lengthen: statistics.lengthened += 1
        }
        return .decode(entry.packet, stretch)
    }

    /// `margin` is how much later a packet could have come for this tick, `ahead` what of the tick is there already;
    /// together they are its delay.
    ///
    /// Ticks are discrete: the margin is some fraction of a tick and a whole number of ticks, and what is ahead only
    /// adds to the delay. Wanted is the least number of ticks with which the margin reaches the target, and nothing
    /// ahead.
    private mutating func chooseStretch(margin: MediaTime, ahead: MediaTime, now: MediaTime) {
        let tickTime = MediaTime(clamping: Int64(tick), per: OpusPacket.clockRate).nanoseconds
        let phase = ((margin.nanoseconds % tickTime) + tickTime) % tickTime
        func excess(over target: MediaTime) -> MediaTime {
            let ticks = max(0, (target.nanoseconds - phase + tickTime - 1) / tickTime)
            return margin + ahead - MediaTime(nanoseconds: phase + ticks * tickTime)
        }
        let target = target
        self.excess = excess(over: target)
        // A target that wavers about the edge of a tick must not move the delay back and forth.
        let surplus = min(self.excess, excess(over: target + SoundBuffer.hysteresis))
        if surplus <= SoundBuffer.hysteresis { lastInBounds = now }
        switch stretch {
        case .none:
            if self.excess < .milliseconds(-1) {
                stretch = .lengthen
            } else if surplus > SoundBuffer.haste || now - lastInBounds > SoundBuffer.reluctance {
                stretch = .shorten
            }
        case .shorten: if surplus <= .milliseconds(1) { stretch = .none }
        case .lengthen: if self.excess >= .zero { stretch = .none }
        }
    }

    private mutating func copy(_ entry: Entry, into data: inout [UInt8]) {
        data.removeAll(keepingCapacity: true)
        data.append(contentsOf: slots.payload(entry.slot, length: entry.length))
    }

    private mutating func discardFirst(counting: Bool = true) {
        let entry = entries.removeFirst()
        slots.release(entry.slot)
        if counting {
            statistics.discarded += 1
            position = max(position ?? .min, entry.packet.timestamp + Int64(entry.packet.samples))
        }
    }
}
