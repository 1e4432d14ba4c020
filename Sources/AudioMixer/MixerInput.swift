/// How one input is to be heard. All changes are carried out without a click.
public struct InputSettings: Hashable, Sendable {
    /// dB, held within -120...24; at -120 and below the input is silent. Not-a-number counts as 0.
    public var gain: Double
    /// Not heard at all. Levels are still measured, but speech is not reported.
    public var isMuted: Bool
    /// From -1 (left edge of the canvas) to 1 (right edge); heard only as far as
    /// ``AudioMixer/Configuration/placementWidth`` says.
    public var position: Double
    /// Whether the loudest-N selection applies. False for what must not come and go by loudness, such as music or the
    /// sound of a screen share; such inputs do not count among the N.
    public var canBeSilenced: Bool
    /// Whether a mix without this input is made.
    public var wantsMixMinus: Bool

    public init(
        gain: Double = 0, isMuted: Bool = false, position: Double = 0, canBeSilenced: Bool = true,
        wantsMixMinus: Bool = false
    ) {
        self.gain = gain
        self.isMuted = isMuted
        self.position = position
        self.canBeSilenced = canBeSilenced
        self.wantsMixMinus = wantsMixMinus
    }
}

/// What was measured of one input over the last tick, before its gain, its mute and the selection.
public struct InputLevels: Hashable, Sendable {
    /// dBFS, from -127 (also for silence) to 6; 0 is a square wave at full scale, and a sine at full scale is -3.
    public var rms: Double
    /// dBFS of the largest magnitude, from -127 (also for silence) to 6.
    public var peak: Double
    /// Whether a voice, or something that moves like one, is heard; false while muted. Lasts through short pauses.
    public var isSpeaking: Bool
    /// 0 for no speech, to 1 for loud speech, rising within about 0.1 s and falling within about 0.3 s; for choosing the
    /// active speaker. 0 while muted.
    public var speechLevel: Double

    public static let silence = InputLevels(rms: -127, peak: -127, isSpeaking: false, speechLevel: 0)

    public init(rms: Double, peak: Double, isSpeaking: Bool, speechLevel: Double) {
        self.rms = rms
        self.peak = peak
        self.isSpeaking = isSpeaking
        self.speechLevel = speechLevel
    }

    /// As RFC 6464 carries it: -dBov, from 0 for the loudest to 127 for silence.
    public var audioLevel: UInt8 { UInt8(min(max(-rms.rounded(), 0), 127)) }
}
