import Media
import Timing

/// Cuts sound that comes in any lengths into frames of one length, and says when each begins.
struct FrameAssembler {
    let frameSize: Int
    let channels: Int
    private var samples: [Float] = []
    private var clock = SoundClock()

    init(frameSize: Int, channels: Int) {
        self.frameSize = frameSize
        self.channels = channels
        samples.reserveCapacity(frameSize * channels)
    }

    /// Frames that wait for a whole one.
    var pending: Int { samples.count / channels }

    /// Passes every whole frame on, with its time. Where the input's time breaks off, the frame begun is filled up
    /// with silence.
    mutating func add(
        _ input: UnsafeBufferPointer<Float>, time: MediaTime,
        _ body: (UnsafeBufferPointer<Float>, MediaTime) throws(CodecError) -> Void
    ) throws(CodecError) {
        guard input.count % channels == 0 else {
            throw CodecError(.invalidArgument, "\(input.count) samples of \(channels) channels", time: time)
        }
        // The clock stands at the first pending sample.
        let pendingTime = MediaTime(clamping: Int64(pending), per: Int64(SoundBlock.sampleRate))
        if clock.now == nil {
            clock.restart(at: time)
        } else if clock.isBroken(by: time - pendingTime) {
            try fill(body)
            clock.restart(at: time)
        }
        var position = 0
        let whole = frameSize * channels
        while position < input.count {
            if samples.isEmpty, input.count - position >= whole {
                try pass(UnsafeBufferPointer(rebasing: input[position..<position + whole]), body)
                position += whole
                continue
            }
            let count = min(whole - samples.count, input.count - position)
            samples.append(contentsOf: input[position..<position + count])
            position += count
            if samples.count == whole { try passPending(body) }
        }
    }

    /// Fills the frame begun up with silence and passes it on, if there is one.
    mutating func fill(
        _ body: (UnsafeBufferPointer<Float>, MediaTime) throws(CodecError) -> Void
    ) throws(CodecError) {
        guard !samples.isEmpty else { return }
        samples.append(contentsOf: repeatElement(0, count: frameSize * channels - samples.count))
        try passPending(body)
    }

    /// Passes a frame of silence on, which follows what went before.
    mutating func addSilentFrame(
        _ body: (UnsafeBufferPointer<Float>, MediaTime) throws(CodecError) -> Void
    ) throws(CodecError) {
        samples.append(contentsOf: repeatElement(0, count: frameSize * channels - samples.count))
        try passPending(body)
    }

    private mutating func passPending(
        _ body: (UnsafeBufferPointer<Float>, MediaTime) throws(CodecError) -> Void
    ) throws(CodecError) {
        defer { samples.removeAll(keepingCapacity: true) }
        let time = clock.now ?? .zero
        clock.advance(frameSize)
        try samples.withUnsafeBufferPointer { frame throws(CodecError) in try body(frame, time) }
    }

    private mutating func pass(
        _ frame: UnsafeBufferPointer<Float>,
        _ body: (UnsafeBufferPointer<Float>, MediaTime) throws(CodecError) -> Void
    ) throws(CodecError) {
        let time = clock.now ?? .zero
        clock.advance(frameSize)
        try body(frame, time)
    }
}
