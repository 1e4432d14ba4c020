import Foundation

/// A browser without a window, driven from outside, with a camera and a microphone that are not there.
protocol Browser: Sendable {
    func open(_ url: String) async throws
    /// Runs the body of a function in the page and waits for what it returns, or for what that promises.
    func evaluate<Value: Decodable>(_ script: String) async throws -> Value
    /// Clicks the element of this id as a person would: it must be there and in sight.
    func click(_ id: String) async throws
    /// Types into the element of this id, after what it holds.
    func type(_ text: String, into id: String) async throws
    /// PNG.
    func screenshot() async throws -> Data
    func close() async
}

extension Browser {
    /// As ``evaluate(_:)`` for what returns nothing.
    func run(_ script: String) async throws {
        let _: Bool = try await evaluate("await (async () => {\(script)})(); return true")
    }

    /// Gives the page what tests measure with.
    func installMeasure() async throws {
        try await run(try String(contentsOfFile: Place.pages + "/measure.js", encoding: .utf8))
    }

    /// Writes a picture of the page where people find it.
    func keepScreenshot(_ name: String) async throws {
        let folder = Place.repository + "/out/browser"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await screenshot().write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }
}

/// `value` as it is written in a script.
func literal(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Where things lie.
enum Place {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let pages = repository + "/Tests/BrowserTests/Pages"
    /// The program, built beside the tests.
    static let tessera: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/tessera"
    }()
    /// The first of the samples' participants.
    static func participants(_ count: Int) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: repository + "/Samples").sorted()
        return names.filter { $0.hasSuffix(".webm") }.prefix(count).map { "\(repository)/Samples/\($0)" }
    }
}
