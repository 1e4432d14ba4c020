import Foundation
import Service
import Synchronization
import Testing
import Timing

struct EventLogTests {
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        var text: [String] { all.withLock { $0 } }
        func add(_ line: String) { all.withLock { $0.append(line) } }
    }

    @Test func aLineForEachEvent() throws {
        let lines = Lines()
        EventLog(.human) { lines.add($0) }.note("joined", ["room": "a", "name": "Ana Ω", "seconds": 3, "by": nil])
        let human = try #require(lines.text.first)
        #expect(human.hasSuffix(#"Z joined room=a name="Ana Ω" seconds=3"#), "\(human)")
        EventLog(.json) { lines.add($0) }.note("joined", ["name": "a\"b\\\r\nc\u{2028}\u{1b}[2J"])
        let json = try #require(lines.text.last)
        #expect(!json.unicodeScalars.contains { $0.value < 32 || $0.value == 0x2028 })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String])
        #expect(object["event"] == "joined")
        #expect(object["name"] == "a\"b\\\r\nc\u{2028}\u{1b}[2J")
    }

    /// Whatever floods the service does not flood the log.
    @Test func ofManyLinesSomeAreCounted() {
        let lines = Lines()
        let log = EventLog { lines.add($0) }
        for _ in 0..<1000 { log.note("refused", [:], at: .zero) }
        #expect(lines.text.count == 50)
        log.note("joined", [:], at: .zero)
        log.note("refused", [:], at: MediaTime(seconds: 1))
        #expect(lines.text.count == 52)
        #expect(lines.text.last?.hasSuffix("refused omitted=950") == true)
    }

    @Test func refusalsAreToldWithoutSecrets() throws {
        let lines = Lines()
        let router = Router(
            rooms: FakeRooms(), access: Access(keys: RouterTests.keys), log: EventLog { lines.add($0) })
        let session = String(repeating: "0123456789abcdef", count: 2)
        var request = HTTPRequest(
            .delete, path: ["whip", "r", session], headers: ["authorization": "Bearer secret.to.ken"])
        request.address = "192.0.2.7"
        #expect(router.respond(to: request).status == 401)
        let line = try #require(lines.text.first)
        #expect(line.contains("refused status=401 method=DELETE path=\"/whip/r/…\" address=192.0.2.7 why="))
        #expect(!line.contains(session) && !line.contains("secret"))
    }

    /// Whom a host has sent out does not come back with a token of their own; an invitation for all stays one.
    @Test func aTokenIsTakenFromWhoWasSentOut() throws {
        let lines = Lines()
        let router = Router(
            rooms: FakeRooms(), access: Access(keys: RouterTests.keys), log: EventLog { lines.add($0) })
        func join(_ claims: TokenClaims) -> HTTPResponse {
            let token = RouterTests.key.sign(claims)
            return router.respond(
                to: HTTPRequest(
                    .post, path: ["whip", "r"],
                    headers: ["authorization": "Bearer \(token)", "content-type": "application/sdp"], body: [118]))
        }
        let host = RouterTests.key.sign(TokenClaims(room: "r", grants: [.admin], exp: 4_000_000_000))
        func sendOut() -> Int {
            router.respond(
                to: HTTPRequest(
                    .delete, path: ["v1", "rooms", "r", "participants", "p1"],
                    headers: ["authorization": "Bearer \(host)"])
            ).status
        }
        let own = TokenClaims(room: "r", grants: [.publish], exp: 4_000_000_000, jti: "7")
        let named = TokenClaims(room: "r", name: "Bo", grants: [.publish], exp: 4_000_000_000)
        let shared = TokenClaims(room: "r", grants: [.publish], exp: 4_000_000_000)
        for (claims, status) in [(own, 403), (named, 403), (shared, 201)] {
            #expect(join(claims).status == 201)
            #expect(sendOut() == 204)
            let again = join(claims)
            #expect(again.status == status)
            if status == 403 { #expect(String(decoding: again.body, as: UTF8.self).contains("sent the holder")) }
        }
        #expect(lines.text.contains { $0.contains("admitted room=r participant=p1") })
    }
}
