import RTP
import Testing
import Timing

@Suite struct RTCPTests {
    /// Reads the one packet in `bytes`, expects it to be `packet`, and to be written as the same bytes.
    private func roundTrip(_ bytes: [UInt8], _ packet: RTCPPacket) throws {
        var reader = RTCPReader(bytes.span)
        let read = try reader.next()
        #expect(read == packet)
        #expect(try reader.next() == nil)
        let copy = try written { writer throws(WireError) in try packet.write(into: &writer) }
        #expect(copy == bytes)
    }

    @Test func senderReport() throws {
        try roundTrip(
            [
                0x81, 200, 0, 12, 0, 0, 0, 1, 0xda, 0x8b, 0xd1, 0xfc, 0xdd, 0xdd, 0xa0, 0x5a, 0xaa, 0xf4, 0xed, 0xd5, 0,
                0, 0, 2, 0, 0, 0, 3,
                0xbc, 0x5e, 0x9a, 0x40, 0x55, 0xff, 0xff, 0xfe, 0, 0, 0x46, 0xe1, 0, 0, 1, 0x11, 9, 0xf3, 0x64, 0x32, 0,
                2, 0x4a, 0x79,
            ],
            .senderReport(
                SenderReport(
                    ssrc: SSRC(1), ntp: NTPTime(rawValue: 0xda8b_d1fc_dddd_a05a),
                    timestamp: RTPTimestamp(UInt32(0xaaf4_edd5)), packetCount: 2, octetCount: 3,
                    blocks: [
                        ReportBlock(
                            ssrc: SSRC(0xbc5e_9a40), fractionLost: 0x55, cumulativeLost: -2, highestSequence: 0x46e1,
                            jitter: 273, lastReport: 0x9f3_6432, delaySinceLastReport: 0x2_4a79)
                    ])))
    }

    @Test func receiverReportWithoutBlocks() throws {
        try roundTrip([0x80, 201, 0, 1, 0, 0, 0, 9], .receiverReport(ReceiverReport(ssrc: SSRC(9))))
    }

    @Test func sourceDescriptionAndGoodbye() throws {
        try roundTrip(
            [0x81, 202, 0, 3, 0x10, 0, 0, 0, 1, 4, 0x61, 0x62, 0x63, 0x64, 0, 0],
            .sourceDescription(SourceDescription(chunks: [.init(ssrc: SSRC(0x1000_0000), canonicalName: "abcd")])))
        try roundTrip(
            [0x82, 203, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 3, 0x46, 0x4f, 0x4f],
            .goodbye(Goodbye(sources: [SSRC(1), SSRC(2)], reason: "FOO")))
        try roundTrip([0x80, 203, 0, 0], .goodbye(Goodbye(sources: [])))
    }

    @Test func nackPacksAndUnpacks() throws {
        let nack = GenericNack(sender: SSRC(1), media: SSRC(2), lost: [65534, 65535, 65536, 65550, 65551, 65600])
        #expect(
            nack.items == [
                .init(first: SequenceNumber(UInt16(65534)), following: 0x8003),
                .init(first: SequenceNumber(UInt16(15)), following: 0),
                .init(first: SequenceNumber(UInt16(64)), following: 0),
            ])
        var back: [UInt16] = []
        nack.forEach { back.append($0.rawValue) }
        #expect(back == [65534, 65535, 0, 14, 15, 64])
        try roundTrip(
            [
                0x81, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0x80, 0x03, 0, 15, 0, 0, 0, 64, 0, 0,
            ], .nack(nack))
    }

    @Test func keyframeRequests() throws {
        try roundTrip(
            [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2], .pictureLoss(.init(sender: SSRC(1), media: SSRC(2))))
        try roundTrip(
            [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0],
            .fullIntraRequest(.init(sender: SSRC(1), items: [.init(media: SSRC(2), number: 7)])))
    }

    @Test func bandwidthEstimate() throws {
        try roundTrip(
            [
                0x8f, 206, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4d, 0x42, 3, 0x1, 0xdf, 0x82, 0x12, 0x34, 0x56,
                0x78, 0, 0, 0, 1, 0, 0, 0, 2,
            ],
            .bandwidthEstimate(
                .init(sender: SSRC(1), bitrate: 0x1df82, sources: [SSRC(0x1234_5678), SSRC(1), SSRC(2)])))
        // Written with 18 significant bits.
        let bytes = try written { writer throws(WireError) in
            try ReceiverBandwidthEstimate(sender: SSRC(1), bitrate: 8_927_168, sources: []).write(into: &writer)
        }
        #expect(bytes.suffix(4) == [0, 0x1a, 0x20, 0xdf])
        var reader = RTCPReader(bytes.span)
        guard case .bandwidthEstimate(let estimate) = try reader.next() else { return }
        #expect(estimate.bitrate == 8_927_168)
    }

    @Test(arguments: [UInt8(0), 46, 47, 63]) func hugeEstimatesDoNotTrap(exponent: UInt8) throws {
        let bytes: [UInt8] = [
            0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4d, 0x42, 0, exponent << 2 | 3, 0xff, 0xff,
        ]
        var reader = RTCPReader(bytes.span)
        guard case .bandwidthEstimate(let estimate) = try reader.next() else {
            Issue.record("not an estimate")
            return
        }
        #expect(estimate.bitrate == (exponent > 46 ? UInt64.max : 0x3ffff << UInt64(exponent)))
        _ = try written { writer throws(WireError) in try estimate.write(into: &writer) }
    }

    @Test func anEstimateWithFewerSourcesThanItCountsIsRefused() {
        let bytes: [UInt8] = [
            0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4d, 0x42, 255, 0, 0, 1, 0, 0, 0, 1,
        ]
        #expect(throws: WireError.self) {
            var reader = RTCPReader(bytes.span)
            _ = try reader.next()
        }
    }

    @Test func otherFeedbackIsUnknown() throws {
        let bytes: [UInt8] = [
            0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0x41, 0x42, 0x43, 0x44, 0x80, 204, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4,
        ]
        var reader = RTCPReader(bytes.span)
        #expect(try reader.next() == .unknown(type: 206, format: 15))
        #expect(try reader.next() == .unknown(type: 204, format: 0))
        #expect(try reader.next() == nil)
    }

    @Test func extendedReport() throws {
        try roundTrip(
            [
                0x80, 207, 0, 8, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 5, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0,
                0, 0, 4,
            ],
            .extendedReport(
                ExtendedReport(
                    ssrc: SSRC(1), referenceTime: NTPTime(rawValue: 0x0102_0304_0506_0708),
                    echoes: [.init(ssrc: SSRC(2), lastReport: 3, delay: 4)])))
    }

    @Test func aBadPacketDoesNotHideTheNext() throws {
        // A NACK of which half an item is padding, then a PLI.
        let bytes: [UInt8] = [
            0xa1, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 1, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
        ]
        var reader = RTCPReader(bytes.span)
        var threw = false
        do { _ = try reader.next() } catch { threw = true }
        #expect(threw)
        #expect(try reader.next() == .pictureLoss(.init(sender: SSRC(1), media: SSRC(2))))
        #expect(try reader.next() == nil)
    }

    @Test func roundTripIsTimeSinceOurReportLessWhatThePeerHeld() {
        let sent = NTPTime(unix: MediaTime(seconds: 1_700_000_000))
        let block = ReportBlock(ssrc: SSRC(1), lastReport: sent.middle, delaySinceLastReport: 65536 / 2)
        let trip = block.roundTrip(now: sent.advanced(by: .milliseconds(600)))
        #expect(abs((trip?.milliseconds ?? 0) - 100) < 0.1)
        #expect(block.roundTrip(now: sent.advanced(by: .milliseconds(499))) == .zero)
        #expect(block.roundTrip(now: sent.advanced(by: .milliseconds(-5000))) == nil)
        #expect(block.roundTrip(now: sent.advanced(by: MediaTime(seconds: 1000))) == nil)
        #expect(ReportBlock(ssrc: SSRC(1)).roundTrip(now: sent) == nil)
    }
}

@Suite struct TransportFeedbackTests {
    @Test func aMixOfChunksIsRead() throws {
        // Base 3, 23 packets: run of 14 lost, then a vector of one bit symbols of which 9 count.
        let bytes: [UInt8] = [
            0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 0, 23, 0, 0, 2, 5, 0x00, 14, 0b1010_0000, 0b0010_0000, 4, 8,
            0, 2,
        ]
        var reader = RTCPReader(bytes.span)
        guard case .transportFeedback(let feedback) = try reader.next() else {
            Issue.record("not a feedback")
            return
        }
        var arrived: [UInt16: MediaTime] = [:]
        var count = 0
        feedback.forEach { sequence, time in
            count += 1
            arrived[sequence] = time
        }
        #expect(count == 23)
        #expect(
            arrived == [
                17: MediaTime(nanoseconds: 129_000_000), 25: MediaTime(nanoseconds: 131_000_000),
            ])
    }

    @Test func writtenFeedbackReadsBackTheSame() throws {
        var random = SeededGenerator(seed: 9)
        for round in 0..<500 {
            let lossy = round % 3
            let arrivals: [Int16?] = (0..<Int.random(in: 1...300, using: &random)).map { _ in
                if lossy > 0, Int.random(in: 0..<(lossy == 1 ? 3 : 20), using: &random) == 0 { return nil }
                if round % 5 == 0, Bool.random(using: &random) {
                    return Int16.random(in: .min ... .max, using: &random)
                }
                return Int16.random(in: 0...255, using: &random)
            }
            let feedback = TransportFeedback(
                sender: SSRC(1), media: SSRC(2), base: UInt16.random(in: 0...65535, using: &random),
                referenceTime: Int32.random(in: -0x80_0000...0x7f_ffff, using: &random), number: UInt8(round & 0xff),
                arrivals: arrivals)
            let bytes = try written { writer throws(WireError) in try feedback.write(into: &writer) }
            #expect(bytes.count % 4 == 0)
            var reader = RTCPReader(bytes.span)
            #expect(try reader.next() == .transportFeedback(feedback))
        }
    }

    @Test func reservedSymbolsHaveNoDelta() throws {
        // A vector of two-bit symbols: small, reserved, large, then lost.
        let bytes: [UInt8] = [
            0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0, 4, 0xff, 0xff, 0xff, 0, 0b1101_1110, 0, 1, 0x80, 0,
            0,
            0, 0,
        ]
        var reader = RTCPReader(bytes.span)
        guard case .transportFeedback(let feedback) = try reader.next() else {
            Issue.record("not a feedback")
            return
        }
        #expect(feedback.arrivals == [1, nil, -32768, nil])
        #expect(feedback.referenceTime == -1)
        feedback.forEach { _, _ in }
    }

    @Test(arguments: [UInt16(0), 8193, 65535]) func impossibleCountsAreRefused(count: UInt16) {
        let bytes: [UInt8] = [
            0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, UInt8(count >> 8), UInt8(count & 0xff), 0, 0, 0, 0, 0x1f,
            0xff, 0x1f, 0xff,
        ]
        #expect(throws: WireError.self) {
            var reader = RTCPReader(bytes.span)
            _ = try reader.next()
        }
    }
}
