import Foundation
import Service
import Testing

/// What a token opens, over sockets.
@Suite(.serialized) struct TokenHTTPTests {
    let test: TestServer
    static let later = Int(Date().timeIntervalSince1970) + 3600

    init() throws { test = try TestServer(isOpen: false) }

    private func join(_ token: String?, scheme: String = "Bearer", headers: [String: String] = [:]) throws
        -> TestClient.Response
    {
        var headers = headers
        headers["Content-Type"] = "application/sdp"
        headers["Authorization"] = token.map { "\(scheme) \($0)" }
        return try test.client().ask("POST", "/whip/r", headers, body: Array("v=0".utf8))
    }

    /// The claims of a good token under another header, signed with the key all the same.
    private func forged(_ header: String, _ claims: String? = nil) -> String {
        let good = RouterTests.key.sign(TokenClaims(room: "r", grants: [.publish], exp: TokenHTTPTests.later))
        let body = claims.map { Base64URL.encode(Array($0.utf8)) } ?? String(good.split(separator: ".")[1])
        let signed = Base64URL.encode(Array(header.utf8)) + "." + body
        return signed + "." + Base64URL.encode(RouterTests.key.code(of: Array(signed.utf8)))
    }

    @Test func whoIsLetInAndWhoIsNot() throws {
        let later = TokenHTTPTests.later
        func token(_ room: String, _ grants: [Grant], exp: Int? = nil) -> String {
            RouterTests.key.sign(TokenClaims(room: room, grants: grants, exp: exp ?? later))
        }
        let other = try TokenKey(Array(repeating: 9, count: 32))
        for (token, status, reason) in [
            (token("r", [.publish]), 201, ""), (token("*", [.admin]), 201, ""), (nil, 401, "token is needed"),
            (token("r", [.publish], exp: 1_000_000_000), 401, "expired"),
            (token("other", [.publish]), 403, "does not open the room r"),
            (token("r", [.subscribe]), 403, "does not grant to publish"), (token("r", []), 403, "publish"),
            (forged("{\"alg\":\"none\"}"), 401, "not HS256"), (forged("{\"alg\":\"RS256\"}"), 401, "not HS256"),
            (forged("{\"alg\":\"HS256\",\"crit\":[\"x\"]}"), 401, "not HS256"),
            (forged("{\"alg\":\"HS256\"}", "{\"room\":\"r\"}"), 401, "lacks"),
            (forged("{\"alg\":\"HS256\"}", "not JSON"), 401, "lacks"),
            (other.sign(TokenClaims(room: "r", grants: [.publish], exp: later)), 401, "another key"),
            ("garbage", 401, "not a JSON Web Token"), ("a.b.c", 401, ""), ("..", 401, ""),
            (String(repeating: "a", count: 5000), 401, "too long"),
        ] as [(String?, Int, String)] {
            let response = try join(token)
            #expect(response.status == status, "\(token ?? "none"): \(response.text)")
            guard status >= 400 else { continue }
            #expect(response.headers["www-authenticate"]?.hasPrefix("Bearer realm=") == true)
            #expect(response.headers["content-type"] == "application/problem+json")
            #expect(reason.isEmpty || response.problem("detail")?.contains(reason) == true, "\(response.text)")
        }
        #expect(try join(token("r", [.publish]), scheme: "bEARER").status == 201)
        #expect(try join(token("r", [.publish]), scheme: "Basic").status == 401)
    }

    /// Who was let in may leave, also late; a token of another room may not send them away.
    @Test func leavingWithAnExpiredToken() throws {
        let client = try test.client()
        func leave(_ room: String, exp: Int) throws -> Int {
            let token = RouterTests.key.sign(TokenClaims(room: room, grants: [.publish], exp: exp))
            return try client.ask("DELETE", "/whip/r/s1", ["Authorization": "Bearer \(token)"]).status
        }
        #expect(try leave("other", exp: TokenHTTPTests.later) == 403)
        #expect(try client.ask("DELETE", "/whip/r/s1").status == 401)
        #expect(try leave("r", exp: 1_000_000_000) == 200)
    }

    /// The first key signs; tokens of the older are still good, and of none else.
    @Test func keysAreRotated() throws {
        let old = try TokenKeys(text: "an-older-key-of-some-bytes\n")
        let both = try TokenKeys(text: "# of May\na-newer-key-of-some-bytes\r\n\nan-older-key-of-some-bytes\n")
        let new = try TokenKeys(text: "a-newer-key-of-some-bytes")
        let claims = TokenClaims(room: "r", grants: [.publish], exp: 1000)
        #expect(try both.check(old.sign(claims), now: 1) == claims)
        #expect(try new.check(both.sign(claims), now: 1) == claims)
        #expect(throws: TokenError.self) { try new.check(old.sign(claims), now: 1) }
        #expect(throws: TokenError.self) { try TokenKeys(text: "# none\n") }
        #expect(throws: TokenError.self) { try TokenKeys(text: "a-newer-key-of-some-bytes\nshort") }
    }

    @Test(arguments: [
        (["Host": "localhost:8080"], 201), (["Host": "[::1]:8080"], 201),
        (["Host": "localhost", "Origin": "http://127.0.0.1:3000"], 201),
        // A name of elsewhere that leads here, a page of elsewhere, a page of nowhere, a proxy.
        (["Host": "evil.example"], 401), (["Host": "127.0.0.1.evil.example"], 401),
        (["Host": "localhost", "Origin": "https://evil.example"], 401), (["Host": "localhost", "Origin": "null"], 401),
        (["Host": "localhost", "X-Forwarded-For": "192.0.2.1"], 401),
        (["Host": "localhost", "Forwarded": "for=192.0.2.1"], 401),
    ])
    func openMeansThisMachine(_ headers: [String: String], _ status: Int) throws {
        let test = try TestServer()
        let client = try test.client()
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        client.send("POST /whip/r HTTP/1.1\r\n\(lines)Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
        #expect(try client.response().status == status)
    }
}
