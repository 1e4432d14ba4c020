import Media
import Mixing
import Testing
import Timing

@Suite struct PictureTimelineTests {
    private func picture(_ shade: UInt8) -> Picture {
        let picture = WritablePicture(size: PictureSize(width: 2, height: 2))
        picture.luma.base[0] = shade
        return picture.freeze(colour: .bt601Limited)
    }

    private func shade(_ shown: PictureTimeline.Shown) -> UInt8? { shown.picture?.luma.base[0] }

    @Test func aTickShowsTheNewestPictureThatIsDue() {
        let timeline = PictureTimeline(span: MediaTime(seconds: 1), limit: 8)
        for index in 0..<4 { timeline.offer(picture(UInt8(index)), at: .milliseconds(Int64(index) * 20)) }
        #expect(timeline.show(at: .milliseconds(-1)).picture == nil)
        #expect(shade(timeline.show(at: .zero)) == 0)
        #expect(shade(timeline.show(at: .milliseconds(41))) == 2)
        #expect(shade(timeline.show(at: .milliseconds(50))) == 2)
        #expect(timeline.show(at: .milliseconds(60)).isNew)
        let counts = timeline.statistics
        #expect((counts.used, counts.repeated, counts.skipped) == (3, 1, 1))
    }

    @Test func whatIsShownIsDecidedOnceALaterPictureWaits() {
        let timeline = PictureTimeline(span: MediaTime(seconds: 1), limit: 8)
        timeline.offer(picture(1), at: .milliseconds(33))
        #expect(timeline.isDecided(at: .milliseconds(20)))
        #expect(!timeline.isDecided(at: .milliseconds(33)))
        timeline.end()
        #expect(timeline.isDecided(at: .milliseconds(33)))
    }

    @Test func anEarlierPictureThanTheNewestIsSkipped() {
        let timeline = PictureTimeline(span: MediaTime(seconds: 1), limit: 8)
        timeline.offer(picture(1), at: .milliseconds(40))
        timeline.offer(picture(2), at: .milliseconds(40))
        timeline.offer(picture(3), at: .milliseconds(10))
        #expect(shade(timeline.show(at: .milliseconds(100))) == 1)
        #expect(timeline.statistics.skipped == 2)
    }

    @Test func aFullQueueDropsItsOldest() {
        let timeline = PictureTimeline(span: .milliseconds(250), limit: 100)
        for index in 0..<30 {
            timeline.offer(picture(UInt8(index)), at: .milliseconds(Int64(index) * 33))
            timeline.dropExcess()
        }
        #expect(shade(timeline.show(at: .milliseconds(29 * 33 - 230))) == 22)
        #expect(timeline.hasRoom)
    }
}
