import NetworkTesting
import SecureTransport
import Testing
import Timing
import WebRTC

@Suite struct DTLSTests {
    /// A record of one handshake fragment.
    private func fragment(
        length: Int, sequence: UInt16 = 0, at start: Int = 0, count: Int, type: UInt8 = 1, epoch: UInt8 = 0
    ) -> [UInt8] {
        let body =
            [type] + three(length) + [UInt8(sequence >> 8), UInt8(sequence & 255)] + three(start) + three(count)
            + [UInt8](repeating: 1, count: count)
        return [22, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, UInt8(sequence & 255)]
            + [UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    private func of(_ type: UInt8, _ record: [UInt8]) -> [UInt8] { [type] + Array(record.dropFirst()) }

    private func three(_ value: Int) -> [UInt8] { [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    private func association(isClient: Bool, fingerprint: Fingerprint? = nil) throws -> DTLSAssociation {
        DTLSAssociation(
            engine: try identity.makeDTLS(isClient: isClient), isClient: isClient,
            fingerprints: [fingerprint ?? identity.fingerprint])
    }

    /// Lets both talk until neither has anything to say; `lose` drops datagrams by their number.
    private func talk(
        _ client: inout DTLSAssociation, _ server: inout DTLSAssociation, from start: MediaTime = .zero,
        for seconds: Int64 = 10,
        lose: (_ number: Int, _ fromClient: Bool, _ bytes: [UInt8]) -> Bool = { _, _, _ in false }
    ) -> (client: [DTLSAssociation.Outcome], server: [DTLSAssociation.Outcome]) {
        var now = start
        var number = 0
        var outcomes: (client: [DTLSAssociation.Outcome], server: [DTLSAssociation.Outcome]) = ([], [])
        client.start(now: now)
        server.start(now: now)
        while now < start + .milliseconds(seconds * 1_000) {
            var any = false
            for bytes in client.takeDatagrams() {
                any = true
                number += 1
                #expect(bytes.count <= 1_200)
                if lose(number, true, bytes) { continue }
                outcomes.server.append(server.receive(bytes.span, now: now))
            }
            for bytes in server.takeDatagrams() {
                any = true
                number += 1
                #expect(bytes.count <= 1_200)
                if lose(number, false, bytes) { continue }
                outcomes.client.append(client.receive(bytes.span, now: now))
            }
            if any { continue }
            guard let next = [client.nextDeadline, server.nextDeadline].compactMap({ $0 }).min() else { break }
            now = max(now, next)
            outcomes.client.append(client.handleTimeout(now: now))
            outcomes.server.append(server.handleTimeout(now: now))
        }
        outcomes.client.removeAll { $0 == .none }
        outcomes.server.removeAll { $0 == .none }
        return outcomes
    }

    @Test func bothSidesComeToTheSameKeys() throws {
        var client = try association(isClient: true)
        var server = try association(isClient: false)
        let outcomes = talk(&client, &server)
        #expect(outcomes.client.count == 1 && outcomes.client == outcomes.server)
        guard case .connected(let profile, let material) = outcomes.client.first else {
            Issue.record("not connected: \(outcomes)")
            return
        }
        #expect(profile == .aes128GCM && material.count == 56)
        let hello: [UInt8] = [1, 2, 3]
        client.send(applicationData: hello.span)
        for bytes in client.takeDatagrams() { _ = server.receive(bytes.span, now: .zero) }
        #expect(server.takeApplicationData() == [hello])
        client.close()
        var last = DTLSAssociation.Outcome.none
        for bytes in client.takeDatagrams() { last = server.receive(bytes.span, now: .zero) }
        #expect(last == .closed)
    }

    @Test(arguments: [true, false]) func theWrongCertificateIsRefused(clientIsDeceived: Bool) throws {
        let other = Fingerprint(algorithm: "sha-256", digest: [UInt8](repeating: 7, count: 32))
        var client = try association(isClient: true, fingerprint: clientIsDeceived ? other : nil)
        var server = try association(isClient: false, fingerprint: clientIsDeceived ? nil : other)
        let outcomes = talk(&client, &server)
        #expect((clientIsDeceived ? outcomes.client : outcomes.server).first == .failed(.wrongFingerprint))
        #expect(!(clientIsDeceived ? client : server).isConnected)
    }

    @Test func everyDatagramMayBeLostOnce() throws {
        for lost in 1...12 {
            var client = try association(isClient: true)
            var server = try association(isClient: false)
            let outcomes = talk(&client, &server) { number, _, _ in number == lost }
            #expect(client.isConnected && server.isConnected, "datagram \(lost): \(outcomes)")
        }
    }

    @Test func theLastFlightMayBeLostManyTimes() throws {
        var client = try association(isClient: true)
        var server = try association(isClient: false)
        var dropped = 0
        _ = talk(&client, &server) { _, fromClient, bytes in
            // Change cipher spec and Finished of the server.
            guard !fromClient, bytes.first == 20 || bytes[4] == 1, dropped < 5 else { return false }
            dropped += 1
            return true
        }
        #expect(dropped == 5 && client.isConnected && server.isConnected)
    }

    @Test func aHandshakeWithNobodyEnds() throws {
        var client = try association(isClient: true)
        var server = try association(isClient: false)
        let outcomes = talk(&client, &server, for: 60) { _, _, _ in true }
        #expect(outcomes.client == [.failed(.timeout)])
        #expect(client.retransmissions > 10 && client.retransmissions < 40)
    }

    @Test func hostileFragmentsAreRefused() throws {
        var server = try association(isClient: false)
        let hostile: [[UInt8]] = [
            fragment(length: 16_000_000, count: 100), fragment(length: 0xFF_FFFF, at: 0xFF_FF00, count: 200),
            fragment(length: 500, count: 0), fragment(length: 100, at: 90, count: 20), fragment(length: 50, count: 60),
            fragment(length: 100, sequence: 16, count: 50), fragment(length: 100, sequence: 65_535, count: 50),
            fragment(length: 100, count: 50, epoch: 2), [22], [22, 0xFE, 0xFD],
            [22, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
            Array(fragment(length: 100, count: 100).dropLast()), of(19, fragment(length: 1, count: 1)),
            of(23, fragment(length: 1, count: 1)), [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        for datagram in hostile { #expect(server.receive(datagram.span, now: .zero) == .none) }
        #expect(server.refused == hostile.count)
        #expect(server.takeDatagrams().isEmpty)
        // One message with two lengths, and too much altogether.
        #expect(server.receive(fragment(length: 200, sequence: 3, count: 10).span, now: .zero) == .none)
        _ = server.receive(fragment(length: 201, sequence: 3, at: 20, count: 10).span, now: .zero)
        #expect(server.refused == hostile.count + 1)
        for sequence in UInt16(4)..<16 {
            _ = server.receive(fragment(length: 6_000, sequence: sequence, count: 10).span, now: .zero)
        }
        #expect(server.refused == hostile.count + 12)
    }

    @Test func aHelloInOverlappingPiecesOutOfOrderIsPutTogether() throws {
        var client = try association(isClient: true)
        var server = try association(isClient: false)
        client.start(now: .zero)
        let hello = try #require(client.takeDatagrams().first)
        let body = Array(hello[25...])
        var pieces: [[UInt8]] = []
        for start in stride(from: 0, to: body.count, by: 30) {
            let end = min(start + 50, body.count)
            let piece = fragment(length: body.count, at: start, count: end - start)
            pieces.append(Array(piece.prefix(25)) + Array(body[start..<end]))
        }
        for (index, piece) in pieces.enumerated().reversed() {
            var piece = piece
            piece[10] = UInt8(index)
            _ = server.receive(piece.span, now: .zero)
        }
        #expect(server.refused == 0)
        let flight = server.takeDatagrams()
        #expect(flight.first.map { $0[13] } == 2, "a ServerHello answers")
    }

    @Test func truncatedAndMutatedFlightsNeverTrap() throws {
        var random = NetworkRandom(seed: 31)
        for round in 0..<120 {
            var client = try association(isClient: true)
            var server = try association(isClient: false)
            var sent = 0
            client.start(now: .zero)
            var now = MediaTime.zero
            for _ in 0..<40 {
                for (bytes, fromClient) in client.takeDatagrams().map({ ($0, true) })
                    + server.takeDatagrams().map({ ($0, false) })
                {
                    sent += 1
                    var mutated = bytes
                    if random.next() % 3 == 0 {
                        for _ in 0..<(1 + random.next() % 4) {
                            mutated[Int(random.next() % UInt64(mutated.count))] = UInt8(
                                truncatingIfNeeded: random.next())
                        }
                    }
                    if round < 60, random.next() & 3 == 0 {
                        mutated.removeLast(Int(random.next() % UInt64(mutated.count)))
                    }
                    if fromClient {
                        _ = server.receive(mutated.span, now: now)
                    } else {
                        _ = client.receive(mutated.span, now: now)
                    }
                }
                now = now + .milliseconds(500)
                _ = client.handleTimeout(now: now)
                _ = server.handleTimeout(now: now)
            }
            #expect(sent > 0)
        }
    }
}
