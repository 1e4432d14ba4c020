import AudioMixer
import MediaTesting
import Testing

@Suite struct LoudestSelectionTests {
    @Test func onlyTheLoudestAreHeard() throws {
        var driver = MixerDriver(AudioMixer.Configuration(loudest: 3))
        let ids = (0..<8).map { _ in driver.mixer.addInput() }
        let music = driver.mixer.addInput(InputSettings(canBeSilenced: false))
        for _ in 0..<100 {
            for (index, id) in ids.enumerated() {
                try driver.offerTone(300 + 111 * Double(index), amplitude: 0.01 * Double(1 << index), to: id)
            }
            try driver.offerTone(2222, amplitude: 0.003, to: music)
            driver.run()
        }
        #expect(ids.map { driver.mixer.isChosen($0) } == [false, false, false, false, false, true, true, true])
        #expect(driver.mixer.isHeard(music) && !driver.mixer.isHeard(ids[0]))
        let settled = driver.left[48_000...]
        let gain = ToneMeter.level(of: 300 + 777, in: settled) - ToneMeter.decibels(1.28)
        #expect(abs(ToneMeter.level(of: 2222, in: settled) - ToneMeter.decibels(0.003) - gain) < 0.5)
        #expect(ToneMeter.level(of: 300, in: settled) < -80)
        #expect(ClickDetector().clicks(in: driver.left) == [])
    }

    /// Voices take turns, so that the selection changes all the time; noise takes the places in between.
    @Test func newSpeakersAreHeardFromTheirFirstSyllable() throws {
        var random = SeededRandom(seed: 70)
        var driver = MixerDriver(AudioMixer.Configuration(loudest: 2))
        let ids = (0..<6).map { _ in driver.mixer.addInput() }
        let words = (0..<6).map { SyntheticVoice(pitch: 100 + 20 * Double($0)).speak(seconds: 2, seed: UInt64($0)) }
        var voices: [Float] = []
        for tick in 0..<600 {
            let speaker = tick / 100
            for (index, id) in ids.enumerated() {
                var block = random.noise(960, amplitude: 0.002)
                if index == speaker {
                    let part = words[index][(tick % 100) * 960..<(tick % 100 + 1) * 960]
                    voices += part
                    block = zip(block, part).map { $0 + $1 }
                }
                try driver.offer(block, to: id)
            }
            driver.run()
            if tick % 100 > 1 { #expect(driver.mixer.isChosen(ids[speaker])) }
            #expect(ids.filter { driver.mixer.isChosen($0) }.count == 2)
        }
        let mix = driver.left
        for turn in 0..<6 {
            // From the very start of the turn in steps of 20 ms: what was said is what is heard.
            for step in 0..<10 {
                let start = turn * 96_000 + step * 960
                let said = ToneMeter.rms(voices[start..<start + 960])
                let heard = ToneMeter.rms(mix[start + 96..<start + 96 + 960])
                if said > 0.01 { #expect(abs(ToneMeter.decibels(heard / said)) < 1.5) }
            }
        }
    }

    @Test func equalsDoNotTakeTurns() throws {
        var random = SeededRandom(seed: 71)
        var driver = MixerDriver(AudioMixer.Configuration(loudest: 2))
        let ids = (0..<5).map { _ in driver.mixer.addInput() }
        let words = (0..<5).map {
            SyntheticVoice(pitch: 100 + 20 * Double($0)).speak(seconds: 20, seed: UInt64(80 + $0))
        }
        var changes = 0
        var before: [Bool] = []
        for tick in 0..<1000 {
            for (index, id) in ids.enumerated() {
                let block = zip(words[index][tick * 960..<tick * 960 + 960], random.noise(960, amplitude: 0.001))
                try driver.offer(block.map { $0 + $1 }, to: id)
            }
            driver.run()
            let now = ids.map { driver.mixer.isChosen($0) }
            #expect(now.filter { $0 }.count == 2)
            if now != before { changes += 1 }
            before = now
        }
        print("changes among five equal voices in 20 s: \(changes)")
        #expect(changes < 20)
    }

    /// A fan is louder than a quiet voice, but not worth more.
    @Test func voicesWinOverSteadyNoise() throws {
        var random = SeededRandom(seed: 72)
        var driver = MixerDriver(AudioMixer.Configuration(loudest: 2))
        let fans = (0..<3).map { _ in driver.mixer.addInput() }
        let voice = driver.mixer.addInput()
        let words = SyntheticVoice(level: 0.02).speak(seconds: 4, seed: 9)
        for tick in 0..<300 {
            for fan in fans { try driver.offer(random.noise(960, amplitude: 0.06), to: fan) }
            let block =
                tick < 100 ? [Float](repeating: 0, count: 960) : Array(words[(tick - 100) * 960..<(tick - 99) * 960])
            try driver.offer(block, to: voice)
            driver.run()
            // Its first 40 ms, a faint hiss, are far below the fans.
            if !(100..<102).contains(tick) { #expect(driver.mixer.isChosen(voice) == (tick >= 102)) }
        }
    }

    @Test func theQuietGiveUpTheirPlace() throws {
        var random = SeededRandom(seed: 73)
        var driver = MixerDriver(.room)
        let id = driver.addWithOutput()
        for tick in 0..<300 {
            try driver.offer(random.noise(960, amplitude: tick < 50 ? 0.1 : 0.0005), to: id)
            driver.run()
        }
        #expect(!driver.mixer.isChosen(id) && driver.mixer.sharesFullMix(id))
        #expect(ClickDetector().clicks(in: driver.left) == [])
    }
}
