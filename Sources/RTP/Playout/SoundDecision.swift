/// A packet of sound that waits to be played.
public struct SoundPacket: Hashable, Sendable {
    /// Extended.
    public var sequence: Int64
    /// In units of 1/48000 s, extended.
    public var timestamp: Int64
    /// At 48 kHz.
    public var samples: Int
    /// Holds a copy of the packet before it, at low bitrate.
    public var hasRedundancy: Bool
    /// Tells that nothing is sent for a while.
    public var isSilence: Bool
}

/// What the delay wants done to the sound of a packet, without changing its pitch.
public enum SoundStretch: Hashable, Sendable {
    case none
    /// By a period or two of its pitch, as far as it can be done unheard.
    case shorten
    case lengthen
}

/// What to play next. Counts are samples of 48 kHz (of each channel).
public enum SoundDecision: Hashable, Sendable {
    /// Decode the packet, and stretch what comes of it.
    case decode(SoundPacket, SoundStretch)
    /// The packet before this one is lost: decode the copy of it that this one holds. The packet itself stays.
    case recover(from: SoundPacket, samples: Int)
    /// Nothing is there for these: let the decoder conceal it.
    case conceal(samples: Int)
    /// Nobody expects anything here: silence, or the decoder's comfort noise.
    case silence(samples: Int)
}

/// Figures of a ``SoundBuffer`` since its beginning; samples of 48 kHz.
public struct SoundBufferStatistics: Hashable, Sendable {
    public var decodedSamples: UInt64 = 0
    public var recoveredSamples: UInt64 = 0
    public var concealedSamples: UInt64 = 0
    public var silentSamples: UInt64 = 0
    /// Times that nothing was there although something should have been.
    public var underruns: UInt64 = 0
    /// Packets that came after their time.
    public var late: UInt64 = 0
    public var duplicates: UInt64 = 0
    /// Packets whose payload made no sense.
    public var malformed: UInt64 = 0
    /// Packets thrown away because too much was waiting.
    public var discarded: UInt64 = 0
    public var shortened: UInt64 = 0
    public var lengthened: UInt64 = 0
    public var resets: UInt64 = 0
}
