import Store
import Testing

@Suite struct CatalogueTests {
    private func record(_ id: String, room: String = "r", started: Int64 = 1000) -> RecordingRecord {
        var record = RecordingRecord(id: id, room: room, started: started, details: #"{"layout":"grid"}"#)
        record.files = [.init(path: "\(id)/a.webm")]
        return record
    }

    @Test(arguments: Implementation.all) func recordsAreKept(_ implementation: Implementation) throws {
        try implementation.use { store in
            var first = record("a", started: 1000)
            try store.insert(first)
            try store.insert(record("b", room: "other 'room' \u{1F3A5}", started: 3000))
            try store.insert(record("c", started: 2000))
            #expect(try store.recording("a") == first)
            #expect(try store.recording("x") == nil)
            #expect(try store.recordings().map(\.id) == ["b", "c", "a"])
            #expect(try store.recordings(room: "r", states: [.recording], limit: 9).map(\.id) == ["c", "a"])
            #expect(try store.recordings(room: nil, states: [.recording], limit: 1).map(\.id) == ["b"])
            #expect(try store.recordings(room: nil, states: [.finished], limit: 9).isEmpty)
            first.state = .finished
            first.ended = 5000
            first.error = "none"
            first.files = [
                .init(path: "a/a.webm", state: .whole, bytes: 12, duration: 700),
                .init(path: "a/a-2.webm", state: .whole, bytes: 30, duration: 300),
            ]
            let changed = first
            #expect(try store.update("a") { $0 = changed } == first)
            #expect(try store.recording("a") == first)
            #expect(first.bytes == 42 && first.duration == 1000)
            #expect(try store.remove("a"))
            #expect(try !store.remove("a"))
            #expect(try store.recordings().count == 2)
            // Its files may be listed again.
            try store.insert(first)
        }
    }

    @Test(arguments: Implementation.all) func nothingIsThereTwice(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.insert(record("a"))
            #expect(code { try store.insert(record("a")) } == .exists)
            var thief = record("b")
            thief.files = [.init(path: "a/a.webm")]
            #expect(code { try store.insert(thief) } == .exists)
            // The whole insertion was undone.
            #expect(try store.recordings().map(\.id) == ["a"])
            #expect(code { try store.update("x") { _ in } } == .notFound)
        }
    }

    @Test(arguments: Implementation.all) func aChangeThatThrowsChangesNothing(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.insert(record("a"))
            let thrown = code {
                try store.update("a") { record throws(StoreError) in
                    record.state = .failed
                    throw StoreError(.conflict, "no")
                }
            }
            #expect(thrown == .conflict)
            #expect(try store.recording("a")?.state == .recording)
        }
    }
}
