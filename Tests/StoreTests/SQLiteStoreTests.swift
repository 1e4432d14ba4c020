import Foundation
import Glibc
import Store
import Testing

@Suite struct SQLiteStoreTests {
    @Test func twoProcessesMayShareAFile() throws {
        let scratch = try Scratch()
        let first = try SQLiteStore(path: scratch.file("s.db"))
        let second = try SQLiteStore(path: scratch.file("s.db"))
        try first.submit(JobRecord(id: "a", kind: "k", payload: "{}", created: 0))
        #expect(try second.take(owner: "2", kinds: ["k"], lease: 10, now: 0)?.id == "a")
        #expect(try first.take(owner: "1", kinds: ["k"], lease: 10, now: 0) == nil)
    }

    @Test func manyWorkersNeverShareAJob() throws {
        let scratch = try Scratch()
        let path = scratch.file("s.db")
        let store = try SQLiteStore(path: path)
        for index in 0..<60 { try store.submit(JobRecord(id: "\(index)", kind: "k", payload: "{}", created: 0)) }
        let taken = Locked<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            guard let own = try? SQLiteStore(path: path) else { return }
            while let job = try? own.take(owner: "\(worker)", kinds: ["k"], lease: 1000, now: 0) {
                taken.update { $0.append(job.id) }
            }
        }
        #expect(taken.value.count == 60 && Set(taken.value).count == 60)
    }

    /// What a killed process leaves: the database, and the log of what was committed last.
    @Test func whatWasCommittedSurvives() throws {
        let scratch = try Scratch()
        let store = try SQLiteStore(path: scratch.file("s.db"))
        for index in 0..<20 {
            try store.insert(RecordingRecord(id: "r\(index)", room: "a", started: Int64(index)))
            // A copy of the files while they are open is what the next process would find.
            let copy = scratch.file("copy\(index).db")
            for suffix in ["", "-wal"] where exists(scratch.file("s.db" + suffix)) {
                try FileManager.default.copyItem(atPath: scratch.file("s.db" + suffix), toPath: copy + suffix)
            }
            let found = try SQLiteStore(path: copy)
            try found.check()
            #expect(try found.recordings().count == index + 1)
        }
    }

    /// The log cut off anywhere gives an earlier state, never a broken one.
    @Test func aLogThatIsCutOffIsAnEarlierState() throws {
        let scratch = try Scratch()
        let store = try SQLiteStore(path: scratch.file("s.db"))
        for index in 0..<10 { try store.insert(RecordingRecord(id: "r\(index)", room: "a", started: Int64(index))) }
        let base = try #require(FileManager.default.contents(atPath: scratch.file("s.db")))
        let log = try #require(FileManager.default.contents(atPath: scratch.file("s.db-wal")))
        var last = -1
        for length in stride(from: 0, through: log.count, by: 3701) {
            let path = scratch.file("cut.db")
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try base.write(to: URL(fileURLWithPath: path))
            try log.prefix(length).write(to: URL(fileURLWithPath: path + "-wal"))
            let found = try SQLiteStore(path: path)
            try found.check()
            let ids = try found.recordings().map(\.id)
            #expect(ids == (0..<ids.count).reversed().map { "r\($0)" })
            #expect(ids.count >= last)
            last = ids.count
        }
        #expect(last >= 9)
    }

    @Test func whatIsNoStoreIsRefused() throws {
        let scratch = try Scratch()
        #expect(code { _ = try SQLiteStore(path: scratch.file("nowhere/s.db")) } == .cannotOpen)
        let text = scratch.write(String(repeating: "no database ", count: 400), as: "text.db")
        #expect(code { _ = try SQLiteStore(path: text) } == .damaged)
        #expect(exists(text))
        let newer = scratch.file("newer.db")
        do { _ = try SQLiteStore(path: newer) }
        // user_version is a big-endian word at offset 60 of the header (SQLite file format, 1.3).
        let handle = try #require(FileHandle(forUpdatingAtPath: newer))
        try handle.seek(toOffset: 60)
        try handle.write(contentsOf: Data([0, 0, 0x10, 0]))
        try handle.close()
        #expect(code { _ = try SQLiteStore(path: newer) } == .tooNew)
    }

    @Test func aFullDiskIsSaid() throws {
        let scratch = try Scratch()
        guard geteuid() == 0, mount("tmpfs", scratch.path, "tmpfs", 0, "size=256k") == 0 else { return }
        defer { umount2(scratch.path, Int32(MNT_DETACH)) }
        let store = try SQLiteStore(path: scratch.file("s.db"))
        var failure: StoreError.Code?
        var kept = 0
        while failure == nil, kept < 10_000 {
            failure = code {
                try store.insert(
                    RecordingRecord(
                        id: "r\(kept)", room: "a", started: Int64(kept), details: String(repeating: "x", count: 2000)))
            }
            if failure == nil { kept += 1 }
        }
        #expect(failure == .noSpace)
        #expect(try store.recordings().count == kept)
    }
}

/// A value under a lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value {
        lock.lock()
        defer { lock.unlock() }
        return stored
    }

    func update(_ body: (inout Value) -> Void) {
        lock.lock()
        defer { lock.unlock() }
        body(&stored)
    }
}
