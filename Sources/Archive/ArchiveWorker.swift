import Containers
import Foundation
import Store
import Synchronization
public import Timing

/// How far an archive job has come.
public struct JobProgress: Hashable, Sendable {
    /// 0 to 1.
    public var share: Double
    /// Wall time since this try began.
    public var elapsed: MediaTime
    /// Nil while it is not known.
    public var remaining: MediaTime?
    /// Pieces of the picture that are done, and all.
    public var chunksDone: Int
    public var chunks: Int
}

/// Does archive jobs, one after the other, each with as many threads as it has lanes: a lane renders one piece of a job at
/// a time. The job is held by a lease, which is renewed; a worker that is killed loses it, and whoever takes the job up
/// goes on with the pieces that are missing.
public final class ArchiveWorker: Sendable {
    public struct Configuration: Sendable {
        /// Names this worker; unique among all that share the store.
        public var owner: String
        /// Pieces that are worked on at a time, 1 to 64.
        public var lanes: Int
        /// How long a job is held without a sign of life, at least a second.
        public var lease = MediaTime(seconds: 30)

        public init(owner: String, lanes: Int) {
            self.owner = owner
            self.lanes = min(max(lanes, 1), 64)
        }
    }

    /// What happens, told on the worker's threads.
    public enum Event: Sendable {
        case began(ArchiveJob)
        /// A few times a second.
        case progress(id: String, JobProgress)
        case finished(id: String, ArchiveResult)
        case failed(id: String, ArchiveError)
        case cancelled(id: String)
        /// Another has it: this worker was away for longer than its lease.
        case lost(id: String)
        /// Given back, since the worker was asked to stop.
        case released(id: String)
    }

    private let jobs: ArchiveJobs
    private let configuration: Configuration
    private let now: @Sendable () -> Int64
    private let tell: @Sendable (Event) -> Void
    private let state = Mutex(State())

    private struct State {
        var isStopping = false
        var cancel: CancelFlag?
    }

    /// - Parameter now: milliseconds since 1970, which leases are reckoned by.
    public init(
        _ jobs: ArchiveJobs, _ configuration: Configuration, now: @escaping @Sendable () -> Int64,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.jobs = jobs
        self.configuration = configuration
        self.now = now
        tell = onEvent
    }

    /// Ends the present job soon and gives it back; ``runNext()`` then returns, and takes no other. From any thread.
    public func stop() {
        state.withLock { state in
            state.isStopping = true
            state.cancel?.set()
        }
    }

    /// Takes a job that is free and does it, on this thread and those of its lanes. False if none is free. Throws only
    /// what is wrong with the store.
    public func runNext() throws(ArchiveError) -> Bool {
        let cancel = CancelFlag()
        let isStopping = state.withLock { state in
            state.cancel = cancel
            return state.isStopping
        }
        guard !isStopping else { return false }
        let owner = configuration.owner
        let lease = max(1000, configuration.lease.nanoseconds / 1_000_000)
        let taken: JobRecord?
        do {
            taken = try jobs.store.take(owner: owner, kinds: [ArchiveJobs.kind], lease: lease, now: now())
        } catch {
            throw ArchiveError(error)
        }
        guard let record = taken else { return false }
        tell(.began(ArchiveJob(record, jobs: jobs)))
        let work = ArchiveWork(record, jobs: jobs, owner: owner, lanes: configuration.lanes, cancel: cancel)
        let heart = Heartbeat(work, lease: lease, now: now) { [tell] in tell(.progress(id: record.id, $0)) }
        heart.start()
        let outcome: Result<ArchiveResult, ArchiveError>
        do throws(ArchiveError) {
            outcome = .success(try work.run())
        } catch {
            outcome = .failure(error)
        }
        heart.stop()
        settle(record.id, outcome)
        return true
    }

    private func settle(_ id: String, _ outcome: Result<ArchiveResult, ArchiveError>) {
        let owner = configuration.owner
        do throws(StoreError) {
            switch outcome {
            case .success(let result):
                let data = (try? JSONEncoder().encode(result)) ?? Data("{}".utf8)
                try jobs.store.finish(id, owner: owner, result: String(decoding: data, as: UTF8.self), now: now())
                jobs.removePieces(of: id)
                tell(.finished(id: id, result))
            case .failure(let error) where error.code == .cancelled:
                try jobs.store.release(id, owner: owner, now: now())
                tell(.released(id: id))
            case .failure(let error):
                try jobs.store.fail(id, owner: owner, error: error.description, retryAt: nil, now: now())
                jobs.removePieces(of: id)
                tell(.failed(id: id, error))
            }
        } catch {
            // It is no longer this worker's.
            let job = try? jobs.store.job(id)
            if job?.state == .cancelled {
                jobs.removePieces(of: id)
                tell(.cancelled(id: id))
            } else if error.code == .conflict || error.code == .notFound {
                tell(.lost(id: id))
            } else {
                tell(.failed(id: id, ArchiveError(error)))
            }
        }
    }
}

/// Renews a job's lease while it is worked on, and tells how far it has come.
private final class Heartbeat: Sendable {
    private let work: ArchiveWork
    private let lease: Int64
    private let now: @Sendable () -> Int64
    private let show: @Sendable (JobProgress) -> Void
    private let bell = Bell()
    private let isStopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    init(
        _ work: ArchiveWork, lease: Int64, now: @escaping @Sendable () -> Int64,
        show: @escaping @Sendable (JobProgress) -> Void
    ) {
        (self.work, self.lease, self.now, self.show) = (work, lease, now, show)
    }

    func start() {
        let thread = Thread { [self] in beat() }
        thread.name = "archive-lease"
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        bell.ring()
        ended.wait()
    }

    private func beat() {
        var last = MonotonicClock.now
        let interval = MediaTime.milliseconds(lease / 3)
        while true {
            bell.wait(seconds: min(0.25, interval.seconds))
            guard !isStopping.load(ordering: .acquiring) else { break }
            let progress = work.progress
            show(progress)
            if MonotonicClock.now - last >= interval {
                last = MonotonicClock.now
                work.renew(progress: progress.share, lease: lease, now: now())
            }
        }
        ended.signal()
    }
}
