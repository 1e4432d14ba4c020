extension SQLiteStore: RecordingCatalogue {
    public func insert(_ record: RecordingRecord) throws(StoreError) {
        try database.transaction { access throws(StoreError) in
            guard try SQLiteStore.find(record.id, access) == nil else {
                throw StoreError(.exists, "there is a recording '\(record.id)' already")
            }
            try access.run(
                """
                INSERT INTO recordings (id, room, kind, state, started, ended, interrupted, error, details)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(record.id), .text(record.room), .text(record.kind.rawValue), .text(record.state.rawValue),
                    .integer(record.started), .init(record.ended), .integer(record.wasInterrupted ? 1 : 0),
                    .init(record.error), .text(record.details),
                ])
            try SQLiteStore.write(record.files, of: record.id, access)
        }
    }

    @discardableResult
    public func update(
        _ id: String, _ change: (inout RecordingRecord) throws(StoreError) -> Void
    ) throws(StoreError) -> RecordingRecord {
        try database.transaction { access throws(StoreError) in
            guard var record = try SQLiteStore.find(id, access) else {
                throw StoreError(.notFound, "there is no recording '\(id)'")
            }
            let before = record
            try change(&record)
            record.id = id
            guard record != before else { return record }
            try access.run(
                """
                UPDATE recordings SET room = ?, kind = ?, state = ?, started = ?, ended = ?, interrupted = ?, error = ?,
                details = ? WHERE id = ?
                """,
                [
                    .text(record.room), .text(record.kind.rawValue), .text(record.state.rawValue),
                    .integer(record.started), .init(record.ended), .integer(record.wasInterrupted ? 1 : 0),
                    .init(record.error), .text(record.details), .text(id),
                ])
            if record.files != before.files {
                try access.run("DELETE FROM recording_files WHERE recording = ?", [.text(id)])
                try SQLiteStore.write(record.files, of: id, access)
            }
            return record
        }
    }

    public func recording(_ id: String) throws(StoreError) -> RecordingRecord? {
        try database.read { access throws(StoreError) in try SQLiteStore.find(id, access) }
    }

    public func recordings(
        room: String?, states: Set<RecordingRecord.State>, limit: Int
    ) throws(StoreError) -> [RecordingRecord] {
        try database.read { access throws(StoreError) in
            // One statement for all uses; states are few and filtered here.
            let heads = try access.rows(
                "SELECT \(SQLiteStore.columns) FROM recordings WHERE ?1 IS NULL OR room = ?1 "
                    + "ORDER BY started DESC, rowid DESC", [.init(room)]
            ) { SQLiteStore.record($0) }
            var records = Array(heads.lazy.filter { states.contains($0.state) }.prefix(max(0, limit)))
            for index in records.indices { records[index].files = try SQLiteStore.files(of: records[index].id, access) }
            return records
        }
    }

    @discardableResult
    public func remove(_ id: String) throws(StoreError) -> Bool {
        try database.transaction { access throws(StoreError) in
            try access.run("DELETE FROM recordings WHERE id = ?", [.text(id)]) > 0
        }
    }

    // MARK: -

    private static let columns = "id, room, kind, state, started, ended, interrupted, error, details"

    private static func record(_ row: Database.Row) -> RecordingRecord {
        var record = RecordingRecord(
            id: row.text(0), room: row.text(1), kind: RecordingRecord.Kind(rawValue: row.text(2)) ?? .composite,
            state: RecordingRecord.State(rawValue: row.text(3)) ?? .failed, started: row.integer(4),
            details: row.text(8))
        record.ended = row.optionalInteger(5)
        record.wasInterrupted = row.integer(6) != 0
        record.error = row.optionalText(7)
        return record
    }

    private static func find(_ id: String, _ access: Database.Access) throws(StoreError) -> RecordingRecord? {
        var found = try access.rows("SELECT \(columns) FROM recordings WHERE id = ?", [.text(id)]) {
            SQLiteStore.record($0)
        }.first
        found?.files = try files(of: id, access)
        return found
    }

    private static func files(of id: String, _ access: Database.Access) throws(StoreError) -> [RecordingRecord.File] {
        try access.rows(
            "SELECT path, state, bytes, duration FROM recording_files WHERE recording = ? ORDER BY position",
            [.text(id)]
        ) { row in
            RecordingRecord.File(
                path: row.text(0), state: RecordingRecord.File.State(rawValue: row.text(1)) ?? .damaged,
                bytes: row.integer(2), duration: row.integer(3))
        }
    }

    private static func write(
        _ files: [RecordingRecord.File], of id: String, _ access: Database.Access
    ) throws(StoreError) {
        for (index, file) in files.enumerated() {
            try access.run(
                """
                INSERT INTO recording_files (path, recording, position, state, bytes, duration)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(file.path), .text(id), .integer(Int64(index)), .text(file.state.rawValue),
                    .integer(file.bytes), .integer(file.duration),
                ])
        }
    }
}
