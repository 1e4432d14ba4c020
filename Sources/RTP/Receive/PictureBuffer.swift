public import Timing

/// Puts the packets of one stream of pictures in order, hands out whole pictures that can be decoded, and says what to
/// ask the sender for.
///
/// The rules, in the order in which they apply:
/// 1. Pictures come out in the order of their sequence numbers, each as soon as it is whole.
/// 2. A missing packet is waited for as long as ``NackGenerator`` asks for it.
/// 3. If a later picture is whole and can be decoded without what is missing (a keyframe; a base layer's picture when
///    higher layers are lacking), it comes out once the missing has been waited for about a round trip, 100 ms at most.
/// 4. What has been given up is passed over. If what follows cannot do without it, a keyframe is asked for and nothing
///    comes out until it is there.
/// 5. What waits is bounded by ``packetLimit`` packets and ``durationLimit`` of media time; beyond, rule 4 applies to
///    everything that is missing.
///
/// Calls come in this order: ``receive(_:sequence:orientation:in:now:)`` for each packet, ``next(now:into:)`` until it
/// gives nothing, then ``requests(now:lost:)``; the latter two also when ``nextDeadline`` passes.
public struct PictureBuffer: ~Copyable {
    private struct Entry {
        enum Content { case picture, padding, malformed }
        /// Far below any that occurs, if the entry is free.
        var sequence = Int64.min
        var content = Content.padding
        var marker = false
        var timestamp: Int64 = 0
        var slot: Int32 = -1
        var length: Int32 = 0
        var arrival = MediaTime.zero
        var orientation: VideoOrientation?
        var fragment = PictureFragment(body: 0..<0)
    }

    /// A power of two.
    public static let packetLimit = 1024
    /// How long the beginning of the first picture is waited for, if later packets overtook it.
    private static let startPatience = MediaTime.milliseconds(50)
    public let format: PictureFormat
    /// Hz.
    public let clockRate: Int64
    /// How much media time may wait for something that is missing.
    public let durationLimit: MediaTime

    public private(set) var statistics = PictureBufferStatistics()
    public private(set) var nack = NackGenerator()
    public private(set) var keyframe = KeyframeRequest()

    private var entries = [Entry](repeating: Entry(), count: packetLimit)
    private var slots = PacketSlots(limit: packetLimit)
    private var timestamps = ExtendedCounter<UInt32>()
    /// The first sequence number that has not been handed out or passed over.
    private var front: Int64?
    private var highest: Int64 = .min
    /// The packet before ``front``, if it came: whether it ended its picture, and which that was.
    private var before: (marker: Bool, timestamp: Int64)?
    private var references = PictureReferences()
    private var hasPassed = false
    /// When what is missing at the front will have been waited for.
    private var patienceEnd: MediaTime?
    /// The last packet of a keyframe that came: while it is on its way, no other is asked for.
    private var keyframeArrival: MediaTime?

    public init(
        format: PictureFormat, clockRate: Int64 = 90_000, durationLimit: MediaTime = .milliseconds(1500)
    ) {
        precondition(clockRate > 0, "a clock that goes")
        self.format = format
        self.clockRate = clockRate
        self.durationLimit = durationLimit
    }

    /// As last measured.
    public var roundTrip: MediaTime {
        get { nack.roundTrip }
        set { nack.roundTrip = newValue }
    }

    /// Whether pictures are held back until a keyframe comes.
    public var awaitsKeyframe: Bool { references.awaitsKeyframe }

    /// Packets that wait.
    public var waiting: Int { slots.used }

    // MARK: Packets in

    /// Takes a packet, sent for the first time or unwrapped from a retransmission. `sequence` is its extended sequence
    /// number, by ``ReceiveStatistics`` of the stream.
    public mutating func receive(
        _ packet: RTPPacket, sequence: Int64, orientation: VideoOrientation? = nil, in bytes: Span<UInt8>,
        now: MediaTime
    ) {
        let mendable = nack.receive(sequence, now: now)
        let start = front ?? sequence
        if front == nil { front = sequence }
        if sequence < start {
            // Only before anything has come out can the beginning still move.
            guard !hasPassed, highest - sequence < Int64(PictureBuffer.packetLimit) else {
                statistics.late += 1
                return
            }
            front = sequence
        } else if sequence - start >= Int64(PictureBuffer.packetLimit) {
            flush(to: sequence)
        }
        guard entry(sequence) == nil else {
            statistics.duplicates += 1
            return
        }
        highest = max(highest, sequence)
        var entry = Entry()
        entry.sequence = sequence
        entry.marker = packet.header.marker
        entry.timestamp = timestamps.extend(packet.header.timestamp.rawValue)
        entry.arrival = now
        entry.orientation = orientation
        if !packet.payload.isEmpty {
            if let fragment = try? PictureFragment(parsing: format, in: packet.payload, of: bytes) {
                entry.content = .picture
                entry.fragment = fragment
                guard store(&entry, bytes.clipped(to: fragment.body)) else { return }
                if fragment.isKeyframe { keyframeArrival = now }
            } else {
                entry.content = .malformed
                statistics.malformed += 1
            }
        }
        entries[index(sequence)] = entry
        if !mendable { keyframe.want() }
    }

    /// False if the payload is larger than any datagram; its entry counts as malformed then.
    private mutating func store(_ entry: inout Entry, _ body: Span<UInt8>) -> Bool {
        if let slot = slots.put(body) {
            entry.slot = slot
            entry.length = Int32(body.count)
            return true
        }
        entry.content = .malformed
        entries[index(entry.sequence)] = entry
        statistics.malformed += 1
        return false
    }

    /// The decoder could make nothing of what it got: what follows is held back until a keyframe.
    public mutating func decodingFailed() {
        references.breakOff()
        keyframeArrival = nil
        keyframe.want()
    }

    /// The stream begins anew, with other sequence numbers.
    public mutating func restart() {
        if front != nil { flush(to: nil) }
        nack.reset()
        timestamps = ExtendedCounter()
        hasPassed = false
    }

    private mutating func flush(to sequence: Int64?) {
        if let front, highest >= front {
            for sequence in front...min(highest, front + Int64(PictureBuffer.packetLimit) - 1) { release(sequence) }
        }
        front = sequence
        highest = sequence ?? .min
        before = nil
        if let sequence { nack.abandon(before: sequence) }
        references.breakOff()
        keyframe.want()
        statistics.flushes += 1
    }

    // MARK: Pictures out

    /// The next picture, its data put in place of what `data` holds; nil if there is none for now.
    public mutating func next(now: MediaTime, into data: inout [UInt8]) -> ReceivedPicture? {
        patienceEnd = nil
        while let front, front <= highest {
            guard let first = entry(front) else {
                if pass(missing: front, now: now) { continue }
                return nil
            }
            if first.content == .padding {
                advance(to: front + 1)
                continue
            }
            guard beginsPicture(first) else {
                // The tail of a picture whose beginning has been passed over, or is late at the start of the stream.
                if isBeginning(first, now: now) { return nil }
                advance(to: front + 1)
                continue
            }
            let run = run(from: front)
            let verdict = references.verdict(first.fragment, isKeyframe: run.isKeyframe)
            if let missing = run.missing {
                // H.264 tells only in its course that a picture is a keyframe.
                if verdict != .decodable, format != .h264, !run.isMalformed {
                    drop(first, verdict, upTo: run.end)
                    continue
                }
                guard missing <= highest, pass(missing: missing, now: now) else { return nil }
                continue
            }
            if run.isMalformed {
                keyframeArrival = nil
                drop(first, first.fragment.temporalLayer > 0 ? .droppable : .broken, upTo: run.end)
            } else if verdict == .decodable {
                return handOut(first, run, into: &data)
            } else {
                statistics.undecodable += 1
                drop(first, verdict, upTo: run.end)
            }
        }
        return nil
    }

    /// What has come of the picture that begins at some packet.
    private struct Run {
        /// Behind the last packet of the picture, or at the first that is missing.
        var end: Int64
        var missing: Int64?
        var isKeyframe = false
        var isMalformed = false
    }

    private func run(from start: Int64) -> Run {
        var run = Run(end: start)
        var timestamp: Int64?
        while true {
            guard let entry = entry(run.end) else {
                run.missing = run.end
                return run
            }
            if entry.content != .padding {
                if let timestamp, entry.timestamp != timestamp { return run }
                timestamp = entry.timestamp
                run.isKeyframe = run.isKeyframe || entry.fragment.isKeyframe
                run.isMalformed = run.isMalformed || entry.content == .malformed
            }
            run.end += 1
            if entry.content != .padding, entry.marker { return run }
        }
    }

    /// Whether the packet at the front begins a picture for sure.
    private func beginsPicture(_ entry: Entry) -> Bool {
        if let before, before.marker || before.timestamp != entry.timestamp { return true }
        return entry.content == .picture && entry.fragment.beginsPicture
    }

    /// As ``beginsPicture(_:)``, for a packet behind a gap.
    private func isStart(_ entry: Entry) -> Bool {
        guard entry.content == .picture else { return false }
        if entry.fragment.beginsPicture { return true }
        guard let previous = self.entry(entry.sequence - 1), previous.content != .padding else { return false }
        return previous.marker || previous.timestamp != entry.timestamp
    }

    /// Decides on waiting for a missing packet. True if it has been passed over, and there is something to look at.
    private mutating func pass(missing: Int64, now: MediaTime) -> Bool {
        if let front, let first = entry(front), isBeginning(first, now: now) { return false }
        let since = nack.missingSince(missing)
        let isHopeless = since == nil || isTooLong(now: now)
        let patience = min(nack.roundTrip + .milliseconds(20), .milliseconds(100))
        if !isHopeless, let since, now - since < patience {
            patienceEnd = since + patience
            return false
        }
        var firstStart: Entry?
        var sequence = missing + 1
        while sequence <= highest {
            if let entry = entry(sequence), isStart(entry) {
                firstStart = firstStart ?? entry
                let run = run(from: sequence)
                if run.missing == nil, !run.isMalformed, references.canSkip(to: entry.fragment, run.isKeyframe) {
                    skip(to: sequence)
                    return true
                }
                sequence = max(run.end, sequence + 1)
            } else {
                sequence += 1
            }
        }
        guard isHopeless, let firstStart else { return false }
        keyframeArrival = nil
        skip(to: firstStart.sequence)
        return true
    }

    /// Whether the stream may have begun before the first packet that came: nobody knows what is missing there.
    private mutating func isBeginning(_ first: Entry, now: MediaTime) -> Bool {
        guard !hasPassed, now - first.arrival < PictureBuffer.startPatience else { return false }
        patienceEnd = first.arrival + PictureBuffer.startPatience
        return true
    }

    /// Whether more media time waits than may.
    private func isTooLong(now: MediaTime) -> Bool {
        guard let front, let last = entry(highest) else { return false }
        var sequence = front
        while sequence < highest, entry(sequence) == nil { sequence += 1 }
        guard let first = entry(sequence) else { return false }
        return MediaTime(clamping: last.timestamp &- first.timestamp, per: clockRate) > durationLimit
            || now - first.arrival > durationLimit
    }

    /// Passes over everything before `sequence`, parts of it never seen.
    private mutating func skip(to sequence: Int64) {
        let previous = entry(sequence - 1)
        advance(to: sequence)
        before = previous.map { ($0.marker, $0.timestamp) }
        references.gap()
    }

    private mutating func drop(_ first: Entry, _ verdict: PictureReferences.Verdict, upTo end: Int64) {
        references.drop(first.fragment, verdict)
        if verdict == .broken { keyframe.want() }
        advance(to: end)
    }

    private mutating func handOut(_ first: Entry, _ run: Run, into data: inout [UInt8]) -> ReceivedPicture {
        data.removeAll(keepingCapacity: true)
        var picture = ReceivedPicture(
            timestamp: first.timestamp, isKeyframe: run.isKeyframe, size: nil,
            temporalLayer: first.fragment.temporalLayer, orientation: nil, firstArrival: first.arrival,
            lastArrival: first.arrival, sequences: first.sequence...run.end - 1, length: 0)
        for sequence in picture.sequences {
            guard let entry = entry(sequence), entry.content == .picture else { continue }
            let payload = slots.payload(entry.slot, length: entry.length)
            switch format {
            case .vp8, .vp9: data.append(contentsOf: payload)
            // Checked when it came.
            case .h264: try? H264Payload.append(0..<payload.count, of: payload, to: &data)
            }
            picture.size = picture.size ?? entry.fragment.size
            picture.orientation = entry.orientation ?? picture.orientation
            picture.firstArrival = min(picture.firstArrival, entry.arrival)
            picture.lastArrival = max(picture.lastArrival, entry.arrival)
        }
        picture.length = data.count
        references.decode(first.fragment, isKeyframe: run.isKeyframe)
        if run.isKeyframe {
            keyframe.satisfied()
            keyframeArrival = nil
            statistics.keyframes += 1
        }
        statistics.pictures += 1
        advance(to: run.end)
        return picture
    }

    /// Frees what lies before `sequence`.
    private mutating func advance(to sequence: Int64) {
        guard let front else { return }
        for passed in front..<sequence {
            if let entry = entry(passed), entry.content != .padding {
                before = (entry.marker, entry.timestamp)
            }
            release(passed)
        }
        self.front = sequence
        hasPassed = true
        nack.abandon(before: sequence)
    }

    private mutating func release(_ sequence: Int64) {
        guard let entry = entry(sequence) else { return }
        if entry.slot >= 0 { slots.release(entry.slot) }
        entries[index(sequence)].sequence = .min
    }

    private func index(_ sequence: Int64) -> Int { Int(sequence & Int64(PictureBuffer.packetLimit - 1)) }

    private func entry(_ sequence: Int64) -> Entry? {
        let entry = entries[index(sequence)]
        return entry.sequence == sequence ? entry : nil
    }

    // MARK: Requests

    /// Puts into `lost` what is to be asked for again now; true if a keyframe is to be requested now.
    public mutating func requests(now: MediaTime, lost: inout [Int64]) -> Bool {
        lost.removeAll(keepingCapacity: true)
        nack.collectDue(now: now, into: &lost)
        if let keyframeArrival, now - keyframeArrival < KeyframeRequest.interval { return false }
        return keyframe.takeDue(now: now)
    }

    /// When ``next(now:into:)`` and ``requests(now:lost:)`` are to be called even if nothing comes; nil if never.
    public var nextDeadline: MediaTime? {
        var deadline = nack.nextDeadline
        if let patienceEnd { deadline = min(deadline ?? patienceEnd, patienceEnd) }
        if var request = keyframe.nextDeadline {
            if let keyframeArrival { request = max(request, keyframeArrival + KeyframeRequest.interval) }
            deadline = min(deadline ?? request, request)
        }
        return deadline
    }
}
