import AudioMixer
import MediaTesting
import Testing

@Suite struct SpeechTests {
    /// What the mixer says of one input, tick by tick.
    private func levels(_ samples: [Float], _ settings: InputSettings = InputSettings()) throws -> [InputLevels] {
        var driver = MixerDriver()
        let id = driver.mixer.addInput(settings)
        var result: [InputLevels] = []
        for start in stride(from: 0, to: samples.count - 959, by: 960) {
            try driver.offer(Array(samples[start..<start + 960]), to: id)
            driver.run()
            result.append(driver.mixer.levels(of: id) ?? .silence)
        }
        return result
    }

    private func added(_ first: [Float], _ second: [Float]) -> [Float] { zip(first, second).map { $0 + $1 } }

    @Test func voicesAreFoundAndPausesToo() throws {
        for (pitch, level, noise) in [
            (120.0, 0.05, Float(0.0005)), (210, 0.1, 0.01), (90, 0.015, 0.0003), (150, 0.05, 0.012),
        ] {
            var random = SeededRandom(seed: 50)
            let pause = [Float](repeating: 0, count: 96_000)
            let voice = SyntheticVoice(pitch: pitch, level: level)
            let speech = pause + voice.speak(seconds: 5, seed: 4) + pause + voice.speak(seconds: 3, seed: 5) + pause
            let found = try levels(added(speech, random.noise(speech.count, amplitude: noise)))
            func share(_ range: Range<Int>) -> Double {
                Double(found[range].filter(\.isSpeaking).count) / Double(range.count)
            }
            // Ticks: pause 0-99, speech 100-349, pause 350-449, speech 450-599, pause 600-699.
            #expect(share(70..<100) == 0)
            #expect(share(115..<350) > 0.85)
            #expect(share(375..<450) == 0)
            #expect(share(465..<600) > 0.85)
            #expect(share(625..<700) == 0)
            #expect(found[100..<115].contains { $0.isSpeaking })
            let mean = found[120..<350].reduce(0) { $0 + $1.speechLevel } / 230
            #expect(mean > 0.2 && found.allSatisfy { (0...1).contains($0.speechLevel) })
            #expect(found[690].speechLevel == 0)
        }
    }

    @Test func louderSpeechHasMoreLevel() throws {
        let voice = SyntheticVoice()
        let quiet = try levels(SyntheticVoice(level: 0.01).speak(seconds: 4, seed: 8))
        let loud = try levels(SyntheticVoice(level: 0.1).speak(seconds: 4, seed: 8))
        func mean(_ levels: [InputLevels]) -> Double { levels.reduce(0) { $0 + $1.speechLevel } / Double(levels.count) }
        #expect(mean(loud) > mean(quiet) + 0.2)
        let muted = try levels(voice.speak(seconds: 2, seed: 8), InputSettings(isMuted: true))
        #expect(muted.allSatisfy { !$0.isSpeaking && $0.speechLevel == 0 })
        #expect(muted.contains { $0.rms > -40 })
    }

    @Test func steadySoundsAreNoSpeechForLong() throws {
        var random = SeededRandom(seed: 60)
        let count = 48_000 * 8
        var hum = [Float](repeating: 0, count: count)
        for (index, harmonic) in [50.0, 100, 150, 250, 350].enumerated() {
            hum = added(hum, ToneMeter.tone(harmonic, amplitude: 0.1 / Double(index + 1), count: count))
        }
        // Noise with most of its power at low frequencies, as fans and traffic have.
        var state: Float = 0
        let rumble = random.noise(count, amplitude: 1).map { sample -> Float in
            state += (sample - state) * 0.03
            return state
        }
        let sounds: [[Float]] = [
            ToneMeter.tone(1000, amplitude: 0.3, count: count), ToneMeter.tone(440, amplitude: 0.01, count: count), hum,
            random.noise(count, amplitude: 0.2), random.noise(count, amplitude: 0.005), rumble,
        ]
        for sound in sounds {
            // Half a second of silence first: the sound is switched on.
            let found = try levels([Float](repeating: 0, count: 24_000) + sound)
            let speaks = found[90...].contains { $0.isSpeaking }
            #expect(!speaks)
            let isQuiet = found[130...].allSatisfy { $0.speechLevel == 0 }
            #expect(isQuiet)
        }
    }

    /// Who joins with a background of any kind does not seem to speak, and is found when they do.
    @Test func whatIsThereFromTheBeginningIsNoSpeech() throws {
        var random = SeededRandom(seed: 62)
        let count = 48_000 * 6
        let voice = [Float](repeating: 0, count: 48_000 * 3) + SyntheticVoice(level: 0.1).speak(seconds: 3, seed: 3)
        for background in [
            ToneMeter.tone(765, amplitude: 0.01, count: count), ToneMeter.tone(330, amplitude: 0.003, count: count),
            random.noise(count, amplitude: 0.01), random.noise(count, amplitude: 0.1),
        ] {
            var sound = added(background, voice)
            // A decoder begins in silence and swells.
            for index in 0..<960 { sound[index] *= Float(index) / 960 }
            let found = try levels([Float](repeating: 0, count: 4800) + sound)
            let speaksEarly = found[..<150].contains { $0.isSpeaking }
            #expect(!speaksEarly)
            let share = Double(found[165..<300].count { $0.isSpeaking }) / 135
            #expect(share > 0.7, "\(share)")
        }
    }

    @Test func clicksAndKnocksAreNoSpeech() throws {
        var random = SeededRandom(seed: 61)
        var typing = random.noise(48_000 * 8, amplitude: 0.001)
        var position = 24_000
        while position < typing.count - 4800 {
            // Key clicks of 8 ms and, now and then, a knock of 25 ms.
            let length = Int.random(in: 0..<6, using: &random) == 0 ? 1200 : 400
            for index in 0..<length {
                typing[position + index] += 0.5 * random.sample() * (1 - Float(index) / Float(length))
            }
            position += Int.random(in: 4800...12_000, using: &random)
        }
        let found = try levels(typing)
        let speaks = found.contains { $0.isSpeaking }
        #expect(!speaks)
    }

    @Test func levelsAreThoseOfTheSound() throws {
        let full = try levels(ToneMeter.tone(1000, amplitude: 1, count: 9600))
        #expect(abs((full.last?.rms ?? 0) + 3.01) < 0.01)
        #expect(abs(full.last?.peak ?? 1) < 0.01)
        #expect(full.last?.audioLevel == 3)
        let quiet = try levels(ToneMeter.tone(1000, amplitude: 0.001, count: 9600))
        #expect(quiet.last?.audioLevel == 63)
        let silent = try levels([Float](repeating: 0, count: 960))
        #expect(silent.last == .silence)
        #expect(silent.last?.audioLevel == 127)
    }
}
