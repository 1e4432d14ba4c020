import RTP
import Testing
import Timing

@Suite struct CongestionTests {
    @Test(arguments: [64_000, 150_000, 300_000, 800_000, 2_000_000, 5_000_000], [0, 0.05, 0.1, 0.3])
    func linkIsUsedAndItsQueueStaysShort(rate: Int, loss: Double) throws {
        var link = BottleneckLink(.init(rate: rate, loss: loss))
        try link.run(seconds: 40)
        print(
            "rate \(rate / 1000)k loss \(Int(loss * 100)) %: use \(Int(link.use(last: 25) * 100)) %,",
            "queue \(Int(link.queue(last: 25).milliseconds)) ms")
        #expect(link.use(last: 25) >= (loss < 0.3 ? 0.8 : 0.7))
        #expect(link.queue(last: 25) < .milliseconds(100))
    }

    @Test(arguments: [150_000, 800_000, 5_000_000], [10, 30, 100, 300] as [Int64])
    func jitterIsNoCongestion(rate: Int, jitter: Int64) throws {
        var link = BottleneckLink(.init(rate: rate, jitter: .milliseconds(jitter)))
        try link.run(seconds: 60)
        print(
            "rate \(rate / 1000)k jitter \(jitter) ms: use \(Int(link.use(last: 30) * 100)) %,",
            "queue \(Int(link.queue(last: 30).milliseconds)) ms")
        #expect(link.use(last: 30) >= 0.8)
        // On slow links a queue hides behind jitter of its own size.
        #expect(link.queue(last: 30) < .milliseconds(jitter <= 30 ? 100 : 500))
    }

    @Test(arguments: [300_000, 1_000_000, 4_000_000], [0, 0.1])
    func halvedAndDoubledLinksAreFollowed(rate: Int, loss: Double) throws {
        var link = BottleneckLink(.init(rate: rate, loss: loss))
        try link.run(seconds: 30)
        let halved = link.time
        link.conditions.rate = rate / 2
        try link.run(seconds: 20)
        let down = link.samples.first { $0.time > halved && $0.estimate <= rate * 11 / 20 }
        let doubled = link.time
        link.conditions.rate = rate
        try link.run(seconds: 20)
        let up = link.samples.first { $0.time > doubled && $0.estimate >= rate * 8 / 10 }
        let (fell, rose) = try (#require(down).time - halved, #require(up).time - doubled)
        print("rate \(rate / 1000)k loss \(Int(loss * 100)) %: halved in \(fell), doubled in \(rose)")
        #expect(fell < MediaTime(seconds: 1))
        #expect(rose < MediaTime(seconds: 10))
    }

    /// A shaper lets the first bytes of a probe pass at once; that is no bandwidth.
    @Test(arguments: [800_000, 2_000_000, 5_000_000]) func shapersDoNotFoolProbes(rate: Int) throws {
        var conditions = BottleneckLink.Conditions(rate: rate)
        conditions.burst = 3000
        conditions.queueLimit = .milliseconds(200)
        var link = BottleneckLink(conditions)
        try link.run(seconds: 20)
        #expect(link.samples.allSatisfy { $0.estimate < rate * 6 / 5 })
        #expect(link.use(last: 10) >= 0.8)
    }

    @Test func whatIsNotUsedIsNotLost() throws {
        var link = BottleneckLink(.init(rate: 3_000_000))
        link.demand = 120_000
        try link.run(seconds: 30)
        #expect(link.estimator.estimate >= 120_000)
        // Demand that rises is answered by probes, soon.
        link.demand = 2_000_000
        let before = link.time
        try link.run(seconds: 6)
        let risen = try #require(link.samples.first { $0.time > before && $0.estimate > 1_800_000 })
        #expect(risen.time - before < MediaTime(seconds: 3))
    }

    @Test func liesAreBounded() {
        var estimator = BandwidthEstimator()
        estimator.receive(receiverEstimate: 10_000_000_000, now: .zero)
        #expect(estimator.estimate <= BandwidthEstimator.most)
        estimator.receive(receiverEstimate: 0, now: .milliseconds(10))
        #expect(estimator.estimate >= BandwidthEstimator.least)

        // Feedback for what was never sent, and claims that all came at once.
        var log = SentLog(firstSequence: 100)
        var results: [PacketResult] = []
        var liar = BandwidthEstimator()
        for tick in 0..<2000 {
            let now = MediaTime.milliseconds(Int64(tick) * 10)
            let number = log.nextSequence
            log.send(size: 125, now: now)
            let claim = TransportFeedback(
                sender: SSRC(1), media: SSRC(2), base: number &- 20, referenceTime: 5, number: 0,
                arrivals: [Int16?](repeating: 0, count: 500))
            results.removeAll()
            log.receive(claim, into: &results)
            #expect(results.count <= 21)
            liar.receive(results, now: now + .milliseconds(1))
        }
        // 100 kbit/s were sent.
        #expect(liar.estimate < 600_000)
    }

    @Test func receiverEstimatesAndReportsServeWithoutFeedback() {
        var estimator = BandwidthEstimator()
        #expect(!estimator.isMeasured)
        for second in 0..<5 {
            estimator.receive(reportedLoss: 0.01, sent: 1_500_000, now: MediaTime(seconds: Double(second)))
        }
        #expect(!estimator.isMeasured)
        estimator.receive(reportedLoss: 0.4, sent: 1_500_000, now: MediaTime(seconds: 5))
        #expect(estimator.isMeasured)
        #expect((1_100_000...1_300_000).contains(estimator.estimate))
        estimator.receive(receiverEstimate: 200_000, now: MediaTime(seconds: 6))
        #expect(estimator.estimate == 200_000)
        estimator.receive(reportedLoss: 0, sent: 200_000, now: MediaTime(seconds: 7))
        #expect(estimator.estimate == 200_000)
    }
}
