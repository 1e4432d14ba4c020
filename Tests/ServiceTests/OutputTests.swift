import Foundation
import Live
import Service
import Testing

/// Outputs over HTTP; what they send is looked at where there are media (see LiveTests).
@Suite(.serialized) struct OutputTests {
    @Test func outputsAreStartedListedAndStopped() throws {
        var settings = LiveConfiguration()
        settings.mediaPort = 0
        let live = try LiveServer(settings)
        live.start()
        defer { live.stop() }
        let folder = NSTemporaryDirectory() + "tessera-outputs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let router = Router(
            rooms: live, access: Access(keys: RouterTests.keys, isOpenOnLoopback: true),
            outputs: Outputs(live, folder: folder, targets: ["main": "rtmp://127.0.0.1:9/live/secret"], log: .silent))
        func ask(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) -> (Int, [String: Any]) {
            let response = router.respond(
                to: HTTPRequest(
                    method, path: path.split(separator: "/").map(String.init),
                    headers: body == nil ? [:] : ["content-type": "application/json"], body: Array((body ?? "").utf8)))
            let object = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
            return (response.status, object ?? [:])
        }
        #expect(ask(.post, "v1/rooms/a/outputs", #"{"target": "hls"}"#).0 == 404)
        #expect(ask(.post, "v1/rooms", #"{"name": "a"}"#).0 == 201)
        let wrong = ask(.post, "v1/rooms/a/outputs", #"{"target": "rtmp://elsewhere/"}"#)
        #expect(wrong.0 == 422 && wrong.1["place"] as? String == "$.target")
        #expect(ask(.post, "v1/rooms/a/outputs", #"{"target": "hls", "rendition": "9000p"}"#).0 == 422)
        let (status, made) = ask(.post, "v1/rooms/a/outputs", #"{"target": "hls", "layout": "speaker"}"#)
        #expect(status == 201)
        let id = try #require(made["id"] as? String)
        let playlist = try #require(made["playlist"] as? String)
        // Everybody in the room sees that it goes out; it is no recording.
        let (_, room) = ask(.get, "v1/rooms/a")
        let marks = try #require(room["recordings"] as? [[String: Any]])
        #expect(marks.count == 1 && marks[0]["isOutput"] as? Bool == true)
        let (pushing, push) = ask(.post, "v1/rooms/a/outputs", #"{"target": "main"}"#)
        #expect(pushing == 201 && push["playlist"] == nil)
        #expect(ask(.get, "v1/rooms/a/outputs/\(id)").0 == 200)
        #expect(ask(.get, playlist).0 == 404, "nothing is there yet")
        for path in ["hls/../key", "hls/x/index.m3u8", playlist.replacingOccurrences(of: "index.m3u8", with: "..")] {
            #expect([400, 404].contains(ask(.get, path).0))
        }
        #expect(ask(.delete, "v1/rooms/a/outputs/\(id)").0 == 204)
        #expect(ask(.delete, "v1/rooms/other/outputs/\(id)").0 == 404)
        #expect(ask(.delete, "v1/rooms/a").0 == 204)
    }
}
