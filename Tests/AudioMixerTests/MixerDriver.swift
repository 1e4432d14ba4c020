import AudioMixer
import Media
import MediaTesting

/// Runs a mixer over many ticks and keeps what comes out.
struct MixerDriver {
    let mixer: AudioMixer
    private(set) var mix: [Float] = []
    /// The outputs of those inputs that want one.
    private(set) var mixMinus: [AudioMixer.InputID: [Float]] = [:]
    private(set) var tick = 0

    init(_ configuration: AudioMixer.Configuration = .everybody) {
        mixer = AudioMixer(configuration)
    }

    /// Mixes one tick of what has been offered.
    mutating func run() {
        mixer.mix()
        mixer.withMix { mix += $0 }
        for id in mixMinus.keys {
            try? mixer.withMixMinus(of: id) { mixMinus[id]? += $0 }
        }
        tick += 1
    }

    mutating func addWithOutput(_ settings: InputSettings = InputSettings()) -> AudioMixer.InputID {
        var settings = settings
        settings.wantsMixMinus = true
        let id = mixer.addInput(settings)
        mixMinus[id] = []
        return id
    }

    /// Offers 20 ms of a sound that is indexed by the time since the first tick.
    func offer(_ samples: [Float], channels: Int = 1, to id: AudioMixer.InputID) throws {
        try samples.withUnsafeBufferPointer { try mixer.offer($0, channels: channels, to: id) }
    }

    func offerTone(_ frequency: Double, amplitude: Double, to id: AudioMixer.InputID) throws {
        try offer(ToneMeter.tone(frequency, amplitude: amplitude, count: 960, start: tick * 960), to: id)
    }

    var left: [Float] { ToneMeter.channel(0, of: 2, in: mix) }
    var right: [Float] { ToneMeter.channel(1, of: 2, in: mix) }

    func left(ofMixMinus id: AudioMixer.InputID) -> [Float] {
        ToneMeter.channel(0, of: 2, in: mixMinus[id] ?? [])
    }
}

/// Tones that are no multiples of each other and all below what counts as a click.
let nineTones: [(frequency: Double, amplitude: Double)] = [
    (211, 0.08), (307, 0.06), (439, 0.1), (587, 0.05), (811, 0.07), (1129, 0.03), (1571, 0.02), (2203, 0.04),
    (3119, 0.012),
]
