import AudioMixer
import Codecs
import Media
import Mixing
import RTP
import Synchronization
import Timing

/// The sound of one room, on the sound clock's thread: every tick all sound is taken, mixed, and encoded: once for all
/// who are silent (and once for each variant that somebody's network asks for), and once for each who is heard, without
/// their own voice.
final class RoomSound {
    /// An encode of this tick and who gets it.
    struct Output: Sendable {
        let chunk: EncodedChunk
        let output: EncodedOutput
        let sessions: [Int]
    }

    private final class Listener {
        let input: AudioMixer.InputID
        /// Without their own voice.
        var own: SoundEncode?
        var hasOwnEncode = false
        var variant = SoundVariant.plain

        init(input: AudioMixer.InputID) {
            self.input = input
        }
    }

    private let mixer: AudioMixer
    private var screen: SoundScreen
    private var candidates: [SoundScreen.Candidate] = []
    private var decoded: [Bool] = []
    private let bitrate: Int
    /// The full mix as it is recorded, and as most get it.
    private let shared: SoundEncode
    private var variants: [SoundVariant: SoundEncode] = [:]
    private var sharing: [SoundVariant: [Int]] = [.plain: []]
    private var listeners: [String: Listener] = [:]
    private var nextSource: UInt32 = 1
    private var buffer = [Float](repeating: 0, count: 2 * AudioMixer.framesPerTick)
    /// The full mix of the last ticks, the newest last.
    private var recent: [[Float]] = []
    private var ticks = 0
    private let encodeCount = Atomic(0)
    /// Of the last tick; may be asked on any thread.
    var encodes: Int { encodeCount.load(ordering: .relaxed) }
    /// The full mix of the last tick, encoded for all who share it.
    private(set) var sharedChunk: EncodedChunk?

    init(_ configuration: LiveConfiguration) throws(CodecError) {
        mixer = AudioMixer(AudioMixer.Configuration(loudest: configuration.loudest))
        screen = SoundScreen(limit: configuration.loudest)
        bitrate = configuration.soundBitrate
        shared = try SoundEncode(.plain, bitrate: configuration.soundBitrate, source: 0)
        variants[.plain] = shared
    }

    /// Of the full mix.
    var parameters: SoundParameters { shared.encoder.parameters }

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
            listeners[participant.id] = Listener(input: input)
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
        ticks += 1
        for variant in sharing.keys { sharing[variant]?.removeAll(keepingCapacity: true) }
        for participant in participants where participant.kind != .publish {
            guard let listener = listeners[participant.id] else {
                sharing[.plain, default: []].append(participant.session)
                continue
            }
            followVariant(of: listener, participant)
            guard !mixer.sharesFullMix(listener.input), let own = ownEncode(of: listener) else {
                listener.hasOwnEncode = false
                sharing[listener.variant, default: []].append(participant.session)
                continue
            }
            var chunk: EncodedChunk?
            try? mixer.withMixMinus(of: listener.input) {
                chunk = own.encode($0, tick: ticks, time: time, recent: recent)
            }
            if let chunk {
                outputs.append(Output(chunk: chunk, output: own.output, sessions: [participant.session]))
            }
        }
        var encodes = listeners.values.count(where: \.hasOwnEncode)
        mixer.withMix { samples in
            for (variant, sessions) in sharing {
                if !sessions.isEmpty { encodes += 1 }
                // The plain one always, so that it is there for whoever comes back to it.
                guard variant == .plain || !sessions.isEmpty, let encode = sharedEncode(variant) else { continue }
                let chunk = encode.encode(samples, tick: ticks, time: time, recent: recent)
                if variant == .plain { sharedChunk = chunk }
                if let chunk, !sessions.isEmpty {
                    outputs.append(Output(chunk: chunk, output: encode.output, sessions: sessions))
                }
            }
            remember(samples)
        }
        encodeCount.store(encodes, ordering: .relaxed)
        return outputs
    }

    /// Packets of all variants end with every other tick: that is when somebody may change from one to another.
    private func followVariant(of listener: Listener, _ participant: LiveParticipant) {
        guard ticks % 2 == 0 else { return }
        let wanted = participant.state.withLock(\.soundVariant)
        guard wanted != listener.variant else { return }
        listener.variant = wanted
        listener.own = nil
        listener.hasOwnEncode = false
    }

    private func sharedEncode(_ variant: SoundVariant) -> SoundEncode? {
        if let encode = variants[variant] { return encode }
        let encode = try? SoundEncode(variant, bitrate: bitrate, source: takeSource())
        variants[variant] = encode
        return encode
    }

    private func takeSource() -> UInt32 {
        defer { nextSource &+= 1 }
        return nextSource
    }

    /// The encode of somebody who is heard; nil while they still get the shared one.
    private func ownEncode(of listener: Listener) -> SoundEncode? {
        if listener.hasOwnEncode { return listener.own }
        guard !listener.variant.isLean || ticks % 2 == 0 else { return nil }
        let own =
            listener.own ?? (try? SoundEncode(listener.variant, bitrate: bitrate, source: takeSource()))
        listener.own = own
        listener.hasOwnEncode = own != nil
        return own
    }

    private func remember(_ samples: UnsafeBufferPointer<Float>) {
        if recent.count == SoundEncode.runIn { recent.removeFirst() }
        recent.append(Array(samples))
    }
}
