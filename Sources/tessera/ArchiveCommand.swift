import Archive
import Foundation
import Layout
import Store

/// `tessera archive`: composites of recorded sessions, made by jobs in a store.
enum ArchiveCommand {
    static let about = "composites recorded sessions by jobs that survive being killed"

    static let dataOption = Option("--data", value: "DIR", "where the store lives (tessera-data)")

    private static let help = """
        usage: tessera archive submit|run|list|show|cancel …

        Jobs composite recorded sessions, or files with start offsets, with any layout, any size, anyone left out. They
        wait in the store of --data DIR until a worker takes them; a worker that is killed is followed up by another,
        which goes on with the pieces that are missing.

          submit   checks a request and queues it; prints the job's identifier
          run      works on jobs
          list     shows all jobs, the newest first
          show     shows one job
          cancel   cancels a job

        'tessera archive <subcommand> --help' tells more of each.

        """

    static func run(_ words: [String]) throws(CommandFailure) {
        guard let name = words.first else { throw .misuse("archive: which subcommand? see 'tessera archive --help'") }
        let rest = Array(words.dropFirst())
        switch name {
        case "--help", "-h": print(help, terminator: "")
        case "submit": try ArchiveSubmit.run(rest)
        case "run": try ArchiveRun.run(rest)
        case "list": try list(rest)
        case "show": try show(rest)
        case "cancel": try cancel(rest)
        default:
            throw .misuse("archive: unknown subcommand '\(name)'; submit, run, list, show or cancel")
        }
    }

    // MARK: - What subcommands share

    /// The store's jobs; the folder is made if it is not there.
    static func jobs(_ arguments: Arguments) throws(CommandFailure) -> ArchiveJobs {
        let environment = ProcessInfo.processInfo.environment
        let folder = arguments.value("--data") ?? environment["TESSERA_DATA"] ?? "tessera-data"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .failed("--data \(folder): cannot be made (\(error.localizedDescription))")
        }
        let whole = folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
        do {
            return ArchiveJobs(store: try SQLiteStore(path: folder + "/catalogue.db"), folder: whole + "/archive")
        } catch {
            throw .failed(error.description)
        }
    }

    static func attempt<Value>(_ body: () throws(ArchiveError) -> Value) throws(CommandFailure) -> Value {
        do {
            return try body()
        } catch {
            throw .failed(error.description)
        }
    }

    /// Milliseconds since 1970.
    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    private static func identifier(_ arguments: Arguments, _ command: String) throws(CommandFailure) -> String {
        guard let id = arguments.words.first else { throw .misuse("\(command): which job? see 'tessera archive list'") }
        guard arguments.words.count == 1 else {
            throw .misuse("\(command) takes one job, but got '\(arguments.words[1])' too")
        }
        return id
    }

    // MARK: - Subcommands

    private static let jsonOption = Option("--json", "as JSON, for programs")

    private static func list(_ words: [String]) throws(CommandFailure) {
        let stateOption = Option("--state", value: "STATE", "only queued, running, finished, failed or cancelled ones")
        let options = [dataOption, jsonOption, stateOption]
        let arguments = try Arguments(words, options: options, command: "archive list")
        if arguments.asksForHelp {
            print(
                helpText(
                    usage: "tessera archive list [--state STATE] [--json]", about: "Shows jobs, the newest first.",
                    options: options), terminator: "")
            return
        }
        if let word = arguments.words.first { throw .misuse("archive list takes no '\(word)'") }
        var states = Set(JobRecord.State.allCases)
        if let text = arguments.value("--state") {
            guard let state = JobRecord.State(rawValue: text) else {
                let known = JobRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw .misuse("--state \(text): expected one of \(known)")
            }
            states = [state]
        }
        let jobs = try jobs(arguments)
        let all = try attempt { () throws(ArchiveError) in try jobs.jobs(states: states) }
        if arguments.has("--json") {
            print(JSONValue.array(all.map(\.document)).text, terminator: "")
            return
        }
        for job in all {
            let state = job.state.rawValue + String(repeating: " ", count: max(0, 10 - job.state.rawValue.count))
            print("\(job.id)  \(state)\(share(job))  \(job.output)\(job.error.map { "  \($0)" } ?? "")")
        }
    }

    private static func share(_ job: ArchiveJob) -> String {
        String(format: "%3d %%", Int(job.progress * 100))
    }

    private static func show(_ words: [String]) throws(CommandFailure) {
        let options = [dataOption, jsonOption]
        let arguments = try Arguments(words, options: options, command: "archive show")
        if arguments.asksForHelp {
            print(
                helpText(
                    usage: "tessera archive show JOB [--json]", about: "Shows one job.", options: options),
                terminator: "")
            return
        }
        let id = try identifier(arguments, "archive show")
        let jobs = try jobs(arguments)
        let job = try attempt { () throws(ArchiveError) in try jobs.job(id) }
        if arguments.has("--json") {
            print(job.document.text, terminator: "")
            return
        }
        print("\(job.id): \(job.state.rawValue), \(Int(job.progress * 100)) %, tries: \(job.tries)")
        print("output: \(job.output)")
        if let owner = job.owner { print("worker: \(owner)") }
        if let error = job.error { print("error: \(error)") }
        guard let result = job.result else { return }
        print(
            String(
                format: "%.2f s, %lld bytes, %d pieces (%d of an earlier try), made in %.1f s", result.duration,
                result.bytes, result.chunks, result.reused, result.elapsed))
        for warning in result.warnings { print("warning: \(warning)") }
    }

    private static func cancel(_ words: [String]) throws(CommandFailure) {
        let arguments = try Arguments(words, options: [dataOption], command: "archive cancel")
        if arguments.asksForHelp {
            print(
                helpText(
                    usage: "tessera archive cancel JOB",
                    about: "Cancels a job that waits or is worked on; its worker stops within a few seconds.",
                    options: [dataOption]), terminator: "")
            return
        }
        let id = try identifier(arguments, "archive cancel")
        let jobs = try jobs(arguments)
        let isCancelled = try attempt { () throws(ArchiveError) in try jobs.cancel(id, now: now) }
        guard isCancelled else {
            let state = try attempt { () throws(ArchiveError) in try jobs.job(id) }.state.rawValue
            throw .failed("\(id): has ended already (\(state))")
        }
        print("\(id): cancelled")
    }
}
