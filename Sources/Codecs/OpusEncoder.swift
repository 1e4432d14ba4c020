import COpus
public import Media
public import Timing

/// Opus through libopus, in frames of 20 ms unless configured otherwise.
public final class OpusEncoder: SoundEncoder {
    /// Samples of a packet, in each channel.
    private let frameSize: Int

    public private(set) var configuration: SoundEncoderConfiguration
    public let parameters: SoundParameters

    private let encoder: OpaquePointer
    private let lookahead: Int
    private var assembler: FrameAssembler
    /// A packet is at most 1275 bytes for each of its frames, of which there is one here (RFC 6716, 3.2).
    private let packet = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1500)
    /// Where the input ends; nil before there was any.
    private var end: MediaTime?

    /// Throws ``CodecError/Code/invalidArgument`` for settings out of range.
    public init(_ configuration: SoundEncoderConfiguration) throws(CodecError) {
        guard configuration.codec == .opus, (1...2).contains(configuration.channels) else {
            let cause = "this encoder is for opus of 1 or 2 channels, not \(configuration.channels)"
            throw CodecError(.unsupported, cause, codec: configuration.codec)
        }
        guard (1...3).contains(configuration.ticksPerPacket) else {
            throw CodecError(
                .invalidArgument, "\(configuration.ticksPerPacket) ticks a packet where 1...3 are allowed", codec: .opus
            )
        }
        frameSize = SoundBlock.framesPerTick * configuration.ticksPerPacket
        let application =
            switch configuration.application {
            case .voice: OPUS_APPLICATION_VOIP
            case .audio: OPUS_APPLICATION_AUDIO
            }
        var result: Int32 = 0
        let encoder = opus_encoder_create(
            Int32(SoundBlock.sampleRate), Int32(configuration.channels), application, &result)
        guard let encoder, result == OPUS_OK else {
            throw CodecError(.outOfMemory, "libopus does not start", codec: .opus)
        }
        do {
            try OpusEncoder.set(encoder, OPUS_SET_BITRATE_REQUEST, configuration.bitrate, in: 6000...510_000)
            if let complexity = configuration.complexity {
                try OpusEncoder.set(encoder, OPUS_SET_COMPLEXITY_REQUEST, complexity, in: 0...10)
            }
            try OpusEncoder.set(encoder, OPUS_SET_INBAND_FEC_REQUEST, configuration.usesFEC ? 1 : 0, in: 0...1)
            try OpusEncoder.set(encoder, OPUS_SET_PACKET_LOSS_PERC_REQUEST, configuration.expectedLoss, in: 0...100)
            try OpusEncoder.set(encoder, OPUS_SET_DTX_REQUEST, configuration.usesDTX ? 1 : 0, in: 0...1)
        } catch {
            opus_encoder_destroy(encoder)
            throw error
        }
        var lookahead: Int32 = 0
        _ = tessera_opus_encoder_get(encoder, OPUS_GET_LOOKAHEAD_REQUEST, &lookahead)
        self.encoder = encoder
        self.configuration = configuration
        self.lookahead = Int(lookahead)
        assembler = FrameAssembler(frameSize: frameSize, channels: configuration.channels)
        let head = OpusHead(
            channels: UInt8(configuration.channels), preSkip: UInt16(clamping: lookahead),
            inputRate: UInt32(SoundBlock.sampleRate))
        parameters = SoundParameters(
            codec: .opus, sampleRate: SoundBlock.sampleRate, channels: configuration.channels, setup: head.bytes,
            startPadding: MediaTime(clamping: Int64(lookahead), per: Int64(SoundBlock.sampleRate)))
    }

    deinit {
        opus_encoder_destroy(encoder)
        packet.deallocate()
    }

    public func encode(
        _ samples: UnsafeBufferPointer<Float>, time: MediaTime, into chunks: inout [EncodedChunk]
    ) throws(CodecError) {
        try assembler.add(samples, time: time) { frame, start throws(CodecError) in
            try encodeFrame(frame, start: start, into: &chunks)
        }
        let frames = Int64(samples.count / configuration.channels)
        end = time + MediaTime(clamping: frames, per: Int64(SoundBlock.sampleRate))
    }

    public func flush(into chunks: inout [EncodedChunk]) throws(CodecError) {
        guard let end else { return }
        self.end = nil
        // What was put in last comes out of the decoder later by the look-ahead.
        let fillsUp = assembler.pending == 0 || assembler.pending + lookahead > frameSize
        try assembler.fill { frame, start throws(CodecError) in
            try encodeFrame(frame, start: start, into: &chunks)
        }
        if fillsUp {
            try assembler.addSilentFrame { frame, start throws(CodecError) in
                try encodeFrame(frame, start: start, into: &chunks)
            }
        }
        guard let last = chunks.indices.last, chunks[last].time < end else { return }
        chunks[last].duration = min(chunks[last].duration, end - chunks[last].time)
    }

    /// 6000 to 510,000 bits per second, from the next packet on.
    public func setBitrate(_ bitrate: Int) throws(CodecError) {
        try OpusEncoder.set(encoder, OPUS_SET_BITRATE_REQUEST, bitrate, in: 6000...510_000)
        configuration.bitrate = bitrate
    }

    /// 0 to 100 per cent, from the next packet on.
    public func setExpectedLoss(_ percent: Int) throws(CodecError) {
        try OpusEncoder.set(encoder, OPUS_SET_PACKET_LOSS_PERC_REQUEST, percent, in: 0...100)
        configuration.expectedLoss = percent
    }

    /// Whether packets carry a coarse copy of the packet before, from the next packet on.
    public func setFEC(_ isOn: Bool) throws(CodecError) {
        try OpusEncoder.set(encoder, OPUS_SET_INBAND_FEC_REQUEST, isOn ? 1 : 0, in: 0...1)
        configuration.usesFEC = isOn
    }

    private func encodeFrame(
        _ frame: UnsafeBufferPointer<Float>, start: MediaTime, into chunks: inout [EncodedChunk]
    ) throws(CodecError) {
        guard let input = frame.baseAddress, let output = packet.baseAddress else { return }
        let count = opus_encode_float(
            encoder, input, Int32(frameSize), output, Int32(packet.count))
        guard count >= 0 else {
            throw CodecError(.failed, String(cString: opus_strerror(count)), codec: .opus, time: start)
        }
        // A packet of at most two bytes need not be sent (opus_encode in opus.h).
        if configuration.usesDTX, count <= 2 { return }
        chunks.append(
            EncodedChunk(
                data: [UInt8](packet[..<Int(count)]), time: start - parameters.startPadding,
                duration: .milliseconds(Int64(20 * configuration.ticksPerPacket)), isKeyframe: true))
    }

    private static func set(
        _ encoder: OpaquePointer, _ request: Int32, _ value: Int, in range: ClosedRange<Int>
    ) throws(CodecError) {
        guard range.contains(value) else {
            throw CodecError(.invalidArgument, "\(value) where \(range) is allowed", codec: .opus)
        }
        let result = tessera_opus_encoder_set(encoder, request, Int32(value))
        guard result == OPUS_OK else {
            throw CodecError(.failed, String(cString: opus_strerror(result)), codec: .opus)
        }
    }
}
