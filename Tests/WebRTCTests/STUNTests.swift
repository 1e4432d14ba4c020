import NetworkTesting
import SecureTransport
import Testing
import WebRTC

func isAuthentic(_ message: STUNMessage, _ bytes: [UInt8], key: [UInt8]) -> Bool {
    message.isAuthentic(in: bytes.span, key: key, authenticator: identity.authenticator)
}

func parse(_ bytes: [UInt8]?) throws -> STUNMessage {
    let bytes = bytes ?? []
    return try STUNMessage(parsing: bytes.span)
}

@Suite struct STUNTests {
    /// RFC 5769 section 2.1.
    static let sampleRequest: [UInt8] =
        [0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xA4, 0x42]
        + [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE]
        + [0x80, 0x22, 0x00, 0x10] + Array("STUN test client".utf8)
        + [0x00, 0x24, 0x00, 0x04, 0x6E, 0x00, 0x01, 0xFF]
        + [0x80, 0x29, 0x00, 0x08, 0x93, 0x2F, 0xF9, 0xB1, 0x51, 0x26, 0x3B, 0x36]
        + [0x00, 0x06, 0x00, 0x09] + Array("evtj:h6vY   ".utf8)
        + [0x00, 0x08, 0x00, 0x14]
        + [0x9A, 0xEA, 0xA7, 0x0C, 0xBF, 0xD8, 0xCB, 0x56, 0x78, 0x1E]
        + [0xF2, 0xB5, 0xB2, 0xD3, 0xF2, 0x49, 0xC1, 0xB5, 0x71, 0xA2]
        + [0x80, 0x28, 0x00, 0x04, 0xE5, 0x7A, 0x3B, 0xCF]

    /// RFC 5769 section 2.2.
    static let sampleResponse: [UInt8] =
        [0x01, 0x01, 0x00, 0x3C, 0x21, 0x12, 0xA4, 0x42]
        + [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE]
        + [0x80, 0x22, 0x00, 0x0B] + Array("test vector ".utf8)
        + [0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xA1, 0x47, 0xE1, 0x12, 0xA6, 0x43]
        + [0x00, 0x08, 0x00, 0x14]
        + [0x2B, 0x91, 0xF5, 0x99, 0xFD, 0x9E, 0x90, 0xC3, 0x8C, 0x74]
        + [0x89, 0xF9, 0x2A, 0xF9, 0xBA, 0x53, 0xF0, 0x6B, 0xE7, 0xD7]
        + [0x80, 0x28, 0x00, 0x04, 0xC0, 0x7D, 0x4C, 0x96]

    static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    @Test func readsTheSamplesOfRFC5769() throws {
        let request = Self.sampleRequest
        let message = try STUNMessage(parsing: request.span)
        #expect(message.messageClass == .request)
        #expect(message.method == STUNMessage.bindingMethod)
        #expect(message.priority == 0x6E00_01FF)
        #expect(message.controlled == 0x932F_F9B1_5126_3B36)
        #expect(message.username.map { String(decoding: request[$0], as: UTF8.self) } == "evtj:h6vY")
        #expect(message.hasFingerprint)
        #expect(message.unknownRequired.isEmpty)
        #expect(isAuthentic(message, request, key: Self.password))
        let wrong = Array("VOkJxbRl1RmTxUk/WvJxBT".utf8)
        #expect(!isAuthentic(message, request, key: wrong))

        let response = try STUNMessage(parsing: Self.sampleResponse.span)
        #expect(response.messageClass == .success)
        #expect(response.mappedAddress == TransportAddress("192.0.2.1", port: 32_853))
        #expect(
            isAuthentic(response, Self.sampleResponse, key: Self.password))
    }

    @Test(arguments: ["192.0.2.1", "2001:db8:1234:5678:11:2233:4455:6677", "::1"])
    func whatIsWrittenIsRead(host: String) throws {
        var random = NetworkRandom(seed: 3)
        let address = try #require(TransportAddress(host, port: 32_853))
        let id = TransactionID(using: &random)
        var writer = STUNWriter(.success, transactionID: id)
        writer.add(xorMappedAddress: address)
        let bytes = writer.finish(key: Self.password, authenticator: identity.authenticator)
        let message = try STUNMessage(parsing: bytes.span)
        #expect(message.mappedAddress == address)
        #expect(message.transactionID == id)
        #expect(isAuthentic(message, bytes, key: Self.password))

        var request = STUNWriter(.request, transactionID: id)
        request.add(username: "abcd:efgh")
        request.add(priority: 7)
        request.addUseCandidate()
        request.add(controlling: true, tieBreaker: 99)
        let read = try parse(request.finish())
        #expect(read.useCandidate && read.priority == 7 && read.controlling == 99 && !read.hasIntegrity)

        var failure = STUNWriter(.failure, transactionID: id)
        failure.add(errorCode: 487)
        #expect(try parse(failure.finish()).errorCode == 487)
    }

    @Test func everyTruncationIsRefused() {
        for length in 0..<Self.sampleRequest.count {
            let part = Array(Self.sampleRequest.prefix(length))
            #expect(throws: STUNError.self) { try parse(part) }
        }
    }

    @Test func everyFlippedBitIsNoticed() throws {
        let original = Self.sampleRequest
        for bit in 0..<original.count * 8 {
            var bytes = original
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let message = try? STUNMessage(parsing: bytes.span) else { continue }
            // Only with FINGERPRINT gone, and then MESSAGE-INTEGRITY covers everything before it.
            #expect(
                !isAuthentic(message, bytes, key: Self.password)
                    || bit / 8 >= original.count - 8)
        }
    }

    @Test func attributesOfAnyLengthDoNotTrap() {
        var random = NetworkRandom(seed: 5)
        for type in [UInt16(1), 6, 8, 9, 0x14, 0x15, 0x1C, 0x20, 0x24, 0x25, 0x8028, 0x8029, 0x802A, 0x7FFF] {
            for length in 0...40 {
                var bytes = Array(Self.sampleRequest.prefix(20))
                bytes += [UInt8(type >> 8), UInt8(type & 255), 0, UInt8(length)]
                bytes += (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                while bytes.count & 3 != 0 { bytes.append(0) }
                bytes[3] = UInt8(bytes.count - 20)
                _ = try? STUNMessage(parsing: bytes.span)
                bytes[23] = 255
                #expect(throws: STUNError.self) { try parse(bytes) }
            }
        }
    }

    @Test func mutationsNeverTrap() {
        var random = NetworkRandom(seed: 11)
        for _ in 0..<50_000 {
            var bytes = random.next() & 1 == 0 ? Self.sampleRequest : Self.sampleResponse
            for _ in 0..<Int(random.next() % 8) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() & 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            guard let message = try? STUNMessage(parsing: bytes.span) else { continue }
            _ = isAuthentic(message, bytes, key: Self.password)
        }
    }

    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("::", "::"), ("::1", "::1"), ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("fe80::1", "fe80::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func addressesAreReadAndWritten(text: String, written: String) {
        #expect(TransportAddress(text, port: 1)?.host == written)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", ":", ":::", "1:::2", "1:2", "::1::",
        "1:2:3:4:5:6:7:8:9",
        "::12345", "fe80::1%eth0", "example.local", "g::1", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7:8", "1.2.3.4::",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(TransportAddress(text, port: 1) == nil)
    }
}
