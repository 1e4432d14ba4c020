import RTP
import Testing
import Timing

@Suite struct SendQueueTests {
    private func picture(_ number: Int, bytes: Int, layer: Int = 0, isKeyframe: Bool = false, sync: Bool = false)
        -> SendQueue.Picture
    {
        let packets = Int64(number * 100)..<Int64(number * 100 + max(1, bytes / 1000))
        return SendQueue.Picture(
            source: 1, packets: packets, bytes: bytes, temporalLayer: layer, isKeyframe: isKeyframe, isLayerSync: sync)
    }

    @Test func withoutALimitEverythingGoesAtOnceAndInOrder() {
        var queue = SendQueue()
        check(queue.offer(picture(1, bytes: 100_000, isKeyframe: true), now: .zero))
        check(queue.offer(picture(2, bytes: 2000), now: .zero))
        var places: [Int64] = []
        while case .packet(let index, source: 1) = queue.next(now: .zero) { places.append(index) }
        #expect(places == Array(100..<200) + [200, 201])
        #expect(queue.isEmpty)
    }

    @Test func repeatsGoBeforePicturesAndTheRateIsKept() {
        var queue = SendQueue()
        queue.setRate(800_000, now: .zero)
        check(queue.offer(picture(1, bytes: 30_000, isKeyframe: true), now: .zero))
        check(queue.offer(repeated: SequenceNumber(rawValue: 7), bytes: 1000, now: .zero))
        check(!queue.offer(repeated: SequenceNumber(rawValue: 7), bytes: 1000, now: .zero))
        check(queue.next(now: .zero) == .repeated(SequenceNumber(rawValue: 7)))
        var sent = 0
        var end = MediaTime.zero
        for millisecond in 0..<1000 {
            let now = MediaTime.milliseconds(Int64(millisecond))
            while queue.next(now: now) != nil {
                sent += 1
                end = now
            }
        }
        #expect(sent == 30)
        // 30 kB at 1.5 times 800 kbit/s.
        #expect(end > .milliseconds(150) && end < .milliseconds(220))
    }

    @Test func whatCannotGoInTimeIsDroppedWithWhatRefersToIt() {
        var queue = SendQueue()
        queue.setRate(80_000, now: .zero)
        check(queue.offer(picture(0, bytes: 4000, isKeyframe: true), now: .zero))
        // 400 ms wait already: the uppermost layer is dropped, and the middle one still goes.
        check(!queue.offer(picture(1, bytes: 500, layer: 2), now: .zero))
        check(queue.offer(picture(2, bytes: 300, layer: 1), now: .zero))
        #expect(!queue.needsKeyframe)
        check(queue.offer(picture(3, bytes: 4000, layer: 0), now: .zero))
        check(!queue.offer(picture(4, bytes: 500, layer: 0), now: .zero))
        #expect(queue.needsKeyframe)
        // Later there is time, but nothing to refer to.
        let later = MediaTime(seconds: 3)
        check(!queue.offer(picture(5, bytes: 500), now: later))
        check(queue.offer(picture(6, bytes: 500, isKeyframe: true), now: later))
        check(queue.offer(picture(7, bytes: 500), now: later))
        #expect(!queue.needsKeyframe)
        var skipped = 0
        var packets = 0
        var items = 0
        while let item = queue.next(now: later + MediaTime(seconds: Double(items))) {
            items += 1
            switch item {
            case .skipped: skipped += 1
            case .packet: packets += 1
            case .repeated: Issue.record("nothing is repeated")
            }
        }
        #expect(skipped == 3)
        #expect(packets == 4 + 1 + 4 + 1 + 1)
    }

    @Test func theQueueStaysBoundedWhateverComes() {
        var queue = SendQueue()
        var random = SeededGenerator(seed: 3)
        queue.setRate(50_000, now: .zero)
        var longest = MediaTime.zero
        for millisecond in 0..<60_000 {
            let now = MediaTime.milliseconds(Int64(millisecond))
            if millisecond % 33 == 0 {
                let isKeyframe = queue.needsKeyframe || Int.random(in: 0..<100, using: &random) == 0
                _ = queue.offer(
                    picture(
                        millisecond, bytes: Int.random(in: 200...8000, using: &random),
                        layer: isKeyframe ? 0 : [0, 2, 1, 2][millisecond / 33 % 4], isKeyframe: isKeyframe), now: now)
            }
            if millisecond % 3 == 0 {
                _ = queue.offer(
                    repeated: SequenceNumber(rawValue: UInt16.random(in: 0...999, using: &random)), bytes: 1100,
                    now: now)
            }
            while queue.next(now: now) != nil {}
            longest = max(longest, queue.wait)
        }
        #expect(longest < MediaTime(seconds: 4))
        #expect(queue.dropped > 0)
    }
}
