import Archive
import Foundation
import Recording
import Service
import Store

/// What comes over HTTP, and files that the service reads again.
extension FuzzTarget {
    private static let key: TokenKey = {
        guard let key = try? TokenKey(Array(repeating: 7, count: 32)) else { fatalError("no key") }
        return key
    }()

    private static let router: Router = {
        let folder = NSTemporaryDirectory() + "/tessera-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
        guard let store = try? SQLiteStore() else { fatalError("no store") }
        let recordings = Recordings(recorder: StillRecorder(), catalogue: store, folder: folder)
        return Router(
            rooms: StillRooms(), access: Access(keys: TokenKeys(key), isOpenOnLoopback: true), recordings: recordings)
    }()

    /// Tokens as they come, and, since none of those would get past its signature, the two lines of the bytes as a
    /// header and claims that are signed rightly.
    static func token(_ bytes: [UInt8]) {
        _ = try? key.check(String(decoding: bytes, as: UTF8.self), now: 1_000_000_000)
        let parts = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 2 else { return }
        let signed = Base64URL.encode(parts[0]) + "." + Base64URL.encode(parts[1])
        let token = signed + "." + Base64URL.encode(key.code(of: Array(signed.utf8)))
        guard let claims = try? key.check(token, now: nil) else { return }
        // A name in two languages may fill a token; what is written of it again is longer then.
        guard let again = try? key.check(key.sign(claims), now: nil) else { return }
        precondition(again == claims, "what is written is what was read")
    }

    /// A request: method and media type in the first byte, the path and query up to the end of the line, and the body.
    static func http(_ bytes: [UInt8]) {
        guard let control = bytes.first else { return }
        let methods = HTTPRequest.Method.allCases
        let types = ["application/json", "application/sdp", "application/trickle-ice-sdpfrag", "text/plain; charset"]
        let rest = bytes.dropFirst()
        let end = rest.firstIndex(of: 10) ?? rest.endIndex
        let target = String(decoding: rest[..<end], as: UTF8.self).split(separator: "?", maxSplits: 1)
        let query = target.count < 2 ? [] : target[1].split(separator: "&")
        let request = HTTPRequest(
            methods[Int(control & 7) % methods.count], path: target.first?.split(separator: "/").map(String.init) ?? [],
            query: query.map { field in
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            },
            headers: [
                "content-type": types[Int(control >> 3) & 3],
                "if-match": control & 0x20 == 0 ? "*" : "\"tag\"", "range": "bytes=\(query.first ?? "")",
            ], body: Array(rest[end...].dropFirst()))
        let response = router.respond(to: request)
        precondition((200..<600).contains(response.status), "a status")
        precondition(response.status != 500, "a request that the service has no answer to")
    }

    /// A manifest that is accepted is written as one that says the same.
    static func manifest(_ bytes: [UInt8]) {
        guard let manifest = try? Manifest(Data(bytes), path: "manifest.jsonl") else { return }
        let written = manifest.entries.reduce(into: Data()) { $0 += Manifest.line($1) }
        guard let again = try? Manifest(written, path: "again.jsonl") else { fatalError("what is written is not read") }
        precondition(again.entries.map(\.event) == manifest.entries.map(\.event), "what is written is what was read")
    }

    static func archive(_ bytes: [UInt8]) {
        _ = try? ArchiveRequest(parsing: bytes, places: .recordings(folder: "/nowhere"))
        guard let request = try? ArchiveRequest(parsing: bytes, places: .files(relativeTo: "/nowhere")) else { return }
        guard (try? ArchiveRequest(parsing: Array(request.json.utf8), places: .files(relativeTo: "/"))) != nil else {
            fatalError("what is written is not read")
        }
    }
}
