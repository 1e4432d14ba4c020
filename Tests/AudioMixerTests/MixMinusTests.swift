import AudioMixer
import MediaTesting
import Testing

@Suite struct MixMinusTests {
    /// Nine tones, each with an output of its own, at a loudness that drives the limiters or not.
    @Test(arguments: [1.0, 4.0]) func nobodyHearsThemselves(loudness: Double) throws {
        var driver = MixerDriver()
        let ids = nineTones.map { _ in driver.addWithOutput() }
        for _ in 0..<150 {
            for (id, tone) in zip(ids, nineTones) {
                try driver.offerTone(tone.frequency, amplitude: tone.amplitude * loudness, to: id)
            }
            driver.run()
            #expect(ids.allSatisfy { !driver.mixer.sharesFullMix($0) })
        }
        #expect(ToneMeter.peak(driver.mix) <= 0.8913)
        #expect((ToneMeter.peak(driver.mix) > 0.88) == (loudness > 1))
        for (own, id) in ids.enumerated() {
            let output = driver.left(ofMixMinus: id)
            #expect(ToneMeter.peak(output) <= 0.8913)
            let settled = output[72_000...]
            let others = nineTones.indices.filter { $0 != own }.map {
                ToneMeter.level(of: nineTones[$0].frequency, in: settled)
                    - ToneMeter.decibels(nineTones[$0].amplitude * loudness)
            }
            // All others keep their balance, whatever the limiter does to the whole.
            let gain = others.reduce(0, +) / Double(others.count)
            #expect(others.allSatisfy { abs($0 - gain) < 0.3 })
            if loudness == 1 { #expect(abs(gain) < 0.01) }
            let ownLevel = ToneMeter.level(of: nineTones[own].frequency, in: settled)
            let sent = ToneMeter.decibels(nineTones[own].amplitude * loudness) + gain
            // What a limiter at work leaves there is its own distortion of the others, not this tone.
            #expect(ownLevel < sent - 60)
            if loudness == 1 { #expect(ownLevel < sent - 85) }
        }
    }

    /// What is subtracted leaves nothing: the output is that of a mixer which never had this input, whether its limiter
    /// is at work or not.
    @Test(arguments: [Float(0.2), 0.7]) func minusOneIsTheMixOfTheOthers(loudness: Float) throws {
        var random = SeededRandom(seed: 21)
        var all = MixerDriver()
        var others = MixerDriver()
        let own = all.addWithOutput(InputSettings(gain: 3))
        let ids = (0..<4).map { _ in all.mixer.addInput() }
        let otherIDs = (0..<4).map { _ in others.mixer.addInput() }
        for _ in 0..<50 {
            try all.offer(random.noise(960, amplitude: 0.5), to: own)
            for (id, otherID) in zip(ids, otherIDs) {
                let block = random.noise(960, amplitude: loudness)
                try all.offer(block, to: id)
                try others.offer(block, to: otherID)
            }
            all.run()
            others.run()
        }
        #expect((ToneMeter.peak(others.mix) > 0.88) == (loudness > 0.5))
        let difference = zip(all.mixMinus[own] ?? [], others.mix).map { $0 - $1 }
        #expect(difference.count == others.mix.count)
        #expect(ToneMeter.decibels(Double(ToneMeter.peak(difference))) < -120)
    }

    @Test func theSilentShareTheFullMixAndSwitchWithoutClicks() throws {
        for loudness in [1.0, 6.0] {
            var driver = MixerDriver()
            let speakers = (0..<3).map { _ in driver.addWithOutput() }
            let listener = driver.addWithOutput()
            var sharing: [Bool] = []
            for tick in 0..<400 {
                for (index, id) in speakers.enumerated() where (tick / 50 + index) % 3 != 0 {
                    try driver.offerTone([500, 700, 900][index], amplitude: 0.2 * loudness, to: id)
                }
                driver.run()
                #expect(driver.mixer.sharesFullMix(listener))
                sharing.append(driver.mixer.sharesFullMix(speakers[0]))
            }
            let isSame = driver.mixMinus[listener] == driver.mix
            #expect(isSame)
            // Speaker 0 is silent in ticks 0-49 and 150-199: they share at first, and again half a second after.
            #expect(sharing[..<50].allSatisfy { $0 })
            #expect(!sharing[50..<151].contains(true))
            if loudness == 1 { #expect(sharing[177..<200].allSatisfy { $0 }) }
            #expect(!sharing[200..<300].contains(true))
            for id in speakers + [listener] {
                #expect(ClickDetector().clicks(in: driver.left(ofMixMinus: id)) == [])
            }
        }
    }

    @Test func outputsAreThereOnlyWhereAskedFor() throws {
        var driver = MixerDriver()
        let id = driver.mixer.addInput()
        driver.run()
        #expect(throws: AudioMixerError.noMixMinus(id)) { try driver.mixer.withMixMinus(of: id) { _ in } }
        try driver.mixer.setSettings(InputSettings(wantsMixMinus: true), of: id)
        driver.run()
        let count = try driver.mixer.withMixMinus(of: id) { $0.count }
        #expect(count == 1920)
        try driver.mixer.removeInput(id)
        #expect(throws: AudioMixerError.unknownInput(id)) { try driver.mixer.withMixMinus(of: id) { _ in } }
    }
}
