import Foundation

/// A folder that lasts as long as a test, and programs to fill it.
final class Workplace {
    private let folder: URL

    struct Failure: Error {
        let program: String
        let message: String
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("codecs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Runs ffmpeg quietly.
    func ffmpeg(_ arguments: String...) throws {
        _ = try Workplace.run(
            "/usr/bin/env",
            ["ffmpeg", "-nostdin", "-v", "error", "-y"]
                + arguments.flatMap { word in
                    word.hasPrefix("/") ? [word] : word.split(separator: " ").map(String.init)
                })
    }

    /// What the program writes to stdout.
    static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(program: program, message: String(decoding: message, as: UTF8.self))
        }
        return data
    }
}
