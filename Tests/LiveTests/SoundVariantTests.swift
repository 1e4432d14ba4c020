import Codecs
import Foundation
import Live
import Media
import MediaTesting
import Mixing
import RTP
import Testing
import Timing

/// What is heard of the mix, in each variant, over a network that loses packets; in virtual time.
@Suite struct SoundVariantTests {
    /// What a receiver hears of `samples`.
    private func heard(
        _ samples: [Float], _ variant: SoundVariant, loss: Double, seed: UInt64 = 1
    ) throws -> (sound: [Float], bytes: Int) {
        let encoder = try OpusEncoder(variant.configuration(bitrate: 48_000))
        let playout = try SoundPlayout(channels: 1)
        var random = SeededRandom(seed: seed)
        var (chunks, output): ([EncodedChunk], [Float]) = ([], [])
        var block = [Float](repeating: 0, count: SoundBlock.framesPerTick)
        var (sequence, bytes) = (Int64(100), 0)
        for tick in 0..<samples.count / SoundBlock.framesPerTick {
            let now = MediaTime.milliseconds(Int64(1000 + 20 * tick))
            let part = samples[tick * SoundBlock.framesPerTick..<(tick + 1) * SoundBlock.framesPerTick]
            let stereo = part.flatMap { [$0, $0] }
            chunks.removeAll()
            try stereo.withUnsafeBufferPointer {
                try encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
            }
            for chunk in chunks {
                sequence += 1
                bytes += chunk.data.count
                if Double.random(in: 0..<1, using: &random) < loss { continue }
                let start = tick * 960 + 960 - Int(chunk.duration.count(per: 48_000))
                playout.receive(
                    chunk.data.span, timestamp: RTPTimestamp(UInt32(start + 5000)), sequence: sequence, now: now)
            }
            let isThere = block.withUnsafeMutableBufferPointer { playout.pull(now: now, decodes: true, into: $0) }
            if isThere { output += block }
        }
        return (output, bytes)
    }

    /// Like a long vowel: 150 Hz with its overtones.
    private func vowel(seconds: Int) -> [Float] {
        var samples = [Float](repeating: 0, count: seconds * 48_000)
        for overtone in 1...12 {
            let step = 2 * Double.pi * 150 * Double(overtone) / 48_000
            let amplitude = 0.15 / Double(overtone)
            for index in samples.indices { samples[index] += Float(amplitude * sin(step * Double(index))) }
        }
        return samples
    }

    private static let variants = [
        SoundVariant(), SoundVariant(isGuarded: true), SoundVariant(isLean: true),
        SoundVariant(isLean: true, isGuarded: true),
    ]

    @Test(arguments: variants, [0, 0.1, 0.3])
    func gapsAreShort(variant: SoundVariant, loss: Double) throws {
        let (sound, bytes) = try heard(vowel(seconds: 20), variant, loss: loss)
        let gaps = GapDetector(window: 480).gaps(in: Array(sound.dropFirst(24_000)))
        let longest = (gaps.map(\.count).max() ?? 0) / 48
        let rate = bytes * 8 / 20
        print(
            "lean \(variant.isLean) guarded \(variant.isGuarded) loss \(loss): \(rate) bit/s, longest gap \(longest) ms"
        )
        #expect(rate < (variant.isLean ? 26_000 : 72_000))
        #expect(sound.count > 19 * 48_000)
        #expect(longest <= (loss == 0 ? 20 : 400))
    }

    /// A change of variant at the border of a packet is not heard: the stream goes on where the other ended.
    @Test func variantsJoinOn() throws {
        let encodes = try SoundVariantTests.variants.enumerated().map { index, variant in
            try SoundEncode(variant, bitrate: 48_000, source: UInt32(index))
        }
        let samples = vowel(seconds: 12)
        let decoder = try OpusDecoder(channels: 1)
        var (output, recent): ([Float], [[Float]]) = ([], [])
        var decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket)
        for tick in 0..<600 {
            let stereo = samples[tick * 960..<(tick + 1) * 960].flatMap { [$0, $0] }
            // Another every two seconds.
            let encode = encodes[tick / 100 % encodes.count]
            let chunk = stereo.withUnsafeBufferPointer {
                encode.encode($0, tick: tick, time: .milliseconds(Int64(20 * tick)), recent: recent)
            }
            recent = Array((recent + [stereo]).suffix(SoundEncode.runIn))
            guard let chunk else { continue }
            let count = try decoded.withUnsafeMutableBufferPointer { output in
                try chunk.data.withUnsafeBufferPointer { try decoder.decode($0, into: output) }
            }
            output += decoded[..<count]
        }
        #expect(output.count == 600 * 960)
        let gaps = GapDetector(window: 480).gaps(in: Array(output.dropFirst(4800)))
        #expect((gaps.map(\.count).max() ?? 0) <= 20 * 48, "\(gaps.map { $0.lowerBound / 960 })")
    }
}
