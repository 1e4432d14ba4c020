import AudioMixer
import Codecs
import Media
import Mixing
import RTP
import Synchronization
import Timing

/// The sound of one room, on the sound clock's thread: every tick all sound is taken, mixed, and encoded: once for all
/// who are silent, and once for each who is heard, without their own voice.
final class RoomSound {
    /// An encode of this tick and who gets it.
    struct Output: Sendable {
        let chunk: EncodedChunk
        let output: EncodedOutput
        let sessions: [Int]
    }

    private final class Listener {
        let input: AudioMixer.InputID
        var encoder: OpusEncoder?
        let output: EncodedOutput
        var hasOwnEncode = false

        init(input: AudioMixer.InputID, output: EncodedOutput) {
            self.input = input
            self.output = output
        }
    }

    /// Ticks that an encoder is run in with before its stream is switched to: 100 ms.
    private static let runIn = 5

    private let mixer: AudioMixer
    private var screen: SoundScreen
    private var candidates: [SoundScreen.Candidate] = []
    private var decoded: [Bool] = []
    private let bitrate: Int
    private let shared: OpusEncoder
    private let sharedOutput: EncodedOutput
    private var listeners: [String: Listener] = [:]
    private var nextSource: UInt32 = 1
    private var buffer = [Float](repeating: 0, count: 2 * AudioMixer.framesPerTick)
    /// The full mix of the last ticks, the newest last.
    private var recent: [[Float]] = []
    private var chunks: [EncodedChunk] = []
    private let encodeCount = Atomic(0)
    /// Of the last tick; may be asked on any thread.
    var encodes: Int { encodeCount.load(ordering: .relaxed) }
    /// The full mix of the last tick, encoded for all who share it.
    private(set) var sharedChunk: EncodedChunk?

    init(_ configuration: LiveConfiguration) throws(CodecError) {
        mixer = AudioMixer(AudioMixer.Configuration(loudest: configuration.loudest))
        screen = SoundScreen(limit: configuration.loudest)
        bitrate = configuration.soundBitrate
        shared = try RoomSound.makeEncoder(bitrate: configuration.soundBitrate)
        sharedOutput = EncodedOutput(source: 0, format: nil)
    }

    /// Of the full mix.
    var parameters: SoundParameters { shared.parameters }

    private static func makeEncoder(bitrate: Int) throws(CodecError) -> OpusEncoder {
        try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: bitrate))
    }

    /// Mixes the tick at `now`, which is `time` on the room's timeline.
    func tick(_ participants: [LiveParticipant], now: MediaTime, time: MediaTime) -> [Output] {
        follow(participants)
        chooseDecoded(participants, now: now)
        for (place, participant) in participants.enumerated() {
            guard let sound = participant.sound, let listener = listeners[participant.id] else { continue }
            buffer.withUnsafeMutableBufferPointer { buffer in
                let tick = UnsafeMutableBufferPointer(rebasing: buffer[..<(AudioMixer.framesPerTick * sound.channels)])
                guard sound.pull(now: now, decodes: decoded[place], into: tick) else { return }
                // A whole tick, in its own channels, to an input that exists.
                try? mixer.offer(UnsafeBufferPointer(tick), channels: sound.channels, to: listener.input)
            }
        }
        mixer.mix()
        noteLevels(participants, now: now)
        return encode(participants, time: time)
    }

    /// Whose sound is decoded in this tick, in the participants' order.
    private func chooseDecoded(_ participants: [LiveParticipant], now: MediaTime) {
        candidates.removeAll(keepingCapacity: true)
        for participant in participants {
            // Those without sound are last in no list.
            guard let listener = listeners[participant.id], let sound = participant.sound else {
                candidates.append(.init(id: -1, claim: -127, isHeard: false, isMuted: true))
                continue
            }
            let input = listener.input
            candidates.append(
                .init(
                    id: input.number, claim: sound.claim(at: now),
                    isHeard: mixer.isChosen(input) || mixer.isHeard(input),
                    isMuted: mixer.settings(of: input)?.isMuted ?? false))
        }
        screen.choose(among: candidates, into: &decoded)
    }

    /// Inputs for those who came, none for those who left.
    private func follow(_ participants: [LiveParticipant]) {
        for participant in participants {
            let isMuted = participant.state.withLock(\.isMuted)
            if let listener = listeners[participant.id] {
                if mixer.settings(of: listener.input)?.isMuted != isMuted {
                    try? mixer.setSettings(InputSettings(isMuted: isMuted, wantsMixMinus: true), of: listener.input)
                }
                continue
            }
            let input = mixer.addInput(InputSettings(isMuted: isMuted, wantsMixMinus: true))
            listeners[participant.id] = Listener(
                input: input, output: EncodedOutput(source: nextSource, format: nil))
            nextSource &+= 1
        }
        guard listeners.count > participants.count else { return }
        let present = Set(participants.map(\.id))
        for (id, listener) in listeners where !present.contains(id) {
            try? mixer.removeInput(listener.input)
            screen.remove(listener.input.number)
            listeners[id] = nil
        }
    }

    private func noteLevels(_ participants: [LiveParticipant], now: MediaTime) {
        for (place, participant) in participants.enumerated() {
            guard let listener = listeners[participant.id], let levels = mixer.levels(of: listener.input) else {
                continue
            }
            let candidate = candidates[place]
            if decoded[place] { screen.note(candidate.id, claim: candidate.claim, measured: Float(levels.rms)) }
            participant.state.withLock { state in
                if levels.isSpeaking { state.level = max(state.level, Float(levels.rms)) }
                let level = decoded[place] ? Float(levels.rms) : candidate.claim ?? -127
                if level > -90 { state.lastSound = now }
            }
        }
    }

    private func encode(_ participants: [LiveParticipant], time: MediaTime) -> [Output] {
        var outputs: [Output] = []
        var sharing: [Int] = []
        for participant in participants where participant.kind != .publish {
            guard let listener = listeners[participant.id], !mixer.sharesFullMix(listener.input) else {
                listeners[participant.id]?.hasOwnEncode = false
                sharing.append(participant.session)
                continue
            }
            guard let encoder = ownEncoder(of: listener) else { continue }
            var chunk: EncodedChunk?
            try? mixer.withMixMinus(of: listener.input) { chunk = encode($0, with: encoder, time: time) }
            if let chunk {
                outputs.append(Output(chunk: chunk, output: listener.output, sessions: [participant.session]))
            }
        }
        // Always, so that the shared stream is there for whoever comes back to it.
        let chunk = mixer.withMix { samples in
            remember(samples)
            return encode(samples, with: shared, time: time)
        }
        sharedChunk = chunk
        if let chunk, !sharing.isEmpty {
            outputs.append(Output(chunk: chunk, output: sharedOutput, sessions: sharing))
        }
        encodeCount.store(outputs.count, ordering: .relaxed)
        return outputs
    }

    /// The encoder of somebody who is heard. One that begins, or begins again, first gets the last 100 ms of what its
    /// listener heard until now, so that its stream joins on without a break.
    private func ownEncoder(of listener: Listener) -> OpusEncoder? {
        if listener.hasOwnEncode { return listener.encoder }
        guard let encoder = try? RoomSound.makeEncoder(bitrate: bitrate) else { return nil }
        for (index, samples) in recent.enumerated() {
            let time = MediaTime(nanoseconds: Int64(index - recent.count) * SoundPipeline.tickDuration.nanoseconds)
            samples.withUnsafeBufferPointer { _ = encode($0, with: encoder, time: time) }
        }
        listener.encoder = encoder
        listener.hasOwnEncode = true
        return encoder
    }

    private func remember(_ samples: UnsafeBufferPointer<Float>) {
        if recent.count == RoomSound.runIn { recent.removeFirst() }
        recent.append(Array(samples))
    }

    private func encode(
        _ samples: UnsafeBufferPointer<Float>, with encoder: OpusEncoder, time: MediaTime
    ) -> EncodedChunk? {
        chunks.removeAll(keepingCapacity: true)
        // A tick is one frame of Opus, so that each gives one chunk.
        try? encoder.encode(samples, time: time, into: &chunks)
        return chunks.last
    }
}
