import Archive
import Foundation
import Media
import Recording
import Store
import Synchronization
import Testing
import Timing

@Suite struct ArchiveJobTests {
    private func record(_ yard: Yard, seconds: Double = 8) throws {
        let maker = try SessionMaker(yard.session)
        maker.note(.joined(participant: "a", name: "Ada", role: nil), at: 0)
        try maker.media("a", 0..<seconds, luma: 200, tone: 600)
        maker.note(.joined(participant: "b", name: "Bo", role: nil), at: 1.7)
        maker.note(.levels(["a": -20, "b": -127]), at: 1.8)
        try maker.media("b", 1.7..<(seconds - 1), luma: 100, tone: 1000)
        maker.note(.levels(["a": -127, "b": -20]), at: 3.4)
        maker.note(.end(error: nil), at: seconds)
        try maker.finish()
    }

    /// One worker or two, in one piece or many, whole or interrupted: of one plan always the same streams. The grid's
    /// tiles move in transitions across the joints.
    @Test(arguments: ["webm", "mkv", "mp4"]) func sameStreamsHoweverItIsDone(container: String) throws {
        let yard = try Yard()
        try record(yard)
        let more = #""chunk": 2"#
        _ = try yard.make(yard.request(more, layout: #""speaker""#, output: "one.\(container)"), lanes: 1)
        _ = try yard.make(yard.request(more, layout: #""speaker""#, output: "two.\(container)"), lanes: 2)
        let expected = try streams(yard.scratch.file("one.\(container)"))
        #expect(try streams(yard.scratch.file("two.\(container)")) == expected)
        #expect(expected.count { $0.hasPrefix("video") && $0.contains(" true ") } >= 4)

        // A worker that is stopped gives the job back with what is finished of it, and another goes on.
        let id = try yard.jobs.submit(
            yard.request(more, layout: #""speaker""#, output: "three.\(container)"), now: 0
        ).job.id
        let store = yard.jobs.store
        let box = Mutex<ArchiveWorker?>(nil)
        let stopper = StoppingStore(store) { box.withLock { $0 }?.stop() }
        let jobs = ArchiveJobs(store: stopper, folder: yard.jobs.folder)
        let first = ArchiveWorker(jobs, .init(owner: "first", lanes: 1), now: { 0 })
        box.withLock { $0 = first }
        #expect(try first.runNext())
        #expect(try yard.jobs.job(id).state == .queued)
        #expect(try store.chunks(of: id).count == 2)
        #expect(try yard.worker(2, owner: "second").runNext())
        let done = try yard.jobs.job(id)
        #expect(done.state == .finished && done.result?.reused ?? 0 >= 1)
        #expect(try streams(done.output) == expected)
        #expect(!yard.scratch.files.contains { $0.contains("job-") }, "\(yard.scratch.files)")
        #expect(!FileManager.default.fileExists(atPath: yard.jobs.folder + "/" + id))
    }

    /// What lies at a joint looks as in one piece: the layout goes on, and no picture is lost.
    @Test func jointsAreNotSeen() throws {
        let yard = try Yard()
        try record(yard)
        let whole = try yard.make(yard.request(#""chunk": 60"#, layout: #""grid""#, output: "whole.webm"))
        let cut = try yard.make(yard.request(#""chunk": 1"#, layout: #""grid""#, output: "cut.webm"))
        for tick in 0..<80 {
            let time = Double(tick) / 10
            for (x, y) in [(0.25, 0.4), (0.5, 0.3), (0.75, 0.6)] {
                #expect(abs(whole.luma(x, y, at: time) - cut.luma(x, y, at: time)) < 24, "\(x), \(y) at \(time)")
            }
        }
    }

    /// A worker that is gone for longer than its lease loses the job, and does no harm when it comes back.
    @Test func whoComesBackLateDoesNoHarm() throws {
        let yard = try Yard()
        try record(yard)
        let id = try yard.jobs.submit(yard.request(#""chunk": 2"#), now: 0).job.id
        let store = yard.jobs.store
        let lost = Mutex(false)
        let stopper = StoppingStore(store) {
            // While the first works, its lease ends and another takes the job.
            _ = try? store.take(owner: "other", kinds: [ArchiveJobs.kind], lease: 30_000, now: 40_000)
        }
        let late = ArchiveWorker(
            ArchiveJobs(store: stopper, folder: yard.jobs.folder), .init(owner: "late", lanes: 1), now: { 0 }
        ) { if case .lost = $0 { lost.withLock { $0 = true } } }
        #expect(try late.runNext())
        #expect(lost.withLock { $0 })
        #expect(try store.job(id)?.owner == "other")
        try store.release(id, owner: "other", now: 50_000)
        #expect(try yard.worker(owner: "third", now: 60_000).runNext())
        #expect(try yard.jobs.job(id).state == .finished)
    }

    @Test func cancelling() throws {
        let yard = try Yard()
        try record(yard)
        let waiting = try yard.jobs.submit(yard.request(), now: 0).job.id
        #expect(try yard.jobs.cancel(waiting, now: 1))
        #expect(try !yard.jobs.cancel(waiting, now: 2))
        #expect(try !yard.worker().runNext())
        let id = try yard.jobs.submit(yard.request(#""chunk": 2"#), now: 0).job.id
        let store = yard.jobs.store
        let cancelled = Mutex(false)
        let stopper = StoppingStore(store) { _ = try? store.cancel(id, now: 3) }
        let worker = ArchiveWorker(
            ArchiveJobs(store: stopper, folder: yard.jobs.folder), .init(owner: "w", lanes: 1), now: { 0 }
        ) { if case .cancelled = $0 { cancelled.withLock { $0 = true } } }
        #expect(try worker.runNext())
        #expect(cancelled.withLock { $0 })
        #expect(!FileManager.default.fileExists(atPath: yard.jobs.folder + "/" + id))
        #expect(!yard.scratch.files.contains("out.webm"))
        let unknown = #expect(throws: ArchiveError.self) { _ = try yard.jobs.cancel("nobody", now: 0) }
        #expect(unknown?.code == .notFound)
    }

    @Test func nothingIsOverwritten() throws {
        let yard = try Yard()
        try record(yard)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: yard.scratch.file("out.webm")))
        let refused = #expect(throws: ArchiveError.self) { _ = try yard.jobs.submit(yard.request(), now: 0) }
        #expect(refused?.place == "$.output")
        let track = #expect(throws: ArchiveError.self) {
            _ = try yard.jobs.submit(yard.request(#""overwrite": true"#, output: "session/1-camera.webm"), now: 0)
        }
        #expect(track?.code == .conflict)
        let nowhere = #expect(throws: ArchiveError.self) {
            _ = try yard.jobs.submit(yard.request(output: "nowhere/out.webm"), now: 0)
        }
        #expect(nowhere?.place == "$.output")
        // Somebody puts a file there while the job waits.
        let id = try yard.jobs.submit(yard.request(output: "later.webm"), now: 0).job.id
        try Data("precious".utf8).write(to: URL(fileURLWithPath: yard.scratch.file("later.webm")))
        #expect(try yard.worker().runNext())
        #expect(try yard.jobs.job(id).state == .failed)
        #expect(try String(contentsOfFile: yard.scratch.file("later.webm"), encoding: .utf8) == "precious")
        _ = try yard.make(yard.request(#""overwrite": true"#))
    }

    /// Files that change while a job is under way are noticed: its pieces would not fit together.
    @Test func filesThatChangeMeanwhile() throws {
        let yard = try Yard()
        try record(yard)
        let id = try yard.jobs.submit(yard.request(#""chunk": 2"#), now: 0).job.id
        let box = Mutex<ArchiveWorker?>(nil)
        let stopper = StoppingStore(yard.jobs.store) { box.withLock { $0 }?.stop() }
        let first = ArchiveWorker(
            ArchiveJobs(store: stopper, folder: yard.jobs.folder), .init(owner: "w", lanes: 1), now: { 0 })
        box.withLock { $0 = first }
        #expect(try first.runNext())
        let path = yard.session + "/" + Manifest.fileName
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text = text.replacing("\"Ada\"", with: "\"Eve\"")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try yard.worker().runNext())
        #expect(try yard.jobs.job(id).error?.contains("changed") == true)
    }
}

/// A store that does something once two pieces of a job are kept.
struct StoppingStore: JobStore {
    private let store: any JobStore
    private let act: @Sendable () -> Void
    private final class Count: Sendable { let value = Mutex(0) }
    private let kept = Count()

    init(_ store: any JobStore, act: @escaping @Sendable () -> Void) {
        self.store = store
        self.act = act
    }

    func finishChunk(_ id: String, owner: String, chunk: JobChunk) throws(StoreError) {
        try store.finishChunk(id, owner: owner, chunk: chunk)
        let isSecond = kept.value.withLock { count in
            count += 1
            return count == 2
        }
        if isSecond { act() }
    }

    func submit(_ job: JobRecord) throws(StoreError) { try store.submit(job) }
    func take(owner: String, kinds: Set<String>, lease: Int64, now: Int64) throws(StoreError) -> JobRecord? {
        try store.take(owner: owner, kinds: kinds, lease: lease, now: now)
    }
    func renew(_ id: String, owner: String, progress: Double, lease: Int64, now: Int64) throws(StoreError) {
        try store.renew(id, owner: owner, progress: progress, lease: lease, now: now)
    }
    func finish(_ id: String, owner: String, result: String, now: Int64) throws(StoreError) {
        try store.finish(id, owner: owner, result: result, now: now)
    }
    func fail(_ id: String, owner: String, error: String, retryAt: Int64?, now: Int64) throws(StoreError) {
        try store.fail(id, owner: owner, error: error, retryAt: retryAt, now: now)
    }
    func release(_ id: String, owner: String, now: Int64) throws(StoreError) {
        try store.release(id, owner: owner, now: now)
    }
    func cancel(_ id: String, now: Int64) throws(StoreError) -> Bool { try store.cancel(id, now: now) }
    func job(_ id: String) throws(StoreError) -> JobRecord? { try store.job(id) }
    func jobs(states: Set<JobRecord.State>, limit: Int) throws(StoreError) -> [JobRecord] {
        try store.jobs(states: states, limit: limit)
    }
    func removeJob(_ id: String) throws(StoreError) -> Bool { try store.removeJob(id) }
    func unannounced(limit: Int) throws(StoreError) -> [JobRecord] { try store.unannounced(limit: limit) }
    func announced(_ id: String) throws(StoreError) { try store.announced(id) }
    func chunks(of id: String) throws(StoreError) -> [JobChunk] { try store.chunks(of: id) }
}
