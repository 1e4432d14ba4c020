import CAVCodec
public import Media
public import Timing

/// AAC-LC through libavcodec's own encoder, in frames of 1024.
public final class AACEncoder: SoundEncoder {
    public let configuration: SoundEncoderConfiguration
    public let parameters: SoundParameters

    private let encoder: LibavEncoder
    private let frameSize: Int
    private var assembler: FrameAssembler
    /// The time of the first sample that was put in.
    private var origin: MediaTime?
    private var nextStamp: Int64 = 0

    /// Throws ``CodecError/Code/invalidArgument`` for settings out of range.
    public init(_ configuration: SoundEncoderConfiguration) throws(CodecError) {
        guard configuration.codec == .aac, (1...2).contains(configuration.channels) else {
            let cause = "this encoder is for aac of 1 or 2 channels, not \(configuration.channels)"
            throw CodecError(.unsupported, cause, codec: configuration.codec)
        }
        guard (16_000...512_000).contains(configuration.bitrate) else {
            let cause = "\(configuration.bitrate) bit/s where 16000 to 512000 is allowed"
            throw CodecError(.invalidArgument, cause, codec: .aac)
        }
        let encoder = try LibavEncoder(name: "aac", codec: .aac) { context in
            context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
            context.pointee.sample_rate = Int32(SoundBlock.sampleRate)
            context.pointee.time_base = AVRational(num: 1, den: Int32(SoundBlock.sampleRate))
            context.pointee.bit_rate = Int64(configuration.bitrate)
            context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
            av_channel_layout_default(&context.pointee.ch_layout, Int32(configuration.channels))
        }
        self.configuration = configuration
        self.encoder = encoder
        frameSize = Int(encoder.context.pointee.frame_size)
        assembler = FrameAssembler(frameSize: frameSize, channels: configuration.channels)
        let padding = Int64(encoder.context.pointee.initial_padding)
        parameters = SoundParameters(
            codec: .aac, sampleRate: SoundBlock.sampleRate, channels: configuration.channels, setup: encoder.setup,
            startPadding: MediaTime(clamping: padding, per: Int64(SoundBlock.sampleRate)))
        let frame = encoder.frame
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = Int32(SoundBlock.sampleRate)
        frame.pointee.nb_samples = Int32(frameSize)
        guard av_channel_layout_copy(&frame.pointee.ch_layout, &encoder.context.pointee.ch_layout) >= 0,
            av_frame_get_buffer(frame, 0) >= 0
        else {
            throw CodecError(.outOfMemory, "no memory for a frame", codec: .aac)
        }
    }

    public func encode(
        _ samples: UnsafeBufferPointer<Float>, time: MediaTime, into chunks: inout [EncodedChunk]
    ) throws(CodecError) {
        try assembler.add(samples, time: time) { frame, start throws(CodecError) in
            try encodeFrame(frame, start: start, frames: frameSize, into: &chunks)
        }
    }

    public func flush(into chunks: inout [EncodedChunk]) throws(CodecError) {
        let pending = assembler.pending
        try assembler.fill { frame, start throws(CodecError) in
            try encodeFrame(frame, start: start, frames: pending, into: &chunks)
        }
        try encoder.end()
        try takePackets(into: &chunks)
    }

    /// The encoder cannot change its bitrate.
    public func setBitrate(_ bitrate: Int) throws(CodecError) {
        guard bitrate != configuration.bitrate else { return }
        throw CodecError(.unsupported, "a change of bitrate while encoding", codec: .aac)
    }

    private func encodeFrame(
        _ samples: UnsafeBufferPointer<Float>, start: MediaTime, frames: Int, into chunks: inout [EncodedChunk]
    ) throws(CodecError) {
        let first = origin ?? start
        origin = first
        let frame = encoder.frame
        guard av_frame_make_writable(frame) >= 0 else {
            throw CodecError(.outOfMemory, "no memory for a frame", codec: .aac, time: start)
        }
        let channels = configuration.channels
        for channel in 0..<channels {
            guard let bytes = frame.pointee.extended_data[channel] else { continue }
            let plane = UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: Float.self)
            for index in 0..<frameSize {
                let sample = samples[index * channels + channel]
                plane[index] = sample.isFinite ? sample : 0
            }
        }
        // Time never runs backwards in the encoder, whatever the input's does.
        let stamp = max(nextStamp, (start - first).count(per: Int64(SoundBlock.sampleRate)))
        nextStamp = stamp + Int64(frameSize)
        frame.pointee.nb_samples = Int32(frames)
        frame.pointee.pts = stamp
        try encoder.send(frame, time: start)
        frame.pointee.nb_samples = Int32(frameSize)
        try takePackets(into: &chunks)
    }

    private func takePackets(into chunks: inout [EncodedChunk]) throws(CodecError) {
        let origin = origin ?? .zero
        let rate = Int64(SoundBlock.sampleRate)
        while let packet = try encoder.receive() {
            chunks.append(
                EncodedChunk(
                    data: packet.bytes, time: origin + MediaTime(clamping: packet.time, per: rate),
                    duration: MediaTime(clamping: packet.duration, per: rate), isKeyframe: true))
        }
    }
}
