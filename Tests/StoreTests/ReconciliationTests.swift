import Foundation
import Store
import Testing

@Suite struct ReconciliationTests {
    private struct Damage: Error, CustomStringConvertible { var description = "was cut off before any picture" }

    /// A repair that only gives the name.
    private func repair(_ path: String) throws -> Reconciliation.Repaired {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        if text == "bad" { throw Damage() }
        try FileManager.default.moveItem(atPath: path, toPath: String(path.dropLast(5)))
        return Reconciliation.Repaired(bytes: Int64(text.utf8.count), duration: 1000)
    }

    private func run(_ store: AnyStore, _ scratch: Scratch) throws -> [Reconciliation.Finding] {
        try Reconciliation(folder: scratch.path).run(store, now: 9000, repair: repair) { path in
            FileManager.default.contents(atPath: path).map {
                Reconciliation.Repaired(bytes: Int64($0.count), duration: 500)
            }
        }
    }

    @Test(arguments: Implementation.all) func catalogueAndDiskAgree(_ implementation: Implementation) throws {
        try implementation.use { store in
            let scratch = try Scratch()
            // Cut off in its second file, which the catalogue does not know yet.
            var cut = RecordingRecord(id: "cut", room: "r", started: 1)
            cut.files = [.init(path: "cut/a.webm", state: .whole, bytes: 3, duration: 10)]
            try store.insert(cut)
            scratch.write("abc", as: "cut/a.webm")
            scratch.write("four", as: "cut/a-2.webm.part")
            scratch.write("{}", as: "cut/a.report.json")
            // Ended well.
            var done = RecordingRecord(id: "done", room: "r", state: .finished, started: 2)
            done.files = [.init(path: "done/a.mp4", state: .whole, bytes: 2, duration: 20)]
            try store.insert(done)
            scratch.write("ab", as: "done/a.mp4")
            // Deleted by hand.
            var gone = RecordingRecord(id: "gone", room: "r", state: .finished, started: 3)
            gone.files = [.init(path: "gone/a.mkv", state: .whole, bytes: 2, duration: 20)]
            try store.insert(gone)
            // Beyond repair.
            var bad = RecordingRecord(id: "bad", room: "r", state: .paused, started: 4)
            bad.files = [.init(path: "bad/a.ogg")]
            try store.insert(bad)
            scratch.write("bad", as: "bad/a.ogg.part")
            // Killed before its first byte.
            try store.insert(RecordingRecord(id: "empty", room: "r", started: 5))
            // Unknown to the catalogue.
            scratch.write("whole", as: "found/a.webm")
            scratch.write("no recording", as: "notes/readme.txt")

            let findings = try run(store, scratch)
            #expect(findings.contains(.interrupted(recording: "cut")))
            #expect(findings.contains(.repaired(recording: "cut", path: "cut/a-2.webm")))
            #expect(findings.contains(.missing(recording: "gone", path: "gone/a.mkv")))
            #expect(findings.contains(.adopted(recording: "found", path: "found/a.webm")))

            let settled = try #require(try store.recording("cut"))
            #expect(settled.state == .finished && settled.wasInterrupted && settled.ended == 9000)
            #expect(settled.files.map(\.path) == ["cut/a.webm", "cut/a-2.webm"])
            #expect(settled.files.allSatisfy { $0.state == .whole } && settled.bytes == 7)
            #expect(try store.recording("done") == done)
            #expect(try store.recording("gone")?.state == .missing)
            #expect(try store.recording("bad")?.state == .failed)
            #expect(try store.recording("bad")?.error?.contains("cut off") == true)
            #expect(exists(scratch.file("bad/a.ogg.part")))
            #expect(try store.recording("empty")?.state == .failed)
            #expect(try store.recording("found")?.files.first?.duration == 500)
            #expect(try store.recordings().count == 6)

            // Once more: nothing is found that was settled, nothing is there twice.
            let before = try store.recordings()
            let again = try run(store, scratch)
            #expect(again.filter { if case .unrepairable = $0 { false } else { true } } == [])
            #expect(try store.recordings() == before)
        }
    }
}
