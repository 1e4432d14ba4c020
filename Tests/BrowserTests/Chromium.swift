import Foundation

/// Chromium, driven through chromedriver (W3C WebDriver).
final class Chromium: Browser {
    private let driver: Running
    private let session: String

    /// `picture` is a Y4M file for the camera, `sound` a WAV file for the microphone; both are played round and round.
    init(picture: String, sound: String) async throws {
        driver = try Running("chromedriver", ["--port=0"])
        let port = try await driver.line(after: "started successfully on port ").prefix { $0.isNumber }
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            "--use-file-for-fake-video-capture=\(picture)", "--use-file-for-fake-audio-capture=\(sound)",
            "--autoplay-policy=no-user-gesture-required", "--lang=en-GB",
        ]
        struct Session: Decodable { var sessionId: String }
        let base = "http://127.0.0.1:\(port)/session"
        let created: Session = try await Chromium.command(
            "POST", base,
            """
            {"capabilities": {"alwaysMatch": {"browserName": "chrome", "timeouts": {"script": 60000},
            "goog:chromeOptions": {"args": \(try literal(arguments))}}}}
            """)
        session = "\(base)/\(created.sessionId)"
    }

    func open(_ url: String) async throws {
        try await command("url", "{\"url\": \(try literal(url))}")
    }

    func evaluate<Value: Decodable>(_ script: String) async throws -> Value {
        let body = "return (async () => {\(script)})()"
        return try await Chromium.command(
            "POST", session + "/execute/sync", "{\"script\": \(try literal(body)), \"args\": []}")
    }

    func click(_ id: String) async throws {
        try await command("element/\(try await element(id))/click", "{}")
    }

    func type(_ text: String, into id: String) async throws {
        try await command("element/\(try await element(id))/value", "{\"text\": \(try literal(text))}")
    }

    func screenshot() async throws -> Data {
        let text: String = try await Chromium.command("GET", session + "/screenshot", nil)
        guard let data = Data(base64Encoded: text) else { throw Unmet("the screenshot is not base64") }
        return data
    }

    /// The size of the page, as a phone has it or a desk, and its colours.
    func pretend(width: Int, height: Int, isDark: Bool) async throws {
        try await command(
            "goog/cdp/execute",
            """
            {"cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": \(width), "height": \(height),
            "deviceScaleFactor": 1, "mobile": \(width < 600)}}
            """)
        try await command(
            "goog/cdp/execute",
            """
            {"cmd": "Emulation.setEmulatedMedia", "params": {"features":
            [{"name": "prefers-color-scheme", "value": "\(isDark ? "dark" : "light")"}]}}
            """)
    }

    func close() async {
        _ = try? await Wire.request("DELETE", session)
        driver.end()
    }

    private func element(_ id: String) async throws -> String {
        let found: [String: String] = try await Chromium.command(
            "POST", session + "/element", "{\"using\": \"css selector\", \"value\": \"#\(id)\"}")
        guard let name = found.values.first else { throw Unmet("there is no #\(id)") }
        return name
    }

    /// What has no answer of interest.
    private func command(_ path: String, _ body: String) async throws {
        let data = try await Wire.request("POST", "\(session)/\(path)", body)
        let failure = try JSONDecoder().decode(Reply<Failure?>.self, from: data).value
        if let word = failure?.error { throw Unmet("\(path): \(word): \(failure?.message ?? "")") }
    }

    private struct Failure: Decodable {
        var error: String?
        var message: String?
    }
    private struct Reply<Value: Decodable>: Decodable { var value: Value }

    private static func command<Value: Decodable>(
        _ method: String, _ url: String, _ body: String?
    ) async throws -> Value {
        let data = try await Wire.request(method, url, body)
        do {
            return try JSONDecoder().decode(Reply<Value>.self, from: data).value
        } catch {
            throw Unmet("chromedriver answers \(String(decoding: data.prefix(600), as: UTF8.self))")
        }
    }
}
