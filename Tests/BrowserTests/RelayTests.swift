import Foundation
import Glibc
import Testing

extension BrowserTests {
    /// A client that nothing but a TURN server lets through, with Debian's coturn.
    @Suite(.timeLimit(.minutes(3))) struct RelayTests {
        @Test func joinsThroughATURNServerOnly() async throws {
            let port = try freePort()
            let turn = try Running(
                "turnserver",
                [
                    "-n", "--log-file=stdout", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
                    "--listening-port=\(port)", "--use-auth-secret", "--static-auth-secret=north", "--realm=tessera",
                    "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls", "--verbose",
                    "--pidfile=\(NSTemporaryDirectory())/tessera-turn-\(port).pid",
                ])
            defer { turn.end() }
            let devices = try FakeDevices()
            let service = try await Service(options: [
                "--turn-urls", "turn:127.0.0.1:\(port)?transport=udp", "--turn-secret", "north", "--turn-life", "60",
            ])
            defer { service.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            do {
                try await browser.open(service.url + "/?room=relayed")
                try await browser.run(
                    """
                    const Plain = RTCPeerConnection;
                    window.RTCPeerConnection = class extends Plain {
                      constructor(configuration) { super({ ...configuration, iceTransportPolicy: "relay" }); }
                    };
                    """)
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                try await room.framesKeepComing()
                let kinds: [String] = try await browser.evaluate(
                    """
                    const all = [...(await tessera.peer.getStats()).values()];
                    const pair = all.find((one) => one.type === "candidate-pair" && one.nominated);
                    return all.filter((one) => one.id === pair.localCandidateId).map((one) => one.candidateType);
                    """)
                #expect(kinds == ["relay"])
                #expect(turn.text.contains(":relayed."), "coturn knows who it is for")

                // A new path is found with new credentials.
                let before: String = try await browser.evaluate(
                    "return tessera.peer.getConfiguration().iceServers[0].username")
                try await browser.run("await tessera.restart()")
                let after: String = try await browser.evaluate(
                    "return tessera.peer.getConfiguration().iceServers[0].username")
                #expect(before != after)
                try await room.framesKeepComing()
            } catch {
                try? await browser.keepScreenshot("relay-failed")
                await browser.close()
                throw Unmet("\(error); coturn: \(turn.text.suffix(2000))")
            }
            await browser.close()
        }

        /// A port of 127.0.0.1 that nobody listens on at the moment.
        private func freePort() throws -> UInt16 {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { Glibc.close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard isBound else { throw Unmet("no port is free") }
            return UInt16(bigEndian: address.sin_port)
        }
    }
}
