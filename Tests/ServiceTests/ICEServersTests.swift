import Foundation
import Service
import Testing

/// TURN credentials that hold for a while.
struct ICEServersTests {
    static let relay = ICEServers.Relay(
        urls: ["turn:turn.example.net?transport=udp", "turns:turn.example.net"], secret: "north", life: 600)
    let router = Router(
        rooms: FakeRooms(), access: Access(keys: RouterTests.keys),
        iceServers: ICEServers(urls: ["stun:stun.example.net"], relay: relay))
    let headers = [
        "authorization": "Bearer "
            + RouterTests.key.sign(TokenClaims(room: "r", grants: [.publish], exp: 4_000_000_000)),
        "content-type": "application/sdp",
    ]

    /// As `echo -n 1700000000:r.1 | openssl dgst -sha1 -hmac north -binary | base64`.
    @Test func passwordIsTheHMACOfTheName() {
        #expect(ICEServers.password("1700000000:r.1", "north") == "OUELMRvH5QwLEMsp/Q6r3chhIeI=")
    }

    @Test func linksCarryCredentialsForThoseWhoMayComeIn() throws {
        let before = Int(Date().timeIntervalSince1970)
        let joined = router.respond(
            to: HTTPRequest(.post, path: ["whip", "r"], headers: headers, body: Array("v=0".utf8)))
        let links = joined.headers.filter { $0.name == "Link" }.map(\.value)
        #expect(links.count == 3)
        #expect(links[0] == "<stun:stun.example.net>; rel=\"ice-server\"")
        let parts = links[1].components(separatedBy: "\"")
        #expect(links[1].hasPrefix("<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; username=\""))
        #expect(links[1].hasSuffix("; credential-type=\"password\""))
        let (name, password) = (parts[3], parts[5])
        #expect(password == ICEServers.password(name, "north"))
        let end = try #require(Int(name.prefix { $0 != ":" }))
        #expect((before + 600...before + 660).contains(end))
        #expect(name.dropFirst("\(end)".count).hasPrefix(":r."))

        // OPTIONS tells those with a token, for clients that need servers before their offer, and preflights nothing.
        func told(_ headers: [String: String]) -> Int {
            router.respond(to: HTTPRequest(.options, path: ["whip", "r"], headers: headers)).headers
                .count { $0.name == "Link" }
        }
        #expect(told(headers) == 3)
        #expect(told([:]) == 1)
    }

    @Test func browsersGetThemAsTheyTakeThem() throws {
        struct Answer: Decodable {
            struct Server: Decodable {
                var urls: [String]
                var username: String?
                var credential: String?
            }
            var iceServers: [Server]
        }
        let path = ["v1", "rooms", "r", "ice-servers"]
        let response = router.respond(to: HTTPRequest(.get, path: path, headers: headers))
        #expect(response.header("Cache-Control") == "no-store")
        let servers = try JSONDecoder().decode(Answer.self, from: Data(response.body)).iceServers
        #expect(servers.map(\.urls) == [["stun:stun.example.net"], ICEServersTests.relay.urls])
        #expect(servers[0].credential == nil)
        let name = try #require(servers[1].username)
        #expect(servers[1].credential == ICEServers.password(name, "north"))
        #expect(router.respond(to: HTTPRequest(.get, path: path)).status == 401)
        #expect(
            router.respond(to: HTTPRequest(.get, path: ["v1", "rooms", "other", "ice-servers"], headers: headers))
                .status == 403)
    }

    /// What a reload replaces.
    @Test func aReloadChangesKeysAndServers() throws {
        let other = try TokenKey(Array(repeating: 9, count: 32))
        let path = ["v1", "rooms", "r", "ice-servers"]
        router.replace(access: Access(keys: TokenKeys(other)), iceServers: ICEServers())
        #expect(router.respond(to: HTTPRequest(.get, path: path, headers: headers)).status == 401)
        let token = other.sign(TokenClaims(room: "r", grants: [.publish], exp: 4_000_000_000))
        let response = router.respond(
            to: HTTPRequest(.get, path: path, headers: ["authorization": "Bearer \(token)"]))
        #expect(String(decoding: response.body, as: UTF8.self) == "{\"iceServers\":[]}")
    }
}
