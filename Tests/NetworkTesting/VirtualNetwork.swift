public import Timing

/// Random numbers that are the same in every run (SplitMix64).
public struct NetworkRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Evenly spread over 0 to 1.
    public mutating func fraction() -> Double { Double(next() >> 11) / Double(UInt64(1) << 53) }
}

/// What a network does to datagrams. All chances are 0 to 1.
public struct Impairment: Hashable, Sendable {
    public var loss = 0.0
    /// One way.
    public var delay = MediaTime.milliseconds(1)
    /// Added evenly between 0 and this; datagrams keep their order unless ``reorder`` says otherwise.
    public var jitter = MediaTime.zero
    /// The chance that a datagram is held back by ``reorderDelay`` and so overtaken.
    public var reorder = 0.0
    public var reorderDelay = MediaTime.milliseconds(20)
    public var duplicate = 0.0
    /// In bytes a second; nil without a limit. What would wait longer than ``queueLimit`` is lost.
    public var rate: Int?
    public var queueLimit = MediaTime.milliseconds(200)
    /// Times during which everything is lost.
    public var outages: [Range<MediaTime>] = []

    public init() {}

    public static func loss(_ chance: Double, delay: MediaTime = .milliseconds(25)) -> Impairment {
        var impairment = Impairment()
        impairment.loss = chance
        impairment.delay = delay
        return impairment
    }
}

/// One direction of a network in virtual time: what goes in comes out later, changed by ``impairment``, the same way for
/// the same seed.
public struct VirtualLink<Message> {
    public var impairment: Impairment
    public private(set) var sent = 0
    public private(set) var lost = 0

    private var random: NetworkRandom
    private var queue: [(time: MediaTime, number: Int, message: Message)] = []
    private var number = 0
    private var lastInOrder = MediaTime.zero
    private var busyUntil = MediaTime.zero

    public init(seed: UInt64, impairment: Impairment = Impairment()) {
        random = NetworkRandom(seed: seed)
        self.impairment = impairment
    }

    /// `size` is in bytes and counts for the rate only.
    public mutating func send(_ message: Message, size: Int = 0, now: MediaTime) {
        sent += 1
        let isLost = random.fraction() < impairment.loss
        let isLate = random.fraction() < impairment.reorder
        let isDouble = random.fraction() < impairment.duplicate
        let wait = MediaTime(nanoseconds: Int64(Double(impairment.jitter.nanoseconds) * random.fraction()))
        if isLost || impairment.outages.contains(where: { $0.contains(now) }) {
            lost += 1
            return
        }
        var start = now
        if let rate = impairment.rate {
            start = max(now, busyUntil)
            guard start - now <= impairment.queueLimit else {
                lost += 1
                return
            }
            start = start + MediaTime(nanoseconds: Int64(size) * 1_000_000_000 / Int64(max(rate, 1)))
            busyUntil = start
        }
        var time = start + impairment.delay + wait
        if isLate {
            time = time + impairment.reorderDelay
        } else {
            time = max(time, lastInOrder)
            lastInOrder = time
        }
        insert(message, at: time)
        if isDouble { insert(message, at: time + .milliseconds(1)) }
    }

    private mutating func insert(_ message: Message, at time: MediaTime) {
        number += 1
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        queue.insert((time, number, message), at: low)
    }

    /// When the next message comes out.
    public var nextArrival: MediaTime? { queue.first?.time }

    /// What has come out by now, one at a time.
    public mutating func receive(now: MediaTime) -> Message? {
        guard let first = queue.first, first.time <= now else { return nil }
        queue.removeFirst()
        return first.message
    }
}
