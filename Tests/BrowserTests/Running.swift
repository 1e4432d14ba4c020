import Foundation
import Glibc

/// A program that runs as a process group of its own, what it prints going into a file.
final class Running: @unchecked Sendable {
    let process: pid_t
    private let log: URL

    /// Finds `program` by the PATH unless it is a path.
    init(_ program: String, _ arguments: [String]) throws {
        log = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-browser-\(UUID().uuidString).log")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log.path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, program, &actions, &attributes, words, environ)
        guard failure == 0 else { throw Unmet("\(program) does not start: \(String(cString: strerror(failure)))") }
        self.process = process
    }

    deinit {
        end()
        try? FileManager.default.removeItem(at: log)
    }

    /// Everything printed so far.
    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// What follows `word` in the first line that holds it and is complete; waits until there is one.
    func line(after word: String) async throws -> String {
        try await until("\(word) of process \(process)", seconds: 60, saying: { self.text }) {
            let lines = self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return lines.lazy.compactMap { line in line.range(of: word).map { String(line[$0.upperBound...]) } }.first
        }
    }

    /// Stops the group without asking. What ended before is left alone.
    func end() {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == 0 else { return }
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
}

/// What did not come true in time, or what was refused.
struct Unmet: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Asks again and again until the answer is not nil. Throws after `seconds`, with the last error and what `saying` tells.
func until<Value>(
    _ what: String, seconds: Double = 30, saying: () async -> String = { "" }, _ question: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var last: (any Error)?
    repeat {
        do {
            if let value = try await question() { return value }
        } catch {
            last = error
        }
        try await Task.sleep(for: .milliseconds(100))
    } while clock.now < deadline
    throw Unmet("waited \(seconds) s for \(what); \(last.map { "\($0) " } ?? "")\(await saying())")
}

/// The same for what is true or not.
func until(_ what: String, seconds: Double = 30, _ condition: () async throws -> Bool) async throws {
    _ = try await until(what, seconds: seconds) { try await condition() ? true : nil }
}
