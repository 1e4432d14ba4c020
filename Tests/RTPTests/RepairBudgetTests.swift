import RTP
import Testing
import Timing

@Suite struct RepairBudgetTests {
    /// Bytes sent again in ten seconds to who asks for `asked` packets of 1,200 bytes every millisecond, while `rate`
    /// bytes a second are sent for the first time.
    private func repaired(asked: Int, rate: Int) -> Int {
        var budget = RepairBudget()
        var bytes = 0
        for millisecond in 0..<10_000 {
            budget.sent(rate / 1000)
            for _ in 0..<asked where budget.admitRequest(now: .milliseconds(Int64(millisecond))) {
                if budget.admit(1_200) { bytes += 1_200 }
            }
        }
        return bytes
    }

    @Test func aStormOfRequestsAtMostDoublesTheRate() {
        let storm = repaired(asked: 1_000, rate: 200_000)
        #expect(storm < 10 * 200_000 + RepairBudget.burst + 10 * RepairBudget.leastRate + 1_200)
    }

    @Test func thirtyPercentOfLossIsMended() {
        var budget = RepairBudget()
        // 190 packets a second of which 30 % are lost, and 30 % of what is sent again.
        for millisecond in 0..<60_000 where millisecond % 5 == 0 {
            budget.sent(1_200)
            guard millisecond % 10 == 0 else { continue }
            let isAdmitted = budget.admitRequest(now: .milliseconds(Int64(millisecond))) && budget.admit(1_200)
            #expect(isAdmitted)
        }
        #expect(budget.refused == 0)
    }

    @Test func requestsThemselvesAreBounded() {
        var budget = RepairBudget()
        var admitted = 0
        for millisecond in 0..<5_000 {
            for _ in 0..<500 where budget.admitRequest(now: .milliseconds(Int64(millisecond))) { admitted += 1 }
        }
        #expect(admitted <= 6 * RepairBudget.requestRate)
        #expect(budget.refused > 2_000_000)
    }

    @Test func theIntervalFollowsTheRoundTrip() {
        #expect(RepairBudget.interval(roundTrip: nil) == .milliseconds(10))
        #expect(RepairBudget.interval(roundTrip: .zero) == .milliseconds(10))
        #expect(RepairBudget.interval(roundTrip: .milliseconds(100)) == .milliseconds(75))
        #expect(RepairBudget.interval(roundTrip: .milliseconds(5_000)) == .milliseconds(200))
    }
}
