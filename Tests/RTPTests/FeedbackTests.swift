import RTP
import Testing
import Timing

@Suite struct FeedbackTests {
    @Test(arguments: [0, 1, 0x7fff, 0x8000, 0xff00, 0xffff] as [UInt16])
    func whatArrivedIsReportedWithItsTimes(start: UInt16) throws {
        var random = SeededGenerator(seed: UInt64(start))
        var sentLog = SentLog(firstSequence: start)
        var log = ArrivalLog(sender: SSRC(1), media: SSRC(2))
        var results: [PacketResult] = []
        var arrivals: [Int64: MediaTime] = [:]
        var pending: [(at: MediaTime, number: UInt16, sequence: Int64)] = []
        for millisecond in 0..<20_000 {
            let now = MediaTime.milliseconds(Int64(millisecond))
            if millisecond % 7 == 0 {
                let sequence = Int64(start) + Int64(millisecond / 7)
                if Double.random(in: 0..<1, using: &random) > 0.1 {
                    let delay = 20 + Int64.random(in: 0...(millisecond > 10_000 ? 60 : 3), using: &random)
                    pending.append((now + .milliseconds(delay), sentLog.nextSequence, sequence))
                }
                sentLog.send(size: 1000, now: now)
            }
            for packet in pending where packet.at <= now {
                log.receive(packet.number, arrival: now)
                arrivals[packet.sequence] = now
            }
            pending.removeAll { $0.at <= now }
            if millisecond % 50 == 49 {
                while let feedback = log.takeFeedback() {
                    let bytes = try written { writer throws(WireError) in try feedback.write(into: &writer) }
                    var reader = RTCPReader(bytes.span)
                    guard case .transportFeedback(let read) = try reader.next() else {
                        Issue.record("not a feedback")
                        return
                    }
                    #expect(read == feedback)
                    sentLog.receive(read, into: &results)
                }
            }
        }
        let reported = Set(results.filter { $0.arrived != nil }.map(\.sequence))
        #expect(reported.count >= arrivals.count - 12)
        let origin = try #require(results.first { $0.arrived != nil })
        for result in results {
            guard let arrived = result.arrived else { continue }
            let expected = (arrivals[result.sequence] ?? .zero) - (arrivals[origin.sequence] ?? .zero)
            #expect(arrived - (origin.arrived ?? .zero) == expected)
            #expect(result.size == 1000)
        }
    }

    @Test func hugeJumpsAreReportedWithoutTheirGaps() {
        var log = ArrivalLog(sender: SSRC(1), media: SSRC(2))
        var count = 0
        for (index, sequence) in ([0, 30_000, 60_000, 60_001, 10_000, 43_000] as [UInt16]).enumerated() {
            log.receive(sequence, arrival: .milliseconds(Int64(index) * 9000))
            while let feedback = log.takeFeedback() {
                count += 1
                #expect(feedback.arrivals.count <= ArrivalLog.packetsPerFeedback)
                guard count < 100 else { return }
            }
        }
        #expect(count >= 5)
        let isEmpty = log.isEmpty
        #expect(isEmpty)
    }

    @Test func feedbackOnWhatWasNeverSentIsPassedOver() {
        var log = SentLog()
        var results: [PacketResult] = []
        for base in stride(from: UInt16(0), to: 65_000, by: 1000) {
            let feedback = TransportFeedback(
                sender: SSRC(1), media: SSRC(2), base: base, referenceTime: -0x80_0000, number: 0,
                arrivals: [Int16?](repeating: .min, count: 1000))
            log.receive(feedback, into: &results)
            log.send(size: 1, now: .zero)
        }
        #expect(results.count <= 66)
    }
}
