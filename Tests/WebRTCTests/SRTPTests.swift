import NetworkTesting
import SecureTransport
import Testing
import WebRTC

@Suite struct SRTPTests {
    /// Both ends of one set of keys.
    private func sessions(_ profile: SRTPProfile) throws -> (sender: any SRTPSession, receiver: any SRTPSession) {
        let material = (0..<profile.keyingMaterialLength).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
        return (
            try identity.makeSRTP(profile: profile, keyingMaterial: material, isClient: true),
            try identity.makeSRTP(profile: profile, keyingMaterial: material, isClient: false)
        )
    }

    private func rtp(_ sequence: UInt16, ssrc: UInt32 = 0x0102_0304, payload: Int = 20) -> [UInt8] {
        [0x80, 111, UInt8(sequence >> 8), UInt8(sequence & 255), 0, 0, 0, 1]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ssrc >> $0) }
            + (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
    }

    private func rtcp(words: Int = 1, ssrc: UInt32 = 9) -> [UInt8] {
        [0x80, 201, 0, UInt8(words)] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ssrc >> $0) }
            + [UInt8](repeating: 5, count: (words - 1) * 4)
    }

    private func protect(_ packet: [UInt8], _ session: any SRTPSession, control: Bool = false) throws -> [UInt8] {
        var buffer = packet + [UInt8](repeating: 0, count: 20)
        var span = buffer.mutableSpan
        let count =
            control
            ? try session.protectRTCP(&span, count: packet.count) : try session.protectRTP(&span, count: packet.count)
        return Array(buffer.prefix(count))
    }

    private func unprotect(
        _ packet: [UInt8], _ session: any SRTPSession, control: Bool = false
    ) throws(SRTPFailure) -> [UInt8] {
        var buffer = packet
        var span = buffer.mutableSpan
        let count = control ? try session.unprotectRTCP(&span) : try session.unprotectRTP(&span)
        return Array(buffer.prefix(count))
    }

    @Test(arguments: SRTPProfile.allCases)
    func whatIsProtectedIsRecovered(profile: SRTPProfile) throws {
        let (sender, receiver) = try sessions(profile)
        for payload in 0...1_200 {
            let packet = rtp(UInt16(payload), payload: payload)
            let secured = try protect(packet, sender)
            #expect(secured.count == packet.count + profile.tagLength)
            let plain = try unprotect(secured, receiver)
            #expect(plain == packet)
        }
        for words in 1...100 {
            let packet = rtcp(words: words)
            let secured = try protect(packet, sender, control: true)
            #expect(secured.count == packet.count + profile.controlTrailerLength)
            let plain = try unprotect(secured, receiver, control: true)
            #expect(plain == packet)
        }
        // The same bytes may be sent again; the receiver takes them once.
        let twice = try protect(rtp(2_000), sender)
        #expect(try protect(rtp(2_000), sender) == twice)
        _ = try unprotect(twice, receiver)
        #expect(throws: SRTPFailure.replayed) { try unprotect(twice, receiver) }
    }

    @Test(arguments: SRTPProfile.allCases)
    func replayedForgedUnencryptedAndTruncatedPacketsMoveNothing(profile: SRTPProfile) throws {
        let (sender, receiver) = try sessions(profile)
        var random = NetworkRandom(seed: 8)
        var sequence: UInt16 = 65_000
        for round in 0..<1_200 {
            sequence &+= 1
            // Around the wrap some are lost.
            let secured = try protect(rtp(sequence, payload: round % 40), sender)
            if (530..<540).contains(round) { continue }
            var forged = secured
            forged[Int(random.next() % UInt64(forged.count))] ^= UInt8(1 << (random.next() & 7))
            #expect(throws: SRTPFailure.self) { try unprotect(forged, receiver) }
            var ahead = secured
            ahead[2] ^= 0x7F
            #expect(throws: SRTPFailure.self) { try unprotect(ahead, receiver) }
            let cut = Array(secured.prefix(Int(random.next() % UInt64(secured.count))))
            #expect(throws: SRTPFailure.self) { try unprotect(cut, receiver) }
            let plain = rtp(sequence, payload: round % 40)
            #expect(throws: SRTPFailure.self) { try unprotect(plain, receiver) }
            _ = try unprotect(secured, receiver)
            #expect(throws: SRTPFailure.replayed) { try unprotect(secured, receiver) }
        }
        for _ in 0..<100 {
            let secured = try protect(rtcp(words: 3), sender, control: true)
            var open = secured
            let index = profile.isAuthenticatedEncryption ? open.count - 4 : open.count - profile.tagLength - 4
            open[index] &= 0x7F
            #expect(throws: SRTPFailure.unencrypted) { try unprotect(open, receiver, control: true) }
            for length in 0..<secured.count {
                let cut = Array(secured.prefix(length))
                #expect(throws: SRTPFailure.self) { try unprotect(cut, receiver, control: true) }
            }
            _ = try unprotect(secured, receiver, control: true)
            #expect(throws: SRTPFailure.replayed) { try unprotect(secured, receiver, control: true) }
        }
    }

    @Test(arguments: SRTPProfile.allCases)
    func garbageOfEveryLengthIsRefused(profile: SRTPProfile) throws {
        let (_, receiver) = try sessions(profile)
        var random = NetworkRandom(seed: 2)
        for length in 0...1_500 {
            for first in [UInt8(0x80), 0x90, 0x8F, 0x9F, 0xBF, 0x00] {
                var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                if length > 0 { bytes[0] = first }
                // The shortest extension and the longest.
                if length > 15, random.next() & 1 == 0 { bytes[14] = 0xFF }
                #expect(throws: SRTPFailure.self) { try unprotect(bytes, receiver) }
                #expect(throws: SRTPFailure.self) { try unprotect(bytes, receiver, control: true) }
                // The E bit set where either profile looks for it.
                if length >= 14 {
                    bytes[length - 4] |= 0x80
                    bytes[length - 14] |= 0x80
                    bytes[0] = 0x80
                    #expect(throws: SRTPFailure.self) { try unprotect(bytes, receiver, control: true) }
                }
            }
        }
    }

    @Test func sendersOfNonsenseAreToldSo() throws {
        let (sender, _) = try sessions(.aes128GCM)
        for packet in [[], [UInt8](repeating: 0x80, count: 11), [0x9F] + [UInt8](repeating: 0xFF, count: 80)] {
            #expect(throws: SRTPFailure.malformed) { try protect(packet, sender) }
        }
        #expect(throws: SRTPFailure.malformed) { try protect([0x80, 200, 0], sender, control: true) }
        var full = rtp(1)
        let count = full.count
        #expect(throws: SRTPFailure.noRoom) {
            var span = full.mutableSpan
            _ = try sender.protectRTP(&span, count: count)
        }
    }

    @Test func aThousandSourcesAreCappedAndTheOldOnesStayClosed() throws {
        let (sender, receiver) = try sessions(.aes128GCM)
        let first = try protect(rtp(1, ssrc: 1), sender)
        _ = try unprotect(first, receiver)
        for ssrc in UInt32(2)...1_000 {
            _ = try unprotect(try protect(rtp(1, ssrc: ssrc), sender), receiver)
        }
        // Given up, so what was recorded of it cannot be played again.
        #expect(throws: SRTPFailure.tooManySources) { try unprotect(first, receiver) }
        var refused = 0
        for ssrc in UInt32(1_001)...1_100 {
            do {
                _ = try unprotect(try protect(rtp(1, ssrc: ssrc), sender), receiver)
            } catch SRTPFailure.tooManySources { refused += 1 }
        }
        #expect(refused == 76)
        // Those in use go on.
        _ = try unprotect(try protect(rtp(2, ssrc: 1_024), sender), receiver)
    }
}
