import Compositor
import Media
import Testing
import Timing

@Suite struct TestCardTests {
    @Test func sameTimeGivesTheSameSamples() {
        for index in [0, 5, 1234] {
            let size = PictureSize(width: 322, height: 181)
            let (first, second) = (TestCard(index: index, size: size), TestCard(index: index, size: size))
            for time in [MediaTime.zero, .milliseconds(777), .milliseconds(3_600_000)] {
                #expect(RGBImage(first.picture(at: time)) == RGBImage(second.picture(at: time)))
            }
            #expect(RGBImage(first.picture(at: .zero)) != RGBImage(first.picture(at: .milliseconds(500))))
        }
    }

    @Test func everySizeIsDrawn() {
        for (width, height) in [(-3, 0), (16, 16), (17, 900), (900, 17), (333, 177), (1080, 1920)] {
            let card = TestCard(index: 3, size: PictureSize(width: width, height: height))
            #expect(card.picture(at: .milliseconds(400)).size == card.size)
        }
    }
}
