import RTP
import Testing
import Timing

/// A sender of fake Opus, a network, and a player that follows the decisions of a ``SoundBuffer``, in virtual time.
final class SoundCall {
    struct Options {
        var impairment = VirtualLink.Impairment(delay: .milliseconds(20))
        var seed: UInt64 = 1
        /// The sender's clock against ours, in parts per million.
        var drift = 0.0
        /// Milliseconds after the start at which the first tick falls.
        var phase: Int64 = 7
        var redundancy = false
        /// Times at which nothing but a packet every 400 ms is sent.
        var pauses: [Range<MediaTime>] = []
        var firstSequence: UInt16 = 0
        var firstTimestamp: UInt32 = 0
        var minimumDelay = MediaTime.zero
        var maximumDelay = MediaTime.milliseconds(200)
    }

    var options: Options
    var link: VirtualLink
    private(set) var buffer: SoundBuffer
    private(set) var now = MediaTime.zero
    private var statistics = ReceiveStatistics(clockRate: 48_000)
    private var random: SeededGenerator
    private var packetNumber: Int64 = 0
    private var sequence: UInt16
    private var nextSend = MediaTime.zero
    private var queued = 0
    private var wasPause = false
    private var data: [UInt8] = []

    /// Per decoded packet: its number, when it was played, and how long after it was sent.
    private(set) var played: [(number: Int64, at: MediaTime, delay: MediaTime)] = []
    private var sentAt: [Int64: MediaTime] = [:]
    /// Per tick, what it was made of.
    private(set) var hardSilence: [(at: MediaTime, samples: Int)] = []
    private(set) var failures: [String] = []
    private(set) var mostWaiting = 0
    private(set) var decisionsPerTick = 0

    init(_ options: Options) {
        self.options = options
        link = VirtualLink(options.impairment, seed: options.seed)
        random = SeededGenerator(seed: options.seed &+ 100)
        sequence = options.firstSequence
        buffer = SoundBuffer(minimumDelay: options.minimumDelay, maximumDelay: options.maximumDelay)
    }

    func run(_ duration: MediaTime) throws {
        let end = now + duration
        while now < end {
            while nextSend <= now { try send() }
            for bytes in link.receive(now: now) { try receive(bytes) }
            if now.nanoseconds / 1_000_000 % 20 == options.phase { tick() }
            now = now + .milliseconds(1)
        }
    }

    private func send() throws {
        let number = packetNumber
        packetNumber += 1
        let at = nextSend
        nextSend = MediaTime(seconds: Double(packetNumber) * 0.02 * (1 + options.drift / 1e6))
        let isPause = options.pauses.contains { $0.contains(at) }
        // The first packet of a pause says that it is one.
        defer { wasPause = isPause }
        if isPause, wasPause, number % 20 != 0 { return }
        let header = RTPHeader(
            payloadType: PayloadType(111), sequenceNumber: SequenceNumber(sequence),
            timestamp: RTPTimestamp(options.firstTimestamp &+ UInt32(truncatingIfNeeded: number * 960)), ssrc: SSRC(7))
        sequence &+= 1
        var payload: [UInt8] = [options.redundancy ? 9 << 3 : 31 << 3, 0x40]
        if !isPause { payload += Array("\(number)".utf8) }
        sentAt[number] = at
        link.send(
            try written { writer throws(WireError) in
                try header.write(into: &writer)
                try writer.put(payload.span)
            }, now: now)
    }

    private func receive(_ bytes: [UInt8]) throws {
        let packet = try RTPPacket(parsing: bytes.span)
        guard
            case .accepted(let sequence) = statistics.receive(
                packet.header, payloadSize: packet.payload.count, arrival: now)
        else { return }
        buffer.receive(
            bytes.span.clipped(to: packet.payload), timestamp: packet.header.timestamp, sequence: sequence, now: now)
        mostWaiting = max(mostWaiting, buffer.waiting)
    }

    private func tick() {
        var steps = 0
        var silent = 0
        while queued < 960 {
            steps += 1
            guard steps < 200 else {
                failures.append("no end of decisions at \(now)")
                return
            }
            switch buffer.next(now: now, queued: queued, into: &data) {
            case .decode(let packet, let stretch):
                if data.count > 2, let number = Int64(String(decoding: data.dropFirst(2), as: UTF8.self)) {
                    if let last = played.last, last.number >= number { failures.append("\(number) again or late") }
                    let at = now + MediaTime(clamping: Int64(queued), per: 48_000)
                    played.append((number, at, at - (sentAt[number] ?? now)))
                } else if data.count > 2 {
                    failures.append("not a packet")
                }
                let change = Int.random(in: 120...480, using: &random)
                switch stretch {
                case .none: queued += packet.samples
                case .shorten: queued += packet.samples - change
                case .lengthen: queued += packet.samples + change
                }
            case .recover(_, let samples), .conceal(let samples):
                if samples <= 0 { failures.append("nothing concealed") }
                queued += samples
            case .silence(let samples):
                if samples <= 0 { failures.append("no silence") }
                silent += samples
                queued += samples
            }
        }
        if silent > 0 { hardSilence.append((now, silent)) }
        decisionsPerTick = max(decisionsPerTick, steps)
        queued -= 960
    }

    /// Of the packets played from `start` on: the share `quantile` of their delays is at most this.
    func delay(_ quantile: Double, from start: MediaTime, to end: MediaTime = .limit) -> MediaTime {
        let delays = played.filter { $0.at >= start && $0.at < end }.map(\.delay).sorted()
        guard !delays.isEmpty else { return .zero }
        return delays[min(delays.count - 1, Int(Double(delays.count) * quantile))]
    }
}

@Suite struct SoundBufferTests {
    @Test(arguments: [0, 1, 7, 19] as [Int64]) func aCleanNetworkCostsLessThanATickAndALittle(phase: Int64) throws {
        var options = SoundCall.Options()
        options.phase = phase
        let call = SoundCall(options)
        try call.run(.milliseconds(10_000))
        let failures = call.failures
        #expect(failures == [])
        // 20 ms of network; the wait for the tick is what its phase makes it.
        #expect(call.delay(1, from: .milliseconds(1000)) <= .milliseconds(40))
        let statistics = call.buffer.statistics
        #expect(statistics.concealedSamples == 0)
        #expect(statistics.shortened + statistics.lengthened <= 5)
        #expect(call.played.count >= 498)
    }

    @Test(arguments: [0, 1, 0x7fff, 0x8000, 0xfff0, 0xffff] as [UInt16]) func wrapAroundsAreNotNoticed(start: UInt16)
        throws
    {
        var options = SoundCall.Options()
        options.firstSequence = start
        options.firstTimestamp = UInt32(start) << 16 | 0xff00
        let call = SoundCall(options)
        try call.run(.milliseconds(5000))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.played.count >= 248)
        #expect(call.buffer.statistics.concealedSamples == 0)
        #expect(call.buffer.statistics.resets == 0)
    }

    @Test(arguments: [20, 60, 100, 150] as [Int64]) func theDelayFollowsTheJitterUpAndDown(jitter: Int64) throws {
        for seed: UInt64 in 0..<4 {
            var options = SoundCall.Options()
            options.seed = seed
            let call = SoundCall(options)
            try call.run(.milliseconds(3000))
            call.link.impairment.jitter = .milliseconds(jitter)
            try call.run(.milliseconds(15_000))
            let before = call.buffer.statistics.concealedSamples
            try call.run(.milliseconds(10_000))
            let concealed = call.buffer.statistics.concealedSamples - before
            #expect(concealed < 480_000 * 4 / 100, "\(concealed) samples concealed")
            let high = call.delay(0.5, from: .milliseconds(18_000))
            #expect(high <= .milliseconds(20 + jitter + 45))
            call.link.impairment.jitter = .zero
            try call.run(.milliseconds(10_000))
            let now = call.now
            try call.run(.milliseconds(3000))
            let failures = call.failures
            #expect(failures == [])
            #expect(call.delay(0.95, from: now) <= .milliseconds(45))
        }
    }

    @Test(arguments: [300, 500] as [Int64]) func theDelayIsBoundedWhateverTheJitter(jitter: Int64) throws {
        for seed: UInt64 in 0..<8 {
            var options = SoundCall.Options()
            options.seed = seed
            options.impairment.jitterReorders = seed % 2 == 0
            options.impairment.jitter = .milliseconds(jitter)
            let call = SoundCall(options)
            try call.run(.milliseconds(20_000))
            let failures = call.failures
            #expect(failures == [])
            // The cap, what is bearable beyond it for a moment, a tick, and the network: all of the jitter is its own
            // where it keeps packets in order, since then even the earliest are held up.
            let network = 20 + (options.impairment.jitterReorders ? 25 : jitter)
            let longest = call.delay(1, from: .milliseconds(3000))
            #expect(longest <= .milliseconds(200 + 60 + 20 + network))
            call.link.impairment.jitter = .zero
            try call.run(.milliseconds(10_000))
            let now = call.now
            try call.run(.milliseconds(2000))
            #expect(call.delay(0.95, from: now) <= .milliseconds(45))
        }
    }

    @Test func reorderingAndDuplicationAreNotHeard() throws {
        for seed: UInt64 in 0..<5 {
            var options = SoundCall.Options()
            options.seed = seed
            options.impairment.reordering = 0.25
            options.impairment.reorderDelay = .milliseconds(30)
            options.impairment.duplication = 0.2
            let call = SoundCall(options)
            try call.run(.milliseconds(15_000))
            let failures = call.failures
            #expect(failures == [])
            let late = call.played.filter { $0.at > .milliseconds(2000) }
            #expect(late.count >= 640)
            #expect(call.buffer.statistics.duplicates > 50)
            #expect(call.delay(0.5, from: .milliseconds(3000)) <= .milliseconds(20 + 30 + 25))
        }
    }

    @Test(arguments: [false, true]) func lossIsConcealedOrRecovered(redundancy: Bool) throws {
        for loss in [0.05, 0.1, 0.3] {
            for seed: UInt64 in 0..<4 {
                var options = SoundCall.Options()
                options.seed = seed
                options.redundancy = redundancy
                options.impairment.loss = loss
                let call = SoundCall(options)
                try call.run(.milliseconds(20_000))
                let failures = call.failures
                #expect(failures == [])
                let statistics = call.buffer.statistics
                #expect(Double(call.played.count) > 1000 * (1 - loss) * 0.93)
                if !redundancy { #expect(statistics.recoveredSamples == 0) }
                #expect(call.delay(0.95, from: .milliseconds(1000)) <= .milliseconds(85))
                // Never more than 200 ms of hard silence.
                var run = MediaTime.zero
                var last: MediaTime?
                var longest = MediaTime.zero
                for silence in call.hardSilence where silence.at > .milliseconds(100) {
                    let length = MediaTime(clamping: Int64(silence.samples), per: 48_000)
                    run = last == silence.at - .milliseconds(20) ? run + length : length
                    last = silence.at
                    longest = max(longest, run)
                }
                #expect(longest <= .milliseconds(200))
            }
        }
    }

    @Test(arguments: [-200.0, 200, -25_000, 25_000]) func clocksThatGoWrongMakeNoQueue(drift: Double) throws {
        var options = SoundCall.Options()
        options.drift = drift
        let call = SoundCall(options)
        let length: Int64 = abs(drift) > 1000 ? 10_000 : 300_000
        try call.run(.milliseconds(length))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.delay(0.99, from: .milliseconds(2000)) <= .milliseconds(abs(drift) > 1000 ? 130 : 62))
        #expect(call.mostWaiting <= 12)
        let concealed = Double(call.buffer.statistics.concealedSamples)
        #expect(concealed < Double(length) * 48 * (abs(drift) > 1000 ? 0.05 : 0.002))
    }

    @Test(arguments: [500, 5000] as [Int64]) func soundIsBackAtOnceAfterAnOutage(length: Int64) throws {
        for seed: UInt64 in 0..<6 {
            let start = MediaTime.milliseconds(4000 + Int64(seed) * 3)
            let end = start + .milliseconds(length)
            var options = SoundCall.Options()
            options.seed = seed
            options.impairment.outages = [start..<end]
            options.impairment.jitter = .milliseconds(Int64(seed) * 5)
            let call = SoundCall(options)
            try call.run(end)
            let before = call.delay(0.5, from: .milliseconds(2000), to: start)
            try call.run(.milliseconds(6000))
            let failures = call.failures
            #expect(failures == [])
            let back = try #require(call.played.first { $0.at > end })
            #expect(back.at - end <= .milliseconds(200))
            #expect(call.delay(0.5, from: end + .milliseconds(5000)) <= before + .milliseconds(60))
        }
    }

    @Test func pausesAreSilentAndResyncTheDelay() throws {
        var options = SoundCall.Options()
        options.pauses = [
            MediaTime.milliseconds(2000)..<MediaTime.milliseconds(5000),
            MediaTime.milliseconds(7000)..<MediaTime.milliseconds(9000),
        ]
        let call = SoundCall(options)
        try call.run(.milliseconds(12_000))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.buffer.statistics.concealedSamples <= 960 * 4)
        #expect(call.delay(1, from: .milliseconds(1000)) <= .milliseconds(45))
        let silent = call.hardSilence.reduce(0) { $0 + $1.samples }
        #expect(silent > 48 * 4500)
    }

    @Test func copiesStandInForWhatWasLost() throws {
        var random = SeededGenerator(seed: 6)
        var buffer = SoundBuffer(minimumDelay: .milliseconds(40))
        var data: [UInt8] = []
        var played: [Int] = []
        var queued = 0
        for number in 0..<1000 {
            let now = MediaTime.milliseconds(Int64(number) * 20)
            func opus(_ number: Int) -> [UInt8] { [31 << 3, 1, UInt8(number >> 8), UInt8(number & 0xff)] }
            let header = RTPHeader(
                payloadType: PayloadType(63), sequenceNumber: SequenceNumber(Int64(number)),
                timestamp: RTPTimestamp(UInt32(number * 960)), ssrc: SSRC(1))
            let bytes = try written { writer throws(WireError) in
                try header.write(into: &writer)
                for distance in [2, 1] where number >= distance {
                    _ = try RedundantSound.writeHeader(
                        PayloadType(111), timestampOffset: Int64(distance * 960), length: 4, into: &writer)
                }
                try RedundantSound.writePrimaryHeader(PayloadType(111), into: &writer)
                for distance in [2, 1, 0] where number >= distance {
                    let copy = opus(number - distance)
                    try writer.put(copy.span)
                }
            }
            // Two of three packets may be lost, as long as no three in a row are.
            if number < 2 || number % 3 == 0 || Bool.random(using: &random) {
                let packet = try RTPPacket(parsing: bytes.span)
                try buffer.receiveRedundant(
                    packet, sequence: Int64(number), payloadType: PayloadType(111), in: bytes.span, now: now)
            }
            while queued < 960 {
                switch buffer.next(now: now, queued: queued, into: &data) {
                case .decode(let packet, _):
                    played.append(Int(data[2]) << 8 | Int(data[3]))
                    queued += packet.samples
                case .recover(_, let samples), .conceal(let samples), .silence(let samples): queued += samples
                }
            }
            queued -= 960
        }
        #expect(zip(played, played.dropFirst()).allSatisfy { $1 == $0 + 1 })
        #expect(played.count >= 990)
        let concealed = buffer.statistics.concealedSamples
        #expect(concealed <= 960 * 3)
    }

    @Test func aJumpOfTimestampsBeginsAnew() throws {
        var buffer = SoundBuffer()
        var data: [UInt8] = []
        let payload: [UInt8] = [31 << 3, 1, 2, 3]
        var plays = 0
        for number in 0..<200 {
            let now = MediaTime.milliseconds(Int64(number) * 20)
            let jump: UInt32 = number < 100 ? 0 : 0x9000_0000
            buffer.receive(
                payload.span, timestamp: RTPTimestamp(UInt32(number * 960) &+ jump), sequence: Int64(number), now: now)
            if case .decode = buffer.next(now: now, queued: 0, into: &data) { plays += 1 }
        }
        #expect(plays >= 198)
        let resets = buffer.statistics.resets
        #expect(resets == 1)
    }

    @Test func hostileTimestampsNeitherTrapNorFill() {
        var random = SeededGenerator(seed: 3)
        var buffer = SoundBuffer()
        var data: [UInt8] = []
        var sequence: Int64 = 0
        for round in 0..<20_000 {
            let now = MediaTime.milliseconds(Int64(round) * 3)
            sequence += Int64.random(in: -5...20, using: &random)
            let payload = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            buffer.receive(
                payload.span, timestamp: RTPTimestamp(UInt32.random(in: 0...UInt32.max, using: &random)),
                sequence: sequence, isCopy: round % 7 == 0, now: now)
            if round % 7 == 3 {
                for _ in 0..<3 {
                    _ = buffer.next(now: now, queued: Int.random(in: 0...900, using: &random), into: &data)
                }
            }
            let waiting = buffer.waiting
            #expect(waiting <= SoundBuffer.packetLimit)
        }
    }

    @Test(arguments: 0..<10) func anythingAtAll(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 7)
        var options = SoundCall.Options()
        options.seed = UInt64(seed)
        options.phase = Int64.random(in: 0..<20, using: &random)
        options.drift = Double.random(in: -200...200, using: &random)
        options.redundancy = Bool.random(using: &random)
        options.impairment = .init(
            delay: .milliseconds(Int64.random(in: 1...150, using: &random)),
            jitter: .milliseconds(Int64.random(in: 0...300, using: &random)),
            loss: Double.random(in: 0...0.3, using: &random),
            reordering: Double.random(in: 0...0.25, using: &random),
            reorderDelay: .milliseconds(Int64.random(in: 1...60, using: &random)),
            duplication: Double.random(in: 0...0.2, using: &random))
        let call = SoundCall(options)
        try call.run(.milliseconds(20_000))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.mostWaiting < 60)
        #expect(call.decisionsPerTick < 30)
    }
}
