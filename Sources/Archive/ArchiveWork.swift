import Containers
import Foundation
import Store
import Synchronization
import Timing

/// One try at one archive job, from its plan to the finished file.
final class ArchiveWork: Sendable {
    private let record: JobRecord
    private let jobs: ArchiveJobs
    private let owner: String
    private let lanes: Int
    private let cancel: CancelFlag
    private let began = MonotonicClock.now
    private let state = Mutex(State())
    /// Ticks of pictures and of sound that this try has done.
    private let pictureTicks = Atomic(0)
    private let soundTicks = Atomic(0)

    private struct State {
        var waiting: [Piece] = []
        var failure: ArchiveError?
        var pieces = 0
        var done = 0
        var ticks: Int64 = 0
        var reusedTicks: Int64 = 0
        var soundIsReused = false
    }

    /// What is worked on as a whole.
    private enum Piece: Sendable {
        case sound
        case pictures(chunk: Int, start: SceneReplay)
    }

    /// What the store keeps of a piece that is done.
    private struct Kept: Codable {
        var file: String
        /// Of all that it was made from.
        var plan: String
        /// Of its contents.
        var fingerprint: String
    }

    /// What sound costs in terms of pictures.
    private static let soundShare = 0.06

    init(_ record: JobRecord, jobs: ArchiveJobs, owner: String, lanes: Int, cancel: CancelFlag) {
        (self.record, self.jobs, self.owner) = (record, jobs, owner)
        (self.lanes, self.cancel) = (lanes, cancel)
    }

    func run() throws(ArchiveError) -> ArchiveResult {
        let request = try ArchiveRequest(parsing: record.payload.utf8, places: .files(relativeTo: "/"))
        let plan = try ArchivePlan(request, cancel: cancel)
        let output = ArchiveOutput(path: jobs.output(of: request, id: record.id), job: record.id)
        let kept = try keptPieces(plan)
        if let result = try published(plan, kept, output) { return result }
        try output.check(plan)
        let folder = jobs.folder(of: record.id)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ArchiveError(.failed, "\(folder): cannot be made (\(error.localizedDescription))")
        }
        let whole = kept.filter { isWhole($0.value) }
        state.withLock { state in
            state.ticks = plan.ticks
            state.pieces = plan.chunkCount
            state.done = whole.keys.count { $0 > 0 }
            state.reusedTicks = whole.keys.filter { $0 > 0 }.reduce(0) { $0 + Int64(plan.chunk($1 - 1).count) }
            state.soundIsReused = whole[0] != nil
        }
        let reused = state.withLock(\.done)
        try renderAll(plan, whole: Set(whole.keys))
        let finished = try join(plan, output, overwrites: request.overwrites)
        return ArchiveResult(
            output: output.path, duration: finished.duration.seconds, bytes: finished.bytes, chunks: plan.chunkCount,
            reused: reused, elapsed: (MonotonicClock.now - began).seconds, warnings: plan.warnings)
    }

    // MARK: - Pieces

    private func path(_ piece: Int) -> String {
        let name = piece == 0 ? "sound" : String(repeating: "0", count: max(0, 5 - String(piece).count)) + "\(piece)"
        return jobs.folder(of: record.id) + "/\(name).spool"
    }

    /// What earlier tries have done: 0 is the sound, then the pictures' chunks from 1 on.
    private func keptPieces(_ plan: ArchivePlan) throws(ArchiveError) -> [Int: Kept] {
        var pieces: [Int: Kept] = [:]
        for chunk in try storing({ () throws(StoreError) in try jobs.store.chunks(of: record.id) }) {
            guard let kept = try? JSONDecoder().decode(Kept.self, from: Data(chunk.result.utf8)) else { continue }
            guard kept.plan == plan.fingerprint else {
                throw ArchiveError(
                    .unusable, "the session's files have changed since the job began; submit it anew")
            }
            pieces[chunk.index] = kept
        }
        return pieces
    }

    private func isWhole(_ kept: Kept) -> Bool {
        ChunkSpool.check(jobs.folder(of: record.id) + "/" + kept.file)?.fingerprint == kept.fingerprint
    }

    private func keep(_ piece: Int, _ plan: ArchivePlan, fingerprint: String, file: String) throws(ArchiveError) {
        let kept = Kept(file: file, plan: plan.fingerprint, fingerprint: fingerprint)
        let data = (try? JSONEncoder().encode(kept)) ?? Data()
        try storing { () throws(StoreError) in
            try jobs.store.finishChunk(
                record.id, owner: owner, chunk: JobChunk(index: piece, result: String(decoding: data, as: UTF8.self)))
        }
    }

    private func renderAll(_ plan: ArchivePlan, whole: Set<Int>) throws(ArchiveError) {
        var pieces: [Piece] = []
        var levels: LevelTable?
        if plan.session.lacksLevels {
            // Who is where depends on who was loud, so sound comes first.
            levels = try makeSound(plan, isWhole: whole.contains(0))
        } else if !whole.contains(0) {
            pieces.append(.sound)
        }
        let starts = try SceneReplay.chunkStarts(plan, levels: levels, cancel: cancel)
        for (chunk, start) in starts.enumerated() where !whole.contains(chunk + 1) {
            pieces.append(.pictures(chunk: chunk, start: start))
        }
        let waiting = pieces
        state.withLock { $0.waiting = waiting.reversed() }
        let group = DispatchGroup()
        for lane in 0..<min(lanes, pieces.count) {
            group.enter()
            let thread = Thread { [self] in
                workOff(plan)
                group.leave()
            }
            thread.name = "archive-\(lane)"
            thread.stackSize = 4 << 20
            thread.start()
        }
        group.wait()
        if let failure = state.withLock(\.failure) { throw failure }
        if cancel.isSet { throw ArchiveError(.cancelled, "was stopped") }
    }

    private func workOff(_ plan: ArchivePlan) {
        while let piece = state.withLock({ $0.waiting.popLast() }) {
            do throws(ArchiveError) {
                switch piece {
                case .sound: _ = try makeSound(plan, isWhole: false)
                case .pictures(let chunk, let start):
                    let path = path(chunk + 1)
                    let contents = try PictureChunk(plan: plan, index: chunk, start: start, cancel: cancel).render(
                        to: path
                    ) { pictureTicks.add(1, ordering: .relaxed) }
                    try keep(
                        chunk + 1, plan, fingerprint: contents.fingerprint, file: (path as NSString).lastPathComponent)
                    state.withLock { $0.done += 1 }
                }
            } catch {
                // The first that fails ends the others, which then say that they were stopped.
                state.withLock { state in
                    if state.failure == nil { state.failure = error }
                    state.waiting = []
                }
                cancel.set()
            }
        }
    }

    private func makeSound(_ plan: ArchivePlan, isWhole: Bool) throws(ArchiveError) -> LevelTable? {
        let path = path(0)
        let pass = SoundPass(plan: plan, cancel: cancel)
        let (contents, levels) = try pass.run(
            to: isWhole ? nil : path, measuresLevels: plan.session.lacksLevels
        ) { soundTicks.add(1, ordering: .relaxed) }
        if let contents {
            try keep(0, plan, fingerprint: contents.fingerprint, file: (path as NSString).lastPathComponent)
        }
        return levels
    }

    // MARK: - The whole

    private func join(
        _ plan: ArchivePlan, _ output: ArchiveOutput, overwrites: Bool
    ) throws(ArchiveError) -> FileWriter.Finished {
        let join = ChunkJoin(
            plan: plan, pictures: (1...plan.chunkCount).map(path), sound: path(0), cancel: cancel)
        let finished = try join.write(to: output.unfinished)
        // Whoever takes the job up after this knows the file again, whatever it is called.
        let identity = ArchiveOutput.identity(of: output.unfinished) ?? ""
        try keep(plan.chunkCount + 1 + record.tries, plan, fingerprint: identity, file: "")
        try output.publish(overwrites: overwrites)
        return finished
    }

    /// What there is to say of a file that an earlier try has finished, if its worker only had not come to say so.
    private func published(
        _ plan: ArchivePlan, _ kept: [Int: Kept], _ output: ArchiveOutput
    ) throws(ArchiveError) -> ArchiveResult? {
        guard let identity = ArchiveOutput.identity(of: output.path),
            kept.contains(where: { $0.key > plan.chunkCount && $0.value.fingerprint == identity })
        else { return nil }
        unlink(output.unfinished)
        let bytes = ArchiveOutput.size(of: output.path)
        return ArchiveResult(
            output: output.path, duration: plan.duration.seconds, bytes: bytes, chunks: plan.chunkCount,
            reused: plan.chunkCount, elapsed: (MonotonicClock.now - began).seconds, warnings: plan.warnings)
    }

    private func storing<Value>(_ body: () throws(StoreError) -> Value) throws(ArchiveError) -> Value {
        do {
            return try body()
        } catch {
            if error.code == .conflict || error.code == .notFound {
                cancel.set()
                throw ArchiveError(.cancelled, error.description)
            }
            throw ArchiveError(error)
        }
    }

    // MARK: - Progress

    /// A sign of life; ends the work if the job is no longer this worker's.
    func renew(progress: Double, lease: Int64, now: Int64) {
        do {
            try jobs.store.renew(record.id, owner: owner, progress: progress, lease: lease, now: now)
        } catch {
            // A store that is busy for a moment is asked again; the lease is long enough for that.
            if error.code == .conflict || error.code == .notFound { cancel.set() }
        }
    }

    var progress: JobProgress {
        let (ticks, reused, soundIsReused, done, pieces) = state.withLock {
            ($0.ticks, $0.reusedTicks, $0.soundIsReused, $0.done, $0.pieces)
        }
        let elapsed = MonotonicClock.now - began
        guard ticks > 0 else {
            return JobProgress(
                share: record.progress, elapsed: elapsed, remaining: nil, chunksDone: done, chunks: pieces)
        }
        let sound = soundIsReused ? 0 : Double(soundTicks.load(ordering: .relaxed)) * ArchiveWork.soundShare
        let own = Double(pictureTicks.load(ordering: .relaxed)) + sound
        let total = Double(ticks) * (1 + ArchiveWork.soundShare)
        let before = Double(reused) + (soundIsReused ? Double(ticks) * ArchiveWork.soundShare : 0)
        let share = min(0.995, (before + own) / total)
        let left = max(0, total - before - own)
        let remaining = own > 0 ? MediaTime(seconds: elapsed.seconds * left / own) : nil
        return JobProgress(share: share, elapsed: elapsed, remaining: remaining, chunksDone: done, chunks: pieces)
    }
}
