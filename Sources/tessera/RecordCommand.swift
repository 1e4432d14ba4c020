import Foundation
import FoundationNetworking
import Glibc
import Synchronization

/// `tessera record`: starts a recording of a running service, waits, stops it, and fetches the file.
enum RecordCommand {
    static let about = "records a room of a running service"

    private static let options = [
        Option("--room", value: "R", "the room to record"),
        Option(
            "--output", value: "FILE",
            "where the file goes: .webm, .mkv, .mp4 or .ogg; without, it stays with the service"),
        Option("--server", value: "URL", "the server (default http://127.0.0.1:8080)"),
        Option("--token", value: "T", "a token with the grant record"),
        Option("--duration", value: "S", "seconds; without, until Ctrl-C"),
        Option("--kind", value: "KIND", "composite, tracks or both (composite)"),
        Option("--container", value: "KIND", "webm, mkv, mp4 or ogg (that of --output, else webm)"),
        Option("--rendition", value: "NAME", "such as 360p30, or audio (the best)"),
        Option("--layout", value: "NAME", "the room's own unless given"),
        Option("--name", value: "NAME", "the recording's title: 1-64 of A-Z a-z 0-9 _ -"),
        Option("--force", "overwrites --output"),
    ]

    /// What the service says of a recording.
    private struct Recording: Decodable {
        struct File: Decodable {
            var name: String
            var state: String
        }
        var id: String
        var state: String
        var error: String?
        var bytes: Int64
        var duration: Double
        var files: [File]
    }

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "record")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera record --room R [--output FILE] [--duration S] [options]",
                    about:
                        "Starts a recording, and stops it with Ctrl-C or after --duration. With --output the file is "
                        + "fetched then;\nit stays with the service, too.", options: options), terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("record: '\(word)' is no option; see 'tessera record --help'") }
        guard let room = read.value("--room") else { throw .misuse("which room? --room R") }
        let duration = try read.number("--duration", in: 0.1...1_000_000)
        let output = read.value("--output")
        var body: [String: String] = [:]
        for option in ["kind", "container", "rendition", "layout", "name"] {
            if let value = read.value("--" + option) { body[option] = value }
        }
        if let output {
            let kind = output.split(separator: ".").last.map { $0.lowercased() } ?? ""
            guard ["webm", "mkv", "mp4", "ogg"].contains(kind), output.contains(".") else {
                throw .misuse("--output \(output): expected a name with .webm, .mkv, .mp4 or .ogg")
            }
            if let given = body["container"], given != kind {
                throw .misuse("--output \(output) and --container \(given): expected the same")
            }
            if body["kind"] == "tracks" { throw .misuse("--kind tracks makes many files: leave --output out") }
            body["container"] = kind
            if !read.has("--force"), Glibc.access(output, F_OK) == 0 {
                throw .failed("\(output): already exists; give another name, or --force")
            }
        }
        let service = try ServiceClient(
            server: read.value("--server") ?? "http://127.0.0.1:8080", token: read.value("--token"))
        // Blocked before there are further threads, so that only sigtimedwait sees them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let begun: Recording = try service.post("v1/rooms/\(room)/recordings", body)
        StandardError.write("recording \(room) as \(begun.id)" + (duration == nil ? "; Ctrl-C ends it\n" : "\n"))
        let present = try wait(begun, duration, &signals, service)
        var recording = present
        if ["recording", "paused"].contains(present.state) {
            recording = try service.post("v1/recordings/\(begun.id)/stop", nil)
        }
        try finish(recording, output, service)
    }

    /// Until it is to end, or has ended by itself.
    private static func wait(
        _ begun: Recording, _ duration: Double?, _ signals: inout sigset_t, _ service: ServiceClient
    ) throws(CommandFailure) -> Recording {
        let end = duration.map { Date().addingTimeInterval($0) }
        let isTerminal = isatty(STDERR_FILENO) == 1
        var present = begun
        while true {
            let left = min(1, end?.timeIntervalSinceNow ?? 1)
            if left <= 0 { return present }
            var interval = timespec(tv_sec: 0, tv_nsec: Int(min(0.999, left) * 1_000_000_000))
            if sigtimedwait(&signals, nil, &interval) > 0 { return present }
            present = try service.get("v1/recordings/\(begun.id)")
            if isTerminal {
                StandardError.write(
                    String(format: "\r%.0f s, %.1f MB ", present.duration, Double(present.bytes) / 1_000_000))
            }
            guard ["recording", "paused"].contains(present.state) else { return present }
        }
    }

    private static func finish(
        _ stopped: Recording, _ output: String?, _ service: ServiceClient
    ) throws(CommandFailure) {
        var recording = stopped
        // The index of a long file takes a while.
        for _ in 0..<600 where ["recording", "paused"].contains(recording.state) {
            usleep(100_000)
            recording = try service.get("v1/recordings/\(recording.id)")
        }
        if let error = recording.error { throw .failed("recording \(recording.id): \(error)") }
        guard let file = recording.files.first(where: { $0.state == "whole" }) else {
            throw .failed("recording \(recording.id) has no file: nothing came within it")
        }
        guard let output else {
            let target = service.base.appending(path: "v1/recordings/\(recording.id)/files/\(file.name)")
            print("\(recording.id): \(recording.files.map(\.name).joined(separator: ", ")); \(target)")
            return
        }
        try service.download("v1/recordings/\(recording.id)/files/\(file.name)", to: output)
        print(String(format: "%@: %.1f s", output, recording.duration))
    }
}

/// Asks a running service by HTTP.
struct ServiceClient: Sendable {
    let base: URL
    private let token: String?

    init(server: String, token: String?) throws(CommandFailure) {
        guard let base = URL(string: server), base.host() != nil, base.scheme?.hasPrefix("http") == true else {
            throw .misuse("--server \(server): expected a URL such as http://127.0.0.1:8080")
        }
        (self.base, self.token) = (base, token)
    }

    func get<Answer: Decodable>(_ path: String) throws(CommandFailure) -> Answer {
        try decode(try ask(request("GET", path)), path)
    }

    func post<Answer: Decodable>(_ path: String, _ body: [String: String]?) throws(CommandFailure) -> Answer {
        var request = request("POST", path)
        request.httpBody = Data()
        if let body {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = try? JSONEncoder().encode(body)
        }
        return try decode(try ask(request), path)
    }

    private func request(_ method: String, _ path: String) -> URLRequest {
        var request = URLRequest(url: base.appending(path: path), timeoutInterval: 15)
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return request
    }

    private func decode<Answer: Decodable>(_ data: Data, _ path: String) throws(CommandFailure) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: data)
        } catch {
            throw .failed("\(base.appending(path: path)): the answer cannot be read")
        }
    }

    /// What a problem document says.
    private struct Problem: Decodable { var detail: String }

    private func ask(_ request: URLRequest) throws(CommandFailure) -> Data {
        let (data, status, failure) = ServiceClient.wait { done in
            URLSession.shared.dataTask(with: request) { data, response, error in
                done(data ?? Data(), (response as? HTTPURLResponse)?.statusCode, error?.localizedDescription)
            }
        }
        return try check(data, status, failure)
    }

    private func check(_ data: Data, _ status: Int?, _ failure: String?) throws(CommandFailure) -> Data {
        guard let status else {
            throw .failed("\(base): \(failure ?? "no answer"); does 'tessera serve' run there?")
        }
        guard (200..<300).contains(status) else {
            let detail = (try? JSONDecoder().decode(Problem.self, from: data))?.detail
            throw .failed("\(base): \(detail ?? "status \(status)")")
        }
        return data
    }

    /// Fetches a file, which gets its name when it is whole.
    func download(_ path: String, to output: String) throws(CommandFailure) {
        var request = request("GET", path)
        request.timeoutInterval = 60
        let asked = request
        let (data, status, failure) = ServiceClient.wait { done in
            URLSession.shared.downloadTask(with: asked) { place, response, error in
                let status = (response as? HTTPURLResponse)?.statusCode
                guard let place, let status, (200..<300).contains(status) else {
                    let body = place.flatMap { try? Data(contentsOf: $0) } ?? Data()
                    return done(body, status, error?.localizedDescription)
                }
                do {
                    let part = URL(filePath: output + ".part")
                    try? FileManager.default.removeItem(at: part)
                    try FileManager.default.moveItem(at: place, to: part)
                    guard rename(part.path, output) == 0 else {
                        return done(Data(), nil, "cannot be written to \(output)")
                    }
                    done(Data(), status, nil)
                } catch {
                    done(Data(), nil, "cannot be written to \(output): \(error.localizedDescription)")
                }
            }
        }
        if status == nil, let failure, failure.hasPrefix("cannot be written") { throw .failed(failure) }
        _ = try check(data, status, failure)
    }

    private typealias Answer = (Data, Int?, String?)

    /// Runs a task to its end.
    private static func wait(
        _ make: (@escaping @Sendable (Data, Int?, String?) -> Void) -> URLSessionTask
    ) -> Answer {
        let result = Box()
        let ready = DispatchSemaphore(value: 0)
        let task = make { data, status, failure in
            result.answer.withLock { $0 = (data, status, failure) }
            ready.signal()
        }
        task.resume()
        ready.wait()
        return result.answer.withLock { $0 }
    }

    private final class Box: Sendable {
        let answer = Mutex<Answer>((Data(), nil, nil))
    }
}
