import CAVCodec
public import Media

/// Converts sound of any rate and number of channels to interleaved floats of one or two channels, through
/// libswresample. More than two channels are mixed down to two by the usual rules (ITU-R BS.775), at the level of the
/// front channels, so that the sum may be over full scale.
///
/// The first sample out belongs to the first sample in; what the filter still needs is held back until more comes or
/// ``flush(into:)``.
public final class Resampler {
    /// Of the sound that comes out: 1 or 2.
    public let channels: Int
    private let format: Format
    private var context: OpaquePointer?

    /// Interleaved or planar samples of one kind.
    struct Format: Equatable {
        var sample: AVSampleFormat
        var rate: Int32
        var channels: Int32
        /// Which speakers the channels are for, where the stream says so; 0 for the usual ones.
        var mask: UInt64 = 0

        /// How many addresses a frame of sound has.
        var planes: Int { av_sample_fmt_is_planar(sample) != 0 ? Int(channels) : 1 }
    }

    /// For interleaved floats. Rates are 1000 to 768,000 Hz, `inputChannels` 1 to 64, `channels` 1 or 2.
    public convenience init(
        inputRate: Int, inputChannels: Int, channels: Int, rate: Int = SoundBlock.sampleRate
    ) throws(CodecError) {
        guard (1...64).contains(inputChannels), (1...2).contains(channels) else {
            throw CodecError(.invalidArgument, "\(inputChannels) channels to \(channels)")
        }
        guard (1000...768_000).contains(inputRate), (1000...768_000).contains(rate) else {
            throw CodecError(.invalidArgument, "\(inputRate) Hz to \(rate) Hz")
        }
        try self.init(
            Format(sample: AV_SAMPLE_FMT_FLT, rate: Int32(inputRate), channels: Int32(inputChannels)),
            channels: channels, rate: rate)
    }

    init(_ format: Format, channels: Int, rate: Int = SoundBlock.sampleRate) throws(CodecError) {
        _ = LibavLog.silenced
        self.format = format
        self.channels = channels
        var input = AVChannelLayout()
        var output = AVChannelLayout()
        if format.mask == 0 || av_channel_layout_from_mask(&input, format.mask) < 0
            || input.nb_channels != format.channels
        {
            av_channel_layout_default(&input, format.channels)
        }
        av_channel_layout_default(&output, Int32(channels))
        var context: OpaquePointer?
        var result = swr_alloc_set_opts2(
            &context, &output, AV_SAMPLE_FMT_FLT, Int32(rate), &input, format.sample, format.rate, 0, nil)
        if result >= 0 { result = swr_init(context) }
        guard result >= 0 else {
            swr_free(&context)
            let cause = "\(format.channels) channels of \(format.rate) Hz to \(channels) of \(rate) Hz"
            throw CodecError(.unsupported, cause)
        }
        self.context = context
    }

    deinit { swr_free(&context) }

    /// Converts interleaved floats and appends what became ready.
    public func convert(
        _ samples: UnsafeBufferPointer<Float>, into output: inout [Float]
    ) throws(CodecError) {
        guard let base = samples.baseAddress, !samples.isEmpty else { return }
        guard format.sample == AV_SAMPLE_FMT_FLT, samples.count % Int(format.channels) == 0 else {
            throw CodecError(.invalidArgument, "\(samples.count) samples of \(format.channels) channels")
        }
        var address: UnsafePointer<UInt8>? = UnsafeRawPointer(base).assumingMemoryBound(to: UInt8.self)
        try withUnsafeMutablePointer(to: &address) { planes throws(CodecError) in
            try convert(planes, frames: samples.count / Int(format.channels), into: &output)
        }
    }

    /// Appends what was held back, at the end of the sound. Nothing may follow.
    public func flush(into output: inout [Float]) throws(CodecError) {
        try convert(nil, frames: 0, into: &output)
    }

    /// Converts `frames` frames at ``Format/planes`` addresses.
    func convert(
        _ planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, frames: Int, into output: inout [Float]
    ) throws(CodecError) {
        let capacity = Int(swr_get_out_samples(context, Int32(clamping: frames)))
        guard capacity > 0 else { return }
        var result: Int32 = 0
        let converted = [Float](unsafeUninitializedCapacity: capacity * channels) { buffer, count in
            var target: UnsafeMutablePointer<UInt8>? = UnsafeMutableRawPointer(buffer.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            result = swr_convert(context, &target, Int32(capacity), planes, Int32(clamping: frames))
            count = max(0, Int(result)) * channels
        }
        guard result >= 0 else { throw CodecError(.failed, "resampling: \(libavMessage(result))") }
        if output.isEmpty { output = converted } else { output += converted }
    }
}
