import Media
import RTP
import Timing
import WebRTC

/// One stream that a client of the load publishes: cut into packets and sent in time, again if asked for.
final class LoadStream {
    let out: OutgoingStream
    let format: PictureFormat?
    private(set) var history: PacketHistory
    private var packetizer: PicturePacketizer?
    private let chunks: [EncodedChunk]
    private let smallChunks: [EncodedChunk]
    private var isSmall = false
    private var wantsSmall = false
    /// The chunk that was taken last.
    private(set) var taken = 0
    private let origin: MediaTime
    private let period: MediaTime
    private var index = 0
    /// When this pass through the file began or would have begun, since the beginning.
    private var base = MediaTime.zero
    private(set) var keyframesAsked = 0
    private(set) var frames = 0

    init(_ stream: NegotiatedStream, chunks: [EncodedChunk], media: LoadMedia, isVideo: Bool) {
        out = OutgoingStream(stream, clockRate: isVideo ? 90_000 : 48_000)
        format = isVideo ? .vp8 : nil
        history = PacketHistory(
            packetLimit: isVideo ? 512 : 64, byteLimit: isVideo ? 1 << 19 : 1 << 17, maximumPayload: 1150)
        packetizer = isVideo ? PicturePacketizer(format: .vp8, firstPictureID: UInt16.random(in: 0..<0x8000)) : nil
        self.chunks = chunks
        smallChunks = isVideo ? media.smallVideo : []
        origin = media.origin
        period = media.period
    }

    /// When the next chunk is due, since the beginning of sending.
    var due: MediaTime { base + chunks[index].time - origin }

    /// The packets of the next chunk, if it is due.
    func takeDue(_ elapsed: MediaTime, now: MediaTime) -> Range<Int64>? {
        let time = due
        guard time <= elapsed else { return nil }
        if chunks[index].isKeyframe { isSmall = wantsSmall && !smallChunks.isEmpty }
        let chunk = isSmall ? smallChunks[index] : chunks[index]
        taken = index
        advance()
        frames += 1
        if packetizer != nil {
            return history.append(
                picture: chunk.data.span, PictureDescription(isKeyframe: chunk.isKeyframe), with: &packetizer!,
                mediaTime: time, now: now)
        }
        guard let packet = history.append(sound: chunk.data.span, startsTalk: false, mediaTime: time, now: now) else {
            return 0..<0
        }
        return packet..<packet + 1
    }

    private func advance() {
        let before = due
        index += 1
        if index == chunks.count {
            index = 0
            base = base + period
        }
        // Pictures that had jumped ahead are in step with the sound again from the next beginning on.
        let passes = before.nanoseconds / period.nanoseconds
        let boundary = MediaTime(nanoseconds: (passes + 1) * period.nanoseconds)
        if base.nanoseconds % period.nanoseconds != 0, due >= boundary {
            index = 0
            base = boundary
        }
    }

    /// So much is wanted of us: from the next keyframe on, the size that it is enough for.
    func limit(bitsPerSecond: UInt64) {
        wantsSmall = bitsPerSecond < 250_000
    }

    /// When a chunk is to be heard or seen, in the file's own time.
    func mediaTime(ofChunk index: Int) -> MediaTime { chunks[index].time }

    /// A keyframe is wanted: what comes next in the file up to its next keyframe is left out.
    func jumpToKeyframe() {
        keyframesAsked += 1
        let time = due
        if let next = chunks[index...].firstIndex(where: \.isKeyframe) {
            index = next
        } else {
            index = 0
        }
        base = time - (chunks[index].time - origin)
    }
}
