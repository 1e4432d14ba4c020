import Foundation
import Service
import Testing

/// `/ws` against a real server, over sockets.
@Suite(.serialized) struct WebSocketTests {
    let test: TestServer

    init() throws { test = try TestServer(isReal: true) }

    private func open(source: String? = nil, headers: [String: String] = [:]) throws -> SocketClient {
        try SocketClient(try test.client(source: source), headers: headers)
    }

    private static func join(_ room: String, _ more: String = "") -> String {
        let offer = Outgoing.text(String(decoding: Offers.offer("sendrecv"), as: UTF8.self))
        return "\"type\": \"join\", \"room\": \"\(room)\", \"offer\": \(offer)\(more)"
    }

    private enum Outgoing {
        static func text(_ text: String) -> String {
            String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
        }
    }

    private func id(_ joined: [String: Any]) throws -> String { try #require(joined["participant"] as? String) }

    @Test func twoJoinTalkAndAreTold() throws {
        let ana = try open()
        let joined = try ana.ask(WebSocketTests.join("a", ", \"name\": \"Ana\""), answer: "joined")
        #expect((joined["answer"] as? String)?.hasPrefix("v=0") == true)
        #expect((joined["grants"] as? [String])?.contains("admin") == true)
        let bo = try open()
        let other = try bo.ask(WebSocketTests.join("a", ", \"name\": \"Bo\""), answer: "joined")
        let room = try #require(other["room"] as? [String: Any])
        #expect((room["participants"] as? [Any])?.count == 2)
        let newcomer = try ana.message("participant-joined")
        #expect((newcomer["participant"] as? [String: Any])?["name"] as? String == "Bo")

        _ = try bo.ask(#""type": "chat", "text": "Hé «Ana» \u2028 <b>""#)
        let chat = try ana.message("chat")
        #expect(chat["text"] as? String == "Hé «Ana» \u{2028} <b>")
        #expect(chat["name"] as? String == "Bo")

        // A host's mute is not undone by oneself, one's own is.
        let bosID = try id(other)
        _ = try ana.ask("\"type\": \"mute\", \"participant\": \"\(bosID)\", \"media\": \"audio\", \"muted\": true")
        let muted = try bo.message("participant-changed")
        #expect((muted["participant"] as? [String: Any])?["mutedByHost"] as? [String] == ["audio"])
        let refused = try bo.ask(#""type": "mute", "media": "audio", "muted": false"#, answer: "error")
        #expect(refused["status"] as? Int == 403)
        _ = try bo.ask(#""type": "mute", "media": "video", "muted": true"#)
        _ = try bo.ask(#""type": "mute", "media": "video", "muted": false"#)

        _ = try ana.ask(#""type": "layout", "layout": "speaker""#)
        #expect(try bo.message("layout")["layout"] as? String == "speaker")
        _ = try ana.ask("\"type\": \"pin\", \"participant\": \"\(bosID)\"")
        #expect(try bo.message("pinned")["participant"] as? String == bosID)
        _ = try ana.ask(#""type": "pin", "participant": null"#)
        _ = try ana.ask("\"type\": \"role\", \"participant\": \"\(bosID)\", \"role\": \"guest\"")
        let view = try bo.ask(#""type": "view", "layout": "grid", "withoutSelf": true"#)
        #expect((view["view"] as? [String: Any])?["layout"] as? String == "grid")
        _ = try bo.ask(#""type": "candidate", "candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host", "mid": "0""#)
        #expect(try bo.ask(#""type": "statistics""#, answer: "statistics")["statistics"] != nil)
        #expect(try bo.ask(#""type": "pick", "x": 0.5, "y": 0.5"#, answer: "picked")["participant"] is NSNull)
        let fragment = Outgoing.text(String(decoding: Offers.restart("fresh"), as: UTF8.self))
        let restarted = try bo.ask("\"type\": \"restart\", \"fragment\": \(fragment)", answer: "restarted")
        #expect((restarted["fragment"] as? String)?.contains("a=ice-ufrag:") == true)

        _ = try ana.ask("\"type\": \"remove\", \"participant\": \"\(bosID)\"")
        #expect(try bo.message("ended")["reason"] as? String == "removed")
        #expect(try bo.closeCode() == 1000)
        _ = try ana.ask(#""type": "leave""#)
        #expect(try ana.closeCode() == 1000)
    }

    @Test func aSessionOutlivesItsSocket() throws {
        let ana = try open()
        let joined = try ana.ask(WebSocketTests.join("a"), answer: "joined")
        let session = try #require(joined["session"] as? String)
        let resume = "\"type\": \"resume\", \"room\": \"a\", \"session\": \"\(session)\""
        var gone: SocketClient? = try open()
        _ = try gone?.ask(WebSocketTests.join("a"), answer: "joined")
        _ = try gone?.ask(#""type": "chat", "text": "one""#)
        _ = try gone?.ask(#""type": "chat", "text": "two""#)
        let again = try open()
        let resumed = try again.ask(resume + ", \"after\": 1", answer: "resumed")
        #expect(resumed["participant"] as? String == joined["participant"] as? String)
        #expect(try again.message("chat")["text"] as? String == "two")
        // The connection before gives way.
        #expect(try ana.closeCode() == 4409)
        gone = nil
        #expect(try again.ask(#""type": "statistics""#, answer: "statistics")["statistics"] != nil)
        let stranger = try open()
        let wrong = resume.replacing("\"a\"", with: "\"b\"")
        #expect(try stranger.ask(wrong, answer: "error")["status"] as? Int == 404)
        // Over HTTP it is the same session.
        #expect(try test.client().ask("GET", "/v1/rooms/a/sessions/\(session)/statistics").status == 200)
    }

    @Test func whoWatchesHearsButDoesNotSpeak() throws {
        let ana = try open()
        _ = try ana.ask(WebSocketTests.join("a"), answer: "joined")
        let eye = try open()
        _ = try eye.ask(#""type": "watch", "room": "a""#, answer: "watching")
        #expect(try eye.ask(#""type": "chat", "text": "x""#, answer: "error")["status"] as? Int == 409)
        #expect(try test.client().ask("DELETE", "/v1/rooms/a").status == 204)
        _ = try eye.message("closed")
        #expect(try eye.closeCode() == 1000)
        #expect(try ana.message("ended")["reason"] as? String == "closed")
    }

    @Test(
        arguments: [
            ("{\"type\": \"fly\", \"id\": \"q\"}", 401, nil), ("[1]", 400, "$"), ("nonsense", 400, nil),
            ("{}", 422, "$.type"),
            (String(repeating: "[", count: 100_000), 400, nil), (#"{"type": "watch", "id": "q"}"#, 422, "$.room"),
            (#"{"type": "watch", "room": "a/b", "id": "q"}"#, 400, "room"),
            (#"{"type": "watch", "room": "none", "id": "q"}"#, 404, nil),
            (#"{"type": "watch", "room": "a", "stranger": 1, "id": "q"}"#, 422, "$.stranger"),
            (#"{"type": "join", "room": "a", "offer": "v=1", "id": "q"}"#, 400, nil),
        ] as [(String, Int, String?)])
    func nonsenseIsAnsweredWithItsPlace(_ text: String, _ status: Int, _ place: String?) throws {
        let client = try open()
        client.send(text)
        let error = try client.message("error")
        #expect(error["status"] as? Int == status, "\(error)")
        #expect(error["place"] as? String == place, "\(error)")
        if text.contains("\"q\""), !text.contains("stranger") { #expect(error["id"] as? String == "q") }
    }

    @Test func framesThatAreNotAllowedEndTheConnection() throws {
        let binary = try open()
        binary.frame(2, [1, 2, 3])
        #expect(try binary.closeCode() == 1003)
        let broken = try open()
        broken.frame(1, [0x7b, 0xff, 0x7d])
        #expect(try broken.closeCode() == 1007)
        let large = try open()
        large.frame(1, [UInt8](repeating: 32, count: 200_000), isFinal: false)
        large.frame(0, [UInt8](repeating: 32, count: 100_000))
        #expect(try large.closeCode() == 1009)
        let pieces = try open()
        let text = Array(#"{"type": "watch", "room": "none"}"#.utf8)
        pieces.frame(1, Array(text[..<7]), isFinal: false)
        pieces.frame(9, [1])
        pieces.frame(0, Array(text[7...]))
        #expect(try pieces.message("error")["status"] as? Int == 404)
        #expect(throws: (any Error).self) { try SocketClient(test.client(), path: "/elsewhere") }
        #expect(try test.client().ask("GET", "/ws").status == 426)
    }

    @Test func floodsAreRefusedAndThenCut() throws {
        let client = try open()
        _ = try client.ask(WebSocketTests.join("a"), answer: "joined")
        for _ in 0..<5 { _ = try client.ask(#""type": "chat", "text": "x""#) }
        #expect(try client.ask(#""type": "chat", "text": "x""#, answer: "error")["status"] as? Int == 429)
        let long = String(repeating: "x", count: 2001)
        #expect(try client.ask("\"type\": \"chat\", \"text\": \"\(long)\"", answer: "error")["status"] as? Int == 422)
        for _ in 0..<2000 { client.send(#"{"type": "statistics"}"#) }
        // Who goes on sending may miss the reason.
        #expect([1008, nil].contains(try client.closeCode()))
    }

    @Test func tokensDecide() throws {
        let strict = try TestServer(isReal: true, isOpen: false)
        func token(_ room: String, _ grants: [Grant], _ exp: Int = 4_000_000_000) -> String {
            RouterTests.key.sign(TokenClaims(room: room, name: "Cy", grants: grants, exp: exp))
        }
        for (token, status) in [
            (nil, 401), ("x.y.z", 401), (token("b", Grant.allCases), 403), (token("a", [.publish]), 403),
            (token("a", Grant.allCases, 1), 401),
        ] {
            let client = try SocketClient(strict.client())
            let more = token.map { ", \"token\": \"\($0)\"" } ?? ""
            #expect(try client.ask(WebSocketTests.join("a", more), answer: "error")["status"] as? Int == status)
            #expect(try client.closeCode() == 4401)
        }
        let guest = try SocketClient(strict.client())
        let given = token("a", [.publish, .subscribe])
        let joined = try guest.ask(WebSocketTests.join("a", ", \"token\": \"\(given)\""), answer: "joined")
        #expect(joined["grants"] as? [String] == ["publish", "subscribe"])
        let remove = "\"type\": \"remove\", \"participant\": \"\(try id(joined))\""
        #expect(try guest.ask(remove, answer: "error")["status"] as? Int == 403)
        // A page of elsewhere needs a token also where loopback is open.
        let page = try open(headers: ["Origin": "https://example.net"])
        #expect(try page.ask(WebSocketTests.join("a"), answer: "error")["status"] as? Int == 401)
    }

    @Test func aStopIsToldBeforehand() throws {
        let client = try open()
        _ = try client.ask(WebSocketTests.join("a"), answer: "joined")
        test.router.drain()
        test.signalling.drain(seconds: 7)
        #expect(try client.message("draining")["seconds"] as? Int == 7)
        let late = try open()
        #expect(try late.ask(WebSocketTests.join("a"), answer: "error")["status"] as? Int == 503)
    }

    /// Sockets that do nothing cost nobody anything, and end with the limit of their address.
    @Test func manyAreOpenAtOnce() throws {
        let ana = try open()
        _ = try ana.ask(WebSocketTests.join("a"), answer: "joined")
        var crowd: [SocketClient] = []
        for index in 0..<100 {
            let client = try open(source: "127.0.0.\(2 + index % 3)")
            _ = try client.ask(#""type": "watch", "room": "a""#, answer: "watching")
            crowd.append(client)
        }
        _ = try ana.ask(#""type": "chat", "text": "all of you""#)
        for client in crowd { #expect(try client.message("chat")["text"] as? String == "all of you") }
    }
}
