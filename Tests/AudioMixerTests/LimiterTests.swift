import AudioMixer
import MediaTesting
import Testing

@Suite struct LimiterTests {
    /// -1 dBFS.
    private let ceiling: Float = 0.891_250_94

    /// Runs whole ticks through a limiter; the same sound on both channels unless `right` is given.
    private func limit(_ left: [Float], _ right: [Float]? = nil) -> [Float] {
        let limiter = Limiter(ceiling: -1)
        let planes = StereoBuffer(frames: 960)
        var output: [Float] = []
        var block = [Float](repeating: 0, count: 1920)
        for start in stride(from: 0, to: left.count, by: 960) {
            for index in 0..<960 {
                planes.left[index] = left[start + index]
                planes.right[index] = (right ?? left)[start + index]
            }
            block.withUnsafeMutableBufferPointer {
                limiter.process(left: planes.left, right: planes.right, into: $0.baseAddress!)
            }
            output += block
        }
        return output
    }

    @Test func belowTheCeilingItIsADelay() {
        var random = SeededRandom(seed: 5)
        let left = random.noise(96_000, amplitude: 0.89)
        let right = random.noise(96_000, amplitude: 0.89)
        let output = limit(left, right)
        let delay = AudioMixer.latencyFrames
        #expect(delay <= 96)
        let isLeftSame = ToneMeter.channel(0, of: 2, in: output)[delay...].elementsEqual(left.dropLast(delay))
        let isRightSame = ToneMeter.channel(1, of: 2, in: output)[delay...].elementsEqual(right.dropLast(delay))
        #expect(isLeftSame && isRightSame)
    }

    @Test func nothingEverExceedsTheCeiling() {
        var random = SeededRandom(seed: 6)
        var signals: [[Float]] = []
        // Single samples and pairs at every position relative to control steps and ticks.
        for gap in [1, 15, 16, 17, 95, 96, 97, 101, 719, 720, 721, 959, 960, 961] {
            var impulses = [Float](repeating: 0, count: 960 * 12)
            for index in stride(from: gap, to: impulses.count, by: gap) {
                impulses[index] = index % 2 == 0 ? 3.7 : -2.9
                impulses[index - 1] = 1.01
            }
            signals.append(impulses)
        }
        for period in [3, 31, 96, 100, 960, 1111] {
            signals.append((0..<960 * 12).map { ($0 / period) % 2 == 0 ? 2.5 : -2.5 })
        }
        // Steps up in level, each just above the one before, so that peaks follow within the look-ahead.
        signals.append((0..<960 * 12).map { Float(0.8 + Double($0 % 480) / 100) * ($0 % 2 == 0 ? 1 : -1) })
        // Falling ones, which a hold that only watches the highest peak would let slip.
        signals.append((0..<960 * 12).map { Float(5.6 - Double($0 % 1440) / 300) })
        for _ in 0..<20 {
            var noise = random.noise(960 * 12, amplitude: 1)
            var level: Float = 1
            for index in noise.indices {
                if random.next() % 50 == 0 { level = Float(random.next() % 1000) / 50 }
                noise[index] *= level
            }
            signals.append(noise)
        }
        signals.append(random.noise(960 * 12, amplitude: 1000))
        for signal in signals {
            let output = limit(signal)
            #expect(ToneMeter.peak(output) <= ceiling)
            #expect(ToneMeter.peak(output) > 0.5)
        }
    }

    @Test func channelsShareOneGain() {
        let loud = ToneMeter.tone(300, amplitude: 2, count: 96_000)
        let quiet = ToneMeter.tone(1000, amplitude: 0.1, count: 96_000)
        let output = limit(loud, quiet)
        let level = ToneMeter.level(of: 1000, in: ToneMeter.channel(1, of: 2, in: output)[48_000...])
        #expect(abs(level + 20 + 7.02) < 0.2)
    }

    @Test func gainComesBackToExactlyOne() {
        var signal = ToneMeter.tone(440, amplitude: 0.5, count: 960 * 600)
        // 100 ms of it at twice full scale, with ramps of 10 ms.
        for index in 4800..<9600 {
            signal[index] *= 1 + 3 * min(1, Float(index - 4800) / 480, Float(9600 - index) / 480)
        }
        let output = ToneMeter.channel(0, of: 2, in: limit(signal))
        let delay = AudioMixer.latencyFrames
        let end = output.count
        let isSame = output[(end - 4800)...].elementsEqual(signal[(end - 4800 - delay)..<(end - delay)])
        #expect(isSame)
        #expect(ClickDetector().clicks(in: output) == [])
        // A short overload is forgotten soon: within 2 dB after a third of a second.
        let after = ToneMeter.level(of: 440, in: output[(9600 + 16_000)..<(9600 + 26_000)])
        #expect(after > -8.02)
    }

    /// How much the gain moves, as a quiet steady tone shows it, while something else drives the limiter.
    @Test func sustainedLimitingDoesNotPump() {
        var random = SeededRandom(seed: 9)
        let seconds = 8
        // Sixteen talkers' worth: syllables of noise at 4 per second, each at its own time, that exceed by 6 to 10 dB.
        var crowd = [Float](repeating: 0, count: 48_000 * seconds)
        for talker in 0..<16 {
            for index in crowd.indices {
                let phase = Double(index) / 12_000 + Double(talker) * 0.37
                let swell = Float(max(0, 1 - abs(phase - phase.rounded()) * 3))
                crowd[index] += swell * random.sample() * 0.7
            }
        }
        let probe = ToneMeter.tone(3000, amplitude: 0.05, count: crowd.count)
        let heard = ToneMeter.channel(1, of: 2, in: limit(crowd, probe))
        let levels = stride(from: 48_000 * 3, to: heard.count - 2400, by: 2400).map {
            ToneMeter.decibels(ToneMeter.rms(heard[$0..<$0 + 2400]))
        }
        let spread = levels.max()! - levels.min()!
        print("gain under a crowd: \(levels.min()!)...\(levels.max()!) dBFS for a probe at -29.0")
        #expect(levels.max()! < -31)
        #expect(spread < 2.5)
    }

    /// A low note must not be bent: the gain has to stay still within its period.
    @Test func lowNotesAreNotDistorted() {
        let output = ToneMeter.channel(0, of: 2, in: limit(ToneMeter.tone(60, amplitude: 1.8, count: 96_000)))
        let steady = output[48_000...]
        let tone = ToneMeter.level(of: 60, in: steady)
        #expect(abs(tone + 1) < 0.1)
        for harmonic in [120.0, 180, 240, 300] {
            #expect(ToneMeter.level(of: harmonic, in: steady) < tone - 60)
        }
    }
}
