import Foundation
import Store
import Testing

/// A directory that is gone after the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/tessera-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ text: String, as name: String) -> String {
        let path = file(name)
        try? FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
        return path
    }
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// All seams in one.
typealias AnyStore = any RecordingCatalogue & JobStore & WebhookOutbox

/// Whatever stands behind the seams: every implementation passes the same tests.
struct Implementation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    private let open: @Sendable () throws -> (AnyStore, Scratch?)

    static let all = [
        Implementation(testDescription: "SQLite in memory") { (try SQLiteStore(), nil) },
        Implementation(testDescription: "SQLite file") {
            let scratch = try Scratch()
            return (try SQLiteStore(path: scratch.file("store.db")), scratch)
        },
    ]

    private init(testDescription: String, _ open: @escaping @Sendable () throws -> (AnyStore, Scratch?)) {
        self.testDescription = testDescription
        self.open = open
    }

    /// Runs a test with a new store.
    func use(_ body: (AnyStore) throws -> Void) throws {
        let (store, scratch) = try open()
        try withExtendedLifetime(scratch) { try body(store) }
    }
}

func code(_ body: () throws -> Void) -> StoreError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
