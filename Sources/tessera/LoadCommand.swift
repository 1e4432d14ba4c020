import Foundation
import FoundationNetworking
import Live

/// `tessera load`: real WebRTC clients against a running server.
enum LoadCommand {
    static let about = "puts real WebRTC clients into a room and reports what they see"

    private static let options = [
        Option("--room", value: "R", "the room to join"),
        Option("--participants", value: "N", "how many clients (default 4)"),
        Option("--duration", value: "S", "seconds from the last join on (default 10)"),
        Option("--server", value: "URL", "the server (default http://127.0.0.1:8080)"),
        Option("--media", value: "FILE", repeatable: true, "VP8 and Opus to publish (default Samples/*.webm)"),
        Option("--decode", value: "N", "how many clients decode what they receive (default 2)"),
        Option("--token", value: "T", "a join token"),
        Option("--json", "the report as JSON"),
    ]

    private struct Report: Codable {
        var room: String
        var participants: Int
        var connected: Int
        /// Milliseconds from the offer to the first picture, of those who got one.
        var joinMedian: Double?
        var joinWorst: Double?
        /// The least of all clients, and the largest gap at the 99th percentile.
        var framesPerSecond: Double
        var gapP99: Double
        var freezes: Int
        var packetsLost: Int64
        var clients: [LoadReport]

        init(room: String, clients: [LoadReport]) {
            self.room = room
            self.clients = clients
            participants = clients.count
            connected = clients.count { $0.isConnected }
            let joins = clients.compactMap(\.firstFrame).sorted()
            joinMedian = joins.isEmpty ? nil : joins[joins.count / 2]
            joinWorst = joins.last
            framesPerSecond = clients.map(\.framesPerSecond).min() ?? 0
            gapP99 = clients.map(\.gapP99).max() ?? 0
            freezes = clients.reduce(0) { $0 + $1.freezes }
            packetsLost = clients.reduce(0) { $0 + $1.packetsLost + $1.soundLost }
        }
    }

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "load")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera load --room R [--participants N] [--duration S] [options]",
                    about: "Joins as N participants who publish media files, and measures the mix they receive.",
                    options: options), terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("load: '\(word)' is no option; see 'tessera load --help'") }
        guard let room = read.value("--room") else { throw .misuse("which room? --room R") }
        let count = try read.integer("--participants", in: 1...1000) ?? 4
        let seconds = try read.number("--duration", in: 0.1...86_400) ?? 10
        let decoding = try read.integer("--decode", in: 0...1000) ?? 2
        let server = read.value("--server") ?? "http://127.0.0.1:8080"
        guard let base = URL(string: server), let host = base.host(), base.scheme?.hasPrefix("http") == true else {
            throw .misuse("--server \(server): expected a URL such as http://127.0.0.1:8080")
        }
        let files = read.all("--media")
        var media: [LoadMedia] = []
        for file in files { media.append(try LoadMedia(file: file)) }
        if media.isEmpty { media = try LoadMedia.samples(in: "Samples") }

        let isLocal = host == "localhost" || host.hasPrefix("127.") || host == "::1"
        let crowd: LoadCrowd
        var clients: [LoadClient] = []
        do {
            crowd = try LoadCrowd(localAddress: isLocal ? "127.0.0.1" : LoadCrowd.outwardAddress ?? "127.0.0.1")
            for index in 0..<count {
                let media = media[index % media.count]
                let target = try target(base, room: room, name: media.name)
                clients.append(
                    try crowd.join(LoadOptions(name: media.name, media: media, decodes: index < decoding)) { offer in
                        try post(offer, to: target, token: read.value("--token"))
                    })
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
        Thread.sleep(forTimeInterval: seconds)
        let report = Report(room: room, clients: clients.map(\.report))
        crowd.stop()
        if read.has("--json") { try printJSON(report) } else { print(text(report)) }
        guard report.connected == count else {
            throw .failed("\(count - report.connected) of \(count) clients were not connected at the end")
        }
    }

    private static func target(_ base: URL, room: String, name: String) throws -> URL {
        let path = base.appending(path: "v1/rooms/\(room)/sessions")
        return path.appending(queryItems: [URLQueryItem(name: "name", value: name)])
    }

    /// The answer to an offer.
    private static func post(_ offer: String, to target: URL, token: String?) throws -> String {
        var request = URLRequest(url: target, timeoutInterval: 15)
        request.httpMethod = "POST"
        request.setValue("application/sdp", forHTTPHeaderField: "Content-Type")
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        request.httpBody = Data(offer.utf8)
        let result = Exchange()
        let ready = DispatchSemaphore(value: 0)
        let task = URLSession.shared.dataTask(with: request) { data, response, error in
            result.text = data.map { String(decoding: $0, as: UTF8.self) } ?? ""
            result.status = (response as? HTTPURLResponse)?.statusCode
            result.failure = error.map { $0.localizedDescription }
            ready.signal()
        }
        task.resume()
        ready.wait()
        guard let status = result.status else {
            throw CommandFailure.failed("\(target): \(result.failure ?? "no answer"); does 'tessera serve' run there?")
        }
        guard status == 201 else { throw CommandFailure.failed("\(target): \(status) \(result.text)") }
        return result.text
    }

    /// What came of a request; the semaphore orders writing and reading.
    private final class Exchange: @unchecked Sendable {
        var text = ""
        var status: Int?
        var failure: String?
    }

    private static func printJSON(_ report: Report) throws(CommandFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } catch {
            throw .failed("\(error)")
        }
    }

    private static func text(_ report: Report) -> String {
        func number(_ value: Double?, _ digits: Int = 0) -> String {
            value.map { String(format: "%.\(digits)f", $0) } ?? "-"
        }
        func column(_ text: String, _ width: Int = 9) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var lines = [
            ["join ms", "fps", "gap p50", "gap p99", "longest", "freezes", "lost", "rtt ms", "kbit/s"].map {
                column($0)
            }
            .joined() + "  client"
        ]
        for client in report.clients {
            let rate = client.watched > 0 ? Double(client.bytesIn) * 8 / client.watched / 1000 : nil
            lines.append(
                [
                    number(client.firstFrame), number(client.framesPerSecond, 1), number(client.gapMedian, 1),
                    number(client.gapP99, 1), number(client.gapLongest, 1), "\(client.freezes)",
                    "\(client.packetsLost + client.soundLost)", number(client.roundTrip, 1), number(rate),
                ].map { column($0) }.joined() + "  " + client.name + (client.end.map { " (\($0))" } ?? ""))
        }
        lines.append(
            "\(report.connected) of \(report.participants) connected; join median \(number(report.joinMedian)) ms, worst "
                + "\(number(report.joinWorst)) ms; at least \(number(report.framesPerSecond, 1)) pictures a second")
        return lines.joined(separator: "\n")
    }
}
