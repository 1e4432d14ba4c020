import Codecs
import Media
import MediaTesting
import Testing
import Timing

@Suite struct VPXTests {
    @Test(arguments: [
        (Codec.vp8, 640, 360), (.vp8, 333, 177), (.vp8, 16, 16), (.vp9, 640, 360), (.vp9, 333, 177), (.vp9, 16, 16),
    ]) func picturesComeBackInTimeAndLookAlike(codec: Codec, width: Int, height: Int) throws {
        let encoder = try VPXEncoder(.test(codec, width, height))
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        #expect(decoder.needsKeyframe)
        for (frame, chunk) in try TestPictures.encode(encoder, count: 20).enumerated() {
            #expect(chunk.isKeyframe == (frame == 0))
            let decoded = try decoder.decode(chunk)
            #expect(decoded.count == 1)
            #expect(decoded[0].time == FrameRate.fps30.time(ofFrame: Int64(frame)))
            let source = TestPictures.make(encoder.configuration.size, frame: frame)
            #expect(PictureComparison(source, decoded[0].picture).luma > 30)
            #expect(PictureComparison(source, decoded[0].picture).all > 30)
        }
        #expect(!decoder.needsKeyframe)
        #expect(try decoder.flush().isEmpty)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func unwantedPicturesAreDecodedButNotHandedOut(codec: Codec) throws {
        let encoder = try VPXEncoder(.test(codec, 320, 180))
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        var pictures: [DecodedPicture] = []
        for (frame, chunk) in try TestPictures.encode(encoder, count: 20).enumerated() {
            try decoder.decode(chunk, wantsPicture: frame % 2 == 1, into: &pictures)
        }
        #expect(pictures.count == 10)
        let source = TestPictures.make(encoder.configuration.size, frame: 19)
        #expect(PictureComparison(source, try #require(pictures.last).picture).luma > 30)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func keyframesComeOnDemandAndAtTheInterval(codec: Codec) throws {
        var configuration = VideoEncoderConfiguration.test(codec, 320, 180)
        configuration.keyframeInterval = 30
        let encoder = try VPXEncoder(configuration)
        var keyframes: [Int] = []
        for frame in 0..<100 {
            let chunk = try encoder.encode(
                TestPictures.make(configuration.size, frame: frame), time: FrameRate.fps30.time(ofFrame: Int64(frame)),
                forceKeyframe: frame == 7, activeMap: nil)
            if chunk?.isKeyframe == true { keyframes.append(frame) }
        }
        #expect(keyframes == [0, 7, 37, 67, 97])
    }

    @Test(arguments: [Codec.vp8, .vp9]) func bitrateIsKeptAndCanChange(codec: Codec) throws {
        let encoder = try VPXEncoder(
            .live(
                codec: codec, size: PictureSize(width: 640, height: 360), frameRate: .fps30, bitrate: 800_000))
        func bits(from first: Int) throws -> Int {
            try TestPictures.encode(encoder, count: 150, from: first).reduce(0) { $0 + $1.data.count * 8 }
        }
        #expect(abs(Double(try bits(from: 0)) / 5 / 800_000 - 1) < 0.15)
        try encoder.setBitrate(300_000)
        _ = try bits(from: 150)
        #expect(abs(Double(try bits(from: 300)) / 5 / 300_000 - 1) < 0.15)
        #expect(encoder.configuration.bitrate == 300_000)
        #expect(throws: CodecError.self) { try encoder.setBitrate(0) }
        try encoder.setSpeed(codec == .vp8 ? -12 : 9)
        #expect(throws: CodecError.self) { try encoder.setSpeed(3) }
        #expect(try !TestPictures.encode(encoder, count: 3, from: 450).isEmpty)
    }

    @Test(arguments: [Codec.vp8, .vp9]) func idleBlocksStandStillAndCostNothing(codec: Codec) throws {
        let encoder = try VPXEncoder(.test(codec, 640, 368))
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        let size = encoder.configuration.size
        let still = TestPictures.make(size, frame: 0)
        var map = MacroblockMap(size: size)
        var idle = 0
        for frame in 0..<40 {
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            let chunk = try #require(
                try encoder.encode(still, time: time, forceKeyframe: false, activeMap: frame < 5 ? nil : map))
            if frame >= 10 { idle += chunk.data.count }
            let picture = try #require(try decoder.decode(chunk).first).picture
            #expect(PictureComparison(still, picture).luma > 30)
        }
        #expect(idle / 30 < 200)
        // What changes within the map is seen, what changes outside of it is not.
        let changed = TestPictures.make(size, frame: 20)
        map.set(x: 0, y: 0, width: 320, height: 368)
        var last: Picture?
        for frame in 40..<50 {
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            let chunk = try encoder.encode(changed, time: time, forceKeyframe: false, activeMap: map)
            last = try decoder.decode(try #require(chunk)).first?.picture
        }
        let picture = try #require(last)
        #expect(Self.error(picture, changed, columns: 0..<288) < 60)
        #expect(Self.error(picture, still, columns: 352..<640) < 60)
        #expect(Self.error(picture, changed, columns: 352..<640) > 300)
        #expect(throws: CodecError.self) {
            let map = MacroblockMap(size: PictureSize(width: 16, height: 16))
            _ = try encoder.encode(still, time: MediaTime(seconds: 9), forceKeyframe: false, activeMap: map)
        }
    }

    /// Mean squared error of luma within these columns.
    private static func error(_ first: Picture, _ second: Picture, columns: Range<Int>) -> Double {
        func part(_ plane: Plane) -> Plane {
            Plane(
                base: plane.base + columns.lowerBound, stride: plane.stride, width: columns.count, height: plane.height)
        }
        let sum = PictureComparison.squaredError(part(first.luma), part(second.luma))
        return Double(sum) / Double(columns.count * first.size.height)
    }

    @Test func settingsOutOfRangeAreRefused() {
        var bad = VideoEncoderConfiguration.test(.vp8, 640, 360)
        bad.speed = 4
        #expect(throws: CodecError.self) { _ = try VPXEncoder(bad) }
        bad.speed = -8
        bad.threads = 0
        #expect(throws: CodecError.self) { _ = try VideoEncoders.make(bad) }
        #expect(throws: CodecError.self) { _ = try VPXEncoder(.test(.vp8, 0, 360)) }
        #expect(throws: CodecError.self) { _ = try VPXEncoder(.test(.vp8, 640, 360, bitrate: -5)) }
        #expect(throws: CodecError.self) { _ = try VideoEncoders.make(.test(Codec(name: "nonsense"), 640, 360)) }
    }

    @Test func picturesThatDoNotFitAreRefused() throws {
        let encoder = try VPXEncoder(.test(.vp8, 320, 180))
        let picture = TestPictures.make(PictureSize(width: 320, height: 180), frame: 0)
        let small = TestPictures.make(PictureSize(width: 160, height: 90), frame: 0)
        #expect(throws: CodecError.self) {
            _ = try encoder.encode(small, time: .zero, forceKeyframe: false, activeMap: nil)
        }
        _ = try encoder.encode(picture, time: MediaTime(seconds: 5), forceKeyframe: false, activeMap: nil)
        for seconds in [5.0, 4.0, -3.0] {
            #expect(throws: CodecError.self) {
                _ = try encoder.encode(
                    picture, time: MediaTime(seconds: seconds), forceKeyframe: false, activeMap: nil)
            }
        }
        #expect(
            try encoder.encode(picture, time: MediaTime(seconds: 5.1), forceKeyframe: false, activeMap: nil) != nil)
    }
}
