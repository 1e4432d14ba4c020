package import Codecs
package import Media
package import Timing

/// How the mix is coded for a receiver, by what their network takes and loses. Each is encoded once for all who get it,
/// and only while somebody does.
package struct SoundVariant: Hashable, Sendable {
    /// Two ticks to a packet and few bits: for networks that have room for little else.
    package var isLean: Bool
    /// With a coarse copy of each packet in the one after it.
    package var isGuarded: Bool

    package init(isLean: Bool = false, isGuarded: Bool = false) {
        self.isLean = isLean
        self.isGuarded = isGuarded
    }

    package static let plain = SoundVariant()

    /// Bits per second of a lean encode, headers not counted.
    private static let leanBitrate = 16_000

    /// `bitrate` is that of the plain encode.
    package func configuration(bitrate: Int) -> SoundEncoderConfiguration {
        var configuration = SoundEncoderConfiguration(
            codec: .opus, channels: 2, bitrate: isLean ? min(SoundVariant.leanBitrate, bitrate) : bitrate)
        // Copies are made of speech only.
        if isLean || isGuarded { configuration.application = .voice }
        configuration.ticksPerPacket = isLean ? 2 : 1
        configuration.usesFEC = isGuarded
        configuration.expectedLoss = isGuarded ? 20 : 0
        return configuration
    }
}

/// An encode of the mix in one variant. On the sound clock's thread.
package final class SoundEncode {
    let variant: SoundVariant
    let output: EncodedOutput
    let encoder: OpusEncoder
    /// The last tick that it was given.
    private var lastTick: Int?
    private var chunks: [EncodedChunk] = []

    /// Ticks that an encoder is run in with before its stream is switched to: 80 ms, which are whole packets in every
    /// variant.
    package static let runIn = 4

    package init(_ variant: SoundVariant, bitrate: Int, source: UInt32) throws(CodecError) {
        self.variant = variant
        encoder = try OpusEncoder(variant.configuration(bitrate: bitrate))
        output = EncodedOutput(source: source, format: nil)
    }

    /// A packet, if one ends with this tick, which is `time` on the room's timeline. An encode that begins, or begins
    /// again, is first given `recent`, what its listeners heard until now, so that its stream joins on without a break;
    /// that must be on an even tick.
    package func encode(
        _ samples: UnsafeBufferPointer<Float>, tick: Int, time: MediaTime, recent: [[Float]]
    ) -> EncodedChunk? {
        if lastTick != tick - 1 {
            let old = recent.suffix(SoundEncode.runIn)
            for (index, samples) in old.enumerated() {
                samples.withUnsafeBufferPointer { _ = put($0, time - .milliseconds(Int64(20 * (old.count - index)))) }
            }
        }
        lastTick = tick
        return put(samples, time)
    }

    private func put(_ samples: UnsafeBufferPointer<Float>, _ time: MediaTime) -> EncodedChunk? {
        chunks.removeAll(keepingCapacity: true)
        try? encoder.encode(samples, time: time, into: &chunks)
        return chunks.last
    }
}
