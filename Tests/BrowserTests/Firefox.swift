import Foundation

/// Firefox, driven by its own protocol (Marionette: JSON after its length, over TCP), since Debian has no geckodriver.
final class Firefox: Browser, @unchecked Sendable {
    private let profile: String
    private let program: Running
    private let wire: Wire
    /// One command at a time; the calls block, so they have a queue of their own.
    private let queue = DispatchQueue(label: "marionette")
    private var number = 0

    init() async throws {
        profile = NSTemporaryDirectory() + "tessera-firefox-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
        let preferences = [
            "\"marionette.port\", 0",
            "\"media.navigator.streams.fake\", true",
            "\"media.navigator.permission.disabled\", true",
            "\"media.navigator.audio.fake_frequency\", \(Int(FakeDevices.tone))",
            "\"media.autoplay.default\", 0",
            "\"browser.shell.checkDefaultBrowser\", false",
            "\"datareporting.policy.dataSubmissionEnabled\", false",
            "\"app.update.enabled\", false",
        ]
        let text = preferences.map { "user_pref(\($0));\n" }.joined()
        try text.write(toFile: profile + "/user.js", atomically: true, encoding: .utf8)
        program = try Running(
            "firefox-esr",
            ["--headless", "--no-remote", "--marionette", "--profile", profile, "--width", "1280", "--height", "900"])
        let file = profile + "/MarionetteActivePort"
        let running = program
        let port = try await until("Firefox to listen", seconds: 60, saying: { running.text }) {
            UInt16(try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
        }
        wire = try Wire(port: port)
        _ = try await onQueue { try self.message() }
        try await command(
            "WebDriver:NewSession", "{\"capabilities\": {\"alwaysMatch\": {\"timeouts\": {\"script\": 60000}}}}")
    }

    deinit {
        program.end()
        try? FileManager.default.removeItem(atPath: profile)
    }

    func open(_ url: String) async throws {
        try await command("WebDriver:Navigate", "{\"url\": \(try literal(url))}")
    }

    func evaluate<Value: Decodable>(_ script: String) async throws -> Value {
        let body = "return (async () => {\(script)})()"
        let reply: Wrapped<Value> = try await ask(
            "WebDriver:ExecuteScript",
            "{\"script\": \(try literal(body)), \"args\": [], \"newSandbox\": false, \"sandbox\": null}")
        return reply.value
    }

    func click(_ id: String) async throws {
        try await command("WebDriver:ElementClick", "{\"id\": \(try literal(try await element(id)))}")
    }

    func type(_ text: String, into id: String) async throws {
        try await command(
            "WebDriver:ElementSendKeys",
            "{\"id\": \(try literal(try await element(id))), \"text\": \(try literal(text))}")
    }

    func screenshot() async throws -> Data {
        let reply: Wrapped<String> = try await ask("WebDriver:TakeScreenshot", "{\"full\": false}")
        guard let data = Data(base64Encoded: reply.value) else { throw Unmet("the screenshot is not base64") }
        return data
    }

    func close() async {
        try? await command("Marionette:Quit", "{\"flags\": [\"eForceQuit\"]}")
        program.end()
    }

    private func element(_ id: String) async throws -> String {
        let found: Wrapped<[String: String]> = try await ask(
            "WebDriver:FindElement", "{\"using\": \"css selector\", \"value\": \"#\(id)\"}")
        guard let name = found.value.values.first else { throw Unmet("there is no #\(id)") }
        return name
    }

    // MARK: - Marionette

    private struct Wrapped<Value: Decodable>: Decodable { var value: Value }
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }
    private struct Failure: Decodable {
        var error: String
        var message: String
    }
    /// `[1, number, error or null, result]`.
    private struct Reply<Value: Decodable>: Decodable {
        var failure: Failure?
        var value: Value?

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            _ = try list.decode(Int.self)
            _ = try list.decode(Int.self)
            failure = try list.decodeNil() ? nil : list.decode(Failure.self)
            if failure == nil { value = try list.decode(Value.self) }
        }
    }

    private func command(_ name: String, _ parameters: String) async throws {
        let _: Anything = try await ask(name, parameters)
    }

    private func ask<Value: Decodable>(_ name: String, _ parameters: String) async throws -> Value {
        let data = try await onQueue {
            self.number += 1
            let text = "[0, \(self.number), \(try literal(name)), \(parameters)]"
            try self.wire.send("\(text.utf8.count):\(text)")
            return try self.message()
        }
        let reply = try JSONDecoder().decode(Reply<Value>.self, from: data)
        guard let value = reply.value else {
            throw Unmet("Firefox refuses \(name): \(reply.failure.map { "\($0.error): \($0.message)" } ?? "no result")")
        }
        return value
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private func message() throws -> Data {
        guard let length = Int(try wire.receive(until: UInt8(ascii: ":"))) else {
            throw Unmet("Firefox sends no length")
        }
        return try wire.receive(length)
    }
}
