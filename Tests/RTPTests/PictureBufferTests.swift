import RTP
import Testing
import Timing

/// A sender of fake pictures and a receiver of them, with a network between, in virtual time.
final class PictureCall {
    /// What a fake picture says of itself, and of those it refers to.
    struct Label: Hashable {
        var number: Int
        var references: [Int]
    }

    var forward: VirtualLink
    var backward: VirtualLink
    var now = MediaTime.zero
    let layers: Int
    let format: PictureFormat

    private var packetizer: PicturePacketizer
    private var history = PacketHistory(maximumPayload: 1000)
    private var stream: SendStream
    private var pictureNumber = 0
    private var wantsKeyframe = true
    private var lastBase = 0
    private var lastOfLayer = [0, 0, 0]
    private var random: SeededGenerator

    private(set) var buffer: PictureBuffer
    private var statistics = ReceiveStatistics(clockRate: 90_000)
    private(set) var clock = PictureClock()
    private var data: [UInt8] = []
    private var lost: [Int64] = []

    /// What came out, and when.
    private(set) var shown: [(label: Label, at: MediaTime)] = []
    /// When each would be on a display that waits as the clock says.
    private(set) var display: [MediaTime] = []
    private(set) var sent: [Int: MediaTime] = [:]
    private(set) var keyframeRequests: [MediaTime] = []
    private(set) var failures: [String] = []
    private var decoded: Set<Int> = []
    private(set) var mostWaiting = 0

    static let media = SSRC(0x1234)
    static let repair = SSRC(0x5678)

    init(
        _ impairment: VirtualLink.Impairment, format: PictureFormat = .vp8, layers: Int = 1, seed: UInt64,
        firstSequence: UInt16 = 0, firstTimestamp: UInt32 = 0, firstPictureID: UInt16 = 0
    ) {
        forward = VirtualLink(impairment, seed: seed)
        backward = VirtualLink(impairment, seed: seed &+ 1)
        random = SeededGenerator(seed: seed &+ 2)
        self.layers = layers
        self.format = format
        packetizer = PicturePacketizer(
            format: format, firstPictureID: firstPictureID, firstBaseIndex: UInt8(truncatingIfNeeded: firstPictureID))
        stream = SendStream(
            ssrc: PictureCall.media, payloadType: PayloadType(96), clockRate: 90_000,
            firstSequence: SequenceNumber(firstSequence), timestampOffset: firstTimestamp,
            repair: .init(ssrc: PictureCall.repair, payloadType: PayloadType(97)))
        buffer = PictureBuffer(format: format)
        buffer.roundTrip = impairment.delay + impairment.delay + .milliseconds(5)
    }

    /// Runs for `duration`, one millisecond at a time; pictures leave every 33 ms if `sends`.
    func run(_ duration: MediaTime, sends: Bool = true) throws {
        let end = now + duration
        while now < end {
            if sends, now.nanoseconds / 1_000_000 % 33 == 0 { try sendPicture() }
            for bytes in forward.receive(now: now) { try receive(bytes) }
            try drain()
            for bytes in backward.receive(now: now) { try answer(bytes) }
            now = now + .milliseconds(1)
        }
    }

    private func sendPicture() throws {
        let number = pictureNumber
        pictureNumber += 1
        var references: [Int] = []
        var layer = 0
        var sync = false
        let isKeyframe = wantsKeyframe
        wantsKeyframe = false
        if isKeyframe {
            lastOfLayer = [number, number, number]
            lastBase = number
        } else {
            // The usual pattern of three layers: 0 2 1 2.
            switch layers {
            case 1: layer = 0
            case 2: layer = (number - lastBase) % 2 == 0 ? 0 : 1
            default: layer = [0, 2, 1, 2][(number - lastBase) % 4]
            }
            references = layer == 0 ? [lastOfLayer[0]] : Array(Set([lastOfLayer[0], lastOfLayer[layer]])).sorted()
            sync = layer > 0 && (lastOfLayer[layer] <= lastOfLayer[0])
            if sync { references = [lastOfLayer[0]] }
            lastOfLayer[layer] = number
            if layer == 0 { lastBase = number }
        }
        let text = "\(number):" + references.map { "\($0)" }.joined(separator: ",") + ";"
        var bytes = [UInt8](repeating: 0xaa, count: isKeyframe ? 9000 : Int.random(in: 400...3500, using: &random))
        var header: [UInt8] = isKeyframe ? [0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1] : [1]
        if format == .vp9 { header = isKeyframe ? [0x80, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70] : [0x86] }
        if format == .h264 { header = [0, 0, 0, 1, isKeyframe ? 0x65 : 0x61, 0x80] }
        bytes.replaceSubrange(0..<header.count, with: header)
        if format == .h264, isKeyframe { bytes = [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e] + bytes }
        bytes += Array(text.utf8)
        let description = PictureDescription(
            isKeyframe: isKeyframe, temporalLayer: UInt8(layer), layerSync: sync,
            size: CodedSize(width: 640, height: 360))
        sent[number] = now
        for index in history.append(picture: bytes.span, description, with: &packetizer, mediaTime: now, now: now) {
            let packet = try written { writer throws(WireError) in
                _ = try stream.write(
                    index, of: history, source: 1, extensions: HeaderExtensions(), map: .empty, now: now,
                    into: &writer)
            }
            forward.send(packet, now: now)
        }
    }

    private func receive(_ bytes: [UInt8]) throws {
        var packet = try RTPPacket(parsing: bytes.span)
        if packet.header.ssrc == PictureCall.repair {
            let original = try Retransmission.original(
                of: packet, in: bytes.span, ssrc: PictureCall.media, payloadType: PayloadType(96))
            guard let original else { return }
            packet = original
            let sequence = statistics.position(of: packet.header.sequenceNumber)
            buffer.receive(packet, sequence: sequence, in: bytes.span, now: now)
            return
        }
        _ = clock.receive(packet.header.timestamp, arrival: now)
        switch statistics.receive(packet.header, payloadSize: packet.payload.count, arrival: now) {
        case .accepted(let sequence): buffer.receive(packet, sequence: sequence, in: bytes.span, now: now)
        case .restarted(let sequence):
            buffer.restart()
            buffer.receive(packet, sequence: sequence, in: bytes.span, now: now)
        case .rejected: break
        }
    }

    private func drain() throws {
        while let picture = buffer.next(now: now, into: &data) {
            guard let label = PictureCall.label(of: data) else {
                failures.append("a picture that is not whole at \(now)")
                continue
            }
            if picture.isKeyframe { decoded = [] }
            if picture.isKeyframe != label.references.isEmpty { failures.append("keyframe or not: \(label)") }
            for reference in label.references where !decoded.contains(reference) {
                failures.append("\(label) cannot be decoded at \(now)")
            }
            if let last = shown.last, last.label.number >= label.number { failures.append("\(label) out of order") }
            decoded.insert(label.number)
            clock.complete(picture, now: now)
            let time = clock.playout(
                of: RTPTimestamp(picture.timestamp), sound: nil, delay: clock.wantedDelay, now: now)
            display.append(max(now, time ?? now))
            shown.append((label, now))
        }
        mostWaiting = max(mostWaiting, buffer.waiting)
        let wantsKey = buffer.requests(now: now, lost: &lost)
        if !lost.isEmpty {
            let nack = GenericNack(sender: SSRC(9), media: PictureCall.media, lost: lost)
            backward.send(try written { writer throws(WireError) in try nack.write(into: &writer) }, now: now)
        }
        if wantsKey {
            keyframeRequests.append(now)
            let request = PictureLossIndication(sender: SSRC(9), media: PictureCall.media)
            backward.send(try written { writer throws(WireError) in try request.write(into: &writer) }, now: now)
        }
    }

    private static func label(of data: [UInt8]) -> Label? {
        guard data.last == UInt8(ascii: ";"), let start = data.lastIndex(of: 0xaa) else { return nil }
        let parts = String(decoding: data[(start + 1)..<(data.count - 1)], as: UTF8.self).split(
            separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]) else { return nil }
        return Label(number: number, references: parts[1].split(separator: ",").compactMap { Int($0) })
    }

    private func answer(_ bytes: [UInt8]) throws {
        var wanted: [SequenceNumber] = []
        var reader = RTCPReader(bytes.span)
        while let packet = try reader.next() {
            switch packet {
            case .nack(let nack): nack.forEach { wanted.append($0) }
            case .pictureLoss: wantsKeyframe = true
            default: break
            }
        }
        for sequence in wanted where stream.source(ofLost: sequence, now: now) == 1 {
            let packet = try written { writer throws(WireError) in
                _ = try stream.writeAgain(
                    sequence, of: history, extensions: HeaderExtensions(), map: .empty, now: now, into: &writer)
            }
            forward.send(packet, now: now)
        }
    }

    /// The longest time without a picture, from `start` on.
    func longestGap(from start: MediaTime = .zero) -> MediaTime {
        var last = start
        var gap = MediaTime.zero
        for picture in shown where picture.at > start {
            gap = max(gap, picture.at - last)
            last = picture.at
        }
        return max(gap, now - last)
    }

    /// Share of the time in which the picture stood still, as webrtc-stats counts freezes (gaps beyond 150 ms and the
    /// mean, or three times the mean).
    func frozenShare(from start: MediaTime) -> Double {
        let times = display.filter { $0 >= start }
        guard times.count > 2, let first = times.first, let last = times.last else { return 1 }
        let mean = (last - first).seconds / Double(times.count - 1)
        let threshold = max(3 * mean, mean + 0.15)
        let gaps = zip(times.dropFirst(), times).map { ($0 - $1).seconds }
        return gaps.filter { $0 > threshold }.reduce(0, +) / (now - start).seconds
    }
}

@Suite struct PictureBufferTests {
    @Test(arguments: [PictureFormat.vp8, .vp9, .h264]) func aCleanNetworkDelaysNothing(format: PictureFormat) throws {
        let call = PictureCall(.init(delay: .milliseconds(10)), format: format, seed: 1)
        try call.run(.milliseconds(5000))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.shown.count >= 150)
        for picture in call.shown {
            let sent = try #require(call.sent[picture.label.number])
            #expect(picture.at - sent == .milliseconds(10))
        }
        #expect(call.keyframeRequests.isEmpty)
    }

    @Test(arguments: [0, 1, 0x7ffe, 0x7fff, 0x8000, 0xfff0, 0xfffe, 0xffff] as [UInt16])
    func wrapAroundsAreNotNoticed(start: UInt16) throws {
        for layers in [1, 3] {
            let call = PictureCall(
                .init(loss: 0.05, reordering: 0.1, duplication: 0.05), layers: layers, seed: UInt64(start),
                firstSequence: start, firstTimestamp: UInt32(start) << 16 | 0xff00,
                firstPictureID: start & 0x7fff)
            try call.run(.milliseconds(8000))
            let failures = call.failures
            #expect(failures == [])
            #expect(call.shown.count >= 225)
        }
    }

    @Test(arguments: [PictureFormat.vp8, .vp9, .h264]) func reorderingAndDuplicationLoseNothing(format: PictureFormat)
        throws
    {
        for seed: UInt64 in 0..<5 {
            let call = PictureCall(
                .init(jitter: .milliseconds(20), reordering: 0.25, duplication: 0.2), format: format, seed: seed)
            try call.run(.milliseconds(10_000))
            let failures = call.failures
            #expect(failures == [])
            #expect(call.shown.count >= 300)
            #expect(call.keyframeRequests.isEmpty)
        }
    }

    /// The table of faults: 10 % loss at 50 ms round trip.
    @Test(arguments: [(PictureFormat.vp8, 1), (.vp8, 2), (.vp8, 3), (.vp9, 3), (.h264, 1)])
    func tenPercentLossIsHardlySeen(format: PictureFormat, layers: Int) throws {
        for seed: UInt64 in 10..<20 {
            let call = PictureCall(.init(loss: 0.1), format: format, layers: layers, seed: seed)
            try call.run(.milliseconds(30_000))
            let failures = call.failures
            #expect(failures == [])
            #expect(Double(call.shown.count) >= 0.9 * 909)
            let frozen = call.frozenShare(from: .milliseconds(10_000))
            #expect(frozen < 0.02, "frozen \(frozen) with seed \(seed)")
        }
    }

    @Test(arguments: [(PictureFormat.vp8, 1), (.vp8, 3), (.h264, 1)])
    func thirtyPercentLossIsSurvived(format: PictureFormat, layers: Int) throws {
        for seed: UInt64 in 30..<40 {
            let call = PictureCall(.init(loss: 0.3), format: format, layers: layers, seed: seed)
            try call.run(.milliseconds(20_000))
            let failures = call.failures
            #expect(failures == [])
            let frozen = call.frozenShare(from: .milliseconds(2000))
            #expect(frozen < 0.2, "frozen \(frozen) with seed \(seed)")
            // Back to normal two seconds after it ends.
            call.forward.impairment.loss = 0
            call.backward.impairment.loss = 0
            try call.run(.milliseconds(2000))
            let end = call.now
            try call.run(.milliseconds(2000))
            #expect(call.longestGap(from: end) < .milliseconds(40))
        }
    }

    @Test(arguments: [500, 5000] as [Int64]) func thePictureIsBackWithinASecondOfAnOutage(length: Int64) throws {
        for seed: UInt64 in 0..<10 {
            let start = MediaTime.milliseconds(3000 + Int64(seed) * 7)
            let end = start + .milliseconds(length)
            let call = PictureCall(
                .init(loss: 0.02, outages: [start..<end]), layers: seed % 2 == 0 ? 1 : 3, seed: seed)
            try call.run(end + .milliseconds(4000))
            let failures = call.failures
            #expect(failures == [])
            let back = try #require(call.shown.first { $0.at > end })
            #expect(back.at - end < .milliseconds(1000), "seed \(seed): \((back.at - end).milliseconds) ms")
            let settled = call.longestGap(from: end + .milliseconds(1500))
            #expect(settled < .milliseconds(250))
        }
    }

    @Test func keyframesAreAskedForAtMostEvery300Milliseconds() throws {
        let call = PictureCall(.init(loss: 0.6), seed: 5)
        try call.run(.milliseconds(10_000))
        let failures = call.failures
        #expect(failures == [])
        for (first, second) in zip(call.keyframeRequests, call.keyframeRequests.dropFirst()) {
            #expect(second - first >= KeyframeRequest.interval)
        }
        #expect(!call.keyframeRequests.isEmpty)
    }

    @Test(arguments: 0..<12) func anythingAtAllEndsAndRecovers(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 77)
        let call = PictureCall(
            .init(
                delay: .milliseconds(Int64.random(in: 1...150, using: &random)),
                jitter: .milliseconds(Int64.random(in: 0...300, using: &random)),
                loss: Double.random(in: 0...0.3, using: &random),
                reordering: Double.random(in: 0...0.25, using: &random),
                reorderDelay: .milliseconds(Int64.random(in: 1...100, using: &random)),
                duplication: Double.random(in: 0...0.2, using: &random),
                outages: [MediaTime.milliseconds(4000)..<MediaTime.milliseconds(9000)]),
            format: seed % 4 == 3 ? .h264 : .vp8, layers: seed % 4 == 3 ? 1 : 1 + seed % 3, seed: UInt64(seed))
        try call.run(.milliseconds(20_000))
        let failures = call.failures
        #expect(failures == [])
        #expect(call.mostWaiting <= PictureBuffer.packetLimit)
        call.forward.impairment = .init()
        call.backward.impairment = .init()
        try call.run(.milliseconds(3000))
        let settled = call.now
        try call.run(.milliseconds(1000))
        #expect(call.longestGap(from: settled) < .milliseconds(40))
    }

    /// Well-formed packets in senseless order, and payloads that make no sense.
    @Test(arguments: [PictureFormat.vp8, .vp9, .h264]) func hostilePacketsNeitherTrapNorFill(format: PictureFormat)
        throws
    {
        var random = SeededGenerator(seed: 0xbad)
        var statistics = ReceiveStatistics(clockRate: 90_000)
        var buffer = PictureBuffer(format: format)
        var clock = PictureClock()
        var data: [UInt8] = []
        var lost: [Int64] = []
        var sequence: UInt16 = 0
        var timestamp: UInt32 = 0
        let first: [UInt8] = [0x90, 0x10, 0x8e, 0xfe, 0x78, 0x7c, 0x65, 0x41]
        for round in 0..<60_000 {
            let now = MediaTime(nanoseconds: Int64(round) * 700_000)
            switch Int.random(in: 0..<40, using: &random) {
            case 0: sequence = UInt16.random(in: 0...65_535, using: &random)
            case 1: sequence &+= UInt16.random(in: 0...2000, using: &random)
            case 2: sequence &-= UInt16.random(in: 0...1500, using: &random)
            default: sequence &+= 1
            }
            if Int.random(in: 0..<4, using: &random) == 0 { timestamp &+= 3000 }
            if Int.random(in: 0..<100, using: &random) == 0 {
                timestamp = UInt32.random(in: 0 ... .max, using: &random)
            }
            let header = RTPHeader(
                marker: Int.random(in: 0..<4, using: &random) == 0, payloadType: PayloadType(96),
                sequenceNumber: SequenceNumber(sequence), timestamp: RTPTimestamp(timestamp), ssrc: SSRC(1))
            let length = Int.random(in: 0...(round % 50 == 0 ? 1600 : 30), using: &random)
            var payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if length > 0, Bool.random(using: &random) { payload[0] = first.randomElement(using: &random) ?? 0 }
            let bytes = try written { writer throws(WireError) in
                try header.write(into: &writer)
                try writer.put(payload.span)
            }
            let packet = try RTPPacket(parsing: bytes.span)
            _ = clock.receive(header.timestamp, arrival: now)
            switch statistics.receive(header, payloadSize: length, arrival: now) {
            case .accepted(let sequence): buffer.receive(packet, sequence: sequence, in: bytes.span, now: now)
            case .restarted(let sequence):
                buffer.restart()
                buffer.receive(packet, sequence: sequence, in: bytes.span, now: now)
            case .rejected:
                // As a retransmission that claims any number would.
                buffer.receive(
                    packet, sequence: statistics.position(of: header.sequenceNumber), in: bytes.span, now: now)
            }
            while let picture = buffer.next(now: now, into: &data) {
                clock.complete(picture, now: now)
                _ = clock.playout(of: RTPTimestamp(picture.timestamp), sound: nil, delay: clock.wantedDelay, now: now)
            }
            _ = buffer.requests(now: now, lost: &lost)
            _ = statistics.reportBlock(ssrc: SSRC(1), now: now)
            let waiting = buffer.waiting
            guard waiting <= PictureBuffer.packetLimit, lost.count <= NackGenerator.maximumMissing else {
                Issue.record("\(waiting) packets wait, \(lost.count) are asked for")
                return
            }
        }
    }

    @Test func aCorruptKeyframeIsAskedForAgainAtOnce() throws {
        var buffer = PictureBuffer(format: .vp8)
        var data: [UInt8] = []
        var lost: [Int64] = []
        func packet(_ sequence: UInt16, _ payload: [UInt8]) throws -> [UInt8] {
            let header = RTPHeader(
                marker: true, payloadType: PayloadType(96), sequenceNumber: SequenceNumber(sequence),
                timestamp: RTPTimestamp(UInt32(sequence) * 3000), ssrc: SSRC(1))
            return try written { writer throws(WireError) in
                try header.write(into: &writer)
                try writer.put(payload.span)
            }
        }
        let key: [UInt8] = [0x10, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 7]
        for (sequence, payload) in [(UInt16(0), key), (1, [0x10, 1, 2, 3]), (2, [0x10, 0, 0, 0, 1, 2, 3])] {
            let bytes = try packet(sequence, payload)
            buffer.receive(
                try RTPPacket(parsing: bytes.span), sequence: Int64(sequence), in: bytes.span,
                now: .milliseconds(Int64(sequence) * 33))
        }
        var count = 0
        while buffer.next(now: .milliseconds(66), into: &data) != nil { count += 1 }
        #expect(count == 2)
        let wanted = buffer.requests(now: .milliseconds(66), lost: &lost)
        #expect(wanted && lost.isEmpty)
        // What the decoder finds out counts as well, and then every 300 ms.
        let bytes = try packet(3, key)
        buffer.receive(try RTPPacket(parsing: bytes.span), sequence: 3, in: bytes.span, now: .milliseconds(400))
        let isBack = buffer.next(now: .milliseconds(400), into: &data)?.isKeyframe
        #expect(isBack == true)
        buffer.decodingFailed()
        let again = buffer.requests(now: .milliseconds(401), lost: &lost)
        let tooSoon = buffer.requests(now: .milliseconds(500), lost: &lost)
        let later = buffer.requests(now: .milliseconds(701), lost: &lost)
        #expect(again && !tooSoon && later)
    }
}
