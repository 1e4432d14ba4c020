import Archive
import Foundation
import Live
import Service
import Store
import Testing

/// A service with an archive, in a folder that is gone after the test, and a recording `talk` whose tracks are Samples.
final class ArchiveService {
    let folder = NSTemporaryDirectory() + "tessera-archives-" + UUID().uuidString
    let store: SQLiteStore
    let recordings: Recordings
    let archives: Archives
    let router: Router

    init(workers: Int = 0, webhooks: Webhooks? = nil, store: SQLiteStore? = nil) throws {
        self.store = try store ?? SQLiteStore()
        recordings = Recordings(
            recorder: FakeRecorder(), catalogue: self.store, folder: folder + "/recordings", webhooks: webhooks)
        try recordings.reconcile()
        archives = Archives(
            jobs: ArchiveJobs(store: self.store, folder: folder + "/archive"), recordings: recordings, workers: workers,
            webhooks: webhooks)
        router = Router(
            rooms: FakeRooms(), access: Access(keys: RouterTests.keys), recordings: recordings, archives: archives)
        try record("talk")
    }

    deinit {
        archives.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func record(_ id: String) throws {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(3).joined(separator: "/").dropFirst()
        let sample = try #require(
            try FileManager.default.contentsOfDirectory(atPath: root + "/Samples").sorted()
                .first { $0.hasPrefix("0") && $0.hasSuffix(".webm") })
        let place = folder + "/recordings/" + id
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: place + "/1-camera.webm", withDestinationPath: root + "/Samples/" + sample)
        let lines = [
            #"{"at": 0, "event": "session", "manifest": 1, "room": "r", "started": 1795239886000, "zero": 0}"#,
            #"{"at": 0, "event": "joined", "participant": "a", "name": "Ada"}"#,
            #"{"at": 0, "event": "track", "track": 1, "participant": "a", "kind": "camera", "file": "1-camera.webm", "codec": "vp8", "start": 0}"#,
            #"{"at": 0, "event": "levels", "levels": {"a": -30}}"#, #"{"at": 2, "event": "end"}"#,
        ]
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(
            to: URL(fileURLWithPath: place + "/manifest.jsonl"))
        var record = RecordingRecord(id: id, room: "r", kind: .tracks, state: .finished, started: 1)
        record.ended = 2
        record.files = [.init(path: id + "/1-camera.webm", state: .whole, bytes: 1, duration: 1)]
        try store.insert(record)
        try store.insert(RecordingRecord(id: "mix", room: "r", kind: .composite, state: .finished, started: 1))
    }

    func token(_ grants: [Grant], room: String) -> String {
        "Bearer " + RouterTests.key.sign(TokenClaims(room: room, name: "Ada", grants: grants, exp: 4_000_000_000))
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, grants: [Grant]? = [.record],
        room: String = "r"
    ) -> HTTPResponse {
        var headers: [String: String] = [:]
        if body != nil { headers["content-type"] = "application/json" }
        if let grants { headers["authorization"] = token(grants, room: room) }
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        return router.respond(
            to: HTTPRequest(
                method, path: parts[0].split(separator: "/").map(String.init),
                query: query.map { pair in
                    let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
                    return (sides[0], sides[1])
                }, headers: headers, body: Array((body ?? "").utf8)))
    }
}

private func json(_ body: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
}

struct ArchiveRoutesTests {
    private static let small =
        #"{"session": "talk", "layout": "grid", "size": "160x90", "fps": 10, "trim": {"end": 1}}"#

    /// Over a socket: submitted, made by the service itself, followed to its end, loaded down by a link, taken away.
    @Test func aJobFromRequestToFile() throws {
        let service = try ArchiveService(workers: 1)
        service.archives.start()
        var configuration = HTTPConfiguration()
        configuration.port = 0
        let router = service.router
        let server = try HTTPServer(configuration) { router.respond(to: $0) }
        server.start()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        var headers = ["Authorization": service.token([.record], room: "r"), "Content-Type": "application/json"]
        let begun = try client.ask(
            "POST", "/v1/archive/jobs", headers, body: Array(ArchiveRoutesTests.small.utf8))
        try #require(begun.status == 201, "\(begun.text)")
        let path = try #require(begun.headers["location"])
        headers["Content-Type"] = nil
        var job = try json(begun.body)
        #expect(job["session"] as? String == "talk" && job["room"] as? String == "r")
        var patience = 600
        while let state = job["state"] as? String, ["queued", "running"].contains(state), patience > 0 {
            usleep(50_000)
            patience -= 1
            job = try json(try client.ask("GET", path, headers).body)
        }
        #expect(job["state"] as? String == "finished", "\(job)")
        #expect(job["progress"] as? Double == 1)
        let result = try #require(job["result"] as? [String: Any])
        #expect(result["name"] as? String == "composite.webm" && result["duration"] as? Double == 1)
        let text = try client.ask("GET", path, headers).text
        #expect(!text.contains(service.folder))
        let link = try json(try client.ask("POST", path + "/url", headers, body: []).body)
        let url = try #require(link["url"] as? String)
        let file = try client.ask("GET", url, ["Range": "bytes=0-3"])
        #expect(file.status == 206 && file.body == [0x1a, 0x45, 0xdf, 0xa3])
        #expect(file.headers["content-type"] == "video/webm")
        #expect(try client.ask("DELETE", path, headers).status == 403)
        headers["Authorization"] = service.token([.admin], room: "r")
        #expect(try client.ask("DELETE", path, headers).status == 204)
        #expect(try client.ask("GET", path, headers).status == 403)
        #expect(try FileManager.default.contentsOfDirectory(atPath: service.folder + "/archive").isEmpty)
    }

    @Test func aJobThatWaitsCanBeCancelled() throws {
        let service = try ArchiveService()
        let id = try #require(
            try json(service.ask(.post, "v1/archive/jobs", ArchiveRoutesTests.small).body)["id"] as? String)
        #expect(try json(service.ask(.get, "v1/archive/jobs/\(id)").body)["state"] as? String == "queued")
        #expect(service.ask(.get, "v1/archive/jobs/\(id)/file").status == 409)
        let ended = service.ask(.delete, "v1/archive/jobs/\(id)")
        #expect(try json(ended.body)["state"] as? String == "cancelled")
        #expect(service.ask(.get, "v1/archive/jobs/\(id)/file").status == 404)
        #expect(service.ask(.delete, "v1/archive/jobs/\(id)").status == 403)
        #expect(service.ask(.delete, "v1/archive/jobs/\(id)", grants: [.admin]).status == 204)
        #expect(service.ask(.get, "v1/archive/jobs/\(id)", room: "*").status == 404)
    }

    @Test(
        arguments: [
            ("{}", 422, "$"), ("[", 400, nil), ("{\"session\": \"../../etc\"}", 422, "$.session"),
            ("{\"session\": \"unknown\"}", 403, nil), ("{\"session\": \"mix\"}", 422, "$.session"),
            ("{\"session\": \"talk\", \"inputs\": []}", 422, "$.inputs"),
            ("{\"session\": \"talk\", \"output\": \"/tmp/x.webm\"}", 422, "$.output"),
            ("{\"session\": \"talk\", \"layout\": \"/etc/passwd\"}", 422, "$.layout"),
            ("{\"session\": \"talk\", \"colour\": 1}", 422, "$.colour"),
            ("{\"session\": \"talk\", \"leaveOut\": [\"nobody\"]}", 422, "$.leaveOut[0]"),
            ("{\"session\": \"talk\", \"view\": \"other\"}", 422, "$.view"),
            ("{\"session\": \"talk\", \"trim\": {\"start\": 9}}", 422, "$.trim.start"),
        ] as [(String, Int, String?)])
    func whatIsWrongIsRefused(_ body: String, _ status: Int, _ place: String?) throws {
        let service = try ArchiveService()
        let response = service.ask(.post, "v1/archive/jobs", body)
        #expect(response.status == status, "\(String(decoding: response.body, as: UTF8.self))")
        let problem = try json(response.body)
        if let place { #expect(problem["place"] as? String == place) }
        #expect((problem["detail"] as? String)?.contains(service.folder) == false)
        #expect(try service.store.jobs(states: Set(JobRecord.State.allCases), limit: 5).isEmpty)
    }

    /// A manifest that is cut off is used as far as it goes; one that is edited, or missing, is not.
    @Test func manifests() throws {
        let service = try ArchiveService()
        let path = service.folder + "/recordings/talk/manifest.jsonl"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try String(text.dropLast(8)).write(toFile: path, atomically: true, encoding: .utf8)
        let cut = service.ask(.post, "v1/archive/jobs", "{\"session\": \"talk\"}")
        #expect(cut.status == 201)
        #expect((try json(cut.body)["warnings"] as? [String])?.isEmpty == false)
        try text.replacing("\"joined\"", with: "\"joint\"").write(toFile: path, atomically: true, encoding: .utf8)
        let edited = service.ask(.post, "v1/archive/jobs", "{\"session\": \"talk\"}")
        #expect(edited.status == 422)
        #expect((try json(edited.body)["detail"] as? String)?.contains("line 2") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(service.ask(.post, "v1/archive/jobs", "{\"session\": \"talk\"}").status == 422)
    }

    @Test func whoMayDoWhat() throws {
        let service = try ArchiveService()
        let id = try #require(
            try json(service.ask(.post, "v1/archive/jobs", ArchiveRoutesTests.small).body)["id"] as? String)
        for (grants, room, status) in [
            (nil, "r", 401), ([.subscribe], "r", 403), ([.record], "other", 403), ([.record], "r", 200),
            ([.record], "*", 200),
        ] as [([Grant]?, String, Int)] {
            #expect(service.ask(.get, "v1/archive/jobs/\(id)", grants: grants, room: room).status == status)
            let posted = service.ask(
                .post, "v1/archive/jobs", ArchiveRoutesTests.small, grants: grants, room: room)
            #expect(posted.status == (status == 200 ? 201 : status))
        }
        #expect(service.ask(.get, "v1/archive/jobs").status == 403)
        #expect(service.ask(.get, "v1/archive/jobs?room=r").status == 200)
        #expect(service.ask(.get, "v1/archive/jobs?room=other").status == 403)
        #expect(service.ask(.get, "v1/archive/jobs", room: "*").status == 200)
        #expect(service.ask(.get, "v1/archive/jobs?room=r&state=asleep").status == 400)
        #expect(service.ask(.delete, "v1/archive/jobs/\(id)", room: "other").status == 403)
    }
}
