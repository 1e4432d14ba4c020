import RTP
import Testing
import Timing

@Suite struct PacketHistoryTests {
    @Test func whatIsKeptIsBoundedInNumberBytesAndTime() throws {
        var history = PacketHistory(
            packetLimit: 64, byteLimit: 20_000, duration: .milliseconds(500), maximumPayload: 1000)
        var random = SeededGenerator(seed: 8)
        var contents: [Int64: [UInt8]] = [:]
        var fewest = Int64.max
        for round in 0..<5000 {
            let now = MediaTime.milliseconds(Int64(round) * (round < 2500 ? 1 : 20))
            let sound = (0..<Int.random(in: 1...1000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let appended = history.append(sound: sound.span, startsTalk: false, mediaTime: now, now: now)
            let index = try #require(appended)
            contents[index] = sound
            #expect(index == Int64(round))
            let kept = history.indices
            #expect(kept.count <= 64 && kept.contains(index))
            if round > 100, !(2500..<2600).contains(round) { fewest = min(fewest, Int64(kept.count)) }
            if round % 50 == 0 {
                for index in kept {
                    let bytes = try written { writer throws(WireError) in
                        _ = try history.write(index, into: &writer)
                    }
                    #expect(bytes == contents[index])
                    let found = history[index]
                    let stored = try #require(found)
                    #expect(now - stored.storedAt <= .milliseconds(500))
                }
                let gone = history[kept.lowerBound - 1] == nil && history[kept.upperBound] == nil
                #expect(gone)
            }
        }
        #expect(fewest >= 15)
        let tooLarge = [UInt8](repeating: 0, count: 1001)
        let refused = history.append(sound: tooLarge.span, startsTalk: false, mediaTime: .zero, now: .zero)
        #expect(refused == nil)
    }
}

@Suite struct SendStreamTests {
    private func picture(_ size: Int, _ format: PictureFormat, isKeyframe: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x55, count: size)
        if format == .vp9 {
            bytes.replaceSubrange(0..<9, with: [0x80, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70])
            if !isKeyframe { bytes[0] = 0x86 }
            return bytes
        }
        if isKeyframe { bytes.replaceSubrange(0..<10, with: [0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]) }
        return bytes
    }

    /// Upper layers of VP8 that are left out leave no gap in its numbers; a receiver goes on without waiting.
    @Test(arguments: [0, 1]) func layersLeftOutLeaveNoGap(highest: UInt8) throws {
        var packetizer = PicturePacketizer(format: .vp8, firstPictureID: 32_760)
        var history = PacketHistory()
        var stream = SendStream(
            ssrc: SSRC(1), payloadType: PayloadType(96), clockRate: 90_000, firstSequence: SequenceNumber(UInt16(7)),
            timestampOffset: 0)
        var buffer = PictureBuffer(format: .vp8)
        var data: [UInt8] = []
        var last: UInt16?
        var shown = 0
        var sent = 0
        for number in 0..<80 {
            let now = MediaTime.milliseconds(Int64(number) * 33)
            let layer: UInt8 = [0, 2, 1, 2][number % 4]
            let bytes = picture(1800, .vp8, isKeyframe: number == 0)
            let description = PictureDescription(
                isKeyframe: number == 0, temporalLayer: layer, layerSync: layer > 0 && number % 4 != 3, layers: 3)
            let indices = history.append(
                picture: bytes.span, description, with: &packetizer, mediaTime: now, now: now)
            if layer > highest {
                stream.skipPicture(.vp8, source: 3)
                continue
            }
            sent += 1
            for index in indices {
                let packet = try written { writer throws(WireError) in
                    _ = try stream.write(
                        index, of: history, source: 3, extensions: HeaderExtensions(), map: .empty, now: now,
                        into: &writer)
                }
                let parsed = try RTPPacket(parsing: packet.span)
                let fragment = try PictureFragment(parsing: .vp8, in: parsed.payload, of: packet.span)
                let id = try #require(fragment.pictureID)
                if index == indices.lowerBound, let last { #expect(id == (last + 1) & 0x7fff) }
                last = id
                buffer.receive(
                    parsed, sequence: Int64(parsed.header.sequenceNumber.rawValue), in: packet.span, now: now)
            }
            while buffer.next(now: now, into: &data) != nil { shown += 1 }
        }
        #expect(shown == sent)
    }

    @Test(arguments: [PictureFormat.vp8, .vp9]) func numbersRunOnWhenTheEncodeChanges(format: PictureFormat) throws {
        var packetizers = [
            PicturePacketizer(format: format, firstPictureID: 32_765, firstBaseIndex: 254),
            PicturePacketizer(format: format, firstPictureID: 100, firstBaseIndex: 7),
        ]
        var high = PacketHistory()
        var low = PacketHistory()
        var stream = SendStream(
            ssrc: SSRC(1), payloadType: PayloadType(96), clockRate: 90_000,
            firstSequence: SequenceNumber(UInt16(65_530)),
            timestampOffset: 0xffff_ff00, repair: .init(ssrc: SSRC(2), payloadType: PayloadType(97)),
            firstRepairSequence: 65_535)
        var lastID: UInt16?
        var lastBase: UInt8?
        var expected: UInt16 = 65_530
        var sentBytes: [UInt16: [UInt8]] = [:]
        for number in 0..<40 {
            let source = number / 10 % 2
            let now = MediaTime.milliseconds(Int64(number) * 33)
            let bytes = picture(source == 0 ? 2500 : 700, format, isKeyframe: number % 10 == 0)
            let description = PictureDescription(isKeyframe: number % 10 == 0)
            let indices =
                source == 0
                ? high.append(picture: bytes.span, description, with: &packetizers[0], mediaTime: now, now: now)
                : low.append(picture: bytes.span, description, with: &packetizers[1], mediaTime: now, now: now)
            for index in indices {
                let packet = try written { writer throws(WireError) in
                    if source == 0 {
                        _ = try stream.write(
                            index, of: high, source: 0, extensions: HeaderExtensions(), map: .empty, now: now,
                            into: &writer)
                    } else {
                        _ = try stream.write(
                            index, of: low, source: 1, extensions: HeaderExtensions(), map: .empty, now: now,
                            into: &writer)
                    }
                }
                let parsed = try RTPPacket(parsing: packet.span)
                #expect(parsed.header.sequenceNumber.rawValue == expected)
                sentBytes[expected] = packet
                expected &+= 1
                #expect(parsed.header.marker == (index == indices.upperBound - 1))
                let fragment = try PictureFragment(parsing: format, in: parsed.payload, of: packet.span)
                let id = try #require(fragment.pictureID)
                if index == indices.lowerBound {
                    if let lastID { #expect(id == (lastID + 1) & 0x7fff) }
                    if let lastBase { #expect(fragment.baseIndex == lastBase &+ 1) }
                } else {
                    #expect(id == lastID)
                }
                lastID = id
                lastBase = fragment.baseIndex
            }
        }
        // What is sent again carries the same payload, on the repair stream, and not too often.
        let now = MediaTime.milliseconds(1400)
        let sequence = SequenceNumber(expected &- 1)
        let source = stream.source(ofLost: sequence, now: now)
        #expect(source == 1)
        let again = try written { writer throws(WireError) in
            _ = try stream.writeAgain(
                sequence, of: low, extensions: HeaderExtensions(), map: .empty, now: now, into: &writer)
        }
        let repaired = try RTPPacket(parsing: again.span)
        #expect(repaired.header.ssrc == SSRC(2) && repaired.header.sequenceNumber.rawValue == 65_535)
        let original = try #require(
            try Retransmission.original(of: repaired, in: again.span, ssrc: SSRC(1), payloadType: PayloadType(96)))
        let first = try #require(sentBytes[expected &- 1])
        let parsed = try RTPPacket(parsing: first.span)
        #expect(original.header == parsed.header)
        #expect(Array(again[original.payload]) == Array(first[parsed.payload]))
        let tooSoon = stream.source(ofLost: sequence, now: now + .milliseconds(5), interval: .milliseconds(50))
        #expect(tooSoon == nil)
        let later = stream.source(ofLost: sequence, now: now + .milliseconds(60), interval: .milliseconds(50))
        #expect(later == 1)
        let never = stream.source(ofLost: SequenceNumber(expected), now: now)
        #expect(never == nil)
    }

    @Test func retransmissionsShorterThanTheirHeaderAreRefused() throws {
        let header: [UInt8] = [0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        for (count, throwing) in [(0, false), (1, true), (2, false), (3, false)] {
            let bytes = header + [UInt8](repeating: 9, count: count)
            let packet = try RTPPacket(parsing: bytes.span)
            func original() throws -> RTPPacket? {
                try Retransmission.original(of: packet, in: bytes.span, ssrc: SSRC(1), payloadType: PayloadType(96))
            }
            if throwing {
                #expect(throws: WireError.self) { try original() }
            } else {
                #expect(try original()?.payload.count == (count == 0 ? nil : count - 2))
            }
        }
    }

    @Test func reportsTellTheClockOfTheStream() {
        let stream = SendStream(
            ssrc: SSRC(1), payloadType: PayloadType(96), clockRate: 90_000, firstSequence: SequenceNumber(UInt16(0)),
            timestampOffset: 0xffff_fff0)
        let ntp = NTPTime(unix: MediaTime(seconds: 1_700_000_000))
        let report = stream.senderReport(ntp: ntp, mediaTime: MediaTime(seconds: 1))
        #expect(report.timestamp.rawValue == 90_000 - 16)
        #expect(report.ntp == ntp)
    }
}
