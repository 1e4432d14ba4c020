import CAVCodec
public import Media
import Timing

/// Sound of any codec that libavcodec knows, converted to 48 kHz by libswresample.
public final class AVSoundDecoder: SoundDecoder {
    public let parameters: SoundParameters
    public let channels: Int

    private var decoder: LibavDecoder
    private var resampler: Resampler?
    private var format: Resampler.Format?
    /// Counts what goes into the resampler.
    private var inputClock = SoundClock()
    /// Counts what comes out.
    private var clock = SoundClock()
    /// Frames of 48 kHz that are still to be thrown away.
    private var padding: Int

    /// Throws ``CodecError/Code/unsupported`` if there is no such decoder, ``CodecError/Code/invalidArgument`` if the
    /// stream's setup is unusable.
    public init(parameters: SoundParameters) throws(CodecError) {
        guard (1...64).contains(parameters.channels), (0...768_000).contains(parameters.sampleRate) else {
            let cause = "\(parameters.channels) channels of \(parameters.sampleRate) Hz"
            throw CodecError(.unsupported, cause, codec: parameters.codec)
        }
        self.parameters = parameters
        channels = min(2, parameters.channels)
        padding = max(0, Int(parameters.startPadding.count(per: Int64(SoundBlock.sampleRate))))
        decoder = try AVSoundDecoder.open(parameters)
        guard decoder.context.pointee.codec_type == AVMEDIA_TYPE_AUDIO else {
            throw CodecError(.unsupported, "it is no codec of sound", codec: parameters.codec)
        }
    }

    public func decode(_ chunk: EncodedChunk, into blocks: inout [SoundBlock]) throws(CodecError) {
        do {
            try decoder.decode(chunk) { frame throws(CodecError) in try take(frame, into: &blocks) }
        } catch {
            if !chunk.data.isEmpty { reopen() }
            throw error
        }
    }

    public func flush(into blocks: inout [SoundBlock]) throws(CodecError) {
        decoder.end()
        try decoder.takeFrames(at: nil) { frame throws(CodecError) in try take(frame, into: &blocks) }
        try flushResampler(into: &blocks)
    }

    public func reset() {
        reopen()
        resampler = nil
        format = nil
        inputClock.reset()
        clock.reset()
        padding = 0
    }

    private static func open(_ parameters: SoundParameters) throws(CodecError) -> LibavDecoder {
        try LibavDecoder(codec: parameters.codec, setup: parameters.setup) { context in
            context.pointee.sample_rate = Int32(parameters.sampleRate)
            av_channel_layout_default(&context.pointee.ch_layout, Int32(parameters.channels))
            // Padding is taken off here, not there.
            context.pointee.flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL
        }
    }

    /// A damaged packet can change a decoder's mind about the stream for good, and a flush does not bring it back.
    private func reopen() {
        if let fresh = try? AVSoundDecoder.open(parameters) { decoder = fresh }
    }

    private func take(
        _ frame: UnsafeMutablePointer<AVFrame>, into blocks: inout [SoundBlock]
    ) throws(CodecError) {
        let layout = frame.pointee.ch_layout
        let format = Resampler.Format(
            sample: AVSampleFormat(frame.pointee.format), rate: frame.pointee.sample_rate,
            channels: layout.nb_channels, mask: layout.order == AV_CHANNEL_ORDER_NATIVE ? layout.u.mask : 0)
        let frames = Int(frame.pointee.nb_samples)
        guard frames > 0 else { return }
        guard (1000...768_000).contains(format.rate), (1...64).contains(format.channels) else {
            let cause = "\(format.channels) channels of \(format.rate) Hz"
            throw CodecError(.corrupt, cause, codec: parameters.codec)
        }
        let stamp = frame.pointee.pts
        let time: MediaTime? = stamp == tessera_AV_NOPTS_VALUE ? nil : MediaTime(nanoseconds: stamp)
        let breaksOff = time.map { inputClock.isBroken(by: $0) } ?? false
        if breaksOff || format != self.format {
            let next = inputClock.now
            try flushResampler(into: &blocks)
            resampler = try Resampler(format, channels: channels)
            self.format = format
            inputClock = SoundClock(rate: Int(format.rate))
            let start = (breaksOff ? time : next) ?? time ?? .zero
            inputClock.restart(at: start)
            clock.restart(at: start)
        }
        inputClock.advance(frames)
        var samples: [Float] = []
        try withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: format.planes) {
            planes throws(CodecError) in
            for index in planes.indices { planes[index] = UnsafePointer(frame.pointee.extended_data[index]) }
            try resampler?.convert(planes.baseAddress, frames: frames, into: &samples)
        }
        append(samples, to: &blocks)
    }

    private func flushResampler(into blocks: inout [SoundBlock]) throws(CodecError) {
        var samples: [Float] = []
        try resampler?.flush(into: &samples)
        append(samples, to: &blocks)
        resampler = nil
        format = nil
    }

    private func append(_ samples: [Float], to blocks: inout [SoundBlock]) {
        let frames = samples.count / channels
        let thrownAway = min(padding, frames)
        padding -= thrownAway
        clock.advance(thrownAway)
        guard frames > thrownAway, let time = clock.now else { return }
        let kept = thrownAway == 0 ? samples : Array(samples[(thrownAway * channels)...])
        blocks.append(SoundBlock(time: time, channels: channels, samples: kept))
        clock.advance(frames - thrownAway)
    }
}
