import Foundation
import Live
import Service
import Testing

/// What operators are given: rules, a dashboard, a unit.
struct OperationTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/Service/Operation")
        .path

    /// What a program prints, and how it ended.
    private func run(_ program: String, _ arguments: [String]) throws -> (text: String, status: Int32) {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: OperationTests.folder)
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }

    @Test func rulesAreUnderstoodAndFire() throws {
        let check = try run("promtool", ["check", "rules", "alerts.yml"])
        #expect(check.status == 0, "\(check.text)")
        let test = try run("promtool", ["test", "rules", "alerts-test.yml"])
        #expect(test.status == 0, "\(test.text)")
    }

    /// Whatever rules and dashboard ask for is there, and Prometheus understands the page.
    @Test func everyMetricIsThere() throws {
        let test = try TestServer(isReal: true)
        let page = try test.client().ask("GET", "/metrics").text
        let known = Set(page.matches(of: /# TYPE (\S+)/).map { String($0.1) })
        for file in ["alerts.yml", "dashboard.json"] {
            let text = try String(contentsOfFile: OperationTests.folder + "/" + file, encoding: .utf8)
            for match in text.matches(of: /\b(?:tessera|process)_[a-z_]+/) {
                let name = String(match.0)
                let base = ["_bucket", "_count", "_sum"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) }
                #expect(known.contains(name) || base.map { known.contains(String($0)) } ?? false, "\(file): \(name)")
            }
        }
    }

    /// The unit keeps the service in its place.
    @Test func theUnitIsSandboxed() throws {
        let result = try run("systemd-analyze", ["security", "--offline=true", "--threshold=25", "./tessera.service"])
        #expect(result.status == 0, "\(result.text.suffix(300))")
    }
}
