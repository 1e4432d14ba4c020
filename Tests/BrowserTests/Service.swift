import Foundation

/// `tessera serve` on ports that were free, open to this machine.
final class Service: Sendable {
    let url: String
    private let serve: Running
    private let data: String

    /// `port` for HTTP is any that is free, unless it is one that a service had before.
    init(port: String = "0", options: [String] = []) async throws {
        data = NSTemporaryDirectory() + "tessera-browser-\(UUID().uuidString)"
        serve = try Running(
            Place.tessera,
            ["serve", "--open", "--http", "127.0.0.1:\(port)", "--media-port", "0", "--data", data] + options)
        let ready = try await serve.line(after: "ready: ")
        guard let end = ready.range(of: "/?") else { throw Unmet("the service prints \(ready)") }
        url = String(ready[..<end.lowerBound])
    }

    /// As by kill -9.
    func end() {
        serve.end()
        try? FileManager.default.removeItem(atPath: data)
    }

    deinit { end() }

    var port: String { String(url.split(separator: ":").last ?? "0") }

    /// Four clients who play the first four samples; they stay until the value goes. Waits for them to be connected.
    func fill(_ room: String) async throws -> Running {
        let media = try Place.participants(4).flatMap { ["--media", $0] }
        let load = try Running(
            Place.tessera,
            [
                "load", "--server", url, "--room", room, "--participants", "4", "--duration", "600", "--decode", "0",
            ] + media)
        try await until("four clients in \(room)") { try await participants(of: room).count(where: \.isConnected) == 4 }
        return load
    }

    /// A token that opens the room.
    func token(room: String) throws -> String {
        try output(of: ["token", "--room", room, "--data", data]).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct Participant: Decodable {
        var name: String
        var isConnected: Bool
        var isMuted: Bool
    }

    func participants(of room: String) async throws -> [Participant] {
        struct Detail: Decodable { var participants: [Participant] }
        let data = try await Wire.request("GET", "\(url)/v1/rooms/\(room)")
        return try JSONDecoder().decode(Detail.self, from: data).participants
    }
}

/// What the program prints.
private func output(of arguments: [String]) throws -> String {
    let pipe = Pipe()
    let program = Process()
    program.executableURL = URL(fileURLWithPath: Place.tessera)
    program.arguments = arguments
    program.standardOutput = pipe
    try program.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    program.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}

/// A tile in fractions of the picture.
struct Tile: Codable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    /// Where `layout` puts this many participants, by the program's own account.
    static func placements(of layout: String, participants: Int) throws -> [Tile] {
        let text = try output(of: ["layouts", "preview", layout, "--participants", "\(participants)", "--json"])
        return try JSONDecoder().decode([Tile].self, from: Data(text.utf8)).map {
            Tile(x: $0.x / 1280, y: $0.y / 720, width: $0.width / 1280, height: $0.height / 720)
        }
    }
}

/// What the camera and the microphone of a browser are to see and hear, and what the room is to look like then.
final class FakeDevices: Sendable {
    /// Hertz of the microphone's sine, of about -6 dB; far above voices.
    static let tone = 9000.0
    /// Hertz of the tones under the voices of the four.
    static let others = [330.0, 415, 495, 585]
    private let folder: String
    var picture: String { folder + "/bars.y4m" }
    var sound: String { folder + "/tone.wav" }

    init() throws {
        folder = NSTemporaryDirectory() + "tessera-devices-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let bars = ["-f", "lavfi", "-i", "smptebars=s=640x360:r=30"]
        try FakeDevices.run("/usr/bin/ffmpeg", ["-v", "error"] + bars + ["-t", "1", "-pix_fmt", "yuv420p", picture])
        try FakeDevices.run("/usr/bin/ffmpeg", ["-v", "error"] + bars + ["-frames:v", "1", folder + "/bars.png"])
        try FakeDevices.run(
            "/usr/bin/ffmpeg",
            ["-v", "error", "-f", "lavfi", "-i", "sine=frequency=9000:sample_rate=48000", "-t", "4"]
                + ["-af", "volume=4", "-ac", "1", sound])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The room of the four and of who has these devices, drawn by `tessera render`; a URL for an image.
    func expectedRoom(layout: String, name: String) throws -> String {
        let file = folder + "/\(layout).png"
        var arguments = ["render", "--layout", layout, "--at", "6", "--output", file, "--force"]
        for sample in try Place.participants(4) { arguments += ["--input", sample] }
        try FakeDevices.run(Place.tessera, arguments + ["--input", "\(name)=\(folder)/bars.png"])
        return "data:image/png;base64," + (try Data(contentsOf: URL(fileURLWithPath: file)).base64EncodedString())
    }

    private static func run(_ path: String, _ arguments: [String]) throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: path)
        program.arguments = arguments
        program.standardOutput = FileHandle.nullDevice
        try program.run()
        program.waitUntilExit()
        guard program.terminationStatus == 0 else { throw Unmet("\(path) \(arguments) failed") }
    }
}
