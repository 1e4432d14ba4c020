public import Codecs
import Media
public import RTP
import Synchronization
public import Timing

/// The sound of one participant from the network: packets go in on one thread, ticks come out on another.
///
/// What is played when is the jitter buffer's decision; here it is carried out: decoding, recovery from the copy in a
/// later packet, concealment, and stretching.
public final class SoundPlayout: @unchecked Sendable {
    /// 1 or 2.
    public let channels: Int
    private let buffer: Mutex<SoundBuffer>
    /// The rest is the pulling thread's own.
    private let decoder: OpusDecoder
    private var stretch = TimeStretch()
    private var data: [UInt8] = []
    private var decoded: [Float]
    /// Made and not yet given out.
    private var queue: [Float] = []
    private let damage = Mutex(0)
    /// What is passed over: packets of the last 200 ms to prime the decoder with, the oldest first, and how many frames
    /// of the tick to come they stand for; nil while everything is decoded.
    private var passed: Int?
    private var recent: [[UInt8]] = []
    private let counts = Mutex((decoded: 0, passed: 0))

    private struct Claim {
        var level: Float = -127
        var at = MediaTime.zero
        var lastTold = MediaTime.zero
    }

    /// Nil while the sender does not tell how loud it is.
    private let claim = Mutex<Claim?>(nil)
    /// Packets that the decoder is primed with.
    private static let primingPackets = 10
    /// Frames by which sound that goes by unheard is shortened or lengthened at a time.
    private static let passedStretch = 240
    /// dB a second by which a claim loses weight.
    private static let claimDecay = 30.0

    /// `minimumDelay` of zero is for least latency.
    public init(channels: Int, minimumDelay: MediaTime = .zero) throws(CodecError) {
        self.channels = channels
        decoder = try OpusDecoder(channels: channels)
        decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket * channels)
        buffer = Mutex(SoundBuffer(tick: SoundBlock.framesPerTick, minimumDelay: minimumDelay))
        queue.reserveCapacity(3 * OpusDecoder.longestPacket * channels)
    }

    // MARK: From the network

    /// See ``SoundBuffer/receive(_:timestamp:sequence:isCopy:now:)``.
    public func receive(
        _ payload: Span<UInt8>, timestamp: RTPTimestamp, sequence: Int64, isCopy: Bool = false, now: MediaTime
    ) {
        buffer.withLock { $0.receive(payload, timestamp: timestamp, sequence: sequence, isCopy: isCopy, now: now) }
    }

    /// Takes note of how loud the sender says that a packet is (RFC 6464).
    public func note(_ level: AudioLevel, at now: MediaTime) {
        claim.withLock { claim in
            let told = -Float(level.level)
            var current = claim ?? Claim(level: told, at: now)
            if told >= SoundPlayout.decayed(current, at: now) {
                current.level = told
                current.at = now
            }
            current.lastTold = now
            claim = current
        }
    }

    /// How loud the sender claims to be, in dBov: the loudest of late, losing 30 dB a second. Nil if it does not tell.
    public func claim(at now: MediaTime) -> Float? {
        claim.withLock { $0.map { SoundPlayout.decayed($0, at: now) } }
    }

    private static func decayed(_ claim: Claim, at now: MediaTime) -> Float {
        max(-127, claim.level - Float(max(0, (now - claim.at).seconds) * claimDecay))
    }

    public func receive(_ report: SenderReport) {
        buffer.withLock { $0.receive(report) }
    }

    /// The stream began anew.
    public func restart() {
        buffer.withLock { $0.restart() }
    }

    /// Which sound is heard when, for the pictures to follow.
    public var anchor: SoundAnchor? { buffer.withLock { $0.anchor } }

    /// Sound waits at least so long, as for pictures that need it.
    public func setMinimumDelay(_ delay: MediaTime) {
        buffer.withLock { if $0.minimumDelay != delay { $0.minimumDelay = delay } }
    }

    /// What the jitter buffer has done, and its target delay.
    public var state: (statistics: SoundBufferStatistics, target: MediaTime) {
        buffer.withLock { ($0.statistics, $0.target) }
    }

    /// Packets that could not be decoded.
    public var damagedPackets: Int { damage.withLock { $0 } }

    /// Packets that were decoded, and that were passed over.
    public var decodedPackets: Int { counts.withLock(\.decoded) }
    public var passedPackets: Int { counts.withLock(\.passed) }

    // MARK: To the mixer

    /// Puts the tick at `now` into `output`: 960 frames, interleaved. False if there is only silence. Without `decodes`
    /// the sound goes by as if it were silence; when it is decoded again, the decoder is first given what it missed of
    /// the last 200 ms.
    public func pull(
        now: MediaTime, decodes: Bool = true, into output: UnsafeMutableBufferPointer<Float>
    ) -> Bool {
        guard decodes else {
            pass(now: now)
            output.update(repeating: 0)
            return false
        }
        if let passed { prime(passed) }
        return make(now: now, into: output)
    }

    /// A tick that nobody hears.
    private func pass(now: MediaTime) {
        var ready = passed ?? queue.count / channels
        queue.removeAll(keepingCapacity: true)
        for _ in 0..<64 where ready < SoundBlock.framesPerTick {
            switch buffer.withLock({ $0.next(now: now, queued: ready, into: &data) }) {
            case .decode(let packet, let stretching):
                counts.withLock { $0.passed += 1 }
                remember()
                // As if it had been done: or the sound of a fast clock would wait longer and longer, unheard.
                switch stretching {
                case .none: ready += packet.samples
                case .shorten: ready += max(0, packet.samples - SoundPlayout.passedStretch)
                case .lengthen: ready += packet.samples + SoundPlayout.passedStretch
                }
            case .recover(_, let samples), .conceal(let samples), .silence(let samples): ready += max(1, samples)
            }
        }
        passed = max(0, ready - SoundBlock.framesPerTick)
    }

    private func remember() {
        var oldest = recent.count < SoundPlayout.primingPackets ? [] : recent.removeFirst()
        oldest.removeAll(keepingCapacity: true)
        oldest.append(contentsOf: data)
        recent.append(oldest)
    }

    private func prime(_ frames: Int) {
        for packet in recent {
            decoded.withUnsafeMutableBufferPointer { output in
                packet.withUnsafeBufferPointer { _ = try? decoder.decode($0, into: output) }
            }
        }
        // What lies between has gone by: of the packet that a tick ended in, the rest is the decoder's last.
        queue.removeAll(keepingCapacity: true)
        queue.append(contentsOf: repeatElement(0, count: frames * channels))
        recent.removeAll(keepingCapacity: true)
        passed = nil
    }

    private func make(now: MediaTime, into output: UnsafeMutableBufferPointer<Float>) -> Bool {
        let wanted = SoundBlock.framesPerTick * channels
        precondition(output.count == wanted, "a tick has 960 frames")
        var isSilent = queue.isEmpty
        // Each decision makes progress; the bound is for a broken invariant only.
        for _ in 0..<64 where queue.count < wanted {
            let queued = queue.count / channels
            let decision = buffer.withLock { $0.next(now: now, queued: queued, into: &data) }
            switch decision {
            case .decode(let packet, let stretching):
                isSilent = false
                counts.withLock { $0.decoded += 1 }
                play(frames: packet.samples, stretching) { decoder, data, output throws(CodecError) in
                    try decoder.decode(data, into: output)
                }
            case .recover(_, let samples):
                isSilent = false
                play(frames: samples, .none) { decoder, data, output throws(CodecError) in
                    try decoder.decodeFEC(data, frames: samples, into: output)
                }
            case .conceal(let samples):
                isSilent = false
                conceal(samples)
            case .silence(let samples):
                queue.append(contentsOf: repeatElement(0, count: max(1, samples) * channels))
            }
        }
        let ready = min(wanted, queue.count)
        for index in 0..<ready { output[index] = queue[index] }
        for index in ready..<wanted { output[index] = 0 }
        queue.removeFirst(ready)
        return !isSilent
    }

    private func play(
        frames: Int, _ stretching: SoundStretch,
        _ decode: (OpusDecoder, UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<Float>) throws(CodecError) -> Int
    ) {
        let made = decoded.withUnsafeMutableBufferPointer { output in
            data.withUnsafeBufferPointer { data in (try? decode(decoder, data, output)) ?? 0 }
        }
        guard made > 0 else {
            damage.withLock { $0 += 1 }
            conceal(frames)
            return
        }
        let samples = decoded[..<(made * channels)]
        switch stretching {
        case .none: queue.append(contentsOf: samples)
        case .shorten:
            var piece = Array(samples)
            _ = stretch.shorten(&piece, channels: channels)
            queue.append(contentsOf: piece)
        case .lengthen:
            var piece = Array(samples)
            _ = stretch.lengthen(&piece, channels: channels)
            queue.append(contentsOf: piece)
        }
    }

    private func conceal(_ samples: Int) {
        // The decoder conceals whole steps of 2.5 ms.
        let frames = min(max(120, (samples + 119) / 120 * 120), OpusDecoder.longestPacket)
        let made = decoded.withUnsafeMutableBufferPointer { output in
            (try? decoder.conceal(frames: frames, into: output)) ?? 0
        }
        let used = min(made, max(1, samples))
        queue.append(contentsOf: decoded[..<(used * channels)])
        if used == 0 { queue.append(contentsOf: repeatElement(0, count: max(1, samples) * channels)) }
    }
}
