import Media
import RTP
import Timing

/// The packets of one encode, pictures or sound, kept once for all who receive it. Only the network thread looks inside;
/// others hand it on.
final class EncodedOutput: @unchecked Sendable {
    /// What ``SendStream`` calls the encode.
    let source: UInt32
    /// Nil for sound.
    let format: PictureFormat?
    private(set) var history: PacketHistory
    private var packetizer: PicturePacketizer?

    init(source: UInt32, format: PictureFormat?) {
        self.source = source
        self.format = format
        // Two seconds of 8 Mbit/s; a picture's payload leaves room for headers and SRTP in 1,280 bytes of IPv6.
        history = PacketHistory(
            packetLimit: format == nil ? 256 : 2048, byteLimit: format == nil ? 1 << 18 : 2 << 20,
            duration: .milliseconds(2000), maximumPayload: 1150)
        packetizer = format.map {
            PicturePacketizer(
                format: $0, firstPictureID: UInt16.random(in: 0..<0x8000), firstBaseIndex: UInt8.random(in: 0...255))
        }
    }

    /// Keeps a chunk; the indices of its packets. `mediaTime` is on the room's timeline.
    /// `size` is that of a keyframe, and `layers` how many temporal layers there are, for the formats that tell it.
    func append(
        _ chunk: EncodedChunk, mediaTime: MediaTime, size: PictureSize? = nil, layers: Int = 1, now: MediaTime
    ) -> Range<Int64> {
        guard packetizer != nil else {
            guard let index = history.append(sound: chunk.data.span, startsTalk: false, mediaTime: mediaTime, now: now)
            else { return 0..<0 }
            return index..<index + 1
        }
        let description = PictureDescription(
            isKeyframe: chunk.isKeyframe, temporalLayer: UInt8(chunk.temporalLayer), layerSync: chunk.isLayerSync,
            size: size.map { CodedSize(width: UInt16(clamping: $0.width), height: UInt16(clamping: $0.height)) },
            layers: layers)
        return history.append(
            picture: chunk.data.span, description, with: &packetizer!, mediaTime: mediaTime, now: now)
    }
}

/// One outgoing stream of a peer. On the network thread.
final class OutgoingStream {
    var stream: SendStream
    let mid: String?

    init(_ media: NegotiatedStream, clockRate: Int64) {
        mid = media.mid
        stream = SendStream(
            ssrc: media.ssrc, payloadType: media.payloadType, clockRate: clockRate,
            firstSequence: SequenceNumber(UInt16.random(in: 0..<0x8000)),
            timestampOffset: UInt32.random(in: 0 ... .max), repair: media.repair,
            firstRepairSequence: UInt16.random(in: 0..<0x8000), memory: clockRate == 90_000 ? 2048 : 256)
    }
}

/// What was agreed upon of a stream that we send.
struct NegotiatedStream {
    var mid: String?
    var ssrc: SSRC
    var payloadType: PayloadType
    var repair: SendStream.Repair?
}
