import MediaTesting
import RTP
import Testing
import Timing

/// Senders whose sample clocks are off, in virtual time.
@Suite struct DriftTests {
    private struct Outcome {
        /// Of the delay from earliest arrival to playing, in milliseconds, after the first two minutes.
        var least = Double.infinity
        var most = -Double.infinity
        var first = 0.0
        var last = 0.0
        var waiting = 0
    }

    /// Plays `hours` of packets whose sender is `ppm` fast, each up to `jitter` ms late; what is made of a packet is
    /// counted as the playout would make it.
    private func play(ppm: Double, jitter: Double, hours: Double) -> Outcome {
        var buffer = SoundBuffer()
        var random = SeededRandom(seed: 9)
        var outcome = Outcome()
        var data: [UInt8] = []
        // 20 ms of CELT, of any content.
        let payload: [UInt8] = [31 << 3] + [UInt8](repeating: 0x55, count: 40)
        let interval = 0.02 / (1 + ppm / 1_000_000)
        var sent = 0
        var inFlight: [(at: Double, number: Int)] = []
        var queued = 0
        let ticks = Int(hours * 180_000)
        for tick in 0..<ticks {
            let now = Double(tick) * 0.02 + 1.0037
            while Double(sent) * interval + 1 <= now {
                let late = jitter * Double(random.next() % 1000) / 1_000_000
                inFlight.append((Double(sent) * interval + 1 + late, sent))
                sent += 1
            }
            for packet in inFlight where packet.at <= now {
                buffer.receive(
                    payload.span, timestamp: RTPTimestamp(UInt32(truncatingIfNeeded: packet.number * 960)),
                    sequence: Int64(packet.number), now: MediaTime(seconds: packet.at))
            }
            inFlight.removeAll { $0.at <= now }
            let instant = MediaTime(seconds: now)
            for _ in 0..<64 where queued < 960 {
                switch buffer.next(now: instant, queued: queued, into: &data) {
                case .decode(let packet, let stretch):
                    let earliest = buffer.arrivals.earliestArrival(of: packet.timestamp) ?? instant
                    let delay = (instant - earliest).milliseconds + Double(queued) / 48
                    if tick > 6000 {
                        outcome.least = min(outcome.least, delay)
                        outcome.most = max(outcome.most, delay)
                        if outcome.first == 0 { outcome.first = delay }
                        outcome.last = delay
                    }
                    queued += packet.samples + (stretch == .shorten ? -300 : stretch == .lengthen ? 300 : 0)
                case .recover(_, let samples), .conceal(let samples), .silence(let samples): queued += samples
                }
            }
            queued -= 960
        }
        outcome.waiting = buffer.waiting
        return outcome
    }

    @Test(arguments: [200.0, -200, 30, -80, 0], [1.0, 12]) func clocksThatAreOffStayInStepForHours(
        ppm: Double, jitter: Double
    ) {
        let outcome = play(ppm: ppm, jitter: jitter, hours: 2)
        // The delay moves within a tick, and no more after two hours than at first.
        #expect(outcome.most - outcome.least < 40, "\(outcome)")
        #expect(outcome.most < 60, "\(outcome)")
        #expect(abs(outcome.last - outcome.first) < 25, "\(outcome)")
        #expect(outcome.waiting <= 4)
    }
}
