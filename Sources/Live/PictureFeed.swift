import Codecs
import Media
import Mixing
import RTP
import Synchronization
import Timing

/// The pictures of one source between the network and the compositor: whole encoded pictures wait here to be decoded,
/// decoded ones wait in ``timeline`` for their tick.
///
/// While no view shows the source nothing is decoded; when one does again, decoding goes on with the next keyframe,
/// which is asked for.
final class PictureFeed: @unchecked Sendable {
    /// Encoded pictures that may wait; beyond, all are dropped and a keyframe is asked for.
    private static let queueLimit = 15
    /// What a decoded picture may wait for its time.
    private static let longestWait = MediaTime.milliseconds(250)

    struct Statistics {
        var decoded = 0
        var dropped = 0
        var notShown = 0
        var corrupt = 0
    }

    let timeline = PictureTimeline(span: longestWait, limit: 32)

    private struct Waiting {
        var chunk: EncodedChunk
        var rotation: Rotation
    }

    private struct State {
        var waiting: [Waiting] = []
        var isScheduled = false
        var isShown = true
        var awaitsKeyframe = true
        var wantsKeyframe = false
        var newest: MediaTime?
        var wishedHeight: Int?
        var statistics = Statistics()
        var sink: (@Sendable (EncodedChunk, Rotation) -> Void)?
    }

    let codec: Codec
    private let state = Mutex(State())
    private let pool: DecodePool
    /// The decoding thread's own; the pool sees to it that there is one at a time.
    private let decoder: any VideoDecoder
    private var pictures: [DecodedPicture] = []

    init(codec: Codec, pool: DecodePool) throws(CodecError) {
        self.codec = codec
        self.pool = pool
        decoder = try VideoDecoders.make(
            for: VideoParameters(codec: codec, size: PictureSize(width: 640, height: 360)))
    }

    /// Takes a whole picture, to be shown at `chunk.time`.
    func submit(_ chunk: EncodedChunk, rotation: Rotation) {
        state.withLock(\.sink)?(chunk, rotation)
        let mustSchedule = state.withLock { state -> Bool in
            state.newest = chunk.time
            if chunk.isKeyframe {
                state.awaitsKeyframe = false
            } else if state.awaitsKeyframe {
                state.statistics.dropped += 1
                state.wantsKeyframe = true
                return false
            }
            guard state.isShown else {
                state.statistics.notShown += 1
                state.awaitsKeyframe = true
                return false
            }
            if state.waiting.count >= PictureFeed.queueLimit {
                state.statistics.dropped += state.waiting.count
                state.waiting.removeAll(keepingCapacity: true)
                if !chunk.isKeyframe {
                    state.awaitsKeyframe = true
                    state.wantsKeyframe = true
                    return false
                }
            }
            state.waiting.append(Waiting(chunk: chunk, rotation: rotation))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { pool.schedule(self) }
    }

    /// Decodes one picture; true if more wait.
    func decodeNext() -> Bool {
        let next = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        if let next { decode(next) }
        return state.withLock { state in
            state.isScheduled = !state.waiting.isEmpty
            return state.isScheduled
        }
    }

    private func decode(_ waiting: Waiting) {
        pictures.removeAll(keepingCapacity: true)
        var isCorrupt = false
        do {
            try decoder.decode(waiting.chunk, wantsPicture: true, into: &pictures)
        } catch {
            isCorrupt = true
        }
        for decoded in pictures {
            timeline.offer(decoded.picture.turned(to: waiting.rotation), at: decoded.time)
            timeline.dropExcess()
        }
        let needsKeyframe = decoder.needsKeyframe
        state.withLock { state in
            state.statistics.decoded += pictures.count
            if isCorrupt { state.statistics.corrupt += 1 }
            if needsKeyframe { state.wantsKeyframe = true }
        }
    }

    /// Whether some view shows this source; while none does, its pictures are not decoded.
    func setShown(_ isShown: Bool) {
        state.withLock { state in
            guard state.isShown != isShown else { return }
            state.isShown = isShown
            if isShown { state.wantsKeyframe = true }
        }
    }

    /// Height in pixels of the tallest tile that shows this source; nil while that is unknown.
    var wishedHeight: Int? {
        get { state.withLock { $0.sink == nil ? $0.wishedHeight : PictureFeed.recordedHeight } }
        set { state.withLock { $0.wishedHeight = newValue } }
    }

    /// What is asked for while the source is recorded: the best there is.
    private static let recordedHeight = 4320

    /// Gives every whole picture to `sink` as well, decoded or not, on the network thread; nil ends that.
    func setSink(_ sink: (@Sendable (EncodedChunk, Rotation) -> Void)?) {
        state.withLock { state in
            state.sink = sink
            if sink != nil { state.wantsKeyframe = true }
        }
    }

    /// Whether some view shows this source, or somebody records it.
    var isWanted: Bool { state.withLock { $0.isShown || $0.sink != nil } }

    func requestKeyframe() { state.withLock { $0.wantsKeyframe = true } }

    /// Whether a keyframe is to be asked for; asking clears it.
    func takeKeyframeWish() -> Bool {
        state.withLock { state in
            defer { state.wantsKeyframe = false }
            return state.wantsKeyframe && (state.isShown || state.sink != nil)
        }
    }

    /// When the newest picture that came is or was to be shown, decoded or not; nil before the first.
    var newest: MediaTime? { state.withLock(\.newest) }
    var statistics: Statistics { state.withLock(\.statistics) }
}
