import Foundation
import Live
import Service
import Testing

/// A server on a free port with a router before rooms that are faked or real.
final class TestServer {
    let server: HTTPServer
    let signalling: Signalling
    let router: Router
    let live: LiveServer?
    var port: UInt16 { server.port }
    let figures = HTTPFigures()

    init(
        isReal: Bool = false, isOpen: Bool = true, _ change: (inout HTTPConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = HTTPConfiguration()
        configuration.port = 0
        change(&configuration)
        if isReal {
            var settings = LiveConfiguration()
            settings.mediaPort = 0
            let live = try LiveServer(settings)
            live.start()
            self.live = live
        } else {
            live = nil
        }
        let rooms: any Rooms = live ?? FakeRooms()
        let router = Router(
            rooms: rooms, access: Access(keys: RouterTests.keys, isOpenOnLoopback: isOpen),
            iceServers: ICEServers(urls: ["stun:stun.example.net"]), figures: figures)
        self.router = router
        signalling = Signalling(router: router)
        server = try HTTPServer(configuration, figures: figures, signalling: signalling) { router.respond(to: $0) }
        server.start()
    }

    deinit {
        server.stop()
        live?.stop()
    }

    func client(source: String? = nil) throws -> TestClient { try TestClient(port: port, source: source) }
}

enum Offers {
    static func offer(_ direction: String, fingerprint: Bool = true) -> [UInt8] {
        let print = (0..<32).map { _ in "AB" }.joined(separator: ":")
        var text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        text += "a=ice-ufrag:abcd\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n"
        if fingerprint { text += "a=fingerprint:sha-256 \(print)\r\n" }
        text += "a=setup:actpass\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
        text += "a=\(direction)\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
        text += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=\(direction)\r\na=rtcp-mux\r\n"
        text += "a=rtpmap:96 VP8/90000\r\n"
        return Array(text.utf8)
    }
    static let sdp = ["Content-Type": "application/sdp"]
    static let fragment = "application/trickle-ice-sdpfrag"
    static func restart(_ user: String) -> [UInt8] {
        Array(
            ("a=ice-ufrag:\(user)\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbbbb\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n")
                .utf8)
    }
}

/// WHIP (RFC 9725), WHEP and sessions against a real server, over sockets.
@Suite(.serialized) struct SignallingTests {
    let test: TestServer

    init() throws { test = try TestServer(isReal: true) }

    @Test func aSessionFromOfferToDelete() throws {
        let client = try test.client()
        for (path, direction, base) in [
            ("/whip/r?name=Ana", "sendonly", "/whip/r/"), ("/whep/r", "recvonly", "/whep/r/"),
            ("/v1/rooms/r/sessions?view=speaker", "sendrecv", "/v1/rooms/r/sessions/"),
        ] {
            let joined = try client.ask("POST", path, Offers.sdp, body: Offers.offer(direction))
            #expect(joined.status == 201, "\(joined.text)")
            #expect(joined.headers["content-type"] == "application/sdp")
            #expect(joined.headers["link"] == "<stun:stun.example.net>; rel=\"ice-server\"")
            #expect(joined.text.hasPrefix("v=0\r\n"))
            let location = try #require(joined.headers["location"])
            #expect(location.hasPrefix(base) && location.count == base.count + 32)
            let tag = try #require(joined.headers["etag"])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 4)

            let trickle = Array(
                "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 99 192.0.2.1 9 typ host\r\n".utf8)
            var headers = ["Content-Type": Offers.fragment + ";charset=utf-8"]
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 428)
            headers["If-Match"] = "\"stale\""
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 412)
            headers["If-Match"] = "W/\(tag)"
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 412)
            headers["If-Match"] = tag
            let accepted = try client.ask("PATCH", location, headers, body: trickle)
            #expect(accepted.status == 204 && accepted.body.isEmpty)
            #expect(accepted.headers["content-length"] == nil)
            headers["If-Match"] = "*"
            let restarted = try client.ask("PATCH", location, headers, body: Offers.restart("wxyz"))
            #expect(restarted.status == 200, "\(restarted.text)")
            #expect(restarted.headers["content-type"] == Offers.fragment)
            #expect(restarted.text.contains("a=ice-ufrag:") && restarted.text.contains("a=ice-pwd:"))
            let next = try #require(restarted.headers["etag"])
            #expect(next != tag)
            headers["If-Match"] = tag
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 412)
            headers["If-Match"] = next
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 204)
            headers["Content-Type"] = "text/plain"
            #expect(try client.ask("PATCH", location, headers, body: trickle).status == 415)
            headers["Content-Type"] = Offers.fragment
            #expect(try client.ask("PATCH", location, headers, body: [0xff, 0xfe]).status == 400)

            let elsewhere = location.replacingOccurrences(of: "/r/", with: "/other/")
            #expect(try client.ask("DELETE", elsewhere).status == 404)
            let otherKind = (base == "/whip/r/" ? "/whep/r/" : "/whip/r/") + location.suffix(32)
            #expect(try client.ask("DELETE", otherKind).status == 404)
            if base == "/whip/r/" {
                // Somebody has to be there for the others to see.
                continue
            }
            #expect(try client.ask("DELETE", location).status == 200)
            #expect(try client.ask("DELETE", location).status == 404)
        }
    }

    @Test func whatCannotBeAccepted() throws {
        let client = try test.client()
        let wrongType = try client.ask(
            "POST", "/whip/r", ["Content-Type": "application/json"], body: Offers.offer("sendonly"))
        #expect(wrongType.status == 415)
        #expect(wrongType.headers["accept-post"] == "application/sdp")
        #expect(try client.ask("POST", "/whip/r", [:], body: Offers.offer("sendonly")).status == 415)
        var broken = Offers.offer("sendonly")
        broken += Array("nonsense\r\n".utf8)
        let malformed = try client.ask("POST", "/whip/r", Offers.sdp, body: broken)
        #expect(malformed.status == 400)
        #expect(malformed.headers["content-type"] == "application/problem+json")
        #expect(malformed.problem("detail")?.contains("line 22") == true, "\(malformed.text)")
        #expect(malformed.problem("status") == "400")
        #expect(try client.ask("POST", "/whip/r", Offers.sdp, body: []).status == 400)
        let plain = String(decoding: Offers.offer("sendonly"), as: UTF8.self)
        for text in [
            plain.replacingOccurrences(of: "opus/48000/2", with: "G7221/16000")
                .replacingOccurrences(of: "VP8/90000", with: "H261/90000"),
            plain.replacingOccurrences(of: "UDP/TLS/RTP/SAVPF", with: "RTP/AVP"),
            String(decoding: Offers.offer("sendonly", fingerprint: false), as: UTF8.self),
        ] {
            let refused = try client.ask("POST", "/whip/r", Offers.sdp, body: Array(text.utf8))
            #expect((400..<500).contains(refused.status), "\(refused.text)")
            #expect(refused.headers["content-type"] == "application/problem+json")
        }
        let empty = try client.ask("POST", "/whep/nobody", Offers.sdp, body: Offers.offer("recvonly"))
        #expect(empty.status == 409)
        #expect(empty.headers["retry-after"] != nil)
        #expect(try client.ask("GET", "/v1/rooms").text == "[]")
    }

    @Test func afterDrainingNobodyComesIn() throws {
        let client = try test.client()
        #expect(try client.ask("GET", "/readyz").status == 200)
        test.router.drain()
        let refused = try client.ask("POST", "/whip/r", Offers.sdp, body: Offers.offer("sendonly"))
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] != nil)
        #expect(try client.ask("GET", "/readyz").status == 503)
        #expect(try client.ask("GET", "/healthz").status == 200)
    }

    private static let promtool = "/usr/bin/promtool"

    /// As Prometheus' own tool reads it, where that is installed.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: SignallingTests.promtool)))
    func metricsAreWellFormed() throws {
        let client = try test.client()
        #expect(try client.ask("POST", "/whip/r", Offers.sdp, body: Offers.offer("sendonly")).status == 201)
        #expect(try client.ask("POST", "/whep/r", Offers.sdp, body: Offers.offer("recvonly")).status == 201)
        let metrics = try client.ask("GET", "/metrics")
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: SignallingTests.promtool)
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(metrics.body))
        try input.fileHandleForWriting.close()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(words)")
    }

    @Test func namesOfParticipants() throws {
        let client = try test.client()
        let good = ["Ana", "%C3%84nne%20M%C3%BCller", "%E5%BC%A0%E4%BC%9F", "a+b"]
        for name in good {
            let joined = try client.ask("POST", "/whip/names?name=\(name)", Offers.sdp, body: Offers.offer("sendonly"))
            #expect(joined.status == 201, "\(name): \(joined.text)")
        }
        let text = try client.ask("GET", "/v1/rooms/names").text
        #expect(text.contains("Änne Müller") && text.contains("张伟"), "\(text)")
        // libwebsockets ends the connection at a NUL; nobody comes in by it.
        #expect(throws: TestClient.Failure.self) {
            try test.client().ask("POST", "/whip/names?name=a%00b", Offers.sdp, body: Offers.offer("sendonly"))
        }
        let long = String(repeating: "a", count: 4096)
        for name in ["%0d%0aX:y", "%ff%fe", "a%0Ab", "%1b", "%7f", long, String(repeating: "x", count: 65)] {
            let refused = try test.client().ask(
                "POST", "/whip/names?name=\(name)", Offers.sdp, body: Offers.offer("sendonly"))
            #expect(refused.status == 400, "\(name.prefix(20)): \(refused.status) \(refused.text)")
            #expect(refused.headers["content-type"] == "application/problem+json")
        }
    }
}

/// HTTP itself, before faked rooms.
@Suite(.serialized) struct HTTPTests {
    @Test func methodsHeadAndOptions() throws {
        let test = try TestServer()
        let client = try test.client()
        let options = try client.ask("OPTIONS", "/whip/r", ["Origin": "https://example.net"])
        #expect(options.status == 204)
        #expect(options.headers["accept-post"] == "application/sdp")
        #expect(options.headers["access-control-allow-origin"] == "*")
        #expect(options.headers["access-control-allow-methods"] == "POST, OPTIONS")
        #expect(options.headers["access-control-allow-headers"]?.contains("Authorization") == true)
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
            let body: [UInt8]? = method == "PUT" || method == "PATCH" ? [] : nil
            let response = try client.ask(method, "/whip/r", body: body)
            #expect(response.status == 405, "\(method)")
            #expect(response.headers["allow"] == "POST, OPTIONS")
        }
        let page = try client.ask("GET", "/")
        let head = try client.ask("HEAD", "/")
        #expect(head.status == 200 && head.headers["content-length"] == String(page.body.count))
        let tag = try #require(page.headers["etag"])
        #expect(try client.ask("GET", "/", ["If-None-Match": tag]).status == 304)
    }

    @Test func connectionsAreKeptAndPipelined() throws {
        let test = try TestServer()
        let client = try test.client()
        let post =
            "POST /whip/r HTTP/1.1\r\nhOsT: x\r\nCONTENT-type: Application/SDP ; charset=\"utf-8\"\r\n"
            + "content-LENGTH: 5\r\n\r\nv=0\r\n"
        let get = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        client.send(get + get + get)
        for _ in 0..<3 { #expect(try client.response().text == "ok\n") }
        client.send(post.replacingOccurrences(of: "hOsT: x", with: "hOsT: localhost") + get)
        #expect(try client.response().status == 201)
        #expect(try client.response().text == "ok\n")
        // The head in pieces.
        for byte in get.utf8 { client.send([byte]) }
        #expect(try client.response().status == 200)
    }

    @Test(arguments: [
        "GET /%2e%2e/%2e%2e/etc/passwd", "GET /../../etc/passwd", "GET /whip/..%2f..%2fkey", "GET //etc/passwd",
        "GET /whip/a%00b", "GET /v1/rooms/%0d%0aX:%20y", "GET /\u{1}", "GET /%zz", "BREW /whip/r", "GET",
        "POST /whip/%2e%2e", "POST /whip/a%2fb", "GET /v1/rooms/" + String(repeating: "a", count: 4096),
        "GET /" + String(repeating: "/a", count: 9000),
    ])
    func hostileRequestLines(_ line: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        // Refused, or not even answered.
        if let response = try? client.response() {
            #expect((400..<600).contains(response.status) && response.status != 500, "\(line): \(response.status)")
            #expect(!response.text.contains("root:"))
        }
        #expect(try test.client().ask("GET", "/healthz").status == 200)
    }

    @Test func bodiesThatAreTooLarge() throws {
        let test = try TestServer()
        for size in [65_537, 300_000, 3_000_000_000] {
            let client = try test.client()
            client.send(
                "POST /whip/r HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\nContent-Length: \(size)\r\n\r\n"
            )
            // Before any of it was sent.
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.problem("detail")?.contains("65536") == true)
            guard size < 1_000_000 else { continue }
            client.send([UInt8](repeating: 97, count: size))
            #expect(try client.ask("GET", "/healthz").status == 200)
        }
        let client = try test.client()
        let fits = try client.ask("POST", "/whip/r", Offers.sdp, body: [UInt8](repeating: 97, count: 65_536))
        #expect(fits.status == 201)
        let json = ["Content-Type": "application/json"]
        let layout = try client.ask("PUT", "/v1/rooms/r/layout", json, body: [UInt8](repeating: 32, count: 262_145))
        #expect(layout.status == 413)
    }

    @Test func bodiesWithoutALength() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("POST /whip/r HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nv=0\r\n\r\n0\r\n\r\n")
        #expect(try client.response().status == 411)
        for length in ["-1", "abc", "1e3", "99999999999999999999"] {
            let client = try test.client()
            client.send("POST /whip/r HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n")
            if let response = try? client.response() { #expect((400..<500).contains(response.status), "\(length)") }
        }
        #expect(try test.client().ask("GET", "/healthz").status == 200)
    }

    @Test func jsonThatIsWrongIsNamed() throws {
        let test = try TestServer()
        let client = try test.client()
        for (body, status, place) in [
            ("{\"layout\": \"grid\", \"zoom\": 1}", 422, "$.zoom"), ("{\"layout\": 7}", 422, "$.layout"),
            ("{}", 422, "$.layout"), ("{\"layout\": \"../key\"}", 422, "$.layout"), ("[]", 400, "$"),
            ("{\"layout\":", 400, nil), (String(repeating: "[", count: 100_000), 400, nil),
        ] as [(String, Int, String?)] {
            let response = try client.ask(
                "PUT", "/v1/rooms/r/layout", ["Content-Type": "application/json"], body: Array(body.utf8))
            #expect(response.status == status, "\(body.prefix(40)): \(response.text)")
            #expect(response.problem("place") == place)
        }
        let bad = try client.ask(
            "PUT", "/v1/rooms/r/layout", ["Content-Type": "application/json"], body: [123, 0xff, 125])
        #expect(bad.status == 400)
    }

    @Test func slowRequestsEnd() throws {
        let test = try TestServer { configuration in
            configuration.deadline = 0.5
            configuration.idle = 0.5
        }
        let silent = try test.client()
        let slow = try test.client()
        slow.send("GET / HTTP/1.1\r\nHost:")
        let body = try test.client()
        body.send("POST /whip/r HTTP/1.1\r\nHost: h\r\nContent-Type: application/sdp\r\nContent-Length: 50\r\n\r\nv=0")
        let idle = try test.client()
        #expect(try idle.ask("GET", "/healthz").status == 200)
        #expect(try silent.endsSilently())
        #expect(try slow.endsSilently())
        #expect(try body.response().status == 408)
        #expect(try body.endsSilently())
        #expect(try idle.endsSilently())
    }

    @Test func manySlowOnesKeepNobodyWaiting() throws {
        let test = try TestServer()
        var slow: [TestClient] = []
        for network in 2..<10 {
            for _ in 0..<125 {
                let client = try test.client(source: "127.0.0.\(network)")
                client.send(
                    slow.count % 2 == 0
                        ? "POST /whip/r HTTP/1.1\r\nHo"
                        : "POST /whip/r HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nv")
                slow.append(client)
            }
        }
        // One address more than its share.
        let greedy = try (0..<10).map { _ in try test.client(source: "127.0.0.2") }
        #expect(try greedy.last!.endsSilently())
        let joined = try test.client().ask("POST", "/whip/r", Offers.sdp, body: Array("v=0".utf8))
        #expect(joined.status == 201)
        withExtendedLifetime(slow) {}
    }

    /// Limits hit those behind a trusted proxy, each for themselves, and nobody can name another.
    @Test func whoIsBehindAProxyIsTold() throws {
        let test = try TestServer {
            $0.trustedProxies = ["127.0.0.1"]
            $0.limits.burst = 2
            $0.limits.rate = 0.001
        }
        let proxy = try test.client()
        func ask(_ client: TestClient, _ chain: String) throws -> Int {
            try client.ask("GET", "/healthz", ["X-Forwarded-For": chain]).status
        }
        #expect(try (0..<3).map { _ in try ask(proxy, "203.0.113.1") } == [200, 200, 429])
        #expect(try (0..<3).map { try ask(proxy, "198.51.100.\($0), 203.0.113.2, 127.0.0.1") } == [200, 200, 429])
        #expect(try (0..<3).map { _ in try ask(proxy, "nonsense") } == [200, 200, 429])
        let other = try test.client(source: "127.0.0.9")
        #expect(try (0..<3).map { try ask(other, "203.0.113.\(20 + $0)") } == [200, 200, 429])
    }

    @Test func floodsOfJoinsAreLimited() throws {
        let test = try TestServer { configuration in
            configuration.limits.joinRate = 0.01
            configuration.limits.joinBurst = 5
        }
        let client = try test.client(source: "127.0.0.77")
        for index in 0..<8 {
            let response = try client.ask("POST", "/whip/r", Offers.sdp, body: Array("v=0".utf8))
            #expect(response.status == (index < 5 ? 201 : 429))
            if index >= 5 { #expect(response.headers["retry-after"] == "100") }
        }
        // A new connection does not help; another address is not concerned; neither are other methods.
        #expect(try test.client(source: "127.0.0.77").ask("POST", "/whip/r", Offers.sdp, body: [118]).status == 429)
        #expect(try test.client(source: "127.0.0.78").ask("POST", "/whip/r", Offers.sdp, body: [118]).status == 201)
        #expect(try client.ask("GET", "/healthz").status == 200)
        let metrics = try client.ask("GET", "/metrics").text
        #expect(metrics.contains("tessera_http_limited_total 4\n"), "\(metrics)")
        #expect(metrics.contains("tessera_http_responses_total{status=\"429\"} 4\n"))
    }
}
