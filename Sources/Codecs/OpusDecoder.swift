import COpus
public import Media
import Timing

/// Opus of one or two channels through libopus, as a ``SoundDecoder`` for chunks with times, and packet by packet for
/// whoever has a jitter buffer and decides what is decoded, repaired or concealed.
public final class OpusDecoder: SoundDecoder {
    /// Frames of the longest packet: 120 ms.
    public static let longestPacket = 5760

    public let parameters: SoundParameters
    public let channels: Int

    private let decoder: OpaquePointer
    private let scratch: UnsafeMutableBufferPointer<Float>
    private var clock = SoundClock()
    /// Frames that are still to be thrown away.
    private var padding: Int

    /// Throws ``CodecError/Code/unsupported`` for other codecs and for setups of more than two channels.
    public init(parameters: SoundParameters) throws(CodecError) {
        let head = OpusHead(parameters.setup)
        guard parameters.codec == .opus, (1...2).contains(parameters.channels), head?.mappingFamily ?? 0 == 0 else {
            let cause = "this decoder is for opus of 1 or 2 channels, not \(parameters.channels)"
            throw CodecError(.unsupported, cause, codec: parameters.codec)
        }
        var result: Int32 = 0
        let decoder = opus_decoder_create(Int32(SoundBlock.sampleRate), Int32(parameters.channels), &result)
        guard let decoder, result == OPUS_OK else {
            throw CodecError(.outOfMemory, "libopus does not start", codec: .opus)
        }
        self.parameters = parameters
        self.decoder = decoder
        channels = parameters.channels
        scratch = .allocate(capacity: OpusDecoder.longestPacket * channels)
        scratch.initialize(repeating: 0)
        padding = max(0, Int(parameters.startPadding.count(per: Int64(SoundBlock.sampleRate))))
        if let gain = head?.gain, gain != 0 {
            _ = tessera_opus_decoder_set(decoder, OPUS_SET_GAIN_REQUEST, Int32(gain))
        }
    }

    /// For a stream without setup, as RTP has it.
    public convenience init(channels: Int) throws(CodecError) {
        try self.init(
            parameters: SoundParameters(codec: .opus, sampleRate: SoundBlock.sampleRate, channels: channels))
    }

    deinit {
        opus_decoder_destroy(decoder)
        scratch.deallocate()
    }

    public func decode(_ chunk: EncodedChunk, into blocks: inout [SoundBlock]) throws(CodecError) {
        let frames: Int
        do {
            frames = try chunk.data.withUnsafeBufferPointer { data throws(CodecError) in
                try decode(data, into: scratch)
            }
        } catch {
            throw CodecError(error.code, error.cause, codec: .opus, time: chunk.time)
        }
        if clock.now == nil || clock.isBroken(by: chunk.time) { clock.restart(at: chunk.time) }
        let thrownAway = min(padding, frames)
        padding -= thrownAway
        clock.advance(thrownAway)
        guard frames > thrownAway, let time = clock.now else { return }
        let samples = [Float](scratch[thrownAway * channels..<frames * channels])
        blocks.append(SoundBlock(time: time, channels: channels, samples: samples))
        clock.advance(frames - thrownAway)
    }

    /// Opus holds nothing back.
    public func flush(into blocks: inout [SoundBlock]) {}

    public func reset() {
        _ = tessera_opus_decoder_reset(decoder)
        clock.reset()
        padding = 0
    }

    /// Decodes a packet to interleaved samples and returns the number of frames. `output` has room for
    /// ``longestPacket`` frames. Nothing is taken off for padding.
    public func decode(
        _ packet: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<Float>
    ) throws(CodecError) -> Int {
        guard !packet.isEmpty else { throw CodecError(.corrupt, "an empty packet", codec: .opus) }
        return try run(packet, frames: output.count / channels, isFEC: false, into: output)
    }

    /// Restores the `frames` frames lost before a packet from what the packet carries of them (in-band FEC), or
    /// conceals them if it carries nothing. `frames` is a multiple of 120 (2.5 ms), and the length of the lost packet.
    public func decodeFEC(
        _ packet: UnsafeBufferPointer<UInt8>, frames: Int, into output: UnsafeMutableBufferPointer<Float>
    ) throws(CodecError) -> Int {
        guard !packet.isEmpty else { throw CodecError(.corrupt, "an empty packet", codec: .opus) }
        return try run(packet, frames: frames, isFEC: true, into: output)
    }

    /// Makes up `frames` frames in place of lost ones, fading away. `frames` is a multiple of 120 (2.5 ms) and at most
    /// ``longestPacket``.
    public func conceal(frames: Int, into output: UnsafeMutableBufferPointer<Float>) throws(CodecError) -> Int {
        try run(UnsafeBufferPointer(start: nil, count: 0), frames: frames, isFEC: false, into: output)
    }

    /// How many frames at 48 kHz a packet holds (RFC 6716, 3.1); nil if it is no Opus packet.
    public static func frames(in packet: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = packet.baseAddress, !packet.isEmpty else { return nil }
        let frames = opus_packet_get_nb_samples(base, Int32(clamping: packet.count), Int32(SoundBlock.sampleRate))
        return frames > 0 ? Int(frames) : nil
    }

    private func run(
        _ packet: UnsafeBufferPointer<UInt8>, frames: Int, isFEC: Bool,
        into output: UnsafeMutableBufferPointer<Float>
    ) throws(CodecError) -> Int {
        guard let base = output.baseAddress, frames > 0, frames * channels <= output.count else {
            throw CodecError(.invalidArgument, "no room for \(frames) frames", codec: .opus)
        }
        let count = opus_decode_float(
            decoder, packet.baseAddress, Int32(clamping: packet.count), base,
            Int32(min(frames, OpusDecoder.longestPacket)), isFEC ? 1 : 0)
        guard count >= 0 else {
            let code: CodecError.Code = count == OPUS_BAD_ARG ? .invalidArgument : .corrupt
            throw CodecError(code, String(cString: opus_strerror(count)), codec: .opus)
        }
        return Int(count)
    }
}
