import Media
import MediaTesting
import Testing

/// The measures themselves: what they find, and what they rightly pass over.
@Suite struct MediaTestingTests {
    @Test func toneMeterTellsTonesApart() {
        let loud = ToneMeter.tone(440, amplitude: 0.5, count: 48_000)
        let quiet = ToneMeter.tone(1000, amplitude: 0.005, count: 48_000)
        let mix = zip(loud, quiet).map { $0 + $1 }
        #expect(abs(ToneMeter.level(of: 440, in: mix) + 6.02) < 0.01)
        #expect(abs(ToneMeter.level(of: 1000, in: mix) + 46.02) < 0.05)
        #expect(ToneMeter.level(of: 700, in: mix) < -90)
        #expect(ToneMeter.peak([0.5, .nan]) == .infinity)
    }

    @Test func clickDetectorFindsStepsAndPassesRamps() {
        let tone = ToneMeter.tone(1000, amplitude: 0.5, count: 48_000)
        #expect(ClickDetector().clicks(in: tone).isEmpty)
        var cut = tone
        for index in 20_011..<30_000 { cut[index] = 0 }
        let found = ClickDetector().clicks(in: cut)
        #expect(found.map { ($0.index + 500) / 1000 } == [20, 30])
        var faded = tone
        for index in faded.indices { faded[index] *= min(1, abs(Float(index - 24_000)) / 480) }
        #expect(ClickDetector().clicks(in: faded).isEmpty)
        var random = SeededRandom(seed: 1)
        #expect(ClickDetector().clicks(in: random.noise(48_000, amplitude: 0.3)).isEmpty)
        var repeated = tone
        repeated.removeSubrange(10_000..<10_020)
        #expect(ClickDetector().clicks(in: repeated).count == 1)
    }

    @Test func gapDetectorFindsHoles() {
        var tone = ToneMeter.tone(1000, amplitude: 0.5, count: 48_000)
        #expect(GapDetector().gaps(in: tone).isEmpty)
        for index in 9600..<10_560 { tone[index] = 0 }
        for index in 24_000..<24_960 { tone[index] *= 0.1 }
        let gaps = GapDetector().gaps(in: tone)
        #expect(gaps.count == 2)
        #expect(gaps.first.map { abs($0.lowerBound - 9600) <= 240 && abs($0.upperBound - 10_560) <= 240 } == true)
        #expect(GapDetector().gaps(in: [Float](repeating: 0, count: 960) + Array(tone[12_000..<20_000])).isEmpty)
    }

    @Test func pictureComparisonGivesPSNR() {
        func picture(_ value: UInt8) -> Picture {
            let picture = WritablePicture(size: PictureSize(width: 33, height: 17))
            for plane in [picture.luma, picture.cb, picture.cr] {
                for row in 0..<plane.height {
                    for column in 0..<plane.width { plane.base[row * plane.stride + column] = value }
                }
            }
            return picture.freeze(colour: .bt601Limited)
        }
        #expect(PictureComparison(picture(90), picture(90)).all == .infinity)
        #expect(abs(PictureComparison(picture(90), picture(91)).luma - 48.13) < 0.01)
        #expect(abs(PictureComparison(picture(90), picture(100)).all - 28.13) < 0.01)
    }
}
