import Containers
import Foundation
public import Live
import Synchronization

/// Rooms that go out as streams: as HLS from here, and pushed to targets that the configuration names.
public final class Outputs: Sendable {
    /// An output as it is told.
    struct Report: Encodable {
        let id: String
        let room: String
        /// `hls`, or a name of the configuration's.
        let target: String
        let state: RoomOutput.State
        let layout: String?
        let rendition: String?
        let by: String?
        /// RFC 3339, UTC.
        let started: String
        let bytes: Int64
        /// Connections that were lost or never came to be, and why the last one was.
        let failures: Int
        let error: String?
        /// Where players find it.
        let playlist: String?
    }

    private struct Entry {
        let output: RoomOutput
        let room: String
        let target: String
        let started: Date
        /// Of HLS: whoever knows it may watch.
        let key: String?
    }

    /// Most at a time; each is an encode of sound, and maybe one of pictures.
    private static let limit = 16

    private let server: LiveServer
    private let folder: String
    private let targets: [String: String]
    private let log: EventLog
    private let entries = Mutex<[String: Entry]>([:])

    /// `folder` is for HLS, and emptied; `targets` are URLs by name.
    public init(_ server: LiveServer, folder: String, targets: [String: String], log: EventLog) {
        (self.server, self.folder, self.targets, self.log) = (server, folder, targets, log)
        try? FileManager.default.removeItem(atPath: folder)
    }

    var names: [String] { ["hls"] + targets.keys.sorted() }

    func start(
        room: String, target: String, layout: String?, rendition: String?, by: String?
    ) throws(Problem) -> Report {
        guard entries.withLock({ $0.count < Outputs.limit }) else {
            throw Problem(409, "there are \(Outputs.limit) outputs, the most that are allowed")
        }
        var generator = SystemRandomNumberGenerator()
        func random() -> String { String(generator.next(), radix: 16) }
        let id = "o" + random()
        var key: String?
        var place: StreamWriter.Target
        if let url = targets[target] {
            place = .server(url: url)
        } else {
            let name = [random(), random()].map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
            do {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            } catch {
                throw Problem(507, "there is no place for segments: \(error.localizedDescription)")
            }
            key = name
            place = .segments(folder: "\(folder)/\(name)")
        }
        var options = RoomOutput.Options(id: id, target: place)
        (options.layout, options.rendition, options.by) = (layout, rendition, by)
        let output: RoomOutput
        do throws(LiveError) {
            output = try server.output(room: room, options) { [weak self] in self?.changed(id, room, target, $0) }
        } catch {
            if let key { try? FileManager.default.removeItem(atPath: "\(folder)/\(key)") }
            throw Problem(error)
        }
        let entry = Entry(output: output, room: room, target: target, started: Date(), key: key)
        entries.withLock { $0[id] = entry }
        if output.status.state == .ended { forget(id) }
        return report(entry)
    }

    private func changed(_ id: String, _ room: String, _ target: String, _ status: RoomOutput.Status) {
        log.note(
            "output-\(status.state.rawValue)",
            [
                "room": .text(room), "output": .text(id), "target": .text(target),
                "why": status.state == .waiting ? status.failure.map { .text($0) } : nil,
            ])
        if status.state == .ended { forget(id) }
    }

    /// Viewers of HLS have some seconds left to get what there is.
    private func forget(_ id: String) {
        guard let entry = entries.withLock({ $0.removeValue(forKey: id) }), let key = entry.key else { return }
        let path = "\(folder)/\(key)"
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) { try? FileManager.default.removeItem(atPath: path) }
    }

    func list(room: String) -> [Report] {
        entries.withLock { $0.values.filter { $0.room == room } }.sorted { $0.started < $1.started }.map(report)
    }

    func find(_ id: String, room: String) throws(Problem) -> Report { report(try entry(id, room)) }

    func stop(_ id: String, room: String) throws(Problem) { try entry(id, room).output.stop() }

    public func stopAll() { for entry in entries.withLock({ Array($0.values) }) { entry.output.stop() } }

    private func entry(_ id: String, _ room: String) throws(Problem) -> Entry {
        guard let entry = entries.withLock({ $0[id] }), entry.room == room else {
            throw Problem(404, "there is no output '\(id)' of the room \(room)")
        }
        return entry
    }

    private func report(_ entry: Entry) -> Report {
        let (status, options) = (entry.output.status, entry.output.options)
        return Report(
            id: options.id, room: entry.room, target: entry.target, state: status.state, layout: options.layout,
            rendition: options.rendition, by: options.by, started: entry.started.ISO8601Format(), bytes: status.bytes,
            failures: status.failures, error: status.failure, playlist: entry.key.map { "/hls/\($0)/index.m3u8" })
    }

    /// A file of a stream, by names that can only be those of one.
    func file(_ key: String, _ name: String) -> SentFile? {
        let isKey = key.utf8.count == 32 && key.allSatisfy(\.isHexDigit)
        let number = name.hasSuffix(".m4s") ? name.dropLast(4) : ""
        let isName =
            ["index.m3u8", "init.mp4"].contains(name)
            || (1...9).contains(number.utf8.count) && number.utf8.allSatisfy { (48...57).contains($0) }
        guard isKey, isName else { return nil }
        return SentFile(path: "\(folder)/\(key)/\(name)")
    }
}

/// `/v1/rooms/{room}/outputs` and `/hls`.
extension Router {
    private func requireOutputs() throws(Problem) -> Outputs {
        guard let outputs else { throw Problem(501, "this service sends nothing out") }
        return outputs
    }

    func roomOutputs(_ request: HTTPRequest, room: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .post]) { method throws(Problem) in
            let claims = try access.claims(of: request, room: room, needs: [.record])
            let outputs = try requireOutputs()
            guard method == .post else { return HTTPResponse(json: outputs.list(room: room)) }
            var body = try JSONBody(request)
            guard let target = try body.text("target") else {
                throw JSONBody.lacks("target", outputs.names.joined(separator: ", "))
            }
            guard outputs.names.contains(target) else {
                throw body.wrong("target", outputs.names.joined(separator: ", "))
            }
            let rendition = try body.text("rendition")
            var layout: String?
            if let name = try body.text("layout") { layout = try check(layout: name, at: "$.layout") }
            try body.finish()
            let report = try outputs.start(
                room: room, target: target, layout: layout, rendition: rendition, by: claims?.name)
            return HTTPResponse(
                201, json: report, headers: [("Location", "/v1/rooms/\(room)/outputs/\(report.id)")])
        }
    }

    func roomOutput(_ request: HTTPRequest, room: String, id: String) throws(Problem) -> HTTPResponse {
        try Router.check(name: id, of: "output")
        return try choose(request, [.get, .delete]) { method throws(Problem) in
            _ = try access.claims(of: request, room: room, needs: [.record])
            let outputs = try requireOutputs()
            guard method == .delete else { return HTTPResponse(json: try outputs.find(id, room: room)) }
            try outputs.stop(id, room: room)
            return HTTPResponse(204)
        }
    }

    /// A playlist, or what it names. Players send no token: the path is what lets them in.
    func stream(_ request: HTTPRequest, key: String, name: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in
            guard let file = outputs?.file(key, name) else { throw Problem(404, "there is no such stream, or no more") }
            let type =
                name.hasSuffix(".m3u8")
                ? "application/vnd.apple.mpegurl" : name.hasSuffix(".mp4") ? "video/mp4" : "video/iso.segment"
            var response = HTTPResponse(
                200,
                headers: [
                    ("Content-Type", type), ("Cache-Control", name.hasSuffix(".m3u8") ? "no-cache" : "max-age=60"),
                ])
            response.file = file
            return response
        }
    }
}
