import Containers
import Foundation
import Glibc
import Recording
import Testing
import Timing

/// The wall clock jumps by an hour, forwards and back, while a process records (libfaketime). Where that is not installed,
/// there is nothing to see.
@Suite struct ClockJumpTests {
    static let library = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketime.so.1" }
        .first { exists($0) }

    private static let crash: URL = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return URL(fileURLWithPath: (own as NSString).deletingLastPathComponent + "/crash")
    }()

    @Test(.enabled(if: library != nil), arguments: ["webm", "mp4", "tracks"])
    func noMediaTimeJumps(_ kind: String) throws {
        let scratch = try Scratch()
        let folder = scratch.file("r")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let clock = scratch.file("clock")
        func jump(_ text: String) throws { try text.write(toFile: clock, atomically: true, encoding: .utf8) }
        try jump("+0\n")
        let process = Process()
        // The library adds to the environment, which moves it, and Swift finds the arguments before that: one process earlier.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            ClockJumpTests.crash.path, "record", kind, folder + "/a." + (kind == "tracks" ? "webm" : kind), "1",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "LD_PRELOAD": ClockJumpTests.library ?? "", "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // It says how far its media has come.
        var jumps = [(at: 1.0, to: "+1h\n"), (at: 2.0, to: "-1h\n"), (at: 3.0, to: "+0\n"), (at: 4.0, to: "")]
        var text = ""
        while let next = jumps.first {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            text = String((text + String(decoding: data, as: UTF8.self)).suffix(100))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            guard let last = lines.last.flatMap({ Double($0) }), last / 1e9 >= next.at else { continue }
            if !next.to.isEmpty { try jump(next.to) }
            jumps.removeFirst()
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(jumps.isEmpty)
        let parts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".part") }
        #expect(parts.count == (kind == "tracks" ? 2 : 1))
        for part in parts {
            let check = try FileCheck(path: folder + "/" + part)
            #expect(check.gaps.isEmpty && check.corruptPackets <= 1, "\(part): \(check.gaps)")
            #expect(check.duration > MediaTime(seconds: 3) && check.duration < MediaTime(seconds: 10), "\(part)")
        }
    }
}
