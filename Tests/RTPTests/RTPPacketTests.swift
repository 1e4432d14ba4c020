import RTP
import Testing
import Timing

@Suite struct RTPPacketTests {
    private let map = HeaderExtensionMap([
        (1, .audioLevel), (2, .absoluteSendTime), (3, .transportSequenceNumber), (4, .mid), (5, .videoOrientation),
        (6, .playoutDelay), (7, .streamID), (8, .repairedStreamID), (9, .absoluteCaptureTime),
    ])

    @Test func aPlainPacketRoundTrips() throws {
        let bytes: [UInt8] = [
            0x80, 0xe0, 0x12, 0x34, 0x00, 0x01, 0x02, 0x03, 0xde, 0xad, 0xbe, 0xef, 0xaa, 0xbb,
        ]
        let packet = try RTPPacket(parsing: bytes.span)
        #expect(packet.header.marker)
        #expect(packet.header.payloadType.rawValue == 96)
        #expect(packet.header.sequenceNumber.rawValue == 0x1234)
        #expect(packet.header.timestamp.rawValue == 0x10203)
        #expect(packet.header.ssrc.rawValue == 0xdead_beef)
        #expect(packet.payload == 12..<14)
        let copy = try written { writer throws(WireError) in
            try packet.header.write(into: &writer)
            try writer.put(bytes.span.clipped(to: packet.payload))
        }
        #expect(copy == bytes)
    }

    @Test func contributorsExtensionsAndPaddingRoundTrip() throws {
        let bytes: [UInt8] = [
            0xb2, 0x6f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,  // P, X, two contributors
            0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03,  // contributors
            0xbe, 0xde, 0x00, 0x03,  // one-byte form, three words
            0x10, 0x85, 0x40, 0x30, 0x22, 0x01, 0x02, 0x03, 0x31, 0x12, 0x34, 0x00,
            0x01, 0x02, 0x00, 0x02,  // payload, padding
        ]
        let packet = try RTPPacket(parsing: bytes.span)
        #expect(packet.contributorCount == 2)
        #expect(packet.contributor(1, in: bytes.span) == SSRC(3))
        #expect(packet.contributor(2, in: bytes.span) == nil)
        #expect(packet.padding == 2)
        #expect(packet.payload.count == 2)
        let block = try #require(packet.extensions)
        let extensions = try HeaderExtensions(parsing: block, in: bytes.span, map: map)
        #expect(extensions.audioLevel == AudioLevel(level: 5, voice: true))
        #expect(extensions.mid == "0")
        #expect(extensions.absoluteSendTime?.rawValue == 0x10203)
        #expect(extensions.transportSequenceNumber == 0x1234)
        let copy = try written { writer throws(WireError) in
            try packet.header.write(
                into: &writer, contributors: [SSRC(2), SSRC(3)], extensions: extensions, map: map, padded: true)
            try writer.put(bytes.span.clipped(to: packet.payload))
            try writer.putPadding(2)
        }
        #expect(copy == bytes)
    }

    @Test func everyExtensionRoundTripsInBothForms() throws {
        var extensions = HeaderExtensions()
        extensions.audioLevel = AudioLevel(level: 127, voice: false)
        extensions.mid = "audio-0"
        extensions.streamID = "q"
        extensions.repairedStreamID = "hi"
        extensions.absoluteSendTime = AbsoluteSendTime(MediaTime(seconds: 63.99))
        extensions.transportSequenceNumber = 65535
        extensions.videoOrientation = VideoOrientation(quarterTurns: 3, flipped: true, backCamera: true)
        extensions.playoutDelay = PlayoutDelay(minimum: 4095, maximum: 1)
        extensions.absoluteCaptureTime = AbsoluteCaptureTime(
            captured: NTPTime(rawValue: 0x0123_4567_89ab_cdef), clockOffset: -5)
        var large = map
        large[.playoutDelay] = 200
        let header = RTPHeader(
            payloadType: PayloadType(111), sequenceNumber: SequenceNumber(UInt16(1)),
            timestamp: RTPTimestamp(UInt32(2)), ssrc: SSRC(3))
        for (map, form) in [(map, ExtensionBlock.Form.oneByte), (large, .twoByte)] {
            let bytes = try written { writer throws(WireError) in
                try header.write(into: &writer, extensions: extensions, map: map)
            }
            let packet = try RTPPacket(parsing: bytes.span)
            let block = try #require(packet.extensions)
            #expect(block.form == form)
            #expect(try HeaderExtensions(parsing: block, in: bytes.span, map: map) == extensions)
            #expect(packet.payload.isEmpty)
        }
        // A long name needs the two-byte form too.
        extensions.mid = String(repeating: "m", count: 32)
        let bytes = try written { writer throws(WireError) in
            try header.write(into: &writer, extensions: extensions, map: map)
        }
        let block = try #require(try RTPPacket(parsing: bytes.span).extensions)
        #expect(block.form == .twoByte)
        #expect(try HeaderExtensions(parsing: block, in: bytes.span, map: map) == extensions)
    }

    @Test func namesThatAreNoNamesAreNotTaken() throws {
        for text: [UInt8] in [[0x00], [0x20], [0xc3, 0xa4], [0x0d, 0x0a], [0x7f]] {
            let bytes = [0x40 | UInt8(text.count - 1)] + text
            let block = ExtensionBlock(profile: ExtensionBlock.oneByteProfile, elements: 0..<bytes.count)
            #expect(try HeaderExtensions(parsing: block, in: bytes.span, map: map).mid == nil)
        }
    }

    @Test func elementsStopAtNumberFifteenAndPassOverPadding() throws {
        let bytes: [UInt8] = [0x00, 0x10, 0x81, 0x00, 0xf0, 0x10, 0xff]
        let block = ExtensionBlock(profile: ExtensionBlock.oneByteProfile, elements: 0..<bytes.count)
        #expect(try HeaderExtensions(parsing: block, in: bytes.span, map: map).audioLevel?.level == 1)
    }

    @Test func anElementBeyondItsBlockIsAnErrorWithItsPlace() {
        let bytes: [UInt8] = [0x10, 0x81, 0x23, 0x00]
        let block = ExtensionBlock(profile: ExtensionBlock.oneByteProfile, elements: 0..<bytes.count)
        #expect(throws: WireError(.truncated, at: 3)) {
            try HeaderExtensions(parsing: block, in: bytes.span, map: map)
        }
    }

    @Test func paddingOfNothingOrTooMuchIsRefused() {
        var bytes: [UInt8] = [0xa0, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        #expect(throws: WireError.self) { try RTPPacket(parsing: bytes.span) }
        bytes.append(0)
        #expect(throws: WireError(.malformed("padding of 0 bytes"), at: 12)) { try RTPPacket(parsing: bytes.span) }
        bytes[12] = 2
        #expect(throws: WireError(.malformed("padding beyond the payload"), at: 12)) {
            try RTPPacket(parsing: bytes.span)
        }
        bytes[12] = 1
        #expect((try? RTPPacket(parsing: bytes.span))?.payload.isEmpty == true)
    }

    @Test func datagramsAreToldApartByTheirFirstBytes() {
        let long = [UInt8](repeating: 0, count: 40)
        func kind(_ first: UInt8, _ second: UInt8 = 0) -> DatagramKind {
            var bytes = long
            bytes[0] = first
            bytes[1] = second
            return DatagramKind(bytes.span)
        }
        #expect(kind(0) == .stun)
        #expect(kind(3) == .stun)
        #expect(kind(4) == .unknown)
        #expect(kind(19) == .unknown)
        #expect(kind(20) == .dtls)
        #expect(kind(63) == .dtls)
        #expect(kind(64) == .turnChannel)
        #expect(kind(80) == .unknown)
        #expect(kind(127) == .unknown)
        #expect(kind(128, 96) == .rtp)
        #expect(kind(191, 0xff) == .rtp)
        #expect(kind(128, 200) == .rtcp)
        #expect(kind(128, 191) == .rtp)
        #expect(kind(128, 192) == .rtcp)
        #expect(kind(128, 223) == .rtcp)
        #expect(kind(128, 224) == .rtp)
        #expect(kind(192) == .unknown)
        #expect(DatagramKind([UInt8]().span) == .unknown)
    }

    @Test func aBufferTooSmallIsAnErrorNotATrap() {
        let header = RTPHeader(
            payloadType: PayloadType(0), sequenceNumber: SequenceNumber(UInt16(0)), timestamp: RTPTimestamp(UInt32(0)),
            ssrc: SSRC(0))
        for limit in 0..<12 {
            #expect(throws: WireError.self) {
                try written(limit: limit) { writer throws(WireError) in try header.write(into: &writer) }
            }
        }
    }

    @Test func mapsOfExtensionsHoldOneMeaningPerNumber() {
        var map = HeaderExtensionMap()
        map[.mid] = 4
        map[.audioLevel] = 4
        #expect(map[.mid] == nil)
        #expect(map.meaning(of: 4) == .audioLevel)
        map[.audioLevel] = 15
        #expect(map[.audioLevel] == nil)
        #expect(map.meaning(of: 4) == nil)
        for kind in HeaderExtension.allCases { #expect(HeaderExtension(uri: kind.uri) == kind) }
    }
}
