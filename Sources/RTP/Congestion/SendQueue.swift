public import Timing

/// Decides when what is to go to one receiver goes: sound at once, then what is sent again, then pictures, no faster
/// than the link is thought to take. Keeps no packets, only their places in a ``PacketHistory``.
///
/// A picture that could not go in time is dropped whole, with what refers to it: pictures of the upper layers first,
/// then those of the base layer until the next keyframe. So the queue never grows: at most ``longestWait`` of media,
/// and ``pictureLimit`` pictures.
public struct SendQueue: Sendable {
    /// A picture on its way.
    public struct Picture: Hashable, Sendable {
        /// Of the encode.
        public var source: UInt32
        public var packets: Range<Int64>
        /// All its packets together.
        public var bytes: Int
        public var temporalLayer: Int
        public var isKeyframe: Bool
        /// Needs no other picture of its layer.
        public var isLayerSync: Bool

        public init(
            source: UInt32, packets: Range<Int64>, bytes: Int, temporalLayer: Int, isKeyframe: Bool, isLayerSync: Bool
        ) {
            self.source = source
            self.packets = packets
            self.bytes = bytes
            self.temporalLayer = temporalLayer
            self.isKeyframe = isKeyframe
            self.isLayerSync = isLayerSync
        }
    }

    /// What is to go next.
    public enum Item: Hashable, Sendable {
        case repeated(SequenceNumber)
        /// A packet of the encode `source`.
        case packet(Int64, source: UInt32)
        /// A picture of the encode is left out here.
        case skipped(source: UInt32)
    }

    public static let pictureLimit = 64
    public static let repeatLimit = 256
    /// Of a keyframe, from its coming to its last packet.
    public static let longestWait = MediaTime(seconds: 2.5)
    /// How much faster than the estimate pictures may go, so that keyframes do not take for ever.
    private static let pace = 1.5
    /// Seconds that what waits to be sent again may take.
    private static let longestRepeat = 0.4
    /// What may be waiting when a picture of a layer comes, in ms at the estimate.
    private static let waits = [800.0, 450, 300]

    private struct Entry {
        var picture: Picture
        var next: Int64
        var isSkipped: Bool
    }

    /// Bits per second; nil without a limit.
    public private(set) var rate: Int?
    /// Pictures that were dropped, and those among them that took the base layer with them.
    public private(set) var dropped: UInt64 = 0
    public private(set) var broken: UInt64 = 0
    /// Whether no picture can go before a keyframe comes.
    public private(set) var needsKeyframe = false

    private var isGuess = false
    private var pictures: [Entry] = []
    private var repeats: [(sequence: SequenceNumber, bytes: Int)] = []
    /// All that wait.
    private var repeatedBytes = 0
    /// Bytes that may go now.
    private var allowance = 3000.0
    /// Bytes that were taken beyond what the link has done since, by the estimate.
    private var debt = 0.0
    private var updated: MediaTime?
    /// Layers that can be decoded: 0 after a loss in the base layer.
    private var intact = 3

    public init() {}

    /// Sets what may be sent, bits per second. While that is a guess, nothing is dropped for it; when it turns out to
    /// be too little for what waits, pictures that have not begun are dropped.
    public mutating func setRate(_ rate: Int?, isGuess: Bool = false, now: MediaTime) {
        advance(to: now)
        self.rate = rate.map { max($0, 1000) }
        self.isGuess = isGuess
        guard !isGuess, wait > SendQueue.longestWait else { return }
        var isAny = false
        for index in pictures.indices where !pictures[index].isSkipped {
            guard pictures[index].next == pictures[index].picture.packets.lowerBound else { continue }
            leaveOut(index)
            dropped += 1
            isAny = true
        }
        if isAny { breakOff() }
    }

    /// Nothing goes before a keyframe comes, as after pictures that were left out by choice.
    public mutating func breakOff() {
        intact = 0
        needsKeyframe = true
    }

    /// A picture of the encode is left out by choice: numbers close up over it.
    public mutating func skip(source: UInt32) {
        guard pictures.count < SendQueue.pictureLimit * 2 else { return }
        let picture = Picture(
            source: source, packets: 0..<0, bytes: 0, temporalLayer: 0, isKeyframe: false, isLayerSync: false)
        pictures.append(Entry(picture: picture, next: 0, isSkipped: true))
    }

    private mutating func leaveOut(_ index: Int) {
        pictures[index].isSkipped = true
        debt = max(0, debt - Double(pictures[index].picture.bytes))
    }

    /// What waits, by the estimate.
    public var wait: MediaTime {
        guard let rate else { return .zero }
        return MediaTime(seconds: debt * 8 / Double(rate))
    }

    public var isEmpty: Bool { pictures.isEmpty && repeats.isEmpty }

    /// Bytes have gone that wait for nothing: sound, probes, reports.
    public mutating func sentAtOnce(_ bytes: Int, now: MediaTime) {
        advance(to: now)
        allowance -= Double(bytes)
        debt += Double(bytes)
    }

    private mutating func advance(to now: MediaTime) {
        let passed = updated.map { max((now - $0).seconds, 0) } ?? 0
        updated = max(updated ?? now, now)
        guard let rate else {
            debt = 0
            return
        }
        let bytes = Double(rate) / 8
        debt = max(0, debt - bytes * passed)
        // 15 ms at once: timers are not finer than 5 ms, and threads may be late.
        let burst = max(bytes * SendQueue.pace * 0.015, 1500)
        allowance = min(allowance + bytes * SendQueue.pace * passed, burst)
    }

    // MARK: - In

    /// Takes a picture. False if it is dropped, in which case its place is noted.
    public mutating func offer(_ picture: Picture, now: MediaTime) -> Bool {
        advance(to: now)
        guard admits(picture) else {
            if picture.temporalLayer < intact || picture.isKeyframe { drop(picture) }
            dropped += 1
            skip(source: picture.source)
            return false
        }
        if picture.isKeyframe {
            intact = 3
            needsKeyframe = false
        } else {
            intact = max(intact, picture.temporalLayer + 1)
        }
        debt += Double(picture.bytes)
        pictures.append(Entry(picture: picture, next: picture.packets.lowerBound, isSkipped: false))
        return true
    }

    private func admits(_ picture: Picture) -> Bool {
        guard pictures.count < SendQueue.pictureLimit else { return false }
        let layer = min(max(picture.temporalLayer, 0), 2)
        if !picture.isKeyframe, layer >= intact {
            guard intact > 0, layer == intact, picture.isLayerSync else { return false }
        }
        guard let rate, !isGuess else { return true }
        let perByte = 8000 / Double(rate)
        let waiting = debt * perByte
        if picture.isKeyframe {
            // The first may be large; a second one behind it is not wanted.
            return waiting < SendQueue.waits[0]
                && waiting + Double(picture.bytes) * perByte < SendQueue.longestWait.milliseconds
        }
        return waiting < SendQueue.waits[layer]
    }

    private mutating func drop(_ picture: Picture) {
        if picture.temporalLayer == 0 || picture.isKeyframe {
            broken += 1
            intact = 0
            needsKeyframe = true
        } else {
            intact = min(intact, picture.temporalLayer)
        }
    }

    /// Takes a packet that is to be sent again, of so many bytes. False if too many wait already.
    public mutating func offer(repeated sequence: SequenceNumber, bytes: Int, now: MediaTime) -> Bool {
        advance(to: now)
        guard repeats.count < SendQueue.repeatLimit, !repeats.contains(where: { $0.sequence == sequence }) else {
            return false
        }
        if let rate {
            let isTooMuch = Double(repeatedBytes + bytes) * 8 > Double(rate) * SendQueue.longestRepeat
            guard wait <= MediaTime(seconds: 1), repeats.isEmpty || !isTooMuch else { return false }
        }
        repeats.append((sequence, bytes))
        repeatedBytes += bytes
        debt += Double(bytes)
        return true
    }

    /// Pictures of other encodes than `source` are wanted no more; one that has begun goes to its end.
    public mutating func keepOnly(source: UInt32) {
        for index in pictures.indices where pictures[index].picture.source != source && !pictures[index].isSkipped {
            if pictures[index].next == pictures[index].picture.packets.lowerBound { leaveOut(index) }
        }
    }

    // MARK: - Out

    /// What is to go now; nil until later.
    public mutating func next(now: MediaTime) -> Item? {
        advance(to: now)
        while let entry = pictures.first, entry.isSkipped || entry.next >= entry.picture.packets.upperBound {
            pictures.removeFirst()
            if entry.isSkipped { return .skipped(source: entry.picture.source) }
        }
        guard rate == nil || allowance > 0 else { return nil }
        if let first = repeats.first {
            repeats.removeFirst()
            repeatedBytes -= first.bytes
            allowance -= Double(first.bytes)
            return .repeated(first.sequence)
        }
        guard let entry = pictures.first else { return nil }
        pictures[0].next += 1
        allowance -= Double(entry.picture.bytes) / Double(max(1, entry.picture.packets.count))
        return .packet(entry.next, source: entry.picture.source)
    }
}
