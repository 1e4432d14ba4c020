import Foundation
package import Layout
public import Store

/// What an archive job has made.
public struct ArchiveResult: Hashable, Sendable, Codable {
    public var output: String
    /// Seconds.
    public var duration: Double
    public var bytes: Int64
    /// Pieces of the picture, and how many of them an earlier try had finished.
    public var chunks: Int
    public var reused: Int
    /// Seconds of wall time of the last try.
    public var elapsed: Double
    /// What was not as it should be, a line each.
    public var warnings: [String]
}

/// An archive job as the store has it.
public struct ArchiveJob: Hashable, Sendable {
    public var id: String
    public var state: JobRecord.State
    /// 0 to 1.
    public var progress: Double
    public var tries: Int
    /// Nil if it was written by another version, and cannot be understood.
    public var request: ArchiveRequest?
    /// Where its file is, or will be.
    public var output: String
    public var result: ArchiveResult?
    public var error: String?
    /// Who works on it.
    public var owner: String?
    /// Milliseconds since 1970, UTC.
    public var created: Int64
    public var changed: Int64

    init(_ record: JobRecord, jobs: ArchiveJobs) {
        id = record.id
        state = record.state
        progress = record.progress
        tries = record.tries
        request = try? ArchiveRequest(parsing: record.payload.utf8, places: .files(relativeTo: "/"))
        output = request.map { jobs.output(of: $0, id: record.id) } ?? ""
        result = record.result.flatMap { try? JSONDecoder().decode(ArchiveResult.self, from: Data($0.utf8)) }
        error = record.error
        owner = record.owner
        created = record.created
        changed = record.changed
    }

    /// For programs: `id`, `state`, `progress`, `tries`, `output`, `created`, `changed`, and where they apply `error`,
    /// `owner`, `result` and the `request`.
    public var json: String { document.compact }

    package var document: JSONValue {
        var members = [
            JSONMember("id", .string(id)), JSONMember("state", .string(state.rawValue)),
            JSONMember("progress", .number((progress * 1000).rounded() / 1000)),
            JSONMember("tries", .number(Double(tries))), JSONMember("output", .string(output)),
            JSONMember("created", .number(Double(created))), JSONMember("changed", .number(Double(changed))),
        ]
        if let error { members.append(JSONMember("error", .string(error))) }
        if let owner { members.append(JSONMember("owner", .string(owner))) }
        if let result {
            members.append(
                JSONMember(
                    "result",
                    .object([
                        JSONMember("duration", .number(result.duration)),
                        JSONMember("bytes", .number(Double(result.bytes))),
                        JSONMember("chunks", .number(Double(result.chunks))),
                        JSONMember("reused", .number(Double(result.reused))),
                        JSONMember("elapsed", .number((result.elapsed * 1000).rounded() / 1000)),
                        JSONMember("warnings", .array(result.warnings.map(JSONValue.string))),
                    ])))
        }
        if let request { members.append(JSONMember("request", request.document)) }
        return .object(members)
    }
}

/// The archive jobs of a store: submitting, looking, cancelling. ``ArchiveWorker`` does them.
public struct ArchiveJobs: Sendable {
    /// Of its records in the store.
    public static let kind = "archive"

    public let store: any JobStore
    /// Each job has a folder of its own in it.
    public let folder: String

    public init(store: any JobStore, folder: String) {
        self.store = store
        self.folder = folder
    }

    /// Checks a request against its files, each of which is looked through once (about a second a gigabyte), and queues
    /// it. Nothing is written but the record.
    ///
    /// - Parameters:
    ///   - id: nil for one that is made up.
    ///   - now: milliseconds since 1970.
    @discardableResult
    public func submit(
        _ request: ArchiveRequest, id: String? = nil, now: Int64
    ) throws(ArchiveError) -> (job: ArchiveJob, warnings: [String]) {
        let id = id ?? ArchiveJobs.newIdentifier()
        let plan = try ArchivePlan(request)
        try ArchiveOutput(path: output(of: request, id: id), job: id).check(plan)
        let record = JobRecord(id: id, kind: ArchiveJobs.kind, payload: request.json, maximumTries: 5, created: now)
        try storing { () throws(StoreError) in try store.submit(record) }
        return (ArchiveJob(record, jobs: self), plan.warnings)
    }

    /// Queues a request that is checked as far as the session's manifest goes, which takes no longer than a moment; its
    /// worker looks through the files.
    @discardableResult
    public func queue(
        _ request: ArchiveRequest, now: Int64
    ) throws(ArchiveError) -> (job: ArchiveJob, warnings: [String]) {
        let id = ArchiveJobs.newIdentifier()
        let warnings = try ArchivePlan.glance(request)
        let record = JobRecord(id: id, kind: ArchiveJobs.kind, payload: request.json, maximumTries: 5, created: now)
        try storing { () throws(StoreError) in try store.submit(record) }
        return (ArchiveJob(record, jobs: self), warnings)
    }

    /// Jobs of whose end nobody has been told, the oldest first.
    public func unannounced(limit: Int = 100) throws(ArchiveError) -> [ArchiveJob] {
        let records = try storing { () throws(StoreError) in try store.unannounced(limit: limit) }
        return records.filter { $0.kind == ArchiveJobs.kind }.map { ArchiveJob($0, jobs: self) }
    }

    /// Takes a job that has ended away, and what it has made if that lies in the job's own folder.
    public func remove(_ id: String) throws(ArchiveError) {
        _ = try job(id)
        _ = try storing { () throws(StoreError) in try store.removeJob(id) }
        try? FileManager.default.removeItem(atPath: folder(of: id))
    }

    /// The newest first.
    public func jobs(
        states: Set<JobRecord.State> = Set(JobRecord.State.allCases), limit: Int = 1000
    ) throws(ArchiveError) -> [ArchiveJob] {
        let records = try storing { () throws(StoreError) in try store.jobs(states: states, limit: limit) }
        return records.filter { $0.kind == ArchiveJobs.kind }.map { ArchiveJob($0, jobs: self) }
    }

    /// Throws ``ArchiveError/Code/notFound``.
    public func job(_ id: String) throws(ArchiveError) -> ArchiveJob {
        let record = try storing { () throws(StoreError) in try store.job(id) }
        guard let record, record.kind == ArchiveJobs.kind else {
            throw ArchiveError(.notFound, "there is no archive job '\(LayoutError.excerpt(id))'")
        }
        return ArchiveJob(record, jobs: self)
    }

    /// Cancels a job; its worker, if it has one, stops within a few seconds. False if it had ended already.
    @discardableResult
    public func cancel(_ id: String, now: Int64) throws(ArchiveError) -> Bool {
        let job = try job(id)
        let isCancelled = try storing { () throws(StoreError) in try store.cancel(id, now: now) }
        if isCancelled, job.owner == nil { removePieces(of: id) }
        return isCancelled
    }

    /// Where a job's pieces lie until they are joined.
    func folder(of id: String) -> String { folder + "/" + id }

    /// Where a job's file is, or will be.
    func output(of request: ArchiveRequest, id: String) -> String {
        request.output ?? folder(of: id) + "/composite." + request.format
    }

    /// Deletes what a job needs no more; its file stays.
    func removePieces(of id: String) {
        let folder = folder(of: id)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.contains(".spool") { try? FileManager.default.removeItem(atPath: folder + "/" + name) }
        rmdir(folder)
    }

    private func storing<Value>(_ body: () throws(StoreError) -> Value) throws(ArchiveError) -> Value {
        do {
            return try body()
        } catch {
            throw ArchiveError(error)
        }
    }

    private static func newIdentifier() -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return "job-" + String((0..<10).map { _ in letters.randomElement() ?? "x" })
    }
}
