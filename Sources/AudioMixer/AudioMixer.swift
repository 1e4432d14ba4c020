import Foundation
public import Media
public import Timing

/// Mixes the sound of all participants, tick by tick (20 ms): one mix for everybody, and for those who ask for it one
/// without their own sound.
///
/// Each tick: ``offer(_:channels:frames:to:)`` the sound there is, then ``mix()``, then read ``withMix(_:)``,
/// ``withMixMinus(of:_:)`` and ``levels(of:)``. Inputs keep their level in the sum, however many there are; a
/// look-ahead limiter on each output holds the whole below the ceiling. Nothing is allocated in a tick.
///
/// Everything comes out ``latency`` later than it goes in: the mix of the tick that begins at time t begins at
/// t - ``latency``.
///
/// Whatever a decoder hands in, the mix stays sound: samples that are not finite become silence, larger ones than
/// +6 dBFS are held to that. Sound that breaks off is drawn out and faded over 10 ms; sound that begins is faded in over
/// 5 ms. Not safe for use by several threads at a time.
public final class AudioMixer {
    /// Frames (samples of each channel) in a tick of 20 ms.
    public static let framesPerTick = SoundBlock.framesPerTick
    /// The constant delay of the limiters in frames: 2 ms.
    public static let latencyFrames = Limiter.delay
    /// The constant delay of the limiters.
    public static let latency = MediaTime(clamping: Int64(latencyFrames), per: Int64(SoundBlock.sampleRate))

    /// Stands for an input while that is in the mixer.
    public struct InputID: Hashable, Sendable {
        public let number: Int
    }

    public struct Configuration: Hashable, Sendable {
        /// How many inputs are heard at a time, those exempt not counted; nil for all. At least 0.
        public var loudest: Int?
        /// dBFS which no sample of an output exceeds, at most 0.
        public var ceiling: Double
        /// How far ``InputSettings/position`` moves the sound: 0 leaves it where it is, 1 takes the edge of the canvas
        /// all the way to one side. The power of both channels together stays the same.
        public var placementWidth: Double

        /// The edge of the canvas 7.7 dB louder on its own side than on the other.
        public static let mildWidth = 0.5
        /// Everybody is heard, as for files.
        public static let everybody = Configuration()
        /// The loudest five are heard, as in a room.
        public static let room = Configuration(loudest: 5)

        public init(loudest: Int? = nil, ceiling: Double = -1, placementWidth: Double = 0) {
            self.loudest = loudest
            self.ceiling = ceiling
            self.placementWidth = placementWidth
        }
    }

    /// Ticks (0.5 s) without own sound after which a participant gets the full mix again.
    private static let ticksUntilSharing = 25

    public let configuration: Configuration
    private var inputs: [InputChannel] = []
    private var indices: [InputID: Int] = [:]
    private var nextNumber = 1
    private var selection: LoudestSelection
    private let extrapolation = Extrapolation()
    private let sum = StereoBuffer(frames: framesPerTick)
    private let difference = StereoBuffer(frames: framesPerTick)
    private let envelope: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<Float>
    private let limiter: Limiter

    public init(_ configuration: Configuration = .everybody) {
        self.configuration = configuration
        selection = LoudestSelection(limit: configuration.loudest.map { max(0, $0) })
        limiter = Limiter(ceiling: configuration.ceiling)
        envelope = .allocate(capacity: AudioMixer.framesPerTick)
        output = .allocate(capacity: 2 * AudioMixer.framesPerTick)
        output.initialize(repeating: 0, count: 2 * AudioMixer.framesPerTick)
    }

    deinit {
        envelope.deallocate()
        output.deallocate()
    }

    // MARK: Inputs

    public func addInput(_ settings: InputSettings = InputSettings()) -> InputID {
        let id = InputID(number: nextNumber)
        nextNumber += 1
        indices[id] = inputs.count
        inputs.append(
            InputChannel(id: id, settings: settings, extrapolation: extrapolation, envelope: envelope))
        return id
    }

    /// The input is faded out if it was heard; its ``InputID`` is no longer known.
    public func removeInput(_ id: InputID) throws(AudioMixerError) {
        let input = try input(id)
        input.isLeaving = true
        indices[id] = nil
    }

    public func settings(of id: InputID) -> InputSettings? { indices[id].map { inputs[$0].settings } }

    public func setSettings(_ settings: InputSettings, of id: InputID) throws(AudioMixerError) {
        try input(id).settings = settings
    }

    /// Sound for the coming ``mix()``: `frames` of the tick, interleaved if stereo. An input that is offered nothing, or
    /// only a part of the tick, is silent for the rest. Several parts come in order.
    public func offer(
        _ samples: UnsafeBufferPointer<Float>, channels: Int, frames: Range<Int> = 0..<framesPerTick, to id: InputID
    ) throws(AudioMixerError) {
        let input = try input(id)
        guard channels == 1 || channels == 2 else { throw .badChannelCount(channels) }
        guard frames.lowerBound >= 0, frames.upperBound <= AudioMixer.framesPerTick, !frames.isEmpty else {
            throw .framesOutsideTick(frames)
        }
        guard samples.count == frames.count * channels, let base = samples.baseAddress else {
            throw .wrongSampleCount(samples: samples.count, channels: channels, frames: frames)
        }
        guard frames.lowerBound >= input.cursor else {
            throw .framesOutOfOrder(frames, firstFree: input.cursor)
        }
        input.take(base, channels: channels, frames: frames)
    }

    /// As above; the block's time is not looked at.
    public func offer(_ block: SoundBlock, to id: InputID) throws(AudioMixerError) {
        let frames = 0..<AudioMixer.framesPerTick
        guard block.frames == frames.count else {
            throw .wrongSampleCount(samples: block.samples.count, channels: block.channels, frames: frames)
        }
        let input = try input(id)
        guard input.cursor == 0 else { throw .framesOutOfOrder(frames, firstFree: input.cursor) }
        block.samples.withUnsafeBufferPointer { samples in
            if let base = samples.baseAddress { input.take(base, channels: block.channels, frames: frames) }
        }
    }

    private func input(_ id: InputID) throws(AudioMixerError) -> InputChannel {
        guard let index = indices[id] else { throw .unknownInput(id) }
        return inputs[index]
    }

    // MARK: Mixing

    /// Mixes one tick from what was offered since the last call.
    public func mix() {
        for input in inputs {
            input.completeTick()
            input.measure()
        }
        selection.choose(among: inputs)
        sum.clear()
        for input in inputs {
            input.contribute(placementWidth: configuration.placementWidth)
            guard input.contributes else { continue }
            Samples.add(input.contribution.left, to: sum.left, count: AudioMixer.framesPerTick)
            Samples.add(input.contribution.right, to: sum.right, count: AudioMixer.framesPerTick)
        }
        // Own limiters go on from where the shared one stood before this tick.
        for input in inputs { settleSharing(of: input) }
        limiter.process(left: sum.left, right: sum.right, into: output)
        for input in inputs where !input.sharesFullMix { mixMinus(input) }
        var someLeft = false
        for input in inputs {
            input.endTick()
            someLeft = someLeft || input.hasFaded
        }
        if someLeft { dropFaded() }
    }

    private func settleSharing(of input: InputChannel) {
        input.ticksUnheard = input.contributes ? 0 : input.ticksUnheard + 1
        guard input.settings.wantsMixMinus, !input.isLeaving else {
            input.sharesFullMix = true
            return
        }
        if input.sharesFullMix {
            guard input.contributes else { return }
            let own = input.limiter ?? Limiter(ceiling: configuration.ceiling)
            own.takeState(of: limiter)
            input.limiter = own
            if input.output == nil { input.output = .allocate(capacity: 2 * AudioMixer.framesPerTick) }
            input.sharesFullMix = false
        } else if input.ticksUnheard > AudioMixer.ticksUntilSharing, let own = input.limiter, own.agrees(with: limiter)
        {
            input.sharesFullMix = true
        }
    }

    private func mixMinus(_ input: InputChannel) {
        guard let limiter = input.limiter, let output = input.output else { return }
        guard input.contributes else {
            limiter.process(left: sum.left, right: sum.right, into: output)
            return
        }
        let count = AudioMixer.framesPerTick
        Samples.subtract(input.contribution.left, from: sum.left, into: difference.left, count: count)
        Samples.subtract(input.contribution.right, from: sum.right, into: difference.right, count: count)
        limiter.process(left: difference.left, right: difference.right, into: output)
    }

    private func dropFaded() {
        inputs.removeAll { $0.hasFaded }
        for (index, input) in inputs.enumerated() where !input.isLeaving { indices[input.id] = index }
    }

    // MARK: Results of the last tick

    /// The mix for everybody: 960 frames of interleaved stereo, valid within `body`. Silence before the first tick.
    public func withMix<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(start: output, count: 2 * AudioMixer.framesPerTick))
    }

    /// The mix without this input's own sound, as ``withMix(_:)`` gives it; the full mix while
    /// ``sharesFullMix(_:)``.
    public func withMixMinus<Result>(
        of id: InputID, _ body: (UnsafeBufferPointer<Float>) -> Result
    ) throws(AudioMixerError) -> Result {
        let input = try input(id)
        guard input.settings.wantsMixMinus else { throw .noMixMinus(id) }
        let samples = input.sharesFullMix ? output : (input.output ?? output)
        return body(UnsafeBufferPointer(start: samples, count: 2 * AudioMixer.framesPerTick))
    }

    /// Whether this input's own output is the full mix, so that one encode serves it and all others of whom that is
    /// true: its sound is not in the mix, and has not been for half a second. Also true for unknown inputs.
    public func sharesFullMix(_ id: InputID) -> Bool { indices[id].map { inputs[$0].sharesFullMix } ?? true }

    /// Nil for an unknown input.
    public func levels(of id: InputID) -> InputLevels? { indices[id].map { inputs[$0].levels } }

    /// Whether some of this input's sound was in the mix of the last tick.
    public func isHeard(_ id: InputID) -> Bool { indices[id].map { inputs[$0].contributes } ?? false }

    /// Whether the selection lets this input be heard; false for unknown inputs and those that are muted.
    public func isChosen(_ id: InputID) -> Bool { indices[id].map { inputs[$0].isChosen } ?? false }

    /// How many times sound was offered that had samples which are not finite; 0 for an unknown input.
    public func damageCount(of id: InputID) -> Int { indices[id].map { inputs[$0].damagedTicks } ?? 0 }
}
