import CAVCodec
import Media
import Timing

/// An encoder of libavcodec with its packet and a frame: what encoders of pictures and sound share. Times are in units
/// of the context's time base.
final class LibavEncoder {
    struct Packet {
        var bytes: [UInt8]
        var time: Int64
        var decodeTime: Int64
        var duration: Int64
        var isKeyframe: Bool
    }

    let codec: Codec
    let context: UnsafeMutablePointer<AVCodecContext>
    let frame: UnsafeMutablePointer<AVFrame>
    private let packet: UnsafeMutablePointer<AVPacket>

    /// Opens the encoder of this name; `configure` sets all it needs.
    init(
        name: String, codec: Codec, configure: (UnsafeMutablePointer<AVCodecContext>) -> Void
    ) throws(CodecError) {
        _ = LibavLog.silenced
        guard let encoder = avcodec_find_encoder_by_name(name) else {
            throw CodecError(.unsupported, "libavcodec has no encoder «\(name)» here", codec: codec)
        }
        var context = avcodec_alloc_context3(encoder)
        var packet = av_packet_alloc()
        var frame = av_frame_alloc()
        func abandon(_ error: CodecError) -> CodecError {
            avcodec_free_context(&context)
            av_packet_free(&packet)
            av_frame_free(&frame)
            return error
        }
        guard let opened = context, let packet, let frame else {
            throw abandon(CodecError(.outOfMemory, "no memory for an encoder", codec: codec))
        }
        opened.pointee.thread_count = 1
        configure(opened)
        let result = avcodec_open2(opened, encoder, nil)
        guard result >= 0 else {
            throw abandon(CodecError(.invalidArgument, "settings refused: \(libavMessage(result))", codec: codec))
        }
        self.codec = codec
        self.context = opened
        self.packet = packet
        self.frame = frame
    }

    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    /// Out-of-band setup, empty if the encoder has none.
    var setup: [UInt8] {
        guard let bytes = context.pointee.extradata else { return [] }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: Int(context.pointee.extradata_size)))
    }

    func send(_ frame: UnsafeMutablePointer<AVFrame>, time: MediaTime) throws(CodecError) {
        try check(avcodec_send_frame(context, frame), time: time)
    }

    /// Says that nothing more is put in; what is held back can then be received.
    func end() throws(CodecError) {
        let result = avcodec_send_frame(context, nil)
        if result != tessera_AVERROR_EOF { try check(result, time: nil) }
    }

    /// Takes the next packet out; nil if there is none before more is put in.
    func receive() throws(CodecError) -> Packet? {
        let result = avcodec_receive_packet(context, packet)
        if result == tessera_AVERROR_EAGAIN || result == tessera_AVERROR_EOF { return nil }
        try check(result, time: nil)
        defer { av_packet_unref(packet) }
        return Packet(
            bytes: [UInt8](UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size))),
            time: packet.pointee.pts, decodeTime: packet.pointee.dts, duration: packet.pointee.duration,
            isKeyframe: packet.pointee.flags & AV_PKT_FLAG_KEY != 0)
    }

    private func check(_ result: Int32, time: MediaTime?) throws(CodecError) {
        guard result < 0 else { return }
        let code: CodecError.Code = result == tessera_AVERROR_ENOMEM ? .outOfMemory : .failed
        throw CodecError(code, libavMessage(result), codec: codec, time: time)
    }
}
