import AudioMixer
import Codecs
import Foundation
import Media
import MediaTesting
import Mixing
import RTP
import Testing
import Timing

@Suite struct SoundScreenTests {
    /// Runs the screen for `ticks`; `claim` and `level` are what sources say and what they are, in dB.
    private func run(
        _ screen: inout SoundScreen, ticks: Range<Int>, sources: Int, heard: Set<Int> = [],
        claim: (Int, Int) -> Float?, level: (Int, Int) -> Float
    ) -> [Int] {
        var decoded: [Bool] = []
        var counts = [Int](repeating: 0, count: sources)
        for tick in ticks {
            let candidates = (0..<sources).map {
                SoundScreen.Candidate(id: $0, claim: claim($0, tick), isHeard: heard.contains($0), isMuted: false)
            }
            screen.choose(among: candidates, into: &decoded)
            for source in 0..<sources where decoded[source] {
                counts[source] += 1
                screen.note(source, claim: claim(source, tick), measured: level(source, tick))
            }
        }
        return counts
    }

    @Test func onlyTheLoudestAreDecoded() {
        var screen = SoundScreen(limit: 5)
        let level = { (source: Int, _: Int) -> Float in source < 6 ? -20 - Float(source) : source < 12 ? -40 : -127 }
        _ = run(&screen, ticks: 0..<150, sources: 40, heard: [0, 1, 2, 3, 4], claim: level, level: level)
        let counts = run(&screen, ticks: 150..<1150, sources: 40, heard: [0, 1, 2, 3, 4], claim: level, level: level)
        for source in 0..<7 { #expect(counts[source] == 1000, "\(source)") }
        // The others for a probe now and then.
        for source in 7..<40 { #expect(counts[source] <= 125, "\(source)") }
        #expect(screen.distrusted == 0)
    }

    @Test func whoBeginsToSpeakIsDecodedAtOnce() {
        var screen = SoundScreen(limit: 2)
        let silence = { (_: Int, _: Int) -> Float in -127 }
        _ = run(&screen, ticks: 0..<201, sources: 10, claim: silence, level: silence)
        var decoded: [Bool] = []
        let candidates = (0..<10).map {
            SoundScreen.Candidate(id: $0, claim: $0 == 7 ? -30 : -127, isHeard: false, isMuted: false)
        }
        screen.choose(among: candidates, into: &decoded)
        #expect(decoded[7])
    }

    @Test func withoutLevelsAllIsDecoded() {
        var screen = SoundScreen(limit: 1)
        let counts = run(&screen, ticks: 0..<500, sources: 9, claim: { _, _ in nil }, level: { _, _ in -30 })
        #expect(counts == [Int](repeating: 500, count: 9))
    }

    /// Those who shout and send nothing take nobody's place.
    @Test func whoExaggeratesTakesNoPlace() {
        var screen = SoundScreen(limit: 3)
        let claim = { (source: Int, _: Int) -> Float in source < 10 ? -3 : -25 }
        let level = { (source: Int, _: Int) -> Float in source < 10 ? -80 : -25 }
        _ = run(&screen, ticks: 0..<200, sources: 13, claim: claim, level: level)
        #expect(screen.distrusted == 10)
        let counts = run(&screen, ticks: 200..<300, sources: 13, claim: claim, level: level)
        for honest in 10..<13 { #expect(counts[honest] == 100) }
    }

    /// Who claims silence and speaks is found out, also when it begins late, and is heard from then on.
    @Test func whoUnderstatesIsFoundOut() {
        var screen = SoundScreen(limit: 3)
        let claim = { (source: Int, _: Int) -> Float in source == 0 ? -127 : -20 }
        let level = { (source: Int, tick: Int) -> Float in source == 0 ? (tick < 500 ? -127 : -25) : -20 }
        _ = run(&screen, ticks: 0..<500, sources: 8, claim: claim, level: level)
        #expect(!screen.isDistrusted(0))
        _ = run(&screen, ticks: 500..<1500, sources: 8, claim: claim, level: level)
        #expect(screen.isDistrusted(0))
        let counts = run(&screen, ticks: 1500..<1600, sources: 8, claim: claim, level: level)
        #expect(counts[0] == 100)
        // And is believed again after telling the truth for a while.
        _ = run(&screen, ticks: 1600..<2700, sources: 8, claim: level, level: level)
        #expect(!screen.isDistrusted(0))
    }

    @Test func whoIsMutedIsNotDecoded() {
        var screen = SoundScreen(limit: 3)
        var decoded: [Bool] = []
        screen.choose(among: [.init(id: 1, claim: -10, isHeard: false, isMuted: true)], into: &decoded)
        #expect(decoded == [false])
    }

    /// A voice that is passed over for a while and then decoded again sounds as if it always had been: 100 dB below it
    /// is the difference after the decoder has been primed.
    @Test func whatWasPassedOverIsPrimed() throws {
        let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 32_000))
        var chunks: [EncodedChunk] = []
        var random = SeededRandom(seed: 3)
        var phase = 0.0
        for tick in 0..<150 {
            let samples = (0..<960).map { index -> Float in
                let time = Double(tick * 960 + index) / 48_000
                phase += 2 * .pi * (180 + 60 * sin(2 * .pi * 3 * time)) / 48_000
                let noise = Float(Int64(random.next() % 2001) - 1000) / 1000
                return Float(sin(phase) + 0.5 * sin(2 * phase) + 0.3 * sin(5 * phase)) * 0.2 + noise * 0.01
            }
            try samples.withUnsafeBufferPointer {
                try encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
            }
        }
        let whole = try SoundPlayout(channels: 1)
        let part = try SoundPlayout(channels: 1)
        var outputs = [[Float]](repeating: [], count: 2)
        for (index, chunk) in chunks.enumerated() {
            let now = MediaTime.milliseconds(Int64(20 * index + 1000))
            for (place, playout) in [whole, part].enumerated() {
                playout.receive(
                    chunk.data.span, timestamp: RTPTimestamp(UInt32(index * 960)), sequence: Int64(index), now: now)
                var tick = [Float](repeating: 0, count: 960)
                let decodes = place == 0 || !(30..<100).contains(index)
                _ = tick.withUnsafeMutableBufferPointer {
                    playout.pull(now: now + .milliseconds(5), decodes: decodes, into: $0)
                }
                outputs[place] += tick
            }
        }
        var error = 0.0
        var power = 0.0
        for index in 101 * 960..<140 * 960 {
            error += pow(Double(outputs[0][index] - outputs[1][index]), 2)
            power += pow(Double(outputs[0][index]), 2)
        }
        #expect(power > 1)
        #expect(10 * log10(power / max(error, 1e-12)) > 40)
        #expect(outputs[1][(31 * 960)..<(99 * 960)].allSatisfy { $0 == 0 })
        #expect(part.decodedPackets + part.passedPackets == whole.decodedPackets)
        #expect(part.passedPackets >= 68)
    }

    @Test func claimsRiseAtOnceAndFallSlowly() throws {
        let playout = try SoundPlayout(channels: 1)
        #expect(playout.claim(at: .zero) == nil)
        playout.note(AudioLevel(level: 60, voice: false), at: .zero)
        playout.note(AudioLevel(level: 20, voice: true), at: .milliseconds(20))
        playout.note(AudioLevel(level: 70, voice: false), at: .milliseconds(40))
        let claim = try #require(playout.claim(at: .milliseconds(40)))
        #expect(claim > -22 && claim <= -20)
        let later = try #require(playout.claim(at: .milliseconds(5000)))
        #expect(later < -90)
    }
}
