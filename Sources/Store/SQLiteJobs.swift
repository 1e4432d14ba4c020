extension SQLiteStore: JobStore {
    public func submit(_ job: JobRecord) throws(StoreError) {
        try database.transaction { access throws(StoreError) in
            guard try SQLiteStore.find(job: job.id, access) == nil else {
                throw StoreError(.exists, "there is a job '\(job.id)' already")
            }
            try access.run(
                "INSERT INTO jobs (\(SQLiteStore.jobColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                SQLiteStore.values(job))
        }
    }

    public func take(owner: String, kinds: Set<String>, lease: Int64, now: Int64) throws(StoreError) -> JobRecord? {
        try database.transaction { access throws(StoreError) in
            let free = try access.rows(
                "SELECT \(SQLiteStore.jobColumns) FROM jobs WHERE (state = 'queued' AND not_before <= ?1) "
                    + "OR (state = 'running' AND lease_ends <= ?1) ORDER BY number", [.integer(now)]
            ) { SQLiteStore.job($0) }
            for var job in free where kinds.contains(job.kind) {
                job.changed = now
                guard job.tries < job.maximumTries else {
                    job.state = .failed
                    job.error = job.error ?? "its worker was lost \(job.tries) times"
                    (job.owner, job.leaseEnds) = (nil, nil)
                    try SQLiteStore.store(job, access)
                    continue
                }
                job.state = .running
                job.tries += 1
                job.owner = owner
                job.leaseEnds = now + lease
                try SQLiteStore.store(job, access)
                return job
            }
            return nil
        }
    }

    public func renew(_ id: String, owner: String, progress: Double, lease: Int64, now: Int64) throws(StoreError) {
        try change(id, owner: owner, now: now) { job in
            job.progress = progress.isNaN ? job.progress : min(max(progress, 0), 1)
            job.leaseEnds = now + lease
        }
    }

    public func finish(_ id: String, owner: String, result: String, now: Int64) throws(StoreError) {
        try change(id, owner: owner, now: now) { job in
            job.state = .finished
            job.progress = 1
            job.result = result
            job.error = nil
            (job.owner, job.leaseEnds) = (nil, nil)
        }
    }

    public func fail(_ id: String, owner: String, error: String, retryAt: Int64?, now: Int64) throws(StoreError) {
        try change(id, owner: owner, now: now) { job in
            job.error = error
            (job.owner, job.leaseEnds) = (nil, nil)
            if let retryAt, job.tries < job.maximumTries {
                job.state = .queued
                job.notBefore = retryAt
            } else {
                job.state = .failed
            }
        }
    }

    public func release(_ id: String, owner: String, now: Int64) throws(StoreError) {
        try change(id, owner: owner, now: now) { job in
            job.state = .queued
            job.tries = max(0, job.tries - 1)
            (job.owner, job.leaseEnds) = (nil, nil)
        }
    }

    public func cancel(_ id: String, now: Int64) throws(StoreError) -> Bool {
        try database.transaction { access throws(StoreError) in
            guard var job = try SQLiteStore.find(job: id, access) else { throw SQLiteStore.unknown(job: id) }
            guard job.state == .queued || job.state == .running else { return false }
            job.state = .cancelled
            job.changed = now
            (job.owner, job.leaseEnds) = (nil, nil)
            try SQLiteStore.store(job, access)
            return true
        }
    }

    public func job(_ id: String) throws(StoreError) -> JobRecord? {
        try database.read { access throws(StoreError) in try SQLiteStore.find(job: id, access) }
    }

    public func jobs(states: Set<JobRecord.State>, limit: Int) throws(StoreError) -> [JobRecord] {
        let all = try database.read { access throws(StoreError) in
            try access.rows("SELECT \(SQLiteStore.jobColumns) FROM jobs ORDER BY number DESC") { SQLiteStore.job($0) }
        }
        return Array(all.lazy.filter { states.contains($0.state) }.prefix(max(0, limit)))
    }

    public func removeJob(_ id: String) throws(StoreError) -> Bool {
        try database.transaction { access throws(StoreError) in
            guard let job = try SQLiteStore.find(job: id, access) else { return false }
            guard job.state != .running, job.state != .queued else {
                throw StoreError(.conflict, "job '\(id)' has not ended; cancel it first")
            }
            return try access.run("DELETE FROM jobs WHERE id = ?", [.text(id)]) > 0
        }
    }

    public func unannounced(limit: Int) throws(StoreError) -> [JobRecord] {
        try database.read { access throws(StoreError) in
            try access.rows(
                "SELECT \(SQLiteStore.jobColumns) FROM jobs WHERE announced = 0 "
                    + "AND state IN ('finished', 'failed', 'cancelled') ORDER BY changed, number LIMIT ?",
                [.integer(Int64(max(0, limit)))]
            ) { SQLiteStore.job($0) }
        }
    }

    public func announced(_ id: String) throws(StoreError) {
        _ = try database.transaction { access throws(StoreError) in
            try access.run("UPDATE jobs SET announced = 1 WHERE id = ?", [.text(id)])
        }
    }

    public func finishChunk(_ id: String, owner: String, chunk: JobChunk) throws(StoreError) {
        try database.transaction { access throws(StoreError) in
            _ = try SQLiteStore.require(id, owner: owner, access)
            try access.run(
                "INSERT OR IGNORE INTO job_chunks (job, position, result) VALUES (?, ?, ?)",
                [.text(id), .integer(Int64(chunk.index)), .text(chunk.result)])
        }
    }

    public func chunks(of id: String) throws(StoreError) -> [JobChunk] {
        try database.read { access throws(StoreError) in
            try access.rows("SELECT position, result FROM job_chunks WHERE job = ? ORDER BY position", [.text(id)]) {
                JobChunk(index: Int($0.integer(0)), result: $0.text(1))
            }
        }
    }

    // MARK: -

    private func change(
        _ id: String, owner: String, now: Int64, _ body: (inout JobRecord) -> Void
    ) throws(StoreError) {
        try database.transaction { access throws(StoreError) in
            var job = try SQLiteStore.require(id, owner: owner, access)
            body(&job)
            job.changed = now
            try SQLiteStore.store(job, access)
        }
    }

    private static func require(_ id: String, owner: String, _ access: Database.Access) throws(StoreError) -> JobRecord
    {
        guard let job = try find(job: id, access) else { throw unknown(job: id) }
        guard job.state == .running, job.owner == owner else {
            throw StoreError(
                .conflict,
                "job '\(id)' is \(job.state.rawValue)" + (job.owner.map { " by '\($0)'" } ?? "")
                    + ", no longer by '\(owner)'")
        }
        return job
    }

    private static func unknown(job id: String) -> StoreError { StoreError(.notFound, "there is no job '\(id)'") }

    /// Progress is kept in millionths.
    private static let jobColumns = """
        id, kind, state, progress, tries, maximum_tries, owner, lease_ends, not_before, payload, result, error, created, \
        changed
        """

    private static func values(_ job: JobRecord) -> [Database.Value] {
        [
            .text(job.id), .text(job.kind), .text(job.state.rawValue), .integer(Int64(job.progress * 1e6)),
            .integer(Int64(job.tries)), .integer(Int64(job.maximumTries)), .init(job.owner), .init(job.leaseEnds),
            .integer(job.notBefore), .text(job.payload), .init(job.result), .init(job.error), .integer(job.created),
            .integer(job.changed),
        ]
    }

    private static func job(_ row: Database.Row) -> JobRecord {
        var job = JobRecord(
            id: row.text(0), kind: row.text(1), payload: row.text(9), maximumTries: Int(row.integer(5)),
            created: row.integer(12))
        job.state = JobRecord.State(rawValue: row.text(2)) ?? .failed
        job.progress = Double(row.integer(3)) / 1e6
        job.tries = Int(row.integer(4))
        job.owner = row.optionalText(6)
        job.leaseEnds = row.optionalInteger(7)
        job.notBefore = row.integer(8)
        job.result = row.optionalText(10)
        job.error = row.optionalText(11)
        job.changed = row.integer(13)
        return job
    }

    private static func find(job id: String, _ access: Database.Access) throws(StoreError) -> JobRecord? {
        try access.rows("SELECT \(jobColumns) FROM jobs WHERE id = ?", [.text(id)]) { job($0) }.first
    }

    private static func store(_ job: JobRecord, _ access: Database.Access) throws(StoreError) {
        try access.run(
            """
            UPDATE jobs SET id = ?1, kind = ?2, state = ?3, progress = ?4, tries = ?5, maximum_tries = ?6, owner = ?7,
            lease_ends = ?8, not_before = ?9, payload = ?10, result = ?11, error = ?12, created = ?13, changed = ?14
            WHERE id = ?1
            """, values(job))
    }
}
