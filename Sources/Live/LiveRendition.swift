import Codecs
import Compositor
import Foundation
import Media
import Mixing
import RTP
import Synchronization
import Timing

/// Which of a view's encodes.
struct RenditionKey: Hashable, Sendable {
    /// Of the ladder.
    var rung: String
    var format: PictureFormat

    var codec: Codec {
        switch format {
        case .vp8: .vp8
        case .vp9: .vp9
        case .h264: .h264
        }
    }
}

/// One encode of a view, on a thread of its own, for all who receive it and while anybody does.
///
/// The frame clock puts the newest picture in the only place there is for one: a picture that the encoder has not begun
/// by then is replaced, and its changes come with the next.
final class LiveRendition: @unchecked Sendable {
    let key: RenditionKey
    let rung: Rung
    let view: String
    let output: EncodedOutput
    private let deliver: @Sendable (LiveRendition, EncodedChunk) -> Void
    private let overload: Overload
    private static let nextSource = Atomic(UInt32(1))

    /// A picture to be encoded.
    struct Frame {
        var composite: Composite
        /// On the room's timeline.
        var time: MediaTime
        /// When the work on its tick began, on the monotonic clock.
        var began: MediaTime
        /// How long the tick has for it.
        var budget: MediaTime
    }

    struct Figures {
        var encode = DurationHistogram()
        /// From the beginning of a tick to its encoded picture.
        var tick = DurationHistogram()
        /// From the encoded picture to its last packet's way into the socket.
        var send = DurationHistogram()
        /// Between pictures that were mixed, encoded and handed on, or found unchanged.
        var gaps = DurationHistogram()
        /// Gaps of more than 1.5 × the interval in force.
        var longGaps = 0
        /// Ticks whose work took longer than their interval.
        var overruns = 0
        /// Pictures that a newer one replaced before they were encoded.
        var replaced = 0
        var frames = 0
        var keyframes = 0
        var bytes = 0
    }

    private struct State {
        var frame: Frame?
        /// Changes of pictures that were not due at this rendition's rate.
        var carried: MacroblockMap?
        var nextDue: MediaTime?
        var subscribers: Set<Int> = []
        var sinks: [Int: @Sendable (EncodedChunk) -> Void] = [:]
        var unusedSince: MediaTime
        var isStopping = false
        var wantsKeyframe = true
        var lastKeyframe: MediaTime?
        var pacing = KeyframePacing()
        var lastEnded: (at: MediaTime, time: MediaTime)?
        var encoderFailure: String?
        /// The encoder has been made.
        var isReady = false
        var encodedSize: PictureSize
        /// Sessions that leave upper layers out, and when there last was one.
        var thinned: Set<Int> = []
        var thinnedAt: MediaTime?
        var layers = 1
        var figures = Figures()
    }

    private var state: State
    private let condition = NSCondition()

    /// Requests for keyframes are answered at most this often.
    private static let keyframeInterval = MediaTime.milliseconds(300)
    /// How long there are layers after the last who needed them.
    private static let layerLinger = MediaTime(seconds: 30)
    /// How long a rendition that nobody uses is kept.
    private static let linger = MediaTime(seconds: 5)

    /// `deliver` is called on the rendition's thread, with times on the room's timeline.
    init(
        key: RenditionKey, rung: Rung, view: String, overload: Overload,
        deliver: @escaping @Sendable (LiveRendition, EncodedChunk) -> Void
    ) {
        self.key = key
        self.rung = rung
        self.view = view
        self.overload = overload
        self.deliver = deliver
        state = State(unusedSince: MonotonicClock.now, encodedSize: rung.size)
        output = EncodedOutput(
            source: LiveRendition.nextSource.add(1, ordering: .relaxed).oldValue, format: key.format)
        let thread = Thread { [self] in run() }
        thread.name = "encode-\(rung.name)"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func stop() {
        condition.withLock {
            state.isStopping = true
            condition.signal()
        }
    }

    // MARK: - Who uses it

    /// Sessions that receive this encode.
    var subscribers: Set<Int> { condition.withLock { state.subscribers } }
    var isUsed: Bool { condition.withLock { !state.subscribers.isEmpty || !state.sinks.isEmpty } }
    /// Whether somebody records this encode, so that its size must not change.
    var isRecorded: Bool { condition.withLock { !state.sinks.isEmpty } }

    /// Nobody has used it for some time.
    func isAbandoned(now: MediaTime) -> Bool {
        condition.withLock {
            state.subscribers.isEmpty && state.sinks.isEmpty && now - state.unusedSince > LiveRendition.linger
        }
    }

    /// From now on the session is sent this encode; the next picture is a keyframe.
    func add(_ session: Int) {
        condition.withLock {
            state.subscribers.insert(session)
            state.wantsKeyframe = true
        }
    }

    func remove(_ session: Int) {
        condition.withLock {
            state.subscribers.remove(session)
            state.thinned.remove(session)
            state.unusedSince = MonotonicClock.now
        }
    }

    /// Whether the session leaves upper layers out. Layers cost bits that all receivers pay, so they are made only while
    /// somebody needs them; the change is a keyframe.
    func setThinned(_ isThinned: Bool, session: Int) {
        condition.withLock {
            if isThinned { state.thinned.insert(session) } else { state.thinned.remove(session) }
        }
    }

    /// How many layers the next picture is to have.
    private func wantedLayers(_ now: MediaTime) -> Int {
        guard key.format != .h264 else { return 1 }
        if !state.thinned.isEmpty { state.thinnedAt = now }
        guard let last = state.thinnedAt, now - last < LiveRendition.layerLinger else { return 1 }
        return 3
    }

    /// Hands every chunk to `sink` as well, on the encoder's thread, from the next keyframe on; `number` is the
    /// caller's own. Nil ends that. While there is a sink the rendition keeps its size.
    func record(_ number: Int, _ sink: (@Sendable (EncodedChunk) -> Void)?) {
        condition.withLock {
            state.sinks[number] = sink
            state.wantsKeyframe = true
            state.unusedSince = MonotonicClock.now
        }
    }

    func hasSink(_ number: Int) -> Bool { condition.withLock { state.sinks[number] != nil } }

    /// A receiver needs a keyframe to go on. Wishes are met at most every 300 ms: one that comes sooner waits, since who
    /// has only now connected did not get the keyframe before.
    func requestKeyframe() { condition.withLock { state.wantsKeyframe = true } }

    // MARK: - From the frame clock

    /// Whether the picture before has not even been begun.
    var isBehind: Bool { condition.withLock { state.frame != nil } }

    /// Whether there is an encoder yet.
    var isReady: Bool { condition.withLock { state.isReady } }

    /// Whether a picture at `time` is wanted, at this rendition's rate.
    func isDue(at time: MediaTime) -> Bool {
        condition.withLock {
            guard let due = state.nextDue else { return true }
            return time + .milliseconds(3) >= due
        }
    }

    /// Takes a picture that is not due: what changed in it counts for the next.
    func pass(_ changed: MacroblockMap) {
        condition.withLock { carry(changed) }
    }

    private func carry(_ changed: MacroblockMap) {
        if state.carried?.cells.count == changed.cells.count {
            state.carried?.formUnion(changed)
        } else {
            state.carried = changed
        }
    }

    /// Hands over the newest picture, made from a composite of this rendition's size.
    func offer(_ frame: Frame) {
        condition.withLock {
            var frame = frame
            if let waiting = state.frame {
                carry(waiting.composite.changed)
                state.figures.replaced += 1
            }
            if let carried = state.carried, carried.cells.count == frame.composite.changed.cells.count {
                frame.composite.changed.formUnion(carried)
            }
            state.carried = nil
            state.frame = frame
            let interval = rung.frameRate.interval
            state.nextDue = max((state.nextDue ?? frame.time) + interval, frame.time + interval - .milliseconds(10))
            condition.signal()
        }
    }

    // MARK: - The thread

    private func run() {
        var encoder: VideoRendition?
        condition.lock()
        while !state.isStopping {
            guard let frame = state.frame else {
                condition.wait()
                continue
            }
            state.frame = nil
            let isDue = state.lastKeyframe.map { MonotonicClock.now - $0 >= LiveRendition.keyframeInterval } ?? true
            let step = state.pacing.next(
                wantsKeyframe: state.wantsKeyframe && isDue,
                caresForOthers: state.subscribers.count + state.sinks.count > 1)
            let forceKeyframe = step == .keyframe
            if forceKeyframe { state.wantsKeyframe = false }
            let layers = wantedLayers(frame.began)
            condition.unlock()
            let wasReady = encoder != nil
            let began = MonotonicClock.now
            let chunk = encode(frame, with: &encoder, layers: layers, forceKeyframe: forceKeyframe)
            let ended = MonotonicClock.now
            if let chunk {
                if case .hold(let time) = step { hold(frame, for: time, since: ended) }
                deliver(self, chunk)
            }
            let delivered = MonotonicClock.now
            condition.lock()
            // What making an encoder takes is no measure of the machine.
            if wasReady {
                note(frame, began: began, ended: ended, delivered: delivered)
                if let chunk { state.pacing.note(ended - began, isKeyframe: chunk.isKeyframe) }
            }
            state.isReady = encoder != nil
            if let chunk {
                state.figures.frames += 1
                state.figures.bytes += chunk.data.count
                if chunk.isKeyframe {
                    state.figures.keyframes += 1
                    state.lastKeyframe = ended
                }
                let sinks = state.sinks
                if !sinks.isEmpty {
                    condition.unlock()
                    for sink in sinks.values { sink(chunk) }
                    condition.lock()
                }
            } else if forceKeyframe {
                state.wantsKeyframe = true
            }
        }
        condition.unlock()
    }

    /// Waits before a picture is handed on, unless it is late already.
    private func hold(_ frame: Frame, for time: MediaTime, since ended: MediaTime) {
        guard ended - frame.began + time < MediaTime(nanoseconds: frame.budget.nanoseconds * 3 / 4) else { return }
        Thread.sleep(forTimeInterval: time.seconds)
    }

    /// Nil if the picture before still stands, or there was no encoder for it.
    private func encode(
        _ frame: Frame, with encoder: inout VideoRendition?, layers: Int, forceKeyframe: Bool
    ) -> EncodedChunk? {
        do {
            let size = frame.composite.picture.size
            let current = encoder?.encoder.configuration
            if current?.size != size || current?.temporalLayers != layers {
                var configuration = LiveRendition.configuration(key.codec, rung, size: size)
                configuration.temporalLayers = layers
                encoder = try VideoRendition(configuration)
                condition.withLock {
                    state.encodedSize = size
                    state.layers = layers
                }
            }
            guard let encoder else { return nil }
            try encoder.encoder.setSpeed(overload.step.speed(of: key.codec))
            return try encoder.encode(frame.composite, time: frame.time, forceKeyframe: forceKeyframe)
        } catch {
            condition.withLock { state.encoderFailure = error.description }
            return nil
        }
    }

    static func configuration(_ codec: Codec, _ rung: Rung, size: PictureSize) -> VideoEncoderConfiguration {
        var configuration = VideoEncoderConfiguration.live(
            codec: codec, size: size, frameRate: rung.frameRate, bitrate: rung.bitrate)
        if codec == .h264 {
            // What every receiver of H.264 can decode, whatever it offered.
            configuration.h264Profile = "baseline"
            configuration.h264Preset = "superfast"
        }
        return configuration
    }

    private func note(_ frame: Frame, began: MediaTime, ended: MediaTime, delivered: MediaTime) {
        state.figures.encode.record(ended - began)
        let work = ended - frame.began
        state.figures.tick.record(work)
        if work > frame.budget { state.figures.overruns += 1 }
        overload.note(work: work, budget: frame.budget)
        // A rendition that was not used for a while has no gap.
        if let last = state.lastEnded, frame.time - last.time < MediaTime(seconds: 2) {
            let gap = delivered - last.at
            state.figures.gaps.record(gap)
            if gap.nanoseconds * 2 > max(frame.budget, rung.frameRate.interval).nanoseconds * 3 {
                state.figures.longGaps += 1
            }
        }
        state.lastEnded = (delivered, frame.time)
    }

    /// On the network thread: the picture encoded at `time` has been handed to the sockets.
    func noteSent(after duration: MediaTime) { condition.withLock { state.figures.send.record(duration) } }

    /// Less than the rung's while something is given up.
    var encodedSize: PictureSize { condition.withLock { state.encodedSize } }
    /// 3, or 1 while nobody leaves any out.
    var layers: Int { condition.withLock { state.layers } }
    var figures: Figures { condition.withLock { state.figures } }
    /// Why there are no pictures; nil if all is well.
    var failure: String? { condition.withLock { state.encoderFailure } }
}
