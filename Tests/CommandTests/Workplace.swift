import Foundation
import Glibc
import Testing

/// A folder of one test, which goes away with it, and the repository's samples.
final class Workplace {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "tessera-command-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    subscript(_ name: String) -> String { folder + "/" + name }

    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
        return self[name]
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func sample(_ name: String) -> String { repository + "/Samples/" + name }

    /// The first of the samples' twelve participants.
    static func participants(_ count: Int) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: repository + "/Samples").sorted()
        return names.filter { $0.hasSuffix(".webm") }.prefix(count).map { sample($0) }
    }

    /// Renders, and records an issue unless that went well.
    @discardableResult
    func render(_ arguments: [String], location: SourceLocation = #_sourceLocation) throws -> Program.Result {
        let result = try Program.tessera.run(["render"] + arguments)
        #expect(result.status == 0, "\(result.errors)", sourceLocation: location)
        return result
    }

    /// Makes a file with ffmpeg, given everything but its name.
    @discardableResult
    func make(_ name: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) throws -> String {
        let result = try Program.ffmpeg.run(["-v", "error", "-y"] + arguments + [self[name]])
        try #require(result.status == 0, "\(result.errors)", sourceLocation: location)
        return self[name]
    }
}
