import Media
import Mixing
import Testing
import Timing

@Suite struct SoundTimelineTests {
    private func block(at frame: Int64, frames: Int, value: Float, channels: Int = 1) -> SoundBlock {
        SoundBlock(
            time: MediaTime(clamping: frame, per: 48_000), channels: channels,
            samples: [Float](repeating: value, count: frames * channels))
    }

    private func read(_ timeline: SoundTimeline, from start: Int64, frames: Int) -> [Float] {
        var samples = [Float](repeating: .nan, count: frames * timeline.channels)
        samples.withUnsafeMutableBufferPointer { _ = timeline.read(from: start, into: $0) }
        return samples
    }

    @Test func blocksLieWhereTheirTimesSay() {
        let timeline = SoundTimeline(channels: 1)
        timeline.offer(block(at: 1000, frames: 2000, value: 0.5))
        timeline.end()
        let samples = read(timeline, from: 0, frames: 4000)
        #expect(samples[..<1001].allSatisfy { $0 == 0 })
        #expect(samples[1096..<2904].allSatisfy { $0 == 0.5 })
        #expect(samples[3000...].allSatisfy { $0 == 0 })
        // The edges are ramps, not steps.
        for index in 1...3000 { #expect(abs(samples[index] - samples[index - 1]) <= 0.5 / 90) }
    }

    @Test func roundedTimesLeaveNoGap() {
        let timeline = SoundTimeline(channels: 1)
        for index: Int64 in 0..<50 {
            // 1024 frames are 21.33 ms; containers of whole milliseconds say 21, 43, 64 …
            let rounded = MediaTime.milliseconds((index * 1024 * 1000 + 24_000) / 48_000)
            timeline.offer(
                SoundBlock(time: rounded, channels: 1, samples: [Float](repeating: 0.25, count: 1024)))
        }
        let samples = read(timeline, from: 0, frames: 51_200)
        #expect(samples[96...].allSatisfy { $0 == 0.25 })
        #expect(timeline.endTime == MediaTime(clamping: 51_200, per: 48_000))
    }

    @Test func readingInTicksGivesTheSameAsReadingAtOnce() {
        func filled() -> SoundTimeline {
            let timeline = SoundTimeline(channels: 2)
            for index: Int64 in 0..<20 where index != 7 {
                timeline.offer(block(at: index * 882, frames: 882, value: Float(index) / 20, channels: 2))
            }
            timeline.end()
            return timeline
        }
        let whole = read(filled(), from: 0, frames: 9600)
        let ticked = filled()
        var pieces: [Float] = []
        for tick: Int64 in 0..<10 { pieces += read(ticked, from: tick * 960, frames: 960) }
        #expect(pieces == whole)
    }

    @Test func overlapsAreHeardOnce() {
        let timeline = SoundTimeline(channels: 1)
        timeline.offer(block(at: 0, frames: 1000, value: 0.1))
        timeline.offer(block(at: 500, frames: 1000, value: 0.2))
        timeline.offer(block(at: 200, frames: 100, value: 0.9))
        let samples = read(timeline, from: 0, frames: 2000)
        #expect(samples[500] == 0.1)
        #expect(samples[1200] == 0.2)
        #expect(!samples.contains(0.9))
    }

    @Test func otherChannelCountsAreConverted() {
        let mono = SoundTimeline(channels: 1)
        mono.offer(SoundBlock(time: .zero, channels: 2, samples: (0..<400).map { $0 % 2 == 0 ? 0.2 : 0.4 }))
        #expect(abs(read(mono, from: 150, frames: 1)[0] - 0.3) < 1e-6)
        let stereo = SoundTimeline(channels: 2)
        stereo.offer(block(at: 0, frames: 200, value: 0.5))
        #expect(read(stereo, from: 150, frames: 1) == [0.5, 0.5])
    }
}
