import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct VPXDamageTests {
    @Test func picturesTooLargeAreRefusedByTheirHeader() throws {
        let decoder = try VideoDecoders.make(
            for: VideoParameters(codec: .vp8, size: PictureSize(width: 640, height: 360)))
        // A keyframe of 16383 x 16383 pixels: its tag, the start code, width, height, then nothing much.
        let bomb: [UInt8] =
            [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f] + [UInt8](repeating: 0, count: 50)
        let error = #expect(throws: CodecError.self) {
            try decoder.decode(EncodedChunk(data: bomb, time: MediaTime(seconds: 1.5), isKeyframe: true))
        }
        #expect(error?.code == .tooLarge)
        #expect(error.map { "\($0)" }?.contains("vp8 at 1.500 s: too large: a picture of 16383x16383 pixels") == true)
        var empty = bomb
        empty.replaceSubrange(6..<10, with: [0, 0, 0, 0])
        #expect(throws: CodecError.self) {
            try decoder.decode(EncodedChunk(data: empty, time: .zero, isKeyframe: true))
        }
    }

    @Test func vp9HeadersAreReadWhereverTheSizeStands() throws {
        var options = VideoDecoderOptions()
        options.maximumSize = PictureSize(width: 320, height: 240)
        let encoder = try VPXEncoder(.test(.vp9, 640, 360))
        let keyframe = try #require(try TestPictures.encode(encoder, count: 1).first)
        let decoder = try VideoDecoders.make(for: encoder.parameters, options: options)
        #expect(throws: CodecError.self) { try decoder.decode(keyframe) }
        // The same within a superframe of two.
        let size = UInt16(keyframe.data.count)
        let index: [UInt8] = [0xc9, UInt8(size & 255), UInt8(size >> 8), UInt8(size & 255), UInt8(size >> 8), 0xc9]
        let superframe = EncodedChunk(data: keyframe.data + keyframe.data + index, time: .zero, isKeyframe: true)
        #expect(throws: CodecError.self) { try decoder.decode(superframe) }
        options.maximumSize = PictureSize(width: 640, height: 360)
        let second = try VideoDecoders.make(for: encoder.parameters, options: options)
        #expect(try second.decode(superframe).count == 1)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func damageHoldsPicturesBackUntilTheNextKeyframe(codec: Codec) throws {
        var configuration = VideoEncoderConfiguration.test(codec, 320, 180)
        configuration.keyframeInterval = 15
        let encoder = try VPXEncoder(configuration)
        let chunks = try TestPictures.encode(encoder, count: 40)
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        var shown: [Int] = []
        for (frame, chunk) in chunks.enumerated() {
            var chunk = chunk
            if frame == 5 { chunk.data = Array(chunk.data.prefix(2)) }
            if frame == 20 { chunk.data = [] }
            do {
                if try !decoder.decode(chunk).isEmpty { shown.append(frame) }
                #expect(frame != 5 && frame != 20)
            } catch {
                #expect(frame == 5 || frame == 20)
            }
        }
        #expect(shown == Array(0..<5) + Array(15..<20) + Array(30..<40))
        // A stream that begins in the middle shows nothing before its first keyframe, and that is no error.
        let late = try VideoDecoders.make(for: encoder.parameters)
        let counts = try chunks[10..<17].map { try late.decode($0).count }
        #expect(counts == [0, 0, 0, 0, 0, 1, 1])
        late.reset()
        #expect(late.needsKeyframe)
        #expect(try late.decode(chunks[17]).isEmpty)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func mutatedChunksNeverEndTheDecoder(codec: Codec) throws {
        var configuration = VideoEncoderConfiguration.test(codec, 160, 96, bitrate: 200_000)
        configuration.keyframeInterval = 10
        let encoder = try VPXEncoder(configuration)
        let chunks = try TestPictures.encode(encoder, count: 30)
        var random = SeededRandom(seed: 7)
        var options = VideoDecoderOptions()
        options.maximumArea = 640 * 480
        for _ in 0..<40 {
            let decoder = try VideoDecoders.make(for: encoder.parameters, options: options)
            for chunk in chunks {
                var chunk = chunk
                switch random.next() % 4 {
                case 0:
                    for _ in 0..<3 where !chunk.data.isEmpty {
                        chunk.data[Int(random.next() % UInt64(chunk.data.count))] = UInt8(random.next() & 255)
                    }
                case 1: chunk.data = Array(chunk.data.prefix(Int(random.next() % UInt64(chunk.data.count))))
                case 2: chunk.data = (0..<random.next() % 60).map { _ in UInt8(random.next() & 255) }
                default: break
                }
                _ = try? decoder.decode(chunk)
            }
            // A sound keyframe and what follows it come out as ever.
            for (offset, chunk) in chunks[10..<14].enumerated() {
                let picture = try #require(try decoder.decode(chunk).first).picture
                let source = TestPictures.make(configuration.size, frame: 10 + offset)
                #expect(PictureComparison(source, picture).luma > 25)
            }
        }
    }

    @Test(arguments: [Codec.vp8, .vp9]) func sizeMayChangeAtEveryKeyframe(codec: Codec) throws {
        let decoder = try VideoDecoders.make(
            for: VideoParameters(codec: codec, size: PictureSize(width: 320, height: 180)))
        for (width, height) in [(320, 180), (161, 91), (1280, 720), (16, 16), (99, 333)] {
            let encoder = try VPXEncoder(.test(codec, width, height))
            for (frame, chunk) in try TestPictures.encode(encoder, count: 3).enumerated() {
                let picture = try #require(try decoder.decode(chunk).first).picture
                #expect(picture.size == encoder.configuration.size)
                let source = TestPictures.make(picture.size, frame: frame)
                #expect(PictureComparison(source, picture).luma > 28)
            }
        }
    }

    @Test func waitsForAKeyframeHaveAnEnd() throws {
        var options = VideoDecoderOptions()
        options.longestWaitForKeyframe = MediaTime(seconds: 0.5)
        let encoder = try VPXEncoder(.test(.vp8, 320, 180))
        let decoder = try VideoDecoders.make(for: encoder.parameters, options: options)
        var shown: [Int] = []
        for (frame, chunk) in try TestPictures.encode(encoder, count: 40).enumerated() {
            var chunk = chunk
            if frame == 10 { chunk.data.removeLast(chunk.data.count - 20) }
            if let pictures = try? decoder.decode(chunk), !pictures.isEmpty { shown.append(frame) }
        }
        #expect(shown == Array(0..<10) + Array(25..<40))
        #expect(decoder.needsKeyframe)
    }
}
