public import Media
import Timing

/// Turns encoded chunks into sound of 48 kHz. One thread uses it at a time.
///
/// A chunk's time is that of the first sample decoded from it, padding included, as libavformat has it: a stream with
/// 6.5 ms of padding that is to be heard from 0 s begins with a chunk at -6.5 ms. The decoder throws away
/// ``SoundParameters/startPadding`` from the first chunk on, so that its first block is at 0 s.
///
/// The blocks' times count samples from the first chunk on. Only where a chunk's own time is more than 20 ms off does
/// the count start anew from it; the gap is not filled.
public protocol SoundDecoder: AnyObject {
    /// What the stream was announced as.
    var parameters: SoundParameters { get }

    /// Of the sound that comes out: 1 or 2. More channels are mixed down to 2.
    var channels: Int { get }

    /// Decodes one chunk and appends what became ready. Throws ``CodecError/Code/corrupt`` and stays usable.
    func decode(_ chunk: EncodedChunk, into blocks: inout [SoundBlock]) throws(CodecError)

    /// Appends what is still held back, at the end of the stream. Only ``reset()`` may follow.
    func flush(into blocks: inout [SoundBlock]) throws(CodecError)

    /// Forgets everything before, for a jump in the stream. No padding is expected then.
    func reset()
}

extension SoundDecoder {
    /// Decodes one chunk and returns what became ready.
    public func decode(_ chunk: EncodedChunk) throws(CodecError) -> [SoundBlock] {
        var blocks: [SoundBlock] = []
        try decode(chunk, into: &blocks)
        return blocks
    }

    /// What is still held back at the end of the stream.
    public func flush() throws(CodecError) -> [SoundBlock] {
        var blocks: [SoundBlock] = []
        try flush(into: &blocks)
        return blocks
    }
}

/// Chooses decoders.
public enum SoundDecoders {
    /// The decoder for a stream: libopus for Opus of one or two channels, libavcodec for everything else. Throws
    /// ``CodecError/Code/unsupported`` if there is none, ``CodecError/Code/invalidArgument`` if the stream's setup is
    /// unusable.
    public static func make(for parameters: SoundParameters) throws(CodecError) -> any SoundDecoder {
        let isPlainOpus = parameters.codec == .opus && (1...2).contains(parameters.channels)
        if isPlainOpus, OpusHead(parameters.setup)?.mappingFamily ?? 0 == 0 {
            return try OpusDecoder(parameters: parameters)
        }
        return try AVSoundDecoder(parameters: parameters)
    }
}
