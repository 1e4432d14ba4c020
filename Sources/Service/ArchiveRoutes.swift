import Archive
import Foundation
import Store
import Timing

/// `/v1/archive/jobs`: composites of recorded sessions.
extension Router {
    /// A job as it is told. Paths of the service's machine are nobody's business.
    struct JobReport: Encodable {
        struct Result: Encodable {
            let name: String
            /// Seconds.
            let duration: Double
            let bytes: Int64
            let pieces: Int
            /// Of them, those that an earlier try had finished.
            let reused: Int
            /// Seconds that the last try took.
            let elapsed: Double
        }

        let id: String
        let state: String
        /// The recording, and its room.
        let session: String?
        let room: String?
        /// 0 to 1.
        let progress: Double
        /// Seconds, while it is known.
        let remaining: Double?
        let pieces: Int?
        let piecesDone: Int?
        let tries: Int
        let error: String?
        let warnings: [String]?
        let result: Result?
        /// RFC 3339, UTC.
        let created: String
        let changed: String

        init(_ job: ArchiveJob, room: String?, now: JobProgress?, warnings given: [String]? = nil, folders: [String]) {
            let now = job.state == .running ? now : nil
            (id, state, tries, self.room) = (job.id, job.state.rawValue, job.tries, room)
            session = JobReport.session(of: job)
            progress = ((now?.share ?? job.progress) * 1000).rounded() / 1000
            remaining = now?.remaining.map { $0.seconds.rounded() }
            (pieces, piecesDone) = (now?.chunks, now?.chunksDone)
            func told(_ text: String) -> String { folders.reduce(text) { $0.replacing($1 + "/", with: "") } }
            error = job.error.map(told)
            let lines = (given ?? job.result?.warnings)?.map(told) ?? []
            warnings = lines.isEmpty ? nil : lines
            result = job.result.map { result in
                Result(
                    name: RecordingReport.name(result.output), duration: result.duration, bytes: result.bytes,
                    pieces: result.chunks, reused: result.reused, elapsed: (result.elapsed * 1000).rounded() / 1000)
            }
            created = RecordingReport.text(job.created)
            changed = RecordingReport.text(job.changed)
        }

        /// The name of its session's folder, which is the recording's identifier if it was asked for here.
        static func session(of job: ArchiveJob) -> String? {
            guard case .session(let folder) = job.request?.source else { return nil }
            return RecordingReport.name(folder)
        }
    }

    private func requireArchives() throws(Problem) -> (Archives, Recordings) {
        guard let archives, let recordings else {
            throw Problem(501, "this service has no archive: it has no folder for recordings")
        }
        return (archives, recordings)
    }

    private func told(_ job: ArchiveJob, warnings: [String]? = nil) throws(Problem) -> JobReport {
        let (archives, recordings) = try requireArchives()
        return archives.report(job, room: recordings.room(of: job), warnings: warnings)
    }

    private func asking<Result>(_ body: () throws(ArchiveError) -> Result) throws(Problem) -> Result {
        do throws(ArchiveError) {
            return try body()
        } catch {
            let status =
                switch error.code {
                case .badRequest, .unusable: 422
                case .notFound: 404
                case .conflict: 409
                case .cancelled: 503
                case .failed: 500
                }
            let detail = [recordings?.folder, archives?.jobs.folder].compactMap(\.self).reduce(error.description) {
                $0.replacing($1 + "/", with: "")
            }
            throw Problem(status, detail, place: error.place)
        }
    }

    // MARK: - All

    func archiveJobs(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        try choose(request, [.get, .post]) { method throws(Problem) in
            method == .post ? try submitJob(request) : try listJobs(request)
        }
    }

    /// `?room=` for those of one room, which a token of that room may see; `?state=`.
    private func listJobs(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        let wanted = request.value("room")
        if let wanted { try Router.check(name: wanted, of: "room") }
        _ = try access.claims(of: request, room: wanted, needs: [.record])
        let (archives, _) = try requireArchives()
        var states = Set(JobRecord.State.allCases)
        if let text = request.value("state") {
            guard let state = JobRecord.State(rawValue: text) else {
                throw Problem(
                    400, "state: expected \(JobRecord.State.allCases.map(\.rawValue).joined(separator: ", "))",
                    place: "state")
            }
            states = [state]
        }
        let jobs = try asking { () throws(ArchiveError) in try archives.jobs.jobs(states: states) }
        var reports: [JobReport] = []
        for job in jobs {
            let report = try told(job)
            if wanted == nil || report.room == wanted { reports.append(report) }
        }
        return HTTPResponse(json: reports)
    }

    private func submitJob(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        _ = try access.claims(of: request, room: nil, needs: [.record], anyRoom: true)
        _ = try JSONBody(request)
        let (archives, recordings) = try requireArchives()
        let wanted: ArchiveRequest
        do throws(ArchiveError) {
            wanted = try ArchiveRequest(parsing: request.body, places: .recordings(folder: recordings.folder))
        } catch {
            throw Problem(422, error.description, place: error.place)
        }
        guard case .session(let folder) = wanted.source else {
            throw Problem(422, "$.session is missing: expected a recording's id", place: "$.session")
        }
        let id = String(folder.dropFirst(recordings.folder.count + 1))
        let record = try recordings.find(id)
        _ = try access.claims(of: request, room: record?.room, needs: [.record])
        guard let record else { throw Problem(404, "$.session: there is no recording '\(id)'", place: "$.session") }
        guard record.kind != .composite else {
            throw Problem(
                422, "$.session: the recording has no tracks; it was made as a composite", place: "$.session")
        }
        guard !record.state.isOpen else {
            throw Problem(409, "the recording is still being written; stop it first", place: "$.session")
        }
        let queued = try asking { () throws(ArchiveError) in try archives.queue(wanted) }
        return HTTPResponse(
            201, json: try told(queued.job, warnings: queued.warnings),
            headers: [("Location", "/v1/archive/jobs/\(queued.job.id)")])
    }

    // MARK: - One

    func underArchiveJob(_ request: HTTPRequest, id: String, _ path: [String]) throws(Problem) -> HTTPResponse {
        try Router.check(name: id, of: "job")
        switch (path.first, path.count) {
        case (nil, _):
            return try choose(request, [.get, .delete]) { method throws(Problem) in
                let job = try archiveJob(request, id)
                return method == .get ? HTTPResponse(json: try told(job)) : try end(job, request)
            }
        case ("url", 1):
            return try choose(request, [.post]) { _ throws(Problem) in
                _ = try archiveJob(request, id)
                return signedURL(for: "/v1/archive/jobs/\(id)/file", of: "job", id)
            }
        case ("file", 1): return try jobFile(request, id)
        default: throw Router.nothingHere
        }
    }

    /// Throws 404, but to those only who could see all there are.
    private func archiveJob(
        _ request: HTTPRequest, _ id: String, needs grant: Grant = .record
    ) throws(Problem) -> ArchiveJob {
        let (archives, _) = try requireArchives()
        let job: ArchiveJob
        do throws(Problem) {
            job = try asking { () throws(ArchiveError) in try archives.jobs.job(id) }
        } catch {
            _ = try access.claims(of: request, room: nil, needs: [grant])
            throw error
        }
        _ = try access.claims(of: request, room: recordings?.room(of: job), needs: [grant])
        return job
    }

    /// Cancels a job that has not ended; takes one away that has, with its file, for which it needs more.
    private func end(_ job: ArchiveJob, _ request: HTTPRequest) throws(Problem) -> HTTPResponse {
        let (archives, _) = try requireArchives()
        if job.state == .queued || job.state == .running {
            let isCancelled = try asking { () throws(ArchiveError) in
                try archives.jobs.cancel(job.id, now: Recordings.now)
            }
            guard isCancelled else { throw Problem(409, "the job has just ended; look what became of it") }
            return HTTPResponse(json: try told(try asking { () throws(ArchiveError) in try archives.jobs.job(job.id) }))
        }
        _ = try archiveJob(request, job.id, needs: .admin)
        try asking { () throws(ArchiveError) in try archives.jobs.remove(job.id) }
        return HTTPResponse(204)
    }

    private func jobFile(_ request: HTTPRequest, _ id: String) throws(Problem) -> HTTPResponse {
        try choose(request, [.get]) { _ throws(Problem) in
            let (archives, _) = try requireArchives()
            let job: ArchiveJob
            if try isSigned(request, "job", id) {
                job = try asking { () throws(ArchiveError) in try archives.jobs.job(id) }
            } else {
                job = try archiveJob(request, id)
            }
            switch job.state {
            case .queued, .running: throw Problem(409, "the job has not ended yet")
            case .failed, .cancelled: throw Problem(404, "the job has made no file: it has \(job.state.rawValue)")
            case .finished: break
            }
            guard let output = job.result?.output, let file = SentFile(path: output) else {
                throw Problem(404, "the file is not there any more")
            }
            return answer(request, file, name: RecordingReport.name(output))
        }
    }
}
