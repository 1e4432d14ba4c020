import Foundation
import Service
import Testing

/// The description says what the routes do.
struct OpenAPITests {
    let service: RecordingService
    let router: Router

    init() throws {
        service = try RecordingService()
        router = service.open
    }

    private func document() throws -> [String: Any] {
        let response = router.respond(to: HTTPRequest(.get, path: ["openapi.json"]))
        #expect(response.header("Content-Type") == "application/json")
        return try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test func everyPathHasTheMethodsThatAreDescribed() throws {
        let document = try document()
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var ids: [String] = []
        for (path, operations) in paths {
            let parts = path.split(separator: "/").map { part in
                switch part {
                case "{room}": "r"
                case "{session}": "s1"
                case "{output}", "{stream}", "{segment}", "{recording}", "{file}", "{job}": "r"
                case "{participant}": "p1"
                default: String(part)
                }
            }
            let described = Set(operations.keys.filter { $0 != "parameters" }.map { $0.uppercased() })
            let response = router.respond(to: HTTPRequest(.options, path: parts))
            #expect(response.status == 204, "\(path)")
            let allowed = Set((response.header("Allow") ?? "").components(separatedBy: ", "))
            #expect(allowed.subtracting(["OPTIONS", "HEAD"]) == described, "\(path)")
            for case let operation as [String: Any] in operations.values {
                ids.append(try #require(operation["operationId"] as? String))
            }
        }
        #expect(Set(ids).count == ids.count)
    }

    /// What the faked rooms come to is among the statuses described.
    @Test func statusesAreDescribed() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        for (path, operations) in paths {
            let parts = path.split(separator: "/").map { part in
                part == "{session}" ? "s1" : part.hasPrefix("{") ? "r" : String(part)
            }
            for case (let name, let operation as [String: Any]) in operations {
                guard let method = HTTPRequest.Method(rawValue: name.uppercased()) else { continue }
                let described = try #require(operation["responses"] as? [String: Any])
                for type in ["application/sdp", "application/json", "application/trickle-ice-sdpfrag", "text/plain"] {
                    for body in [
                        "", "{}", "{\"layout\": \"grid\"}", "{\"muted\": true}", "v=0\r\n", "\u{fffd}",
                        "{\"name\": \"r\"}", "{\"name\": \"new\", \"participantLimit\": 3}", "{\"name\": \"a/b\"}",
                        "{\"layout\": {\"version\": 1}}", "{\"layout\": null}", "{\"role\": null, \"muted\": false}",
                        "{\"view\": {\"pinned\": \"p1\"}}", "{\"view\": {}}", "{\"pinned\": null}", "{\"stranger\": 1}",
                    ] {
                        let response = router.respond(
                            to: HTTPRequest(
                                method, path: parts, headers: ["content-type": type], body: Array(body.utf8)))
                        #expect(described[String(response.status)] != nil, "\(name) \(path): \(response.status)")
                    }
                }
            }
        }
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let document = try document()
        func walk(_ value: Any) {
            if let list = value as? [Any] { list.forEach(walk) }
            guard let object = value as? [String: Any] else { return }
            if let reference = object["$ref"] as? String {
                var found: Any? = document
                for part in reference.dropFirst(2).split(separator: "/") {
                    found = (found as? [String: Any])?[String(part)]
                }
                #expect(found != nil, "\(reference)")
            }
            object.values.forEach(walk)
        }
        walk(document)
    }
}
