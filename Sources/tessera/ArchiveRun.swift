import Archive
import Dispatch
import Foundation
import Store
import Synchronization
import Timing

/// `tessera archive run`: works on jobs until it is stopped, or until none waits.
enum ArchiveRun {
    private static let options = [
        Option("--workers", value: "N", "pieces that are worked on at a time, 1 to 64 (as many as there are cores)"),
        Option("--once", "ends when no job waits; exit status 1 if one failed"),
        Option("--lease", value: "S", "seconds after which the job of a killed worker is taken up (30)"),
        Option("--quiet", "no progress"),
        ArchiveCommand.dataOption,
    ]

    static func run(_ words: [String]) throws(CommandFailure) {
        let arguments = try Arguments(words, options: options, command: "archive run")
        if arguments.asksForHelp {
            print(
                helpText(
                    usage: "tessera archive run [--workers N] [--once]",
                    about: "Works on the jobs of a store, one after the other, several pieces of a job at a time. Any "
                        + "number of processes may\nwork on one store. Ctrl-C gives the present job back; what is "
                        + "finished of it is kept.", options: options), terminator: "")
            return
        }
        if let word = arguments.words.first { throw .misuse("archive run takes no '\(word)'") }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let lanes = try arguments.integer("--workers", in: 1...64) ?? min(64, cores)
        let lease = try arguments.number("--lease", in: 1...3600) ?? 30
        let jobs = try ArchiveCommand.jobs(arguments)
        let host = ProcessInfo.processInfo.hostName
        var configuration = ArchiveWorker.Configuration(
            owner: "\(host)-\(getpid())-\(UInt16.random(in: 0 ... .max))", lanes: lanes)
        configuration.lease = MediaTime(seconds: lease)
        let console = ArchiveConsole(isQuiet: arguments.has("--quiet"))
        let worker = ArchiveWorker(jobs, configuration, now: { ArchiveCommand.now }) { console.show($0) }
        let stop = Stop()
        let interrupts = watchInterrupts(stop, worker)
        defer { interrupts.forEach { $0.cancel() } }
        while true {
            let didWork = try ArchiveCommand.attempt { () throws(ArchiveError) in try worker.runNext() }
            if let number = stop.number {
                console.end()
                exit(128 + number)
            }
            if didWork { continue }
            if arguments.has("--once"), try !mayWait(jobs) { break }
            stop.wait(seconds: 1)
        }
        console.end()
        let failed = console.failed
        if failed > 0 { throw .failed("\(failed) \(failed == 1 ? "job" : "jobs") failed; see 'tessera archive list'") }
    }

    /// Whether a job waits or is another worker's, who may be lost.
    private static func mayWait(_ jobs: ArchiveJobs) throws(CommandFailure) -> Bool {
        try !ArchiveCommand.attempt { () throws(ArchiveError) in
            try jobs.jobs(states: [.queued, .running], limit: 1)
        }.isEmpty
    }

    /// The first signal gives the job back, the second ends the program at once.
    private static func watchInterrupts(_ stop: Stop, _ worker: ArchiveWorker) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if stop.set(number) { exit(128 + number) }
                worker.stop()
            }
            source.resume()
            return source
        }
    }

    /// The signal that asked to stop.
    private final class Stop: Sendable {
        private let received = Mutex<Int32?>(nil)
        private let semaphore = DispatchSemaphore(value: 0)

        var number: Int32? { received.withLock { $0 } }

        /// Whether one had come before.
        func set(_ number: Int32) -> Bool {
            let isSecond = received.withLock { received in
                defer { received = received ?? number }
                return received != nil
            }
            semaphore.signal()
            return isSecond
        }

        /// Until a signal comes, or `seconds` have passed.
        func wait(seconds: Double) { _ = semaphore.wait(timeout: .now() + seconds) }
    }
}

/// Tells a person how the jobs go: a bar that is drawn over and over on a terminal, elsewhere a line now and then.
private final class ArchiveConsole: Sendable {
    private struct State {
        var failed = 0
        var lastLine = -MediaTime(seconds: 10)
        var isOpen = false
    }

    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    var failed: Int { state.withLock(\.failed) }

    func show(_ event: ArchiveWorker.Event) {
        switch event {
        case .began(let job): say("\(job.id): begun\(job.tries > 1 ? ", try \(job.tries)" : "") → \(job.output)")
        case .progress(let id, let progress): draw(id, progress)
        case .finished(let id, let result):
            end()
            for warning in result.warnings { say("\(id): warning: \(warning)") }
            guard !isQuiet else { return }
            let speed = result.duration / max(result.elapsed, 0.001)
            print(
                "\(result.output): " + String(format: "%.2f s, %lld bytes", result.duration, result.bytes)
                    + ", made at " + String(format: "%.1f x", speed) + " real time"
                    + (result.reused > 0 ? ", \(result.reused) of \(result.chunks) pieces from an earlier try" : ""))
        case .failed(let id, let error):
            end()
            state.withLock { $0.failed += 1 }
            StandardError.write("tessera: \(id): \(error)\n")
        case .cancelled(let id): say("\(id): was cancelled")
        case .lost(let id): say("\(id): is another worker's now")
        case .released(let id): say("\(id): given back; what is finished of it is kept")
        }
    }

    func end() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { StandardError.write("\r\u{1B}[K") }
    }

    private func say(_ text: String) {
        end()
        if !isQuiet { StandardError.write("tessera: \(text)\n") }
    }

    private func draw(_ id: String, _ progress: JobProgress) {
        guard !isQuiet else { return }
        let percent = Int(progress.share * 100)
        var parts = ["\(percent) %", "\(progress.chunksDone) of \(progress.chunks) pieces"]
        if let remaining = progress.remaining { parts.append("\(clock(remaining)) left") }
        if isTerminal {
            let full = Int(progress.share * 24)
            let bar = String(repeating: "█", count: full) + String(repeating: "░", count: 24 - full)
            state.withLock { $0.isOpen = true }
            StandardError.write("\r\u{1B}[K\(id)  \(bar)  " + parts.joined(separator: "  "))
        } else {
            let isDue = state.withLock { state in
                guard abs(progress.elapsed.seconds - state.lastLine.seconds) >= 5 else { return false }
                state.lastLine = progress.elapsed
                return true
            }
            if isDue { StandardError.write("\(id): " + parts.joined(separator: ", ") + "\n") }
        }
    }

    private func clock(_ time: MediaTime) -> String {
        let seconds = max(0, Int(time.seconds.rounded()))
        return seconds < 3600
            ? String(format: "%d:%02d", seconds / 60, seconds % 60)
            : String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
