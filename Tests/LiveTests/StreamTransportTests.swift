import Glibc
import Live
import Media
import RTP
import SecureTransport
import Testing
import Timing
import WebRTC

/// Clients that cannot use UDP, over real sockets on loopback.
@Suite(.serialized) struct StreamTransportTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func theMixComesOverTCP(host: String) throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, decodes: false)
        let client = try WirePeer(rig.server, over: .tcp, host: host)
        #expect(client.run { client.peer.isConnected && client.pictures >= 30 && client.soundPackets >= 30 })
        #expect(client.peer.selectedPath?.transport == .tcp)
        #expect(client.peer.selectedPath?.remote.host == host)
        // Consent goes the same way.
        #expect(client.peer.counters.ice.accepted >= 2)
    }

    @Test func theMixComesOverIPv6() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, decodes: false)
        let client = try WirePeer(rig.server, over: .udp, host: "::1")
        #expect(client.run { client.pictures >= 30 })
        #expect(client.peer.selectedPath?.remote.family == .ipv6)
    }

    @Test func aCallMovesBetweenUDPAndTCP() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, decodes: false)
        let client = try WirePeer(rig.server, over: .udp)
        #expect(client.run { client.pictures >= 10 })
        // UDP is cut off: the client finds TCP.
        client.shut(.udp)
        var cut = MonotonicClock.now
        try client.open(.tcp)
        var before = client.pictures
        #expect(client.run { client.pictures >= before + 10 })
        #expect(client.peer.selectedPath?.transport == .tcp)
        // The connection breaks, and UDP works again.
        client.shut(.tcp)
        cut = MonotonicClock.now
        try client.open(.udp)
        before = client.pictures
        #expect(client.run { client.pictures >= before + 10 })
        #expect(client.peer.selectedPath?.transport == .udp)
        #expect(client.lastPicture > cut)
        #expect(client.peer.end == nil)
    }

    @Test func anICERestartByTrickleLeavesTheCallAsItIs() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, decodes: false)
        for transport in [NetworkPath.Transport.udp, .tcp] {
            let client = try WirePeer(rig.server, over: transport)
            #expect(client.run { client.pictures >= 10 })
            var random = SystemRandomNumberGenerator()
            let own = ICECredentials(using: &random)
            var fragment = TrickleFragment()
            fragment.usernameFragment = own.usernameFragment
            fragment.password = own.password
            let result = try rig.server.trickle(session: client.joined.session, fragment: fragment.text, ifMatch: "*")
            guard case .restarted(let text, _) = result else {
                Issue.record("\(result)")
                return
            }
            let remote = try #require(try TrickleFragment(parsing: text).credentials)
            let selections = client.selections
            client.peer.restartICE(credentials: own, remote: remote, now: MonotonicClock.now)
            #expect(client.run { client.selections > selections })
            // The old credentials are answered no more, and the picture goes on.
            let before = client.pictures
            #expect(client.run { client.pictures >= before + 20 })
            #expect(client.peer.end == nil)
        }
    }

    @Test func aReaderThatStopsLosesPicturesAndHoldsUpNobody() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let media = try Samples.media(0)
        let other = try rig.join(0, media: media)
        let slow = try WirePeer(rig.server, over: .tcp)
        #expect(slow.run { slow.pictures >= 10 })
        slow.isReading = false
        slow.run(for: 6)
        let shown = other.client.report.decoded
        #expect(eventually { other.client.report.decoded >= shown + 60 })
        #expect(other.client.report.framesPerSecond > 20)
        // It reads again: what is left over is old but little, then the picture goes on.
        slow.isReading = true
        let before = slow.pictures
        #expect(slow.run { slow.pictures >= before + 30 })
        #expect(slow.peer.end == nil)
    }

    @Test func connectionsWithoutACheckAreClosed() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let client = try WirePeer(rig.server, over: .tcp)
        #expect(client.run { client.pictures >= 1 })
        let remote = try #require(client.peer.selectedPath?.remote)
        /// True when the server has closed the connection within `seconds`.
        func isClosed(_ descriptor: Int32, within seconds: Double) -> Bool {
            client.run(for: seconds) {
                var byte: UInt8 = 0
                let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
                return count == 0 || count < 0 && errno == ECONNRESET
            }
        }
        // What is no frame of ours, frames that are no checks, and checks of nobody.
        var writer = STUNWriter(.request, transactionID: TransactionID(high: 1, low: 2))
        writer.add(username: "stranger:someone")
        let check = writer.finish(
            key: Array("no password at all".utf8), authenticator: try Identity().authenticator)
        let header = StreamFraming.header(length: check.count)
        let attempts: [[UInt8]] = [
            [0xFF, 0xFF, 1, 2, 3], Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 0, 0, 0, 0, 0, 0, 0],
            (0..<8).flatMap { _ in [0, 3, 22, 254, 253] }, (0..<8).flatMap { _ in [header.0, header.1] + check },
        ]
        for bytes in attempts {
            let (descriptor, _) = try connectedSocket(.tcp, to: remote)
            send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            #expect(isClosed(descriptor, within: 5), "\(bytes.prefix(8))")
            close(descriptor)
        }
        // Strangers of one address are few: those beyond are closed at once, the others at their deadline.
        let crowd = try (0..<40).map { _ in try connectedSocket(.tcp, to: remote).descriptor }
        #expect(crowd.suffix(20).allSatisfy { isClosed($0, within: 5) })
        #expect(crowd.first.map { isClosed($0, within: 15) } == true)
        for descriptor in crowd { close(descriptor) }
        // Meanwhile the honest one went on.
        let before = client.pictures
        #expect(client.run { client.pictures >= before + 10 })
    }
}
