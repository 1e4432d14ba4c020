import Store
import Testing

@Suite struct JobTests {
    private func job(_ id: String, kind: String = "composite", tries: Int = 2) -> JobRecord {
        JobRecord(id: id, kind: kind, payload: #"{"x":1}"#, maximumTries: tries, created: 100)
    }

    private func take(_ store: AnyStore, _ owner: String, at now: Int64) throws -> JobRecord? {
        try store.take(owner: owner, kinds: ["composite"], lease: 1000, now: now)
    }

    @Test(arguments: Implementation.all) func jobsAreTakenInOrderAndOnce(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.submit(job("z"))
            try store.submit(job("other", kind: "upload"))
            try store.submit(job("a"))
            #expect(code { try store.submit(job("a")) } == .exists)
            let first = try #require(try take(store, "w1", at: 200))
            #expect(first.id == "z" && first.state == .running && first.tries == 1 && first.owner == "w1")
            #expect(first.leaseEnds == 1200 && first.payload == #"{"x":1}"#)
            #expect(try take(store, "w2", at: 200)?.id == "a")
            #expect(try take(store, "w3", at: 200) == nil)
            try store.renew("z", owner: "w1", progress: 0.25, lease: 1000, now: 1000)
            #expect(try store.job("z")?.progress == 0.25)
            try store.finish("z", owner: "w1", result: "{}", now: 1100)
            let done = try #require(try store.job("z"))
            #expect(done.state == .finished && done.progress == 1 && done.owner == nil && done.changed == 1100)
            #expect(try store.jobs(states: [.finished], limit: 5).map(\.id) == ["z"])
            #expect(try store.unannounced(limit: 5).map(\.id) == ["z"])
            _ = try store.cancel("a", now: 1200)
            #expect(try store.unannounced(limit: 5).map(\.id) == ["z", "a"])
            try store.announced("z")
            #expect(try store.unannounced(limit: 5).map(\.id) == ["a"])
            #expect(try store.jobs(states: Set(JobRecord.State.allCases), limit: 5).map(\.id) == ["a", "other", "z"])
        }
    }

    @Test(arguments: Implementation.all) func aLostWorkersJobIsTakenUp(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.submit(job("a"))
            _ = try take(store, "w1", at: 0)
            try store.finishChunk("a", owner: "w1", chunk: JobChunk(index: 1, result: "one"))
            #expect(try take(store, "w2", at: 999) == nil)
            let again = try #require(try take(store, "w2", at: 1000))
            #expect(again.tries == 2 && again.owner == "w2")
            // The first has lost it, whatever it wants to say.
            #expect(code { try store.renew("a", owner: "w1", progress: 1, lease: 1, now: 1001) } == .conflict)
            #expect(code { try store.finish("a", owner: "w1", result: "", now: 1001) } == .conflict)
            #expect(
                code { try store.finishChunk("a", owner: "w1", chunk: JobChunk(index: 2, result: "x")) } == .conflict)
            try store.finishChunk("a", owner: "w2", chunk: JobChunk(index: 1, result: "again"))
            try store.finishChunk("a", owner: "w2", chunk: JobChunk(index: 0, result: "zero"))
            #expect(
                try store.chunks(of: "a") == [
                    JobChunk(index: 0, result: "zero"), JobChunk(index: 1, result: "one"),
                ])
            // Lost too often.
            #expect(try take(store, "w3", at: 5000) == nil)
            let lost = try #require(try store.job("a"))
            #expect(lost.state == .failed && lost.error?.contains("2 times") == true)
        }
    }

    @Test(arguments: Implementation.all) func failuresAreTriedAgain(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.submit(job("a"))
            _ = try take(store, "w", at: 0)
            try store.fail("a", owner: "w", error: "no luck", retryAt: 500, now: 10)
            #expect(try store.job("a")?.state == .queued)
            #expect(try store.job("a")?.error == "no luck")
            #expect(try take(store, "w", at: 499) == nil)
            #expect(try take(store, "w", at: 500)?.tries == 2)
            try store.fail("a", owner: "w", error: "again", retryAt: 900, now: 600)
            #expect(try store.job("a")?.state == .failed)

            try store.submit(job("b"))
            _ = try take(store, "w", at: 0)
            try store.release("b", owner: "w", now: 1)
            #expect(try store.job("b")?.tries == 0)
            #expect(try store.job("b")?.state == .queued)
        }
    }

    @Test(arguments: Implementation.all) func cancelling(_ implementation: Implementation) throws {
        try implementation.use { store in
            try store.submit(job("a"))
            _ = try take(store, "w", at: 0)
            #expect(code { _ = try store.removeJob("a") } == .conflict)
            #expect(try store.cancel("a", now: 5))
            #expect(try !store.cancel("a", now: 6))
            #expect(code { _ = try store.cancel("x", now: 6) } == .notFound)
            #expect(code { try store.renew("a", owner: "w", progress: 0, lease: 1, now: 7) } == .conflict)
            #expect(try store.removeJob("a"))
            #expect(try !store.removeJob("a"))
            #expect(try store.chunks(of: "a").isEmpty)
        }
    }
}
