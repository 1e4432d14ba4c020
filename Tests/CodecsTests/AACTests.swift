import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct AACTests {
    @Test(arguments: [1, 2], [960, 1024, 7000]) func aClickComesOutAtItsTime(channels: Int, piece: Int) throws {
        let encoder = try SoundEncoders.make(
            SoundEncoderConfiguration(codec: .aac, channels: channels, bitrate: 160_000))
        var samples = [Float](repeating: 0, count: 48_000 * channels)
        for channel in 0..<channels { samples[24_000 * channels + channel] = 0.9 }
        let start = MediaTime(seconds: 3)
        let chunks = try OpusTests.encode(encoder, samples, piece: piece, start: start)
        #expect(encoder.parameters.startPadding == MediaTime(clamping: 1024, per: 48_000))
        #expect(!encoder.parameters.setup.isEmpty)
        let first = try #require(chunks.first)
        #expect(abs((first.time - start + encoder.parameters.startPadding).nanoseconds) <= 1)
        let decoder = try SoundDecoders.make(for: encoder.parameters)
        #expect(decoder.channels == channels)
        let block = try OpusTests.decode(decoder, chunks)
        #expect(abs((block.time - start).nanoseconds) <= 1)
        #expect(block.frames >= 48_000 && block.frames < 48_000 + 2048)
        #expect(abs(OpusTests.loudest(block) - 24_000) <= 1)
        let last = try #require(chunks.last)
        #expect(abs((last.time + last.duration - start).nanoseconds - 1_000_000_000) < 30_000_000)
    }

    @Test func damagedPacketsThrowOrDecodeButNeverEndTheDecoder() throws {
        let encoder = try AACEncoder(SoundEncoderConfiguration(codec: .aac, channels: 2, bitrate: 96_000))
        let tone = ToneMeter.tone(440, amplitude: 0.5, count: 48_000).flatMap { [$0, $0] }
        let chunks = try OpusTests.encode(encoder, tone)
        let decoder = try SoundDecoders.make(for: encoder.parameters)
        #expect(throws: CodecError.self) {
            try decoder.decode(EncodedChunk(data: [], time: .zero, isKeyframe: true))
        }
        var random = SeededRandom(seed: 3)
        for round in 0..<2000 {
            var chunk = chunks[round % chunks.count]
            if round % 2 == 0 {
                chunk.data = (0..<Int(random.next() % 300)).map { _ in UInt8(random.next() & 255) }
            } else {
                chunk.data[Int(random.next() % UInt64(chunk.data.count))] ^= UInt8(random.next() & 255)
            }
            _ = try? decoder.decode(chunk)
        }
        decoder.reset()
        let block = try OpusTests.decode(decoder, chunks)
        let left = Array(ToneMeter.channel(0, of: 2, in: block.samples)[24_000..<48_000])
        #expect(abs(ToneMeter.level(of: 440, in: left) + 6.02) < 0.5)
    }

    @Test func settingsOutOfRangeAreRefused() throws {
        #expect(throws: CodecError.self) {
            _ = try AACEncoder(SoundEncoderConfiguration(codec: .aac, channels: 6, bitrate: 96_000))
        }
        #expect(throws: CodecError.self) {
            _ = try AACEncoder(SoundEncoderConfiguration(codec: .aac, channels: 2, bitrate: 0))
        }
        let encoder = try AACEncoder(SoundEncoderConfiguration(codec: .aac, channels: 2, bitrate: 96_000))
        #expect(throws: CodecError.self) { try encoder.setBitrate(64_000) }
        var chunks: [EncodedChunk] = []
        try encoder.flush(into: &chunks)
        #expect(chunks.isEmpty)
    }
}
