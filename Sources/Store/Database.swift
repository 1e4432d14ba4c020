import CSQLite
import Foundation

/// The one owner of an SQLite handle. Statements are prepared once and kept; any thread may call, one at a time gets in.
///
/// Files are in WAL mode: readers do not wait for the writer, and a process that is killed leaves a database that the
/// next one reads as of its last commit.
final class Database: @unchecked Sendable {
    /// A value of a column or parameter.
    enum Value: Hashable, Sendable {
        case null
        case integer(Int64)
        case text(String)

        init(_ text: String?) { self = text.map { .text($0) } ?? .null }
        init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
    }

    /// The columns of one row, while it is current.
    struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
        func text(_ column: Int32) -> String { optionalText(column) ?? "" }
        func optionalText(_ column: Int32) -> String? {
            guard let text = sqlite3_column_text(statement, column) else { return nil }
            let count = Int(sqlite3_column_bytes(statement, column))
            return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
        }
        private func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    }

    private let lock = NSLock()
    private let handle: OpaquePointer
    private let path: String
    // Guarded by the lock.
    private var statements: [String: OpaquePointer] = [:]

    /// - Parameter path: nil for a database in memory.
    init(path: String?) throws(StoreError) {
        self.path = path ?? "the store in memory"
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
        let code = sqlite3_open_v2(path ?? ":memory:", &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let cause = String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw StoreError(.cannotOpen, "\(path ?? "memory"): the store cannot be opened (\(cause))")
        }
        handle = opened
        sqlite3_extended_result_codes(opened, 1)
        sqlite3_busy_timeout(opened, 5000)
        // A commit survives the process at once, and loss of power as of the last checkpoint.
        try run("PRAGMA journal_mode = WAL")
        try run("PRAGMA synchronous = NORMAL")
        try run("PRAGMA foreign_keys = ON")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    // MARK: -

    /// A connection inside ``transaction(_:)``: the lock is held.
    struct Access {
        fileprivate let database: Database

        /// Rows changed.
        @discardableResult
        func run(_ text: String, _ values: [Value] = []) throws(StoreError) -> Int {
            try database.execute(text, values) { _ in }
            return Int(sqlite3_changes(database.handle))
        }

        func rows<Result>(
            _ text: String, _ values: [Value] = [], _ read: (Row) throws(StoreError) -> Result
        ) throws(StoreError) -> [Result] {
            var results: [Result] = []
            try database.execute(text, values) { row throws(StoreError) in results.append(try read(row)) }
            return results
        }
    }

    /// Runs `body` as a whole or not at all; it begins with the right to write.
    func transaction<Result>(_ body: (Access) throws(StoreError) -> Result) throws(StoreError) -> Result {
        lock.lock()
        defer { lock.unlock() }
        try execute("BEGIN IMMEDIATE", []) { _ in }
        let result: Result
        do {
            result = try body(Access(database: self))
            try execute("COMMIT", []) { _ in }
        } catch {
            try? execute("ROLLBACK", []) { _ in }
            throw error
        }
        return result
    }

    /// Reads without the right to write.
    func read<Result>(_ body: (Access) throws(StoreError) -> Result) throws(StoreError) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(Access(database: self))
    }

    func run(_ text: String) throws(StoreError) {
        lock.lock()
        defer { lock.unlock() }
        try execute(text, []) { _ in }
    }

    private func execute(
        _ text: String, _ values: [Value], _ visit: (Row) throws(StoreError) -> Void
    ) throws(StoreError) {
        let statement = try prepared(text)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch value {
                case .null: sqlite3_bind_null(statement, place)
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .text(let string):
                    tessera_sqlite3_bind_text(statement, place, string, Int32(clamping: string.utf8.count))
                }
            guard code == SQLITE_OK else { throw failure(code) }
        }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code) }
            try visit(Row(statement: statement))
        }
    }

    private func prepared(_ text: String) throws(StoreError) -> OpaquePointer {
        if let statement = statements[text] { return statement }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        statements[text] = statement
        return statement
    }

    private func failure(_ code: Int32) -> StoreError {
        let cause = String(cString: sqlite3_errmsg(handle))
        let kind: StoreError.Code =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_FULL: .noSpace
            case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
            case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: .cannotOpen
            case SQLITE_CONSTRAINT: .exists
            default: .failed
            }
        return StoreError(kind, "\(path): the store cannot do that (\(cause))")
    }
}
