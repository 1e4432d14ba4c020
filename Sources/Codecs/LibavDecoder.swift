import CAVCodec
import Media
import Timing

/// libavcodec's messages do not belong on a terminal: what matters is thrown.
enum LibavLog {
    static let silenced: Void = av_log_set_level(AV_LOG_QUIET)
}

/// What libavcodec says to an error code, in words.
func libavMessage(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress, av_strerror(code, base, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: base)
    }
}

/// A decoder of libavcodec with its packet and its frame: what decoders of pictures, sound and images share. Times
/// are in nanoseconds.
final class LibavDecoder {
    enum Received {
        case frame
        /// Until more is put in, or because the stream is over.
        case nothing
    }

    let codec: Codec
    let context: UnsafeMutablePointer<AVCodecContext>
    /// The frame received last.
    let frame: UnsafeMutablePointer<AVFrame>
    private let packet: UnsafeMutablePointer<AVPacket>

    /// Opens the decoder for the codec of this name, with out-of-band setup. `configure` sets what else it needs.
    init(
        codec: Codec, setup: [UInt8], configure: (UnsafeMutablePointer<AVCodecContext>) -> Void
    ) throws(CodecError) {
        _ = LibavLog.silenced
        guard let descriptor = avcodec_descriptor_get_by_name(codec.name),
            let decoder = avcodec_find_decoder(descriptor.pointee.id)
        else {
            throw CodecError(.unsupported, "no decoder for it", codec: codec)
        }
        var context = avcodec_alloc_context3(decoder)
        var packet = av_packet_alloc()
        var frame = av_frame_alloc()
        func abandon(_ error: CodecError) -> CodecError {
            avcodec_free_context(&context)
            av_packet_free(&packet)
            av_frame_free(&frame)
            return error
        }
        guard let opened = context, let packet, let frame else {
            throw abandon(CodecError(.outOfMemory, "no memory for a decoder", codec: codec))
        }
        if !setup.isEmpty {
            let bytes = av_mallocz(setup.count + Int(AV_INPUT_BUFFER_PADDING_SIZE))
            guard let bytes, let size = Int32(exactly: setup.count) else {
                throw abandon(CodecError(.outOfMemory, "no memory for a decoder", codec: codec))
            }
            bytes.copyMemory(from: setup, byteCount: setup.count)
            opened.pointee.extradata = bytes.assumingMemoryBound(to: UInt8.self)
            opened.pointee.extradata_size = size
        }
        opened.pointee.pkt_timebase = AVRational(num: 1, den: 1_000_000_000)
        opened.pointee.thread_count = 1
        configure(opened)
        let result = avcodec_open2(opened, decoder, nil)
        guard result >= 0 else {
            let cause = "the decoder does not take the stream's setup: \(libavMessage(result))"
            throw abandon(CodecError(.invalidArgument, cause, codec: codec))
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

    /// Puts a chunk in; `receive` must have said that there is nothing before. An empty chunk would mean the end of the
    /// stream, so it is refused. Some decoders (PNG) read a chunk otherwise if it is no keyframe.
    func send(
        _ data: UnsafeBufferPointer<UInt8>, time: MediaTime, decodeTime: MediaTime, isKeyframe: Bool
    ) throws(CodecError) {
        guard let base = data.baseAddress, !data.isEmpty, let size = Int32(exactly: data.count) else {
            throw CodecError(.corrupt, "an empty chunk", codec: codec, time: time)
        }
        guard av_new_packet(packet, size) >= 0 else {
            throw CodecError(.outOfMemory, "no memory for \(size) bytes", codec: codec, time: time)
        }
        packet.pointee.data.update(from: base, count: data.count)
        packet.pointee.pts = time.nanoseconds
        packet.pointee.dts = decodeTime.nanoseconds
        if isKeyframe { packet.pointee.flags |= AV_PKT_FLAG_KEY }
        let result = avcodec_send_packet(context, packet)
        av_packet_unref(packet)
        if result < 0 { throw error(result, time: time) }
    }

    /// Says that the stream is over; what is held back can then be received.
    func end() { _ = avcodec_send_packet(context, nil) }

    /// Takes the next frame out.
    func receive(time: MediaTime?) throws(CodecError) -> Received {
        let result = avcodec_receive_frame(context, frame)
        switch result {
        case 0...: return .frame
        case tessera_AVERROR_EAGAIN, tessera_AVERROR_EOF: return .nothing
        default: throw error(result, time: time)
        }
    }

    /// Puts a chunk in and hands all frames that are ready to `take`; then throws the first of what went wrong.
    func decode(
        _ chunk: EncodedChunk, _ take: (UnsafeMutablePointer<AVFrame>) throws(CodecError) -> Void
    ) throws(CodecError) {
        var failure: CodecError?
        do {
            try chunk.data.withUnsafeBufferPointer { data throws(CodecError) in
                try send(data, time: chunk.time, decodeTime: chunk.decodeTime, isKeyframe: chunk.isKeyframe)
            }
        } catch {
            failure = error
        }
        do {
            try takeFrames(at: chunk.time, take)
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
    }

    /// Hands all frames that are ready to `take`, and throws at the end if one of them is damaged.
    func takeFrames(
        at time: MediaTime?, _ take: (UnsafeMutablePointer<AVFrame>) throws(CodecError) -> Void
    ) throws(CodecError) {
        var failure: CodecError?
        var failures = 0
        // A decoder that fails has not yet given all it has, but it must not keep us here for ever.
        while failures < 64 {
            do {
                guard try receive(time: time) == .frame else { break }
                defer { av_frame_unref(frame) }
                try take(frame)
            } catch {
                failure = error
                failures += 1
            }
        }
        if let failure { throw failure }
    }

    func reset() { avcodec_flush_buffers(context) }

    private func error(_ result: Int32, time: MediaTime?) -> CodecError {
        let code: CodecError.Code = result == tessera_AVERROR_ENOMEM ? .outOfMemory : .corrupt
        return CodecError(code, libavMessage(result), codec: codec, time: time)
    }
}
