import RTP
import Testing
import Timing

@Suite struct ReceiveStatisticsTests {
    private func header(_ sequence: UInt16, _ timestamp: UInt32 = 0) -> RTPHeader {
        RTPHeader(
            payloadType: PayloadType(96), sequenceNumber: SequenceNumber(sequence), timestamp: RTPTimestamp(timestamp),
            ssrc: SSRC(1))
    }

    @Test(arguments: [0, 1, 0x7fff, 0x8000, 0xff9c, 0xfffe, 0xffff] as [UInt16])
    func lossIsCountedAcrossTheWrap(start: UInt16) throws {
        var statistics = ReceiveStatistics(clockRate: 48_000)
        for number in 0..<1000 where number % 10 != 3 {
            let outcome = statistics.receive(
                header(start &+ UInt16(number), UInt32(number * 960)), payloadSize: 100,
                arrival: .milliseconds(Int64(number) * 20))
            #expect(outcome == .accepted(Int64(start) + Int64(number)))
        }
        let blockMade = statistics.reportBlock(ssrc: SSRC(1), now: .milliseconds(20_000))
        let block = try #require(blockMade)
        #expect(block.cumulativeLost == 100)
        #expect(block.fractionLost == 25)
        #expect(block.highestSequence == UInt32(start) + 999)
        #expect(block.jitter == 0)
        let nextMade = statistics.reportBlock(ssrc: SSRC(1), now: .milliseconds(20_000))
        let next = try #require(nextMade)
        #expect(next.fractionLost == 0 && next.cumulativeLost == 100)
    }

    @Test func jitterIsThatOfTheStandard() throws {
        var statistics = ReceiveStatistics(clockRate: 90_000)
        for number in 0..<2000 {
            // Every other packet is 10 ms late: differences of 900 units.
            let late: Int64 = number % 2 == 0 ? 0 : 10
            _ = statistics.receive(
                header(UInt16(number), UInt32(number * 3000)), payloadSize: 1,
                arrival: MediaTime(clamping: Int64(number) * 3000, per: 90_000) + .milliseconds(late))
        }
        #expect(abs(Int(statistics.jitter) - 900) <= 2)
    }

    @Test func aJumpIsDoubtedAndThenBelieved() {
        var statistics = ReceiveStatistics(clockRate: 90_000)
        #expect(statistics.receive(header(100), payloadSize: 1, arrival: .zero) == .accepted(100))
        #expect(statistics.receive(header(30_000), payloadSize: 1, arrival: .zero) == .rejected)
        #expect(statistics.receive(header(101), payloadSize: 1, arrival: .zero) == .accepted(101))
        #expect(statistics.receive(header(30_000), payloadSize: 1, arrival: .zero) == .rejected)
        #expect(statistics.receive(header(30_001), payloadSize: 1, arrival: .zero) == .restarted(30_001))
        #expect(statistics.receive(header(30_000), payloadSize: 1, arrival: .zero) == .accepted(30_000))
        // Backwards is forwards, past a wrap.
        #expect(statistics.receive(header(5), payloadSize: 1, arrival: .zero) == .rejected)
        #expect(statistics.receive(header(6), payloadSize: 1, arrival: .zero) == .restarted(65_542))
    }

    @Test func reportsEchoTheLastSenderReport() throws {
        var statistics = ReceiveStatistics(clockRate: 90_000)
        _ = statistics.receive(header(1), payloadSize: 1, arrival: .zero)
        let ntp = NTPTime(unix: MediaTime(seconds: 1_700_000_000.25))
        statistics.receive(
            SenderReport(ssrc: SSRC(1), ntp: ntp, timestamp: RTPTimestamp(UInt32(0)), packetCount: 0, octetCount: 0),
            arrival: .milliseconds(1000))
        let blockMade = statistics.reportBlock(ssrc: SSRC(1), now: .milliseconds(1500))
        let block = try #require(blockMade)
        #expect(block.lastReport == ntp.middle)
        #expect(block.delaySinceLastReport == 32_768)
        let trip = block.roundTrip(now: ntp.advanced(by: .milliseconds(580)))
        #expect(abs((trip ?? .zero).milliseconds - 80) < 0.1)
    }
}

@Suite struct ClockTests {
    @Test func ntpTimesAddAndSubtractAcrossTheirWrap() {
        let early = NTPTime(rawValue: 0xffff_ffff_8000_0000)
        let late = early.advanced(by: .milliseconds(1250))
        #expect(abs(late.since(early).nanoseconds - 1_250_000_000) <= 1)
        #expect(abs(early.since(late).nanoseconds + 1_250_000_000) <= 1)
        #expect(abs(late.advanced(by: .milliseconds(-1250)).since(early).nanoseconds) <= 1)
    }

    @Test func theEarliestArrivalFollowsThePath() {
        var clock = ArrivalClock(clockRate: 48_000)
        var random = SeededGenerator(seed: 2)
        for number in 0..<500 {
            let base: Int64 = number < 250 ? 20 : 70
            let arrival = MediaTime.milliseconds(Int64(number) * 20 + base + Int64.random(in: 0...30, using: &random))
            clock.receive(Int64(number) * 960, arrival: arrival)
            guard number % 250 > 130 else { continue }
            let earliest = clock.earliestArrival(of: Int64(number) * 960) ?? .zero
            #expect(abs((earliest - .milliseconds(Int64(number) * 20 + base)).milliseconds) < 3)
        }
    }

    /// Pictures are captured with the sound, but come 80 ms later; the sender's clocks start anywhere.
    @Test(arguments: [-200.0, 0, 200]) func picturesAreInStepWithTheSound(drift: Double) throws {
        var sound = SoundBuffer()
        var pictures = PictureClock()
        var data: [UInt8] = []
        let rate = 1 + drift / 1e6
        let epoch = NTPTime(unix: MediaTime(seconds: 1_700_000_000))
        func soundTime(_ capture: Double) -> UInt32 {
            UInt32(truncatingIfNeeded: Int64(capture * 48_000 * rate) + 5_000_000_000)
        }
        func pictureTime(_ capture: Double) -> UInt32 {
            UInt32(truncatingIfNeeded: Int64(capture * 90_000 * rate) + 4_294_000_000)
        }
        let payload: [UInt8] = [31 << 3, 1, 2, 3]
        var queued = 0
        var heard: (capture: Double, at: MediaTime)?
        var shownBefore: MediaTime?
        var worst = 0.0
        for millisecond in 0..<120_000 {
            let now = MediaTime.milliseconds(Int64(millisecond))
            let seconds = Double(millisecond) / 1000
            if millisecond % 20 == 3 {
                let capture = seconds - 0.03
                sound.receive(
                    payload.span, timestamp: RTPTimestamp(soundTime(capture)), sequence: Int64(millisecond / 20),
                    now: now)
            }
            if millisecond % 20 == 11 {
                while queued < 960 {
                    switch sound.next(now: now, queued: queued, into: &data) {
                    case .decode(let packet, _): queued += packet.samples
                    case .recover(_, let samples), .conceal(let samples), .silence(let samples): queued += samples
                    }
                }
                queued -= 960
                if let anchor = sound.anchor { heard = (anchor.captured.since(epoch).seconds, anchor.played) }
            }
            if millisecond % 33 == 5 {
                let capture = seconds - 0.11
                let timestamp = RTPTimestamp(pictureTime(capture))
                _ = pictures.receive(timestamp, arrival: now)
                let playout = pictures.playout(of: timestamp, sound: sound.anchor, now: now)
                let time = try #require(playout)
                if let shownBefore {
                    // Slewed, never stepped.
                    #expect(abs((time - shownBefore).milliseconds - 33) < 3)
                }
                shownBefore = time
                if millisecond > 20_000, let heard {
                    let heardAt = heard.at.seconds + (capture - heard.capture)
                    worst = max(worst, abs(time.seconds - heardAt))
                }
            }
            if millisecond % 5000 == 1200 {
                let wall = epoch.advanced(by: MediaTime(seconds: seconds))
                sound.receive(
                    SenderReport(
                        ssrc: SSRC(1), ntp: wall, timestamp: RTPTimestamp(soundTime(seconds)), packetCount: 0,
                        octetCount: 0))
                pictures.receive(
                    SenderReport(
                        ssrc: SSRC(2), ntp: wall, timestamp: RTPTimestamp(pictureTime(seconds)), packetCount: 0,
                        octetCount: 0))
            }
        }
        #expect(worst < 0.005, "\(worst * 1000) ms apart")
    }
}
