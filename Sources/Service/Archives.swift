public import Archive
import Foundation
import Store
import Synchronization
import Timing

/// The archive jobs of a service: composites of its recorded sessions, and the worker that makes them.
public final class Archives: Sendable {
    let jobs: ArchiveJobs
    /// Of how the job goes that is worked on here.
    private let progress = Mutex<(id: String, progress: JobProgress)?>(nil)
    private let thread: ArchiveThread?
    private let webhooks: Webhooks?
    private let recordings: Recordings
    /// Where it is looked whether jobs have ended, here or in another process.
    private let queue = DispatchQueue(label: "archive-watch")
    private let isWatching = Atomic(false)
    private let log: @Sendable (String) -> Void

    /// - Parameter workers: pieces of a job that are worked on at a time; with 0, jobs wait for `tessera archive run`.
    public init(
        jobs: ArchiveJobs, recordings: Recordings, workers: Int, webhooks: Webhooks? = nil,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.jobs, self.recordings, self.webhooks, self.log) = (jobs, recordings, webhooks, log)
        guard workers > 0 else {
            thread = nil
            return
        }
        let owner = "\(ProcessInfo.processInfo.hostName)-\(getpid())-\(UInt16.random(in: 0 ... .max))"
        let told = Told()
        let worker = ArchiveWorker(
            jobs, .init(owner: owner, lanes: workers), now: { Recordings.now },
            onEvent: { event in told.archives.withLock { $0.archives }?.take(event) })
        thread = ArchiveThread(worker, log: log)
        told.archives.withLock { $0.archives = self }
    }

    /// Whom the worker tells.
    private final class Told: Sendable {
        struct Listener { weak var archives: Archives? }
        let archives = Mutex(Listener())
    }

    public func start() {
        thread?.start()
        guard webhooks != nil else { return }
        isWatching.store(true, ordering: .releasing)
        look()
    }

    private func look() {
        queue.async { [weak self] in
            guard let self, isWatching.load(ordering: .acquiring) else { return }
            announce()
            queue.asyncAfter(deadline: .now() + 1) { [weak self] in self?.look() }
        }
    }

    /// Gives the job back that is under way.
    public func stop() {
        thread?.stop()
        guard isWatching.exchange(false, ordering: .acquiringAndReleasing) else { return }
        queue.sync { announce() }
    }

    /// Tells of jobs that have ended. Whatever was filed is kept before it is noted, so nothing is lost, and an end at the
    /// worst is told twice.
    private func announce() {
        guard let webhooks, let ended = try? jobs.unannounced() else { return }
        for job in ended {
            let room = recordings.room(of: job)
            webhooks.tell("archive.\(job.state.rawValue)", room: room ?? "*", report(job, room: room))
            webhooks.afterwards { [jobs] in try? jobs.store.announced(job.id) }
        }
    }

    /// A job as it is told.
    func report(_ job: ArchiveJob, room: String?, warnings: [String]? = nil) -> Router.JobReport {
        Router.JobReport(
            job, room: room, now: progress(of: job.id), warnings: warnings,
            folders: [recordings.folder, jobs.folder])
    }

    private func take(_ event: ArchiveWorker.Event) {
        switch event {
        case .began(let job): log("archive: \(job.id) begun\(job.tries > 1 ? ", try \(job.tries)" : "")")
        case .progress(let id, let now): progress.withLock { $0 = (id, now) }
        case .finished(let id, let result):
            end(id, "finished, \(Int(result.duration)) s in \(Int(result.elapsed.rounded(.up))) s")
        case .failed(let id, let error): end(id, "failed: \(error.description)")
        case .cancelled(let id): end(id, "was cancelled")
        case .lost(let id): end(id, "is another worker's now")
        case .released(let id): end(id, "given back; what is finished of it is kept")
        }
    }

    private func end(_ id: String, _ what: String) {
        progress.withLock { $0 = nil }
        log("archive: \(id) \(what)")
    }

    /// How far a job has come that is worked on here.
    func progress(of id: String) -> JobProgress? {
        progress.withLock { now in now.flatMap { $0.id == id ? $0.progress : nil } }
    }

    func queue(_ request: ArchiveRequest) throws(ArchiveError) -> (job: ArchiveJob, warnings: [String]) {
        let queued = try jobs.queue(request, now: Recordings.now)
        thread?.wake()
        return queued
    }
}

extension Recordings {
    /// The room whose session a job composites; nil if that is no recording of this service, or not any more.
    func room(of job: ArchiveJob) -> String? {
        guard case .session(let folder) = job.request?.source, folder.hasPrefix(self.folder + "/") else { return nil }
        return (try? catalogue.recording(String(folder.dropFirst(self.folder.count + 1))))??.room
    }
}
