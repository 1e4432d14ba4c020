import Archive
import Foundation
import Glibc
import Recording
import Store
import Testing

/// `tessera archive` as its user runs it, and as a kernel that is short of memory ends it.
@Suite struct ArchiveKillTests {
    private struct Finished {
        var status: Int32
        var output: String
        var errors: String
    }

    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (own as NSString).deletingLastPathComponent + "/tessera"
    }()

    private func start(_ arguments: [String], in folder: String, output: URL) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ArchiveKillTests.program)
        process.arguments = ["archive"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        for (url, isError) in [(output, false), (output.appendingPathExtension("err"), true)] {
            _ = FileManager.default.createFile(atPath: url.path, contents: nil)
            let handle = try FileHandle(forWritingTo: url)
            if isError { process.standardError = handle } else { process.standardOutput = handle }
        }
        try process.run()
        return process
    }

    private func run(_ arguments: [String], in folder: String) throws -> Finished {
        let output = URL(fileURLWithPath: folder + "/" + UUID().uuidString)
        let process = try start(arguments, in: folder, output: output)
        process.waitUntilExit()
        return Finished(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: output.appendingPathExtension("err"), encoding: .utf8))
    }

    @Test(.timeLimit(.minutes(5))) func killedWorkersAreFollowedUp() throws {
        let yard = try Yard()
        let maker = try SessionMaker(yard.session)
        maker.note(.joined(participant: "a", name: "Ada", role: nil), at: 0)
        try maker.media("a", 0..<20, luma: 200, tone: 600)
        maker.note(.joined(participant: "b", name: "Bo", role: nil), at: 4.9)
        try maker.media("b", 4.9..<18, luma: 100, tone: 1000)
        maker.note(.end(error: nil), at: 20)
        try maker.finish()

        let folder = yard.scratch.path
        func submit(_ output: String) throws -> String {
            let submitted = try run(
                [
                    "submit", "--session", "session", "--layout", "speaker", "--size", "640x360", "--fps", "30",
                    "--chunk",
                    "1", "--output", output, "--data", ".",
                ], in: folder)
            try #require(submitted.status == 0, "\(submitted.errors)")
            return submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try submit("whole.webm")
        let whole = try run(["run", "--once", "--workers", "1", "--data", "."], in: folder)
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(whole.output.hasPrefix("\(folder)/whole.webm: 2"), "\(whole.output)")
        let expected = try streams(yard.scratch.file("whole.webm"))

        let id = try submit("killed.webm")
        for round in 1...3 {
            let output = URL(fileURLWithPath: folder + "/killed-\(round)")
            let process = try start(
                ["run", "--once", "--workers", "2", "--lease", "1", "--data", "."], in: folder, output: output)
            let pieces = { (try? yard.jobs.store.chunks(of: id))?.count ?? 0 }
            while process.isRunning, pieces() < 5 * round { usleep(2000) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(!FileManager.default.fileExists(atPath: folder + "/killed.webm"))
        }
        let last = try run(["run", "--once", "--workers", "2", "--lease", "1", "--data", "."], in: folder)
        #expect(last.status == 0, "\(last.errors)")
        #expect(try streams(yard.scratch.file("killed.webm")) == expected)
        let job = try yard.jobs.job(id)
        #expect(job.state == .finished && job.tries == 4 && job.result?.reused ?? 0 >= 10, "\(job)")
        #expect(!yard.scratch.files.contains { $0.contains("job-") }, "\(yard.scratch.files)")
    }

    @Test func commands() throws {
        let yard = try Yard()
        let folder = yard.scratch.path
        for (arguments, status, text) in [
            ([], 2, "which subcommand"), (["sumbit"], 2, "unknown subcommand"), (["submit"], 1, "\"session\""),
            (["submit", "--session", "nowhere"], 1, "no such folder"),
            (["submit", "--input", "nowhere.webm"], 1, "nowhere.webm"),
            (["submit", "--size", "5x5"], 1, "\"session\""),
            (["show"], 2, "which job"), (["show", "job-x", "--data", "."], 1, "no archive job"),
            (["cancel", "job-x", "--data", "."], 1, "no archive job"),
            (["list", "--state", "happy"], 2, "expected one of"),
            (["run", "--workers", "0"], 2, "1 to 64"), (["run", "now"], 2, "takes no"),
        ] as [([String], Int32, String)] {
            let result = try run(arguments, in: folder)
            #expect(result.status == status && result.errors.contains(text), "\(arguments): \(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(arguments): \(result.errors)")
        }
        let empty = try run(["run", "--once", "--data", "."], in: folder)
        #expect(empty.status == 0 && empty.output.isEmpty)
        let list = try run(["list", "--json", "--data", "."], in: folder)
        #expect(list.output == "[]\n")
    }
}
