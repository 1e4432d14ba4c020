import AudioMixer
import MediaTesting
import Testing

@Suite struct PlainMixerTests {
    /// Loudness 0.05 leaves the limiter at rest, 0.6 has it at work all the time.
    @Test(arguments: [Float(0.05), 0.6]) func agreesWithItsPlainTwin(loudness: Float) throws {
        var random = SeededRandom(seed: 31)
        var driver = MixerDriver(AudioMixer.Configuration(placementWidth: 0.6))
        var plain = PlainMixer()
        plain.placementWidth = 0.6
        var ids: [AudioMixer.InputID] = []
        func settings() -> InputSettings {
            InputSettings(
                gain: Double.random(in: -20...6, using: &random), isMuted: Int.random(in: 0..<3, using: &random) == 0,
                position: Double.random(in: -1...1, using: &random))
        }
        for _ in 0..<7 {
            let first = settings()
            ids.append(driver.mixer.addInput(first))
            plain.add(first)
        }
        var expected: [Double] = []
        for tick in 0..<120 {
            if tick % 3 == 1 {
                let index = Int.random(in: ids.indices, using: &random)
                let changed = settings()
                try driver.mixer.setSettings(changed, of: ids[index])
                plain.set(changed, of: index)
            }
            var blocks: [[Float]] = []
            for (index, id) in ids.enumerated() {
                let channels = index % 2 + 1
                blocks.append(random.noise(960 * channels, amplitude: loudness))
                try driver.offer(blocks[index], channels: channels, to: id)
            }
            driver.run()
            expected += plain.mix(blocks)
        }
        let worst = zip(driver.mix, expected).map { abs(Double($0) - $1) }.max() ?? 1
        // -100 dBFS and better.
        #expect(worst < 1e-5)
        #expect((ToneMeter.peak(driver.mix) > 0.88) == (loudness == 0.6))
    }

    @Test func theSameInputGivesTheSameMix() throws {
        func run() throws -> [Float] {
            var random = SeededRandom(seed: 77)
            var driver = MixerDriver(.room)
            let ids = (0..<12).map { _ in driver.addWithOutput() }
            for tick in 0..<100 {
                for (index, id) in ids.enumerated() where (tick + index * 5) % 37 > 6 {
                    try driver.offer(random.noise(960, amplitude: Float(index) / 12), to: id)
                }
                driver.run()
            }
            return ids.reduce(driver.mix) { $0 + (driver.mixMinus[$1] ?? []) }
        }
        let isSame = try run() == run()
        #expect(isSame)
    }

    @Test func sixteenLoudInputsStayBelowTheCeiling() throws {
        var random = SeededRandom(seed: 41)
        var driver = MixerDriver(AudioMixer.Configuration(placementWidth: 1))
        let ids = (0..<16).map { _ in
            driver.addWithOutput(
                InputSettings(gain: 6, position: Double.random(in: -1...1, using: &random)))
        }
        for tick in 0..<200 {
            for (index, id) in ids.enumerated() where (tick / 10 + index) % 5 != 0 {
                switch index % 3 {
                case 0: try driver.offer(random.noise(1920, amplitude: 1), channels: 2, to: id)
                case 1: try driver.offerTone(Double(100 + 77 * index), amplitude: 1, to: id)
                default: try driver.offer((0..<960).map { ($0 / (index + 20)) % 2 == 0 ? 1 : -1 }, to: id)
                }
            }
            driver.run()
        }
        for output in [driver.mix] + ids.compactMap({ driver.mixMinus[$0] }) {
            #expect(ToneMeter.peak(output) <= 0.891_250_94)
            #expect(GapDetector().gaps(in: ToneMeter.channel(0, of: 2, in: output)) == [])
        }
    }
}
