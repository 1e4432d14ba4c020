import Foundation
import Live
import Service
import Store
import Synchronization
import Testing
import Timing

/// Writes ten thousand bytes in place of a recording.
final class FakeRecorder: Recorder {
    final class Running: RunningRecording {
        let tell: @Sendable (RecordingEvent) -> Void
        let path: String
        let state = Mutex((isPaused: false, hasEnded: false))
        init(_ path: String, _ tell: @escaping @Sendable (RecordingEvent) -> Void) {
            (self.path, self.tell) = (path, tell)
        }
        private func change(to isPaused: Bool) throws(LiveError) {
            let isRefused = state.withLock { state in
                defer { state.isPaused = isPaused }
                return state.hasEnded || state.isPaused == isPaused
            }
            if isRefused { throw LiveError(409, "not in this state") }
            tell(.paused(isPaused))
        }
        func pause() throws(LiveError) { try change(to: true) }
        func resume() throws(LiveError) { try change(to: false) }
        func mark(_ title: String) throws(LiveError) {}
        func stop() throws(LiveError) {
            if state.withLock({ $0.hasEnded }) { throw LiveError(409, "ended") }
            state.withLock { $0.hasEnded = true }
            tell(.finished(file: path, bytes: 10_000, duration: MediaTime(seconds: 5)))
            tell(.ended)
        }
        var progress: (duration: MediaTime, bytes: Int64) { (MediaTime(seconds: 2), 4000) }
    }

    func beginRecording(
        room: String, _ options: RecordingOptions, onEvent: @escaping @Sendable (RecordingEvent) -> Void
    ) throws(LiveError) -> any RunningRecording {
        if room == "nobody" { throw LiveError(404, "there is no room 'nobody'") }
        let path = "\(options.folder)/\(options.fileName).\(options.container)"
        try? FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: path, contents: Data((0..<10_000).map { UInt8($0 % 251) }))
        onEvent(.began(file: path))
        return Running(path, onEvent)
    }
}

/// A service that records, in a folder that is gone after the test.
final class RecordingService {
    let folder = NSTemporaryDirectory() + "/tessera-recordings-" + UUID().uuidString
    let recordings: Recordings
    let open: Router
    let closed: Router

    init() throws {
        recordings = Recordings(recorder: FakeRecorder(), catalogue: try SQLiteStore(), folder: folder)
        try recordings.reconcile()
        open = Router(
            rooms: FakeRooms(), access: Access(keys: RouterTests.keys, isOpenOnLoopback: true), recordings: recordings)
        closed = Router(rooms: FakeRooms(), access: Access(keys: RouterTests.keys), recordings: recordings)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
        token: [Grant]? = nil, room: String = "r"
    ) -> HTTPResponse {
        var headers = headers
        if body != nil { headers["content-type"] = "application/json" }
        if let token {
            headers["authorization"] =
                "Bearer "
                + RouterTests.key.sign(TokenClaims(room: room, name: "Ada", grants: token, exp: 4_000_000_000))
        }
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        let request = HTTPRequest(
            method, path: parts[0].split(separator: "/").map(String.init),
            query: query.map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
                return (sides[0], sides[1])
            }, headers: headers, body: Array((body ?? "").utf8))
        return (token == nil && !isClosed ? open : closed).respond(to: request)
    }

    var isClosed = false

    func json(_ response: HTTPResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    /// The id of a recording that was stopped.
    func finished() throws -> String {
        let id = try #require(try json(ask(.post, "v1/rooms/r/recordings", "{\"name\": \"talk\"}"))["id"] as? String)
        #expect(ask(.post, "v1/recordings/\(id)/stop").status == 200)
        return id
    }
}

struct RecordingRoutesTests {
    @Test func aRecordingFromStartToEnd() throws {
        let service = try RecordingService()
        let begun = service.ask(.post, "v1/rooms/r/recordings", "{\"container\": \"mkv\"}", token: [.record])
        #expect(begun.status == 201)
        let first = try service.json(begun)
        let id = try #require(first["id"] as? String)
        #expect(begun.header("Location") == "/v1/recordings/\(id)")
        #expect(first["state"] as? String == "recording" && first["by"] as? String == "Ada")
        #expect(service.ask(.get, "v1/recordings/\(id)/file").status == 409)
        #expect(service.ask(.delete, "v1/recordings/\(id)").status == 409)
        func state(_ verb: String) throws -> (Int, String?) {
            let response = service.ask(.post, "v1/recordings/\(id)/\(verb)")
            return (response.status, try service.json(response)["state"] as? String)
        }
        #expect(try state("pause") == (200, "paused"))
        #expect(try state("pause").0 == 409)
        #expect(try state("resume") == (200, "recording"))
        #expect(service.ask(.post, "v1/recordings/\(id)/marks", "{\"title\": \"Questions\"}").status == 204)
        #expect(service.ask(.post, "v1/recordings/\(id)/marks", "{}").status == 422)
        #expect(try state("stop") == (200, "finished"))
        #expect(try state("stop").0 == 409)
        let last = try service.json(service.ask(.get, "v1/recordings/\(id)"))
        #expect(last["bytes"] as? Int == 10_000 && last["duration"] as? Double == 5)
        #expect(service.ask(.get, "v1/rooms/r/recordings").status == 200)
        #expect(service.ask(.delete, "v1/recordings/\(id)").status == 204)
        #expect(service.ask(.get, "v1/recordings/\(id)").status == 404)
        #expect(try FileManager.default.contentsOfDirectory(atPath: service.folder).isEmpty)
    }

    @Test(
        arguments: [
            ("v1/rooms/nobody/recordings", "{}", 404), ("v1/rooms/../recordings", "{}", 400),
            ("v1/rooms/r/recordings", "{\"name\": \"../../etc/passwd\"}", 400),
            ("v1/rooms/r/recordings", "{\"kind\": \"all\"}", 422), ("v1/rooms/r/recordings", "{\"colour\": 1}", 422),
            ("v1/rooms/r/recordings", "{\"container\": \"../x\"}", 422), ("v1/rooms/r/recordings", "[", 400),
            ("v1/rooms/r/recordings", "{\"layout\": \"/etc/passwd\"}", 422),
            ("v1/recordings/../stop", nil, 400), ("v1/recordings/unknown/stop", nil, 404),
        ] as [(String, String?, Int)])
    func whatIsWrongIsRefused(_ path: String, _ body: String?, _ status: Int) throws {
        let service = try RecordingService()
        let response = service.ask(.post, path, body)
        #expect(response.status == status)
        #expect(response.header("Content-Type") == "application/problem+json")
        #expect(try FileManager.default.contentsOfDirectory(atPath: service.folder).isEmpty)
    }

    @Test(
        arguments: [
            (nil, 200, 0..<10_000), ("bytes=0-0", 206, 0..<1), ("bytes=9000-", 206, 9000..<10_000),
            ("bytes=-5", 206, 9995..<10_000), ("bytes=5-99999999999999999999", 200, 0..<10_000),
            ("bytes=0-1,4-5", 200, 0..<10_000), ("bytes=10000-", 416, 0..<0), ("bytes=-0", 416, 0..<0),
            ("bytes=7-3", 200, 0..<10_000), ("pages=1-2", 200, 0..<10_000),
            ("bytes=100-9223372036854775807", 206, 100..<10_000),
        ] as [(String?, Int, Range<Int>)])
    func ranges(_ range: String?, _ status: Int, _ bytes: Range<Int>) throws {
        let service = try RecordingService()
        let id = try service.finished()
        let response = service.ask(.get, "v1/recordings/\(id)/file", headers: range.map { ["range": $0] } ?? [:])
        #expect(response.status == status)
        if status == 416 {
            #expect(response.header("Content-Range") == "bytes */10000")
            return
        }
        #expect(response.file?.range == Int64(bytes.lowerBound)..<Int64(bytes.upperBound))
        #expect(response.header("Content-Type") == "video/webm")
        if status == 206 {
            #expect(
                response.header("Content-Range") == "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/10000")
        }
        let tag = try #require(response.header("ETag"))
        let stale = service.ask(
            .get, "v1/recordings/\(id)/file", headers: ["range": "bytes=0-1", "if-range": "\"old\""])
        #expect(stale.status == 200)
        let same = service.ask(.get, "v1/recordings/\(id)/file", headers: ["range": "bytes=0-1", "if-range": tag])
        #expect(same.status == 206)
        #expect(service.ask(.get, "v1/recordings/\(id)/file", headers: ["if-none-match": tag]).status == 304)
    }

    @Test func onlyKnownFilesAreGivenOut() throws {
        let service = try RecordingService()
        let id = try service.finished()
        #expect(service.ask(.get, "v1/recordings/\(id)/files/talk.webm").status == 200)
        for name in ["..", "talk.webm.poster.png", "manifest.jsonl", "talk.mkv", "%2e%2e"] {
            #expect(service.ask(.get, "v1/recordings/\(id)/files/\(name)").status == 404, "\(name)")
        }
    }

    @Test func grantsAndSignedLinks() throws {
        let service = try RecordingService()
        let id = try service.finished()
        service.isClosed = true
        #expect(service.ask(.get, "v1/recordings/\(id)/file").status == 401)
        #expect(service.ask(.get, "v1/recordings/\(id)", token: [.subscribe]).status == 403)
        #expect(service.ask(.get, "v1/recordings/\(id)", token: [.record], room: "other").status == 403)
        #expect(service.ask(.get, "v1/recordings/unknown", token: [.record]).status == 403)
        #expect(service.ask(.delete, "v1/recordings/\(id)", token: [.record]).status == 403)
        #expect(service.ask(.post, "v1/rooms/r/recordings", token: [.publish, .subscribe]).status == 403)
        #expect(service.ask(.get, "v1/recordings", token: [.record]).status == 403)
        #expect(service.ask(.get, "v1/recordings", token: [.record], room: "*").status == 200)
        let link = try service.json(service.ask(.post, "v1/recordings/\(id)/url", token: [.record]))
        let url = try #require(link["url"] as? String)
        #expect(service.ask(.get, url).status == 200)
        #expect(service.ask(.get, url.replacing("expires=", with: "expires=9")).status == 403)
        #expect(service.ask(.get, url + "x").status == 403)
        let other = try service.json(service.ask(.post, "v1/rooms/r/recordings", token: [.record]))
        let stranger = try #require(other["id"] as? String)
        #expect(service.ask(.get, url.replacing(id, with: stranger)).status == 403)
    }

    /// Over a socket, in pieces.
    @Test func filesTravelWhole() throws {
        let service = try RecordingService()
        let id = try service.finished()
        let large = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
        try large.write(to: URL(filePath: service.folder + "/\(id)/talk.webm"))
        var configuration = HTTPConfiguration()
        configuration.port = 0
        let router = service.open
        let server = try HTTPServer(configuration) { router.respond(to: $0) }
        server.start()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let whole = try client.ask("GET", "/v1/recordings/\(id)/file")
        #expect(whole.status == 200 && Data(whole.body) == large)
        let part = try client.ask("GET", "/v1/recordings/\(id)/file", ["Range": "bytes=1000000-2999998"])
        #expect(part.status == 206 && Data(part.body) == large[1_000_000...2_999_998])
        let head = try client.ask("HEAD", "/v1/recordings/\(id)/file")
        #expect(head.status == 200 && head.headers["content-length"] == "3000000" && head.body.isEmpty)
        #expect(head.headers["accept-ranges"] == "bytes")
    }
}
