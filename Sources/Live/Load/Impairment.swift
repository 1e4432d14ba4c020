public import Timing

/// A bad network on the way of one client, both ways alike: what is lost, late, out of order, twice there, or too much.
/// Everything follows from the seed, so that a run can be repeated.
public struct Impairment: Sendable, Hashable {
    /// Share of datagrams that are lost, 0 to 1.
    public var loss = 0.0
    /// Of every datagram, each way.
    public var delay = MediaTime.zero
    /// On top of the delay, evenly spread from zero to this; the order stays.
    public var jitter = MediaTime.zero
    /// Bits per second each way; nil for no limit.
    public var rate: Int?
    /// Share of datagrams that are held back by ``reorderDelay``, so that others overtake them.
    public var reorder = 0.0
    /// Share of datagrams that come twice.
    public var duplicate = 0.0
    public var seed: UInt64 = 1

    /// What a reordered datagram waits besides.
    public static let reorderDelay = MediaTime.milliseconds(15)
    /// What may wait for the rate; what comes beyond is lost.
    public static let longestQueue = MediaTime.milliseconds(200)
    /// Bytes that may go at once after a pause, whatever the rate.
    public static let burst = 3000

    public init() {}

    /// Reads `loss=10,delay=25,jitter=20,rate=500k,reorder=5,duplicate=1,seed=7`: per cent, milliseconds, bits per second.
    /// Throws what is wrong with it.
    public init(parsing text: String) throws(LiveError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw LiveError(400, "'\(part)': expected name=value, as loss=10,delay=25,jitter=20,rate=500k")
            }
            let (name, value) = (pair[0], pair[1])
            switch name {
            case "loss": loss = try Impairment.share(value, name)
            case "reorder": reorder = try Impairment.share(value, name)
            case "duplicate": duplicate = try Impairment.share(value, name)
            case "delay": delay = try Impairment.milliseconds(value, name)
            case "jitter": jitter = try Impairment.milliseconds(value, name)
            case "rate": rate = try Impairment.bitrate(value)
            case "seed":
                guard let number = UInt64(value) else { throw LiveError(400, "seed=\(value): expected a whole number") }
                seed = number
            default:
                throw LiveError(400, "'\(name)' is none of loss, delay, jitter, rate, reorder, duplicate, seed")
            }
        }
    }

    private static func share(_ text: String, _ name: String) throws(LiveError) -> Double {
        guard let number = Double(text), (0...100).contains(number) else {
            throw LiveError(400, "\(name)=\(text): expected per cent, 0 to 100")
        }
        return number / 100
    }

    private static func milliseconds(_ text: String, _ name: String) throws(LiveError) -> MediaTime {
        guard let number = Double(text), (0...10_000).contains(number) else {
            throw LiveError(400, "\(name)=\(text): expected milliseconds, 0 to 10000")
        }
        return MediaTime(seconds: number / 1000)
    }

    private static func bitrate(_ text: String) throws(LiveError) -> Int {
        let (digits, factor): (Substring, Double) =
            switch text.last {
            case "k", "K": (text.dropLast(), 1e3)
            case "M": (text.dropLast(), 1e6)
            default: (text[...], 1)
            }
        guard let number = Double(digits), (1000...1e10).contains(number * factor) else {
            throw LiveError(400, "rate=\(text): expected bits per second from 1000 on, as 500k or 2M")
        }
        return Int(number * factor)
    }
}

/// One direction of an impaired network: datagrams go in, and come out when their time has come.
package struct ImpairedLink {
    /// What became of the datagrams.
    package struct Figures: Sendable {
        package var lost = 0
        /// Lost since the queue before the rate limit was full.
        package var overflowed = 0
    }

    private struct Waiting {
        var due: MediaTime
        var order: Int
        var bytes: [UInt8]
        var length: Int
    }

    private let impairment: Impairment
    private var random: UInt64
    /// In the order in which they are due.
    private var waiting: [Waiting] = []
    private var spare: [[UInt8]] = []
    private var order = 0
    /// When the rate limit has let the last datagram pass.
    private var free: MediaTime?
    /// When the last one that kept its order is due.
    private var last = MediaTime.zero
    package private(set) var figures = Figures()

    /// `stream` tells directions and clients of one seed apart.
    package init(_ impairment: Impairment, stream: UInt64) {
        self.impairment = impairment
        random = impairment.seed &* 0x9e37_79b9_7f4a_7c15 &+ stream
    }

    /// When something is due next; nil if nothing waits.
    package var nextDue: MediaTime? { waiting.first?.due }

    package mutating func put(_ datagram: Span<UInt8>, now: MediaTime) {
        // Every datagram takes the same draws, so that one property does not change what another does.
        let (loses, delays, overtakes, doubles) = (draw(), draw(), draw(), draw())
        if loses < impairment.loss {
            figures.lost += 1
            return
        }
        var due = now
        if let rate = impairment.rate {
            let burst = MediaTime(clamping: Int64(Impairment.burst * 8), per: Int64(rate))
            let cost = MediaTime(clamping: Int64(datagram.count * 8), per: Int64(rate))
            let passed = max(free ?? .zero, now - burst) + cost
            guard passed - now <= Impairment.longestQueue else {
                figures.overflowed += 1
                return
            }
            free = passed
            due = max(now, passed)
        }
        due += impairment.delay + MediaTime(nanoseconds: Int64(delays * Double(impairment.jitter.nanoseconds)))
        if overtakes < impairment.reorder {
            due += Impairment.reorderDelay
        } else {
            due = max(due, last)
            last = due
        }
        insert(datagram, due: due)
        if doubles < impairment.duplicate { insert(datagram, due: due) }
    }

    private mutating func insert(_ datagram: Span<UInt8>, due: MediaTime) {
        var bytes = spare.popLast() ?? [UInt8](repeating: 0, count: DatagramSocket.datagramSize)
        for index in 0..<datagram.count { bytes[index] = datagram[index] }
        order += 1
        let new = Waiting(due: due, order: order, bytes: bytes, length: datagram.count)
        // Nearly all belong at the end.
        var place = waiting.count
        while place > 0, waiting[place - 1].due > due { place -= 1 }
        waiting.insert(new, at: place)
    }

    /// Hands out what is due, in order.
    package mutating func takeDue(now: MediaTime, _ body: (inout MutableSpan<UInt8>) -> Void) {
        var count = 0
        while count < waiting.count, waiting[count].due <= now {
            let length = waiting[count].length
            var span = waiting[count].bytes.mutableSpan
            var part = span._mutatingExtracting(0..<length)
            body(&part)
            count += 1
        }
        guard count > 0 else { return }
        for index in 0..<count where spare.count < 64 { spare.append(waiting[index].bytes) }
        waiting.removeFirst(count)
    }

    /// SplitMix64, as a number from 0 to less than 1.
    private mutating func draw() -> Double {
        random &+= 0x9e37_79b9_7f4a_7c15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
