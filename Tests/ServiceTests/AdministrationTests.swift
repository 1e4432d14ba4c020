import Foundation
import Testing

/// What hosts do to rooms, against a real server, over sockets.
@Suite(.serialized) struct AdministrationTests {
    let test: TestServer

    init() throws { test = try TestServer(isReal: true) }

    private static let json = ["Content-Type": "application/json"]

    private func ask(_ method: String, _ path: String, _ body: String) throws -> TestClient.Response {
        try test.client().ask(method, path, AdministrationTests.json, body: Array(body.utf8))
    }

    private func object(_ response: TestClient.Response) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test func aRoomIsMadeChangedAndClosed() throws {
        let client = try test.client()
        let made = try ask("POST", "/v1/rooms", #"{"name": "a", "participantLimit": 2, "layout": "speaker"}"#)
        #expect(made.status == 201, "\(made.text)")
        #expect(made.headers["location"] == "/v1/rooms/a")
        #expect(try object(made)["participantLimit"] as? Int == 2)
        #expect(try ask("POST", "/v1/rooms", #"{"name": "a"}"#).status == 409)
        for (body, place) in [
            (#"{"name": "b", "colour": 1}"#, "$.colour"), (#"{"name": "../b"}"#, "$.name"), ("{}", "$.name"),
            (#"{"name": "b", "participantLimit": 0}"#, "$.participantLimit"),
            (#"{"name": "b", "layout": 7}"#, "$.layout"),
            (#"{"name": "b", "layout": "no"}"#, "$.layout"),
        ] {
            let refused = try ask("POST", "/v1/rooms", body)
            #expect(refused.status == 422, "\(body): \(refused.text)")
            #expect(refused.problem("place") == place, "\(body): \(refused.text)")
        }
        let changed = try ask("PATCH", "/v1/rooms/a", #"{"layout": "grid", "pinned": null}"#)
        #expect(changed.status == 200)
        #expect(try object(changed)["layout"] as? String == "grid")
        #expect(try ask("PATCH", "/v1/rooms/a", #"{"pinned": "p99"}"#).status == 404)
        #expect(try client.ask("DELETE", "/v1/rooms/a").status == 204)
        #expect(try client.ask("GET", "/v1/rooms/a").status == 404)
    }

    @Test func aLayoutIsSentWithTheRequest() throws {
        #expect(try ask("POST", "/v1/rooms", #"{"name": "a"}"#).status == 201)
        let layout = try String(decoding: Data(contentsOf: URL(filePath: "Layouts/pip.json")), as: UTF8.self)
        let put = try ask("PUT", "/v1/rooms/a/layout", #"{"layout": \#(layout)}"#)
        #expect(put.status == 204, "\(put.text)")
        let name = try object(try test.client().ask("GET", "/v1/rooms/a/layout"))["layout"] as? String
        #expect(name?.hasPrefix("sent-") == true)
        let wrong = try ask("PUT", "/v1/rooms/a/layout", #"{"layout": {"version": 1, "colour": "red"}}"#)
        #expect(wrong.status == 422)
        #expect(wrong.problem("detail")?.contains("$.layout.") == true, "\(wrong.text)")
    }

    @Test func participantsAreMutedMovedAndSentOut() throws {
        let client = try test.client()
        let joined = try client.ask(
            "POST", "/v1/rooms/a/sessions?name=Ana", Offers.sdp, body: Offers.offer("sendrecv"))
        let session = try #require(joined.headers["location"])
        let list = try client.ask("GET", "/v1/rooms/a/participants")
        let people = try #require(try JSONSerialization.jsonObject(with: Data(list.body)) as? [[String: Any]])
        let id = try #require(people.first?["id"] as? String)
        let path = "/v1/rooms/a/participants/\(id)"
        let change = #"{"muted": true, "cameraMuted": true, "role": "guest", "view": {"layout": "speaker"}}"#
        let changed = try ask("PATCH", path, change)
        #expect(changed.status == 204, "\(changed.text)")
        let person = try object(try client.ask("GET", path))
        #expect(person["mutedByHost"] as? [String] == ["audio", "video"])
        #expect(person["role"] as? String == "guest")
        #expect(person["view"] as? String == "speaker")
        #expect(try ask("PATCH", path, #"{"role": null}"#).status == 204)
        #expect(try object(try client.ask("GET", path))["role"] == nil)
        let stranger = try ask("PATCH", path, #"{"view": {"zoom": 2}}"#)
        #expect(stranger.status == 422)
        #expect(stranger.problem("place") == "$.view.zoom")
        // One's own view: what is not named stays.
        #expect(try ask("PATCH", session + "/view", #"{"withoutSelf": true}"#).status == 204)
        let view = try object(try client.ask("GET", session + "/view"))
        #expect(view["layout"] as? String == "speaker")
        #expect(view["withoutSelf"] as? Bool == true)
        #expect(try ask("PATCH", session.replacing("/a/", with: "/b/") + "/view", "{}").status == 404)
        #expect(try client.ask("DELETE", path).status == 204)
        #expect(try client.ask("GET", path).status == 404)
    }
}
