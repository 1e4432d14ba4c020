import COpenSSL
import Foundation
import Live
import Recording
import Store
import Timing

/// `/v1/rooms/{room}/recordings` and `/v1/recordings`.
extension Router {
    /// A recording as it is told.
    struct RecordingReport: Encodable {
        struct File: Encodable {
            let name: String
            let state: String
            let bytes: Int64
            /// Seconds.
            let duration: Double
        }

        let id: String
        let room: String
        let kind: String
        let state: String
        let name: String?
        let container: String?
        let rendition: String?
        let layout: String?
        let by: String?
        /// RFC 3339, UTC.
        let started: String
        let ended: String?
        let wasInterrupted: Bool
        let error: String?
        let bytes: Int64
        let duration: Double
        let files: [File]

        init(_ record: RecordingRecord, progress: (duration: MediaTime, bytes: Int64)?) {
            let details = try? JSONDecoder().decode(Recordings.Details.self, from: Data(record.details.utf8))
            (id, room, kind, state) = (record.id, record.room, record.kind.rawValue, record.state.rawValue)
            (name, container, rendition) = (details?.name, details?.container, details?.rendition)
            (layout, by, error) = (details?.layout, details?.by, record.error)
            started = RecordingReport.text(record.started)
            ended = record.ended.map(RecordingReport.text)
            wasInterrupted = record.wasInterrupted
            bytes = progress?.bytes ?? record.bytes
            duration = progress?.duration.seconds ?? Double(record.files.map(\.duration).max() ?? 0) / 1000
            files = record.files.map { file in
                File(
                    name: RecordingReport.name(file.path), state: file.state.rawValue, bytes: file.bytes,
                    duration: Double(file.duration) / 1000)
            }
        }

        static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

        static func text(_ milliseconds: Int64) -> String {
            Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
        }
    }

    private func report(_ record: RecordingRecord, _ recordings: Recordings) -> RecordingReport {
        RecordingReport(record, progress: recordings.progress(record.id))
    }

    private func requireRecordings() throws(Problem) -> Recordings {
        guard let recordings else { throw Problem(501, "this service does not record: it has no folder for that") }
        return recordings
    }

    // MARK: - Of a room

    func roomRecordings(_ request: HTTPRequest, room: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .post]) { method throws(Problem) in
            let claims = try access.claims(of: request, room: room, needs: [.record])
            let recordings = try requireRecordings()
            guard method == .post else {
                return HTTPResponse(json: try recordings.list(room: room, limit: 1000).map { report($0, recordings) })
            }
            let (details, kind, change) = try recordingOptions(request, by: claims?.name)
            let record = try recordings.start(room: room, details, kind: kind, change: change)
            return HTTPResponse(
                201, json: report(record, recordings), headers: [("Location", "/v1/recordings/\(record.id)")])
        }
    }

    private func recordingOptions(
        _ request: HTTPRequest, by name: String?
    ) throws(Problem) -> (Recordings.Details, RecordingOptions.Kind, (inout RecordingOptions) -> Void) {
        var details = Recordings.Details()
        details.by = name
        var kind = RecordingOptions.Kind.composite
        guard !request.body.isEmpty else { return (details, kind, { _ in }) }
        var body = try JSONBody(request)
        if let text = try body.text("kind") {
            guard let known = RecordingOptions.Kind(rawValue: text) else {
                throw Problem(422, "$.kind: expected composite, tracks or both", place: "$.kind")
            }
            kind = known
        }
        details.name = try body.text("name")
        if let name = details.name { try Router.check(name: name, of: "recording") }
        details.container = try body.text("container")
        if let container = details.container, !["webm", "mkv", "mp4", "ogg"].contains(container) {
            throw Problem(422, "$.container: expected webm, mkv, mp4 or ogg", place: "$.container")
        }
        details.rendition = try body.text("rendition")
        if let layout = try body.text("layout") { details.layout = try check(layout: layout, at: "$.layout") }
        let pausesWhenEmpty = try body.bool("pausesWhenEmpty") ?? true
        let speakersAreChapters = try body.bool("speakersAreChapters") ?? true
        let splitSeconds = try body.number("splitSeconds", in: 1...86_400)
        let splitMegabytes = try body.number("splitMegabytes", in: 1...1_000_000)
        try body.finish()
        return (
            details, kind,
            { options in
                options.pausesWhenEmpty = pausesWhenEmpty
                options.speakersAreChapters = speakersAreChapters
                options.splitDuration = splitSeconds.map { MediaTime(seconds: $0) }
                options.splitBytes = splitMegabytes.map { Int64($0 * 1_000_000) }
            }
        )
    }

    // MARK: - By themselves

    func recordingList(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in
            _ = try access.claims(of: request, room: nil, needs: [.record])
            let recordings = try requireRecordings()
            return HTTPResponse(json: try recordings.list(room: nil, limit: 1000).map { report($0, recordings) })
        }
    }

    func underRecording(_ request: HTTPRequest, id: String, _ path: [String]) throws(Problem) -> HTTPResponse {
        try Router.check(name: id, of: "recording")
        switch (path.first, path.count) {
        case (nil, _):
            return try choose(request, [.get, .delete]) { method throws(Problem) in
                let (recordings, record) = try recording(request, id, needs: method == .get ? .record : .admin)
                guard method == .delete else { return HTTPResponse(json: report(record, recordings)) }
                try recordings.remove(record)
                return HTTPResponse(204)
            }
        case ("pause", 1): return try act(request, id) { recording throws(LiveError) in try recording.pause() }
        case ("resume", 1): return try act(request, id) { recording throws(LiveError) in try recording.resume() }
        case ("stop", 1): return try act(request, id) { recording throws(LiveError) in try recording.stop() }
        case ("marks", 1):
            return try choose(request, [.post]) { _ throws(Problem) in
                let (recordings, record) = try recording(request, id, needs: .record)
                var body = try JSONBody(request)
                let title = try body.text("title")
                try body.finish()
                guard let title else { throw JSONBody.lacks("title", "what the chapter is to be called") }
                try Router.check(label: title)
                let running = try recordings.running(record.id)
                try ask { () throws(LiveError) in try running.mark(title) }
                return HTTPResponse(204)
            }
        case ("url", 1): return try signedURL(request, id)
        case ("file", 1): return try file(request, id, name: nil)
        case ("files", 2): return try file(request, id, name: path[1])
        default: throw Router.nothingHere
        }
    }

    /// Throws 404, but to those only who could see all there are.
    private func recording(
        _ request: HTTPRequest, _ id: String, needs grant: Grant
    ) throws(Problem) -> (Recordings, RecordingRecord) {
        let recordings = try requireRecordings()
        let record = try recordings.find(id)
        _ = try access.claims(of: request, room: record?.room, needs: [grant])
        guard let record else { throw Problem(404, "there is no recording '\(id)'") }
        return (recordings, record)
    }

    private func act(
        _ request: HTTPRequest, _ id: String, _ action: (any RunningRecording) throws(LiveError) -> Void
    ) throws(Problem) -> HTTPResponse {
        try choose(request, [.post]) { _ throws(Problem) in
            let (recordings, record) = try recording(request, id, needs: .record)
            let running = try recordings.running(record.id)
            try ask { () throws(LiveError) in try action(running) }
            recordings.settle()
            return HTTPResponse(json: report(try recordings.find(id) ?? record, recordings))
        }
    }

    // MARK: - Files

    private struct SignedURL: Encodable {
        let url: String
        /// Seconds since 1970.
        let expires: Int
    }

    /// For whom no token can be sent, as by `<video>`: good for an hour, for this recording's files only.
    private func signedURL(_ request: HTTPRequest, _ id: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.post]) { _ throws(Problem) in
            _ = try recording(request, id, needs: .record)
            return signedURL(for: "/v1/recordings/\(id)/file", of: "recording", id)
        }
    }

    func signedURL(for path: String, of kind: String, _ id: String) -> HTTPResponse {
        let expires = Int(Date().timeIntervalSince1970) + 3600
        let signature = access.keys.signature(of: "\(kind)\n\(id)\n\(expires)")
        return HTTPResponse(
            json: SignedURL(url: "\(path)?expires=\(expires)&signature=\(signature)", expires: expires))
    }

    /// Whether the request comes by a signed link, instead of with a token. Throws 403 for one that is not good any more.
    func isSigned(_ request: HTTPRequest, _ kind: String, _ id: String) throws(Problem) -> Bool {
        guard let signature = request.value("signature") else { return false }
        guard let text = request.value("expires"), let expires = Int(text),
            expires > Int(Date().timeIntervalSince1970),
            access.keys.checks(signature, of: "\(kind)\n\(id)\n\(expires)")
        else { throw Problem(403, "the link has expired, or was changed; ask for another") }
        return true
    }

    private func file(_ request: HTTPRequest, _ id: String, name: String?) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in
            let recordings = try requireRecordings()
            let record: RecordingRecord
            if try isSigned(request, "recording", id) {
                guard let found = try recordings.find(id) else { throw Problem(404, "there is no recording '\(id)'") }
                record = found
            } else {
                record = try recording(request, id, needs: .record).1
            }
            let path = try path(of: name, in: record, recordings)
            guard let file = SentFile(path: path) else {
                throw Problem(404, "the file is not there any more")
            }
            return answer(request, file, name: RecordingReport.name(path))
        }
    }

    /// Only names that the catalogue knows, and what is written beside them, lead anywhere.
    private func path(
        of name: String?, in record: RecordingRecord, _ recordings: Recordings
    ) throws(Problem) -> String {
        let whole = record.files.filter { $0.state == .whole }
        guard let name else {
            guard let first = whole.first else {
                if record.state.isOpen { throw Problem(409, "the recording is still being written; stop it first") }
                throw Problem(recordings.isRunning(record.id) ? 409 : 404, "the recording has no file that is whole")
            }
            return recordings.folder + "/" + first.path
        }
        for file in whole {
            let known = RecordingReport.name(file.path)
            for suffix in ["", ".report.json", ".poster.png", ".strip.png"] where name == known + suffix {
                return recordings.folder + "/" + file.path + suffix
            }
        }
        guard name == Manifest.fileName, record.kind != .composite, !record.state.isOpen else {
            throw Problem(404, "the recording has no whole file of that name")
        }
        return "\(recordings.folder)/\(record.id)/\(name)"
    }

    func answer(_ request: HTTPRequest, _ file: SentFile, name: String) -> HTTPResponse {
        let tag = "\"\(file.tag)\""
        var headers = [
            ("ETag", tag), ("Accept-Ranges", "bytes"), ("Cache-Control", "private, no-cache"),
            ("Content-Disposition", "inline; filename=\"\(name)\""),
        ]
        if request.headers["if-none-match"] == tag { return HTTPResponse(304, headers: headers) }
        headers.insert(("Content-Type", Router.mediaType(of: name)), at: 0)
        // If-Range: the rest of another file is of no use.
        let isSame = request.headers["if-range"].map { $0 == tag } ?? true
        guard isSame, request.method == .get, let header = request.headers["range"],
            let range = SentFile.range(header, size: file.size)
        else {
            var response = HTTPResponse(200, headers: headers)
            response.file = file
            return response
        }
        guard !range.isEmpty else {
            return Problem(
                416, "the file has \(file.size) bytes", headers: [("Content-Range", "bytes */\(file.size)")]
            ).response
        }
        headers.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"))
        var response = HTTPResponse(206, headers: headers)
        response.file = file.part(range)
        return response
    }

    private static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "webm": "video/webm"
        case "mkv": "video/x-matroska"
        case "mp4": "video/mp4"
        case "ogg": "audio/ogg"
        case "png": "image/png"
        case "json": "application/json"
        case "jsonl": "application/jsonl"
        default: "application/octet-stream"
        }
    }
}

extension TokenKeys {
    /// For what is not a token: a token's first part never has a line break.
    func signature(of text: String) -> String { Base64URL.encode(first.code(of: Array(text.utf8))) }

    /// Whether any of the keys signed it.
    func checks(_ signature: String, of text: String) -> Bool {
        guard signature.utf8.count < 100, let bytes = Base64URL.decode(signature) else { return false }
        return all.contains { key in
            let expected = key.code(of: Array(text.utf8))
            return expected.count == bytes.count && CRYPTO_memcmp(expected, bytes, bytes.count) == 0
        }
    }
}
