import Containers
import Media

/// The packets of pictures that nobody sees, from the last keyframe on.
struct UndecodedPictures {
    private(set) var packets: [FilePacket] = []
    private var bytes = 0

    /// More than this is not kept.
    private static let packetLimit = 900
    private static let byteLimit = 8 << 20

    var isFull: Bool {
        packets.count >= UndecodedPictures.packetLimit || bytes >= UndecodedPictures.byteLimit
    }

    mutating func add(_ packet: FilePacket) {
        packets.append(packet)
        bytes += packet.chunk.data.count
    }

    mutating func removeAll() {
        packets.removeAll(keepingCapacity: true)
        bytes = 0
    }

    /// A keyframe, by the container and, where it is easily seen, by the chunk itself.
    static func isKeyframe(_ chunk: EncodedChunk) -> Bool { chunk.isKeyframe && !chunk.data.isEmpty }

    /// VP8 has frames that are only referred to (show_frame, RFC 6386, 9.1); VP9 packs them with one that is shown.
    static func isShown(_ chunk: EncodedChunk, codec: Codec) -> Bool {
        guard codec == .vp8, let first = chunk.data.first else { return true }
        return first & 0x10 != 0
    }
}
