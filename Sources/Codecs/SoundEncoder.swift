public import Media
public import Timing

/// What an encoder of sound is to do. Its input is 48 kHz.
public struct SoundEncoderConfiguration: Sendable {
    public enum Application: Sendable {
        /// Speech, at the least delay for its quality.
        case voice
        /// Music and mixes.
        case audio
    }

    /// Opus or AAC.
    public var codec: Codec
    /// 1 or 2.
    public var channels: Int
    /// Bits per second: 6000 to 510,000 for Opus, 16,000 to 512,000 for AAC.
    public var bitrate: Int
    /// Opus: 0 (least CPU) to 10; nil for the library's choice.
    public var complexity: Int?
    /// Opus: what it is tuned for.
    public var application = Application.audio
    /// Opus: whether packets also carry a coarse copy of the packet before.
    public var usesFEC = false
    /// Opus: per cent of packets that are expected to be lost, 0 to 100.
    public var expectedLoss = 0
    /// Opus: whether silence is left out; then not every frame gives a chunk.
    public var usesDTX = false
    /// Opus: how much sound one packet holds, in ticks of 20 ms, 1 to 3. Longer ones spare headers.
    public var ticksPerPacket = 1

    public init(codec: Codec, channels: Int, bitrate: Int) {
        self.codec = codec
        self.channels = channels
        self.bitrate = bitrate
    }
}

/// Turns sound of 48 kHz into encoded chunks. One thread uses it at a time.
///
/// A chunk's time is that of its first sample as decoded, padding included: the first chunk comes
/// ``SoundParameters/startPadding`` before the first sample that was put in, so that what is decoded and not padding
/// has the time it had. Chunks' times count samples; input that is more than 20 ms off the count fills up the frame
/// begun with silence and starts anew.
public protocol SoundEncoder: AnyObject {
    var configuration: SoundEncoderConfiguration { get }

    /// What a muxer or receiver needs to know, complete before the first chunk.
    var parameters: SoundParameters { get }

    /// Encodes any number of frames, interleaved, of which the first is at `time`, and appends the chunks that became
    /// full.
    func encode(
        _ samples: UnsafeBufferPointer<Float>, time: MediaTime, into chunks: inout [EncodedChunk]
    ) throws(CodecError)

    /// Appends what is still held back. The last chunk's duration ends with the last sample that was put in; what
    /// it holds beyond is silence.
    func flush(into chunks: inout [EncodedChunk]) throws(CodecError)

    /// Bits per second from the next chunk on; encoders without that choice throw.
    func setBitrate(_ bitrate: Int) throws(CodecError)
}

extension SoundEncoder {
    /// Encodes a block, which has as many channels as the encoder.
    public func encode(_ block: SoundBlock, into chunks: inout [EncodedChunk]) throws(CodecError) {
        guard block.channels == configuration.channels else {
            let cause = "a block of \(block.channels) channels where \(configuration.channels) are encoded"
            throw CodecError(.invalidArgument, cause, codec: configuration.codec, time: block.time)
        }
        try block.samples.withUnsafeBufferPointer { samples throws(CodecError) in
            try encode(samples, time: block.time, into: &chunks)
        }
    }
}

/// Chooses encoders.
public enum SoundEncoders {
    /// libopus for Opus, libavcodec for AAC. Throws ``CodecError/Code/unsupported`` for other codecs and
    /// ``CodecError/Code/invalidArgument`` for settings out of range.
    public static func make(_ configuration: SoundEncoderConfiguration) throws(CodecError) -> any SoundEncoder {
        switch configuration.codec {
        case .opus: return try OpusEncoder(configuration)
        case .aac: return try AACEncoder(configuration)
        default:
            throw CodecError(
                .unsupported, "no encoder for \(configuration.codec); opus or aac", codec: configuration.codec)
        }
    }
}
