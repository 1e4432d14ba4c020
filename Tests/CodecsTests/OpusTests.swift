import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct OpusTests {
    /// Encodes interleaved samples in pieces of `piece` frames, the first at `start`.
    static func encode(
        _ encoder: any SoundEncoder, _ samples: [Float], piece: Int = 960, start: MediaTime = .zero
    ) throws -> [EncodedChunk] {
        var chunks: [EncodedChunk] = []
        let channels = encoder.configuration.channels
        var position = 0
        while position < samples.count {
            let end = min(samples.count, position + piece * channels)
            let time = start + MediaTime(clamping: Int64(position / channels), per: 48_000)
            try encoder.encode(
                SoundBlock(time: time, channels: channels, samples: Array(samples[position..<end])), into: &chunks)
            position = end
        }
        try encoder.flush(into: &chunks)
        return chunks
    }

    /// Decodes all chunks; the blocks must follow each other without a gap.
    static func decode(_ decoder: any SoundDecoder, _ chunks: [EncodedChunk]) throws -> SoundBlock {
        var blocks: [SoundBlock] = []
        for chunk in chunks { try decoder.decode(chunk, into: &blocks) }
        try decoder.flush(into: &blocks)
        var whole = try #require(blocks.first)
        for block in blocks.dropFirst() {
            #expect(abs(block.time.nanoseconds - whole.end.nanoseconds) <= 1)
            whole.samples += block.samples
        }
        return whole
    }

    /// The frame at which a click comes out.
    static func loudest(_ block: SoundBlock) -> Int {
        let peak = block.samples.indices.max { abs(block.samples[$0]) < abs(block.samples[$1]) } ?? 0
        return peak / block.channels
    }

    @Test(arguments: [1, 2], [960, 480, 441, 7000]) func aClickComesOutAtItsTime(channels: Int, piece: Int) throws {
        let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: channels, bitrate: 128_000))
        var samples = [Float](repeating: 0, count: 48_000 * channels)
        for channel in 0..<channels { samples[24_000 * channels + channel] = 0.9 }
        let start = MediaTime(seconds: 3)
        let chunks = try Self.encode(encoder, samples, piece: piece, start: start)
        #expect(encoder.parameters.startPadding == MediaTime(clamping: 312, per: 48_000))
        #expect(chunks.first?.time == start - encoder.parameters.startPadding)
        let decoder = try SoundDecoders.make(for: encoder.parameters)
        let block = try Self.decode(decoder, chunks)
        #expect(block.time == start)
        #expect(block.frames >= 48_000 && block.frames < 48_000 + 1920)
        #expect(abs(Self.loudest(block) - 24_000) <= 1)
        let last = try #require(chunks.last)
        #expect(abs((last.time + last.duration - start).nanoseconds - 1_000_000_000) < 1000)
    }

    @Test func aToneKeepsItsLevelOnEachSide() throws {
        let encoder = try SoundEncoders.make(SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: 96_000))
        let left = ToneMeter.tone(440, amplitude: 0.5, count: 96_000)
        let right = ToneMeter.tone(1000, amplitude: 0.25, count: 96_000)
        let samples = zip(left, right).flatMap { [$0, $1] }
        let block = try Self.decode(
            try SoundDecoders.make(for: encoder.parameters), try Self.encode(encoder, samples))
        let heard = (0..<2).map { Array(ToneMeter.channel($0, of: 2, in: block.samples)[24_000..<72_000]) }
        #expect(abs(ToneMeter.level(of: 440, in: heard[0]) + 6.02) < 0.3)
        #expect(abs(ToneMeter.level(of: 1000, in: heard[1]) + 12.04) < 0.3)
        #expect(ToneMeter.level(of: 1000, in: heard[0]) < -45)
        #expect(ToneMeter.level(of: 440, in: heard[1]) < -45)
    }

    @Test func timesStayExactAndBreakAtGaps() throws {
        let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 24_000))
        let chunks = try Self.encode(encoder, [Float](repeating: 0.1, count: 960 * 4))
        let decoder = try OpusDecoder(parameters: encoder.parameters)
        let start = MediaTime(seconds: 3600)
        for index in 0..<90_000 {
            var chunk = chunks[index % 4]
            // As a container with whole milliseconds has it.
            let exact = start + MediaTime(clamping: Int64(index) * 960 - 312, per: 48_000)
            chunk.time = .milliseconds(Int64(exact.milliseconds.rounded()))
            let block = try #require(try decoder.decode(chunk).first)
            guard index % 10_000 == 1 else { continue }
            #expect(abs((block.time - exact).nanoseconds) <= 500_000)
        }
        var late = chunks[0]
        late.time = MediaTime(seconds: 20_000)
        #expect(try decoder.decode(late).first?.time == late.time)
        late.time += .milliseconds(20 + 15)
        #expect(try decoder.decode(late).first?.time == MediaTime(seconds: 20_000.02))
        late.time += .milliseconds(20 + 10)
        #expect(try decoder.decode(late).first?.time == late.time)
    }

    @Test func lostPacketsAreRestoredOrConcealed() throws {
        var configuration = SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 32_000)
        configuration.application = .voice
        configuration.usesFEC = true
        configuration.expectedLoss = 30
        let encoder = try OpusEncoder(configuration)
        // A rising tone, so that what is concealed differs from what is restored.
        let tones = (0..<20).flatMap { ToneMeter.tone(200 + Double($0) * 25, amplitude: 0.4, count: 960) }
        let chunks = try Self.encode(encoder, tones)
        let decoder = try OpusDecoder(channels: 1)
        let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: OpusDecoder.longestPacket)
        defer { output.deallocate() }
        for chunk in chunks.prefix(10) {
            let decoded = try chunk.data.withUnsafeBufferPointer { try decoder.decode($0, into: output) }
            #expect(decoded == 960)
            let frames = chunk.data.withUnsafeBufferPointer { OpusDecoder.frames(in: $0) }
            #expect(frames == 960)
        }
        let next = chunks[11].data
        let restored = try next.withUnsafeBufferPointer { try decoder.decodeFEC($0, frames: 960, into: output) }
        #expect(restored == 960)
        #expect(ToneMeter.rms(output[..<960]) > 0.1)
        _ = try next.withUnsafeBufferPointer { try decoder.decode($0, into: output) }
        #expect(try decoder.conceal(frames: 480, into: output) == 480)
        #expect(ToneMeter.rms(output[..<480]) > 0.01)
        for _ in 0..<50 { _ = try decoder.conceal(frames: 960, into: output) }
        #expect(ToneMeter.rms(output[..<960]) < 0.02)
        #expect(throws: CodecError.self) { try decoder.conceal(frames: 100_000, into: output) }
        #expect(throws: CodecError.self) { try decoder.conceal(frames: 0, into: output) }
    }

    @Test func damagedPacketsThrowOrDecodeButNeverEndTheDecoder() throws {
        let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: 48_000))
        let tone = ToneMeter.tone(440, amplitude: 0.5, count: 48_000).flatMap { [$0, $0] }
        let chunks = try Self.encode(encoder, tone)
        let decoder = try SoundDecoders.make(for: encoder.parameters)
        #expect(throws: CodecError.self) {
            try decoder.decode(EncodedChunk(data: [], time: .zero, isKeyframe: true))
        }
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let length = Int(random.next() % 200)
            let data = (0..<length).map { _ in UInt8(random.next() & 255) }
            for block in (try? decoder.decode(EncodedChunk(data: data, time: .zero, isKeyframe: true))) ?? [] {
                let isSound = block.samples.allSatisfy { $0.isFinite }
                #expect(isSound)
            }
        }
        decoder.reset()
        let block = try Self.decode(decoder, chunks)
        #expect(
            abs(ToneMeter.level(of: 440, in: Array(ToneMeter.channel(0, of: 2, in: block.samples)[24_000...])) + 6) < 1)
    }

    @Test func silenceNeedNotBeSent() throws {
        var configuration = SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 24_000)
        configuration.application = .voice
        configuration.usesDTX = true
        let encoder = try OpusEncoder(configuration)
        #expect(try Self.encode(encoder, [Float](repeating: 0, count: 96_000)).count < 40)
    }

    @Test func settingsOutOfRangeAreRefused() throws {
        var bad = SoundEncoderConfiguration(codec: .opus, channels: 3, bitrate: 48_000)
        #expect(throws: CodecError.self) { _ = try SoundEncoders.make(bad) }
        bad.channels = 2
        bad.bitrate = 1
        #expect(throws: CodecError.self) { _ = try SoundEncoders.make(bad) }
        bad.bitrate = 48_000
        bad.complexity = 11
        #expect(throws: CodecError.self) { _ = try SoundEncoders.make(bad) }
        bad.complexity = nil
        let encoder = try OpusEncoder(bad)
        var chunks: [EncodedChunk] = []
        #expect(throws: CodecError.self) {
            try encoder.encode(SoundBlock(time: .zero, channels: 1, samples: [0, 0]), into: &chunks)
        }
        try encoder.flush(into: &chunks)
        #expect(chunks.isEmpty)
    }
}
