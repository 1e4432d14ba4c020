import NetworkTesting
import RTP
import SecureTransport
import Testing
import Timing
import WebRTC

@Suite struct PeerFaultTests {
    // MARK: The network

    @Test(arguments: [0.0, 0.1, 0.3], [UInt64(1), 2, 3, 4, 5])
    func connectsAndStaysThroughLossJitterReorderingAndOutages(loss: Double, seed: UInt64) throws {
        var impairment = Impairment.loss(loss)
        impairment.jitter = .milliseconds(100)
        impairment.reorder = 0.25
        impairment.duplicate = 0.2
        let pair = try PeerPair(seed: seed, impairment: impairment)
        #expect(pair.connect(within: .milliseconds(15_000)))
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(20_000))
        var sequences = Set<UInt16>()
        for received in pair.atServer { #expect(sequences.insert(received.sequence).inserted, "played once") }
        #expect(Double(pair.atServer.count) > 1_000 * (1 - loss) * 0.93)
        #expect(Double(pair.atClient.count) > 1_000 * (1 - loss) * 0.93)
        for length in [Int64(500), 5_000] {
            let outageEnd = pair.now + .milliseconds(length)
            impairment.outages = [pair.now..<outageEnd]
            pair.setImpairment(impairment)
            let before = pair.atServer.count
            pair.run(until: outageEnd + .milliseconds(2_000))
            let first = pair.atServer.dropFirst(before).first { $0.time >= outageEnd }
            #expect(try #require(first).time - outageEnd < .milliseconds(400))
        }
        #expect(pair.server.end == nil && pair.client.end == nil)
        #expect(!pair.serverEvents.contains(.silent))
    }

    @Test func aNewPortIsFollowedAfterACheckWithinASecond() throws {
        let pair = try PeerPair(seed: 7, impairment: .loss(0))
        pair.translated = TransportAddress(ipv4: 0xCB00_7105, port: 1_000)
        #expect(pair.connect())
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(2_000))
        let moved = pair.now
        let fresh = TransportAddress(ipv4: 0xCB00_7105, port: 2_000)
        pair.translated = fresh
        pair.run(until: pair.now + .milliseconds(3_000))
        #expect(pair.server.selectedPath?.remote == fresh)
        #expect(pair.serverEvents.last == .pathSelected(NetworkPath(local: serverAddress, remote: fresh)))
        #expect(pair.longestGap(since: moved) < .milliseconds(1_000))
        #expect(pair.server.counters.unauthenticatedPath > 0)
        // The old address is nobody's way to bring media, once its path is given up; meanwhile it moves nothing.
        let packet = try #require(pair.protect(pair.packet(sequence: 9), by: pair.client))
        pair.inject(packet, from: TransportAddress(ipv4: 0xCB00_7105, port: 3_000))
        #expect(pair.server.selectedPath?.remote == fresh)
    }

    @Test func aPhoneThatLeavesItsNetworkGoesOn() throws {
        let pair = try PeerPair(seed: 8, impairment: .loss(0.05))
        #expect(pair.connect())
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(1_000))
        for index in 1...20 {
            let moved = pair.now
            let address = TransportAddress(ipv4: 0xC633_6400 + UInt32(index), port: 7_000)
            pair.client.setLocalAddresses([address], now: pair.now)
            pair.run(until: pair.now + .milliseconds(1_500))
            #expect(pair.server.selectedPath?.remote == address)
            #expect(pair.longestGap(since: moved) < .milliseconds(1_000))
        }
        let known = pair.serverEvents.reduce(into: 0) { count, event in
            if case .pathAuthenticated = event { count += 1 }
            if case .pathRetired = event { count -= 1 }
        }
        #expect(known == LiteAgent.pathLimit)
    }

    @Test func anICERestartDoesNotInterruptMedia() throws {
        let pair = try PeerPair(seed: 9, impairment: .loss(0.1))
        #expect(pair.connect())
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(1_000))
        var random = NetworkRandom(seed: 5)
        let atServer = ICECredentials(using: &random)
        let atClient = ICECredentials(using: &random)
        let start = pair.now
        pair.server.restartICE(credentials: atServer, remote: atClient, now: pair.now)
        pair.client.restartICE(credentials: atClient, remote: atServer, now: pair.now)
        pair.run(until: pair.now + .milliseconds(40_000))
        #expect(pair.server.end == nil && pair.client.end == nil)
        #expect(pair.longestGap(since: start) < .milliseconds(300))
        #expect(pair.clientEvents.count { if case .pathSelected = $0 { true } else { false } } == 2)
    }

    @Test func aPeerThatVanishesIsNoticedInTime() throws {
        let pair = try PeerPair(seed: 10)
        #expect(pair.connect())
        pair.isSendingMedia = true
        pair.run(until: pair.now + .milliseconds(1_000))
        let last = try #require(pair.server.lastHeard)
        pair.tamper = { _, isUp in isUp ? nil : [] }
        var silentAt: MediaTime?
        pair.run(until: pair.now + .milliseconds(20_000)) {
            if pair.serverEvents.contains(.silent) { silentAt = silentAt ?? pair.now }
            return silentAt != nil
        }
        #expect(try #require(silentAt) - last == .milliseconds(8_000))
        pair.run(until: last + .milliseconds(30_001))
        #expect(pair.server.end == .consentLost)
        #expect(pair.server.nextDeadline == nil)
        pair.run(until: pair.now + .milliseconds(3_000))
        #expect(pair.client.end == .consentLost)
    }

    @Test func aMutedPeerStaysByItsConsentChecks() throws {
        let pair = try PeerPair(seed: 11, impairment: .loss(0.1))
        #expect(pair.connect())
        pair.run(until: pair.now + .milliseconds(120_000))
        #expect(pair.server.end == nil && pair.client.end == nil && pair.server.isConnected)
    }

    @Test func goodbyesAndHalfOpenSessionsEnd() throws {
        let pair = try PeerPair(seed: 12)
        #expect(pair.connect())
        pair.client.close(now: pair.now)
        pair.run(until: pair.now + .milliseconds(100))
        #expect(pair.client.end == .closed && pair.server.end == .closedByPeer)
        let alone = try PeerPair(seed: 13)
        alone.tamper = { _, _ in nil }
        alone.run(until: .milliseconds(15_001))
        #expect(alone.server.end == .neverChecked)
        alone.run(until: .milliseconds(41_000))
        #expect(alone.client.end == .unreachable)
    }

    // MARK: Attacks

    @Test func hellosFromOtherAddressesSpoilNoJoin() throws {
        // A real ClientHello of somebody else, and one that offers only NULL ciphers.
        var stranger = DTLSAssociation(
            engine: try identity.makeDTLS(isClient: true), isClient: true, fingerprints: [identity.fingerprint])
        stranger.start(now: .zero)
        let hello = try #require(stranger.takeDatagrams().first)
        var null = hello
        // Cipher suites stand after version, random, session and cookie.
        let suites = 13 + 12 + 2 + 32 + 1 + 1
        let count = Int(null[suites]) << 8 | Int(null[suites + 1])
        for index in stride(from: suites + 2, to: suites + 2 + count, by: 2) {
            null[index] = 0
            null[index + 1] = 0x3B
        }
        var joined = 0
        for seed in 0..<100 {
            let pair = try PeerPair(seed: UInt64(seed))
            for step in 0..<40 {
                let address = TransportAddress(ipv4: 0x0102_0300 + UInt32(step % 5), port: 9)
                pair.inject(step & 1 == 0 ? hello : null, from: address)
                // From the client's own address too, before any check has come from it.
                if !pair.server.isConnected, pair.server.lastHeard == nil { pair.inject(hello, from: clientAddress) }
                pair.run(until: pair.now + .milliseconds(2))
            }
            if pair.connect(within: .milliseconds(500)) { joined += 1 }
            #expect(pair.server.counters.unauthenticatedPath >= 40)
        }
        #expect(joined == 100)
    }

    @Test func nothingIsSentToAddressesWithoutACheck() throws {
        let pair = try PeerPair(seed: 14)
        var random = NetworkRandom(seed: 1)
        var sent = 0
        pair.tamper = { _, isUp in
            if !isUp { sent += 1 }
            return nil
        }
        let stranger = TransportAddress(ipv4: 0x0808_0808, port: 53)
        for length in 0...1_500 {
            for first: UInt8 in [0, 1, 20, 22, 23, 64, 80, 128, 144, 200, 255] {
                var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                if length > 0 { bytes[0] = first }
                let tamper = pair.tamper
                pair.tamper = nil
                pair.inject(bytes, from: stranger)
                pair.tamper = tamper
            }
        }
        pair.flush()
        pair.run(until: .milliseconds(1_000))
        #expect(sent == 0)
        #expect(pair.serverEvents.isEmpty)
    }

    @Test func garbageOfEveryLengthChangesNothingForAConnectedPeer() throws {
        let pair = try PeerPair(seed: 15)
        #expect(pair.connect())
        pair.isSendingMedia = true
        var random = NetworkRandom(seed: 4)
        let start = pair.now
        for length in 0...1_500 {
            for first: UInt8 in [0, 1, 20, 21, 22, 23, 64, 128, 144, 159, 200] {
                var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                if length > 0 { bytes[0] = first }
                if length > 1, first == 128 { bytes[1] = random.next() & 1 == 0 ? 111 : 200 }
                pair.inject(bytes, from: clientAddress)
            }
            if length % 100 == 0 { pair.run(until: pair.now + .milliseconds(300)) }
        }
        pair.run(until: pair.now + .milliseconds(1_000))
        #expect(pair.server.isConnected && pair.server.end == nil)
        #expect(pair.longestGap(since: start) <= .milliseconds(40))
    }

    @Test func replayedAndForgedMediaIsCountedAndDropped() throws {
        let pair = try PeerPair(seed: 16)
        #expect(pair.connect())
        let good = try #require(pair.protect(pair.packet(sequence: 1), by: pair.client))
        pair.inject(good, from: clientAddress)
        #expect(pair.atServer.count == 1)
        pair.inject(good, from: clientAddress)
        #expect(pair.server.counters.replayed == 1)
        var forged = good
        forged[forged.count - 1] ^= 1
        forged[3] = 9
        pair.inject(forged, from: clientAddress)
        #expect(pair.server.counters.forged == 1)
        pair.inject(good, from: TransportAddress(ipv4: 1, port: 1))
        #expect(pair.server.counters.unauthenticatedPath == 1)
        let type = try #require(pair.protect(pair.packet(sequence: 2, payloadType: 77), by: pair.client))
        pair.inject(type, from: clientAddress)
        #expect(pair.server.counters.unknownPayloadType == 1)
        #expect(pair.atServer.count == 1)
    }

    @Test func streamsAreFoundByMidByRidBySignallingAndByPayloadType() throws {
        var camera = Offerer.Media.video
        camera.layers = ["l", "h"]
        let screen = Offerer.Media(kind: .video, direction: .sendonly, formats: [.vp8])
        let pair = try PeerPair(seed: 17, media: [.audio, camera, screen])
        #expect(pair.connect())
        func send(_ packet: [UInt8]) -> IncomingSource? {
            let before = pair.atServer.count
            guard let bytes = pair.protect(packet, by: pair.client) else { return nil }
            pair.inject(bytes, from: clientAddress)
            return pair.atServer.count > before ? pair.atServer.last?.source : nil
        }
        #expect(send(pair.packet(sequence: 1, media: 0, ssrc: SSRC(1))) == IncomingSource(media: 0, role: .media))
        #expect(send(pair.packet(sequence: 1, media: 2, ssrc: SSRC(2))) == IncomingSource(media: 2, role: .media))
        // The layer comes with a later packet.
        #expect(send(pair.packet(sequence: 1, media: 1, ssrc: SSRC(3))) == IncomingSource(media: 1, role: .media))
        var layered = pair.packet(sequence: 2, media: 1, ssrc: SSRC(3))
        let number = try #require(pair.server.session.extensions[.streamID])
        layered[18] = number << 4
        layered[19] = UInt8(ascii: "h")
        #expect(send(layered) == IncomingSource(media: 1, role: .media, layer: 1))
        #expect(send(pair.packet(sequence: 3, media: 1, ssrc: SSRC(3)))?.layer == 1)
        // Without a mid: by what the offer named, and not at all where two sections share the payload type.
        func bare(_ ssrc: SSRC, _ media: Int) -> [UInt8] {
            var packet = pair.packet(sequence: 5, media: media, ssrc: ssrc)
            packet[0] = 0x80
            return packet
        }
        let named = try #require(pair.client.session.media[2].local)
        #expect(send(bare(named.ssrc, 2)) == IncomingSource(media: 2, role: .media))
        var repeated = bare(try #require(named.retransmission), 2)
        repeated[1] = try #require(pair.server.session.media[2].codec?.retransmission).rawValue
        #expect(send(repeated) == IncomingSource(media: 2, role: .retransmission, repairs: named.ssrc))
        #expect(send(bare(SSRC(99), 0)) == IncomingSource(media: 0, role: .media))
        #expect(send(bare(SSRC(98), 1)) == nil)
        #expect(pair.server.counters.unknownSource == 1)
    }

    @Test func aThousandSourcesAreCappedAndTheHonestOneGoesOn() throws {
        let pair = try PeerPair(seed: 18)
        #expect(pair.connect())
        for index in 0..<1_500 {
            let bytes = try #require(
                pair.protect(pair.packet(sequence: 1, ssrc: SSRC(UInt32(50_000 + index))), by: pair.client))
            pair.inject(bytes, from: clientAddress)
            if index % 20 == 0 {
                let own = try #require(pair.protect(pair.packet(sequence: UInt16(index)), by: pair.client))
                let before = pair.atServer.count
                pair.inject(own, from: clientAddress)
                #expect(pair.atServer.count == before + 1)
            }
        }
        #expect(pair.server.knownSources <= 64)
        #expect(pair.server.counters.tooManySources > 400)
    }

    @Test func authenticMediaAtFiftyTimesItsRateIsCutToTheLimit() throws {
        let pair = try PeerPair(seed: 19)
        #expect(pair.connect())
        var sequence: UInt16 = 0
        let start = pair.now
        for _ in 0..<200 {
            for _ in 0..<250 {
                sequence &+= 1
                let bytes = try #require(pair.protect(pair.packet(sequence: sequence, payload: 4), by: pair.client))
                pair.inject(bytes, from: clientAddress)
            }
            pair.run(until: pair.now + .milliseconds(5))
        }
        #expect(pair.now - start == .milliseconds(1_000))
        #expect(pair.atServer.count <= 8_100)
        #expect(pair.server.counters.overRate >= 41_000)
    }

    @Test func mutatedTrafficOfAWholeConnectionNeverTraps() throws {
        for seed in 0..<60 {
            let pair = try PeerPair(seed: UInt64(seed))
            var random = NetworkRandom(seed: UInt64(seed) + 1_000)
            pair.isSendingMedia = true
            pair.tamper = { bytes, _ in
                guard random.next() & 3 == 0, !bytes.isEmpty else { return bytes }
                var mutated = bytes
                for _ in 0..<(1 + random.next() % 6) {
                    mutated[Int(random.next() % UInt64(mutated.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.next() & 3 == 0 { mutated.removeLast(Int(random.next() % UInt64(mutated.count))) }
                return mutated
            }
            pair.run(until: .milliseconds(8_000))
            pair.tamper = nil
            pair.run(until: .milliseconds(12_000))
        }
    }
}
