import AudioMixer
import Media
import MediaTesting
import Testing
import Timing

@Suite struct AudioMixerTests {
    @Test func nineTonesKeepTheirLevels() throws {
        var driver = MixerDriver()
        let ids = nineTones.map { _ in driver.mixer.addInput() }
        for _ in 0..<100 {
            for (id, tone) in zip(ids, nineTones) {
                try driver.offerTone(tone.frequency, amplitude: tone.amplitude, to: id)
            }
            driver.run()
        }
        for channel in [driver.left, driver.right] {
            for tone in nineTones {
                let level = ToneMeter.level(of: tone.frequency, in: channel[24_000..<72_000])
                #expect(abs(level - ToneMeter.decibels(tone.amplitude)) < 0.01)
            }
            #expect(ClickDetector().clicks(in: channel).isEmpty)
            #expect(GapDetector().gaps(in: channel).isEmpty)
        }
    }

    @Test func inputsComeAndGoWithoutClicks() throws {
        var driver = MixerDriver()
        let steady = driver.mixer.addInput()
        var guests: [(id: AudioMixer.InputID, frequency: Double, amplitude: Double)] = []
        var random = SeededRandom(seed: 3)
        for tick in 0..<400 {
            if tick % 7 == 3 {
                let settings = InputSettings(
                    gain: Double.random(in: -6...3, using: &random), position: Double.random(in: -1...1, using: &random)
                )
                guests.append((driver.mixer.addInput(settings), Double.random(in: 200...3500, using: &random), 0.1))
            }
            if guests.count > 6 || (tick % 11 == 5 && !guests.isEmpty) {
                let leaving = guests.remove(at: Int.random(in: guests.indices, using: &random))
                // Half of them leave after their last sound was offered, half before.
                if tick % 2 == 0 {
                    try driver.offerTone(leaving.frequency, amplitude: leaving.amplitude, to: leaving.id)
                }
                try driver.mixer.removeInput(leaving.id)
            }
            try driver.offerTone(440, amplitude: 0.2, to: steady)
            for guest in guests {
                // Now and then one misses a tick, or changes how it is to be heard.
                if Int.random(in: 0..<20, using: &random) == 0 { continue }
                if Int.random(in: 0..<10, using: &random) == 0 {
                    try driver.mixer.setSettings(
                        InputSettings(
                            gain: Double.random(in: -20...3, using: &random), isMuted: Bool.random(using: &random),
                            position: Double.random(in: -1...1, using: &random)), of: guest.id)
                }
                try driver.offerTone(guest.frequency, amplitude: guest.amplitude, to: guest.id)
            }
            driver.run()
        }
        #expect(ToneMeter.peak(driver.mix) < 0.892)
        for channel in [driver.left, driver.right] {
            #expect(ClickDetector().clicks(in: channel) == [])
            #expect(GapDetector().gaps(in: channel) == [])
            #expect(abs(ToneMeter.level(of: 440, in: channel[9600...]) + 13.98) < 0.1)
        }
    }

    @Test func soundWithinTicksBeginsAndEndsWhereItIsOffered() throws {
        var driver = MixerDriver()
        let id = driver.mixer.addInput()
        let tone = ToneMeter.tone(1000, amplitude: 0.5, count: 960 * 20)
        for tick in 0..<20 {
            // From frame 333 of tick 5 to frame 700 of tick 10, with a hole in tick 8.
            let parts: [Range<Int>] =
                switch tick {
                case 5: [333..<960]
                case 6, 7, 9: [0..<960]
                case 8: [0..<200, 211..<300, 700..<960]
                case 10: [0..<700]
                default: []
                }
            for part in parts {
                let samples = Array(tone[(tick * 960 + part.lowerBound)..<(tick * 960 + part.upperBound)])
                try samples.withUnsafeBufferPointer {
                    try driver.mixer.offer($0, channels: 1, frames: part, to: id)
                }
            }
            driver.run()
        }
        let delay = AudioMixer.latencyFrames
        let isSilentBefore = driver.left[..<(5 * 960 + 333 + delay)].allSatisfy { $0 == 0 }
        let isSilentAfter = driver.left[(10 * 960 + 700 + delay + 480)...].allSatisfy { $0 == 0 }
        let isUntouched = driver.left[(7 * 960 + delay)..<(8 * 960 + delay)].elementsEqual(tone[(7 * 960)..<(8 * 960)])
        #expect(isSilentBefore && isSilentAfter && isUntouched)
        #expect(ClickDetector().clicks(in: driver.left) == [])
    }

    @Test func mutedInputsAreSilent() throws {
        var driver = MixerDriver()
        let id = driver.mixer.addInput(InputSettings(isMuted: true))
        for tick in 0..<60 {
            if tick == 20 { try driver.mixer.setSettings(InputSettings(gain: -6), of: id) }
            if tick == 40 { try driver.mixer.setSettings(InputSettings(gain: -6, isMuted: true), of: id) }
            try driver.offerTone(500, amplitude: 0.5, to: id)
            driver.run()
            #expect(driver.mixer.isHeard(id) == (20..<41).contains(tick))
        }
        let delay = AudioMixer.latencyFrames
        let isSilentBefore = driver.left[..<(20 * 960 + delay)].allSatisfy { $0 == 0 }
        let isSilentAfter = driver.left[(41 * 960 + delay)...].allSatisfy { $0 == 0 }
        #expect(isSilentBefore && isSilentAfter)
        #expect(abs(ToneMeter.level(of: 500, in: driver.left[(22 * 960)..<(40 * 960)]) + 12.02) < 0.05)
        #expect(ClickDetector().clicks(in: driver.left) == [])
        #expect(driver.mixer.levels(of: id).map { abs($0.rms + 9.03) < 0.05 } == true)
    }

    @Test func placementKeepsThePowerAndTheMiddle() throws {
        for (width, position, left, right) in [
            (0.0, -1.0, 0.0, 0.0), (0.5, 0.0, 0.0, 0.0), (0.5, -1.0, 2.32, -5.33), (0.5, 1.0, -5.33, 2.32),
            (1.0, 1.0, -300.0, 3.01),
        ] {
            var driver = MixerDriver(AudioMixer.Configuration(placementWidth: width))
            let id = driver.mixer.addInput(InputSettings(position: position))
            for _ in 0..<30 {
                try driver.offerTone(500, amplitude: 0.25, to: id)
                driver.run()
            }
            let levels = [driver.left, driver.right].map { ToneMeter.level(of: 500, in: $0[9600...]) + 12.04 }
            #expect(abs(levels[0] - left) < 0.02 || (left == -300 && levels[0] < -90))
            #expect(abs(levels[1] - right) < 0.02)
        }
    }

    @Test func stereoKeepsItsImage() throws {
        var driver = MixerDriver()
        let id = driver.mixer.addInput()
        var both: [Float] = []
        for _ in 0..<10 {
            let left = ToneMeter.tone(400, amplitude: 0.3, count: 960, start: driver.tick * 960)
            let right = ToneMeter.tone(700, amplitude: 0.2, count: 960, start: driver.tick * 960)
            let block = zip(left, right).flatMap { [$0, $1] }
            both += block
            try driver.mixer.offer(SoundBlock(time: .zero, channels: 2, samples: block), to: id)
            driver.run()
        }
        let delay = 2 * AudioMixer.latencyFrames
        let isSame = driver.mix[(delay + 1920)...].elementsEqual(both[1920..<(both.count - delay)])
        #expect(isSame)
    }

    @Test func hostileSamplesDoNotPoisonTheMix() throws {
        var driver = MixerDriver()
        let honest = driver.addWithOutput()
        let hostile = driver.addWithOutput()
        let poison: [Float] = [
            .nan, .infinity, -.infinity, .signalingNaN, 1e38, -1e38, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        ]
        for tick in 0..<300 {
            try driver.offerTone(440, amplitude: 0.2, to: honest)
            if tick < 50 {
                try driver.offer((0..<960).map { poison[($0 + tick) % poison.count] }, to: hostile)
            } else if tick < 60 {
                try driver.offer([Float](repeating: .nan, count: 1920), channels: 2, to: hostile)
            }
            driver.run()
            #expect(ToneMeter.peak(driver.mix.suffix(1920)) <= 0.8913)
        }
        #expect(driver.mixer.damageCount(of: hostile) == 60)
        #expect(driver.mixer.damageCount(of: honest) == 0)
        #expect(ToneMeter.peak(driver.mixMinus[hostile] ?? []) <= 0.2001)
        // The one whose own output lacks the hostile sound hears nothing of it at all.
        let minus = driver.left(ofMixMinus: hostile)
        #expect(abs(ToneMeter.level(of: 440, in: minus[960...]) + 13.98) < 0.05)
        #expect(abs(ToneMeter.level(of: 440, in: driver.left[(220 * 960)...]) + 13.98) < 0.2)
        #expect(ClickDetector().clicks(in: Array(driver.left[(70 * 960)...])) == [])
        #expect(driver.mixer.levels(of: hostile)?.rms == -127)
    }

    @Test func hostileSettingsDoNotPoisonTheMix() throws {
        var driver = MixerDriver(AudioMixer.Configuration(loudest: 1, placementWidth: 0.5))
        let id = driver.mixer.addInput()
        let values: [Double] = [.nan, .infinity, -.infinity, 1e300, -1e300, 0]
        for tick in 0..<60 {
            try driver.mixer.setSettings(
                InputSettings(gain: values[tick % 6], position: values[(tick / 6) % 6]), of: id)
            try driver.offerTone(440, amplitude: 0.2, to: id)
            driver.run()
        }
        #expect(ToneMeter.peak(driver.mix) <= 0.8913)
    }

    @Test func wrongBlocksAreRejectedAndChangeNothing() throws {
        let mixer = AudioMixer()
        let id = mixer.addInput()
        let samples = [Float](repeating: 0.1, count: 1920)
        func offer(_ count: Int, _ channels: Int, _ frames: Range<Int> = 0..<960) -> AudioMixerError? {
            samples[..<count].withUnsafeBufferPointer { part in
                do throws(AudioMixerError) {
                    try mixer.offer(part, channels: channels, frames: frames, to: id)
                    return nil
                } catch {
                    return error
                }
            }
        }
        #expect(offer(959, 1) == .wrongSampleCount(samples: 959, channels: 1, frames: 0..<960))
        #expect(offer(960, 2) == .wrongSampleCount(samples: 960, channels: 2, frames: 0..<960))
        #expect(offer(0, 1) == .wrongSampleCount(samples: 0, channels: 1, frames: 0..<960))
        #expect(offer(960, 3) == .badChannelCount(3))
        #expect(offer(960, 0) == .badChannelCount(0))
        #expect(offer(961, 1, 0..<961) == .framesOutsideTick(0..<961))
        #expect(offer(0, 1, 5..<5) == .framesOutsideTick(5..<5))
        #expect(offer(960, 1, -1..<959) == .framesOutsideTick(-1..<959))
        #expect(offer(480, 1, 480..<960) == nil)
        #expect(offer(480, 1, 0..<480) == .framesOutOfOrder(0..<480, firstFree: 960))
        let message = AudioMixerError.wrongSampleCount(samples: 959, channels: 2, frames: 0..<960).description
        #expect(message == "959 samples offered for frames 0..<960 of 2 channel(s), which take 1920")
        try mixer.removeInput(id)
        #expect(offer(960, 1) == .unknownInput(id))
        #expect(throws: AudioMixerError.unknownInput(id)) { try mixer.removeInput(id) }
        #expect(mixer.levels(of: id) == nil)
    }
}
