import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct ResamplerTests {
    /// One second of a click at half the second, converted to 48 kHz in pieces.
    private func convert(_ samples: [Float], rate: Int, channels: Int, to output: Int, piece: Int) throws -> [Float] {
        let resampler = try Resampler(inputRate: rate, inputChannels: channels, channels: output)
        var result: [Float] = []
        var position = 0
        while position < samples.count {
            let end = min(samples.count, position + piece * channels)
            try samples[position..<end].withUnsafeBufferPointer { try resampler.convert($0, into: &result) }
            position = end
        }
        try resampler.flush(into: &result)
        return result
    }

    @Test(arguments: [8000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000], [1000, 333])
    func clicksStayInPlaceAndTonesAtTheirLevel(rate: Int, piece: Int) throws {
        var click = [Float](repeating: 0, count: rate)
        click[rate / 2] = 1
        let moved = try convert(click, rate: rate, channels: 1, to: 1, piece: piece)
        #expect(abs(moved.count - 48_000) <= 2)
        let peak = moved.indices.max { abs(moved[$0]) < abs(moved[$1]) }
        #expect(abs((peak ?? 0) - 24_000) <= 1)
        let tone = ToneMeter.tone(440, amplitude: 0.5, count: rate, sampleRate: Double(rate))
        let heard = try convert(tone, rate: rate, channels: 1, to: 1, piece: piece)
        #expect(abs(ToneMeter.level(of: 440, in: Array(heard[4800..<43_200])) + 6.02) < 0.1)
    }

    @Test func surroundIsMixedDownAtTheLevelOfTheFront() throws {
        // Front left, front right, centre, bass, back left, back right: a tone of its own in each.
        let tones = [300.0, 500, 700, 60, 900, 1100].map { ToneMeter.tone($0, amplitude: 0.2, count: 48_000) }
        let samples = (0..<48_000).flatMap { index in tones.map { $0[index] } }
        let heard = try convert(samples, rate: 48_000, channels: 6, to: 2, piece: 960)
        let left = ToneMeter.channel(0, of: 2, in: heard)
        let right = ToneMeter.channel(1, of: 2, in: heard)
        #expect(abs(ToneMeter.amplitude(of: 300, in: left) - 0.2) < 0.005)
        #expect(ToneMeter.amplitude(of: 500, in: left) < 0.001)
        for side in [left, right] { #expect(abs(ToneMeter.amplitude(of: 700, in: side) - 0.1414) < 0.005) }
        #expect(abs(ToneMeter.amplitude(of: 900, in: left) - 0.1414) < 0.005)
        #expect(abs(ToneMeter.amplitude(of: 1100, in: right) - 0.1414) < 0.005)
    }

    @Test func monoBecomesStereoAtTheSameLevel() throws {
        let heard = try convert(
            ToneMeter.tone(440, amplitude: 0.5, count: 48_000), rate: 48_000, channels: 1, to: 2, piece: 960)
        for side in 0..<2 {
            let level = ToneMeter.level(of: 440, in: ToneMeter.channel(side, of: 2, in: heard))
            // A mono sound keeps its level on each side, or lies 3 dB lower as a phantom centre.
            #expect(level > -9.1 && level < -5.9)
        }
    }

    @Test func nonsenseIsRefused() {
        #expect(throws: CodecError.self) { _ = try Resampler(inputRate: 0, inputChannels: 1, channels: 1) }
        #expect(throws: CodecError.self) { _ = try Resampler(inputRate: 48_000, inputChannels: 0, channels: 1) }
        #expect(throws: CodecError.self) { _ = try Resampler(inputRate: 48_000, inputChannels: 2, channels: 3) }
    }
}
