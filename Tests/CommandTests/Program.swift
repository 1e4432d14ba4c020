import Foundation
import Glibc

/// A program run to its end as a process of its own: `tessera`, built beside these tests, or ffmpeg, which stands for
/// any player of what `tessera` wrote.
struct Program {
    struct Result {
        /// The exit status, or 128 and the number of the signal that killed it.
        let status: Int32
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        /// What stood on standard error, line by line.
        var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// A program that runs.
    struct Running {
        let process: pid_t
        fileprivate let output: URL
        fileprivate let errors: URL

        func signal(_ number: Int32) { kill(process, number) }

        func wait() throws -> Result {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            defer {
                try? FileManager.default.removeItem(at: output)
                try? FileManager.default.removeItem(at: errors)
            }
            let exited = status & 0x7f == 0
            return Result(
                status: exited ? (status >> 8) & 0xff : 128 + (status & 0x7f), output: try Data(contentsOf: output),
                errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
        }
    }

    let path: String

    /// The program under test.
    static let tessera = Program(path: folder + "/tessera")
    static let ffmpeg = Program(path: "/usr/bin/ffmpeg")

    /// Where the tests' own binary lies.
    private static let folder: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (own as NSString).deletingLastPathComponent
    }()

    func run(_ arguments: [String]) throws -> Result {
        try start(arguments).wait()
    }

    func start(_ arguments: [String]) throws -> Running {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-run-\(UUID().uuidString)")
        let output = place.appendingPathExtension("out")
        let errors = place.appendingPathExtension("err")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_APPEND, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, path, &actions, nil, words, environ)
        guard failure == 0 else {
            throw CocoaError(.executableNotLoadable, userInfo: [NSFilePathErrorKey: path])
        }
        return Running(process: process, output: output, errors: errors)
    }
}
