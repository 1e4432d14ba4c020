/// Catalogue, jobs and outbox in one SQLite database. Any number of processes may open the same file.
public final class SQLiteStore: Sendable {
    let database: Database

    /// Opens the database, makes it if it is not there, and brings it up to date. Throws ``StoreError/Code/tooNew`` for
    /// one that a later version has written.
    public init(path: String) throws(StoreError) {
        database = try Database(path: path)
        try SQLiteStore.migrate(database, path: path)
    }

    /// A store that ends with the process.
    public init() throws(StoreError) {
        database = try Database(path: nil)
        try SQLiteStore.migrate(database, path: "memory")
    }

    // MARK: - Versions

    /// What makes version `n + 1` of version `n`. Never changed once released; new versions are added at the end.
    private static let migrations: [[String]] = [
        [
            """
            CREATE TABLE recordings (
                id TEXT PRIMARY KEY, room TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
                started INTEGER NOT NULL, ended INTEGER, interrupted INTEGER NOT NULL DEFAULT 0, error TEXT,
                details TEXT NOT NULL) STRICT
            """,
            "CREATE INDEX recordings_by_room ON recordings (room, started)",
            """
            CREATE TABLE recording_files (
                path TEXT PRIMARY KEY, recording TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
                position INTEGER NOT NULL, state TEXT NOT NULL, bytes INTEGER NOT NULL, duration INTEGER NOT NULL)
                STRICT
            """,
            "CREATE INDEX recording_files_by_recording ON recording_files (recording, position)",
            """
            CREATE TABLE jobs (
                number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
                state TEXT NOT NULL, progress INTEGER NOT NULL, tries INTEGER NOT NULL, maximum_tries INTEGER NOT NULL,
                owner TEXT, lease_ends INTEGER, not_before INTEGER NOT NULL, payload TEXT NOT NULL, result TEXT,
                error TEXT, created INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT
            """,
            "CREATE INDEX jobs_by_state ON jobs (state, number)",
            """
            CREATE TABLE job_chunks (
                job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, position INTEGER NOT NULL,
                result TEXT NOT NULL, PRIMARY KEY (job, position)) STRICT
            """,
            """
            CREATE TABLE webhooks (
                id INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,
                body TEXT NOT NULL, tries INTEGER NOT NULL, next_try INTEGER NOT NULL, created INTEGER NOT NULL,
                error TEXT) STRICT
            """,
            "CREATE INDEX webhooks_in_order ON webhooks (target, room, id)",
        ],
        [
            // Whoever tells of the end of jobs begins with those that end from now on.
            "ALTER TABLE jobs ADD COLUMN announced INTEGER NOT NULL DEFAULT 0",
            "UPDATE jobs SET announced = 1 WHERE state NOT IN ('queued', 'running')",
            "CREATE INDEX jobs_to_announce ON jobs (announced, state)",
        ],
    ]

    /// The version that this program writes.
    public static var version: Int { migrations.count }

    private static func migrate(_ database: Database, path: String) throws(StoreError) {
        try database.transaction { access throws(StoreError) in
            let found = try access.rows("PRAGMA user_version") { Int($0.integer(0)) }.first ?? 0
            guard found <= version else {
                throw StoreError(
                    .tooNew,
                    "\(path): the store is of version \(found), but only \(version) is known here; use a newer Tessera")
            }
            for step in migrations[found...] {
                for statement in step { try access.run(statement) }
            }
            if found < version { try access.run("PRAGMA user_version = \(version)") }
        }
    }

    /// Looks through the whole database for damage; throws what it finds.
    public func check() throws(StoreError) {
        let found = try database.read { access throws(StoreError) in
            try access.rows("PRAGMA integrity_check(1)") { $0.text(0) }
        }
        guard found == ["ok"] else {
            throw StoreError(.damaged, "the store is damaged (\(found.first ?? "unknown")); restore a copy")
        }
    }
}
