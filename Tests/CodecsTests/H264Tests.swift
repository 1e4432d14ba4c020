import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct H264Tests {
    @Test(arguments: [(640, 360), (334, 178), (16, 16)]) func picturesComeBackInTimeAndLookAlike(
        width: Int, height: Int
    ) throws {
        let encoder = try VideoEncoders.make(.test(.h264, width, height))
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        #expect(encoder.parameters.setup.starts(with: [0, 0, 0, 1, 0x67]))
        let chunks = try TestPictures.encode(encoder, count: 20)
        #expect(chunks.count == 20)
        var pictures: [DecodedPicture] = []
        for chunk in chunks { try decoder.decode(chunk, wantsPicture: true, into: &pictures) }
        try decoder.flush(into: &pictures)
        #expect(pictures.count == 20)
        for (frame, decoded) in pictures.enumerated() {
            #expect(abs((decoded.time - FrameRate.fps30.time(ofFrame: Int64(frame))).nanoseconds) < 20_000)
            let source = TestPictures.make(encoder.configuration.size, frame: frame)
            #expect(PictureComparison(source, decoded.picture).luma > 30)
            #expect(PictureComparison(source, decoded.picture).all > 30)
        }
    }

    @Test func picturesComeOutAtOnceAndWithoutSetup() throws {
        let encoder = try H264Encoder(.test(.h264, 320, 180))
        var parameters = encoder.parameters
        parameters.setup = []
        let decoder = try VideoDecoders.make(for: parameters)
        for frame in 0..<10 {
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            let chunk = try encoder.encode(
                TestPictures.make(parameters.size, frame: frame), time: time, forceKeyframe: frame == 5, activeMap: nil)
            #expect(chunk?.isKeyframe == (frame == 0 || frame == 5))
            #expect(chunk?.time == chunk?.decodeTime)
            // Each keyframe brings its parameter sets along.
            if frame == 5 {
                let data = try #require(chunk).data
                let sets = data.indices.dropLast(4).filter {
                    data[$0...].starts(with: [0, 0, 1, 0x67]) || data[$0...].starts(with: [0, 0, 1, 0x68])
                }
                #expect(sets.count == 2)
                decoder.reset()
            }
            #expect(try decoder.decode(try #require(chunk)).count == 1)
        }
    }

    @Test func bitrateIsKeptAndCanChange() throws {
        let encoder = try H264Encoder(
            .live(codec: .h264, size: PictureSize(width: 640, height: 360), frameRate: .fps30, bitrate: 1_200_000))
        func bits(from first: Int) throws -> Int {
            try (first..<first + 150).reduce(0) { sum, frame in
                let chunk = try encoder.encode(
                    TestPictures.make(encoder.configuration.size, frame: frame),
                    time: FrameRate.fps30.time(ofFrame: Int64(frame)), forceKeyframe: false, activeMap: nil)
                return sum + (chunk?.data.count ?? 0) * 8
            }
        }
        #expect(abs(Double(try bits(from: 0)) / 5 / 1_200_000 - 1) < 0.25)
        try encoder.setBitrate(500_000)
        _ = try bits(from: 150)
        #expect(abs(Double(try bits(from: 300)) / 5 / 500_000 - 1) < 0.25)
    }

    @Test(arguments: [ColourDescription.Matrix.bt601, .bt709, .bt2020], [ColourDescription.Range.limited, .full])
    func coloursAreSaid(matrix: ColourDescription.Matrix, range: ColourDescription.Range) throws {
        for codec in [Codec.h264, .vp9] {
            var configuration = VideoEncoderConfiguration.test(codec, 320, 180)
            configuration.colour = ColourDescription(matrix: matrix, range: range)
            let encoder = try VideoEncoders.make(configuration)
            let chunk = try #require(try TestPictures.encode(encoder, count: 1).first)
            // The container says something else, and the stream has the last word.
            var parameters = encoder.parameters
            parameters.colour = ColourDescription(matrix: matrix == .bt709 ? .bt601 : .bt709, range: .limited)
            let decoder = try VideoDecoders.make(for: parameters)
            let pictures = try decoder.decode(chunk) + decoder.flush()
            #expect(pictures.first?.picture.colour == configuration.colour)
        }
    }

    @Test func silenceAboutColoursIsFilledByTheContainerAndByCustom() throws {
        func colour(
            _ codec: Codec, _ width: Int, _ height: Int, container: ColourDescription?
        ) throws -> ColourDescription? {
            let chunk = try #require(
                try TestPictures.encode(try VPXEncoder(.test(codec, width, height)), count: 1).first)
            let decoder = try VideoDecoders.make(
                for: VideoParameters(
                    codec: codec, size: PictureSize(width: width, height: height), colour: container))
            return try decoder.decode(chunk).first?.picture.colour
        }
        let full709 = ColourDescription(matrix: .bt709, range: .full)
        #expect(try colour(.vp8, 1280, 720, container: nil) == .bt601Limited)
        #expect(try colour(.vp8, 320, 180, container: full709) == full709)
    }

    @Test func damageHoldsPicturesBackUntilTheNextKeyframe() throws {
        var configuration = VideoEncoderConfiguration.test(.h264, 320, 180)
        configuration.keyframeInterval = 15
        let encoder = try H264Encoder(configuration)
        let chunks = try TestPictures.encode(encoder, count: 30)
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        var shown: [MediaTime] = []
        var failures = 0
        for (frame, chunk) in chunks.enumerated() {
            var chunk = chunk
            if frame == 5 { chunk.data = Array(chunk.data.prefix(40)) }
            var pictures: [DecodedPicture] = []
            do {
                try decoder.decode(chunk, wantsPicture: true, into: &pictures)
            } catch {
                #expect(frame == 5 || frame == 6)
                failures += 1
            }
            shown += pictures.map(\.time)
            if frame == 10 { #expect(decoder.needsKeyframe) }
        }
        #expect(failures == 1)
        #expect(shown.map { $0.count(per: 30) } == Array(0..<5) + Array(15..<30))
    }

    @Test func mutatedChunksNeverEndTheDecoder() throws {
        var configuration = VideoEncoderConfiguration.test(.h264, 160, 96, bitrate: 300_000)
        configuration.keyframeInterval = 10
        let encoder = try H264Encoder(configuration)
        let chunks = try TestPictures.encode(encoder, count: 30)
        var random = SeededRandom(seed: 11)
        var options = VideoDecoderOptions()
        options.maximumArea = 640 * 480
        for _ in 0..<40 {
            let decoder = try VideoDecoders.make(for: encoder.parameters, options: options)
            for chunk in chunks {
                var chunk = chunk
                switch random.next() % 4 {
                case 0:
                    for _ in 0..<3 {
                        chunk.data[Int(random.next() % UInt64(chunk.data.count))] ^= UInt8(random.next() & 255)
                    }
                case 1: chunk.data = Array(chunk.data.prefix(Int(random.next() % UInt64(chunk.data.count))))
                case 2: chunk.data = (0..<random.next() % 60).map { _ in UInt8(random.next() & 255) }
                default: break
                }
                _ = try? decoder.decode(chunk)
            }
            decoder.reset()
            for (offset, chunk) in chunks[10..<14].enumerated() {
                let picture = try #require(try decoder.decode(chunk).first).picture
                let source = TestPictures.make(configuration.size, frame: 10 + offset)
                #expect(PictureComparison(source, picture).luma > 25)
            }
        }
    }

    @Test func settingsOutOfRangeAreRefused() {
        #expect(throws: CodecError.self) { _ = try H264Encoder(.test(.h264, 333, 177)) }
        var bad = VideoEncoderConfiguration.test(.h264, 320, 180)
        bad.h264Preset = "nonsense"
        #expect(throws: CodecError.self) { _ = try H264Encoder(bad) }
        #expect(throws: CodecError.self) {
            _ = try VideoDecoders.make(
                for: VideoParameters(codec: Codec(name: "nonsense"), size: PictureSize(width: 16, height: 16)))
        }
        #expect(throws: CodecError.self) {
            _ = try VideoDecoders.make(
                for: VideoParameters(codec: .aac, size: PictureSize(width: 16, height: 16)))
        }
    }
}
