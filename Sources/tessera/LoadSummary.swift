import Foundation
import Live

/// What a run of the load came to; printed for people, and written as JSON.
struct LoadSummary: Codable {
    /// Percentiles in milliseconds.
    struct Spread: Codable {
        var count: Int
        var p50: Double
        var p95: Double
        var p99: Double
        var worst: Double

        /// Nil of nothing.
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func at(_ quantile: Double) -> Double {
                sorted[min(sorted.count - 1, Int(Double(sorted.count) * quantile))]
            }
            (count, p50, p95, p99, worst) = (sorted.count, at(0.5), at(0.95), at(0.99), sorted[sorted.count - 1])
        }

        func text(_ name: String) -> String {
            func number(_ value: Double) -> String { String(format: "%.1f", value) }
            return "\(name): p50 \(number(p50)), p95 \(number(p95)), p99 \(number(p99)), worst \(number(worst)) ms "
                + "(\(count) measured)"
        }
    }

    struct Check: Codable {
        var name: String
        var passed: Bool
        var detail: String
    }

    /// Latencies through the server.
    struct Latency: Codable {
        /// Seconds since the start of measuring at which this stretch ended.
        var until: Double
        var picture: Spread?
        /// With the look-ahead of the mix's Opus encoder, 6.5 ms.
        var sound: Spread?
        /// Picture less sound of one participant; negative: the picture is early.
        var offset: Spread?
        /// Share of 1.
        var unreadable: Double

        init(_ samples: LatencyProbe.Samples, until: Double) {
            self.until = until
            picture = Spread(samples.picture)
            sound = Spread(samples.sound)
            offset = Spread(samples.offset)
            unreadable = samples.tiles > 0 ? Double(samples.unreadable) / Double(samples.tiles) : 1
        }
    }

    /// Further clients that joined the room while the others watched.
    struct Joins: Codable {
        /// From the POST of the offer to the first decoded picture.
        var firstFrame: Spread?
        var failed: Int
        /// Of all who watched: gaps of more than one and a half times the median, of all gaps, while others joined, and in
        /// the same time before.
        var gapsLong: Int
        var gaps: Int
        var gapsLongBefore: Int
        var gapsBefore: Int
    }

    var room: String
    var participants = 0
    var connected = 0
    /// Milliseconds from the offer to the first picture, of those who got one.
    var join: Spread?
    /// The least of all clients, and the largest gap at the 99th percentile.
    var framesPerSecond = 0.0
    var gapP99 = 0.0
    var gapsLong = 0
    var freezes = 0
    /// Seconds, of all clients together.
    var frozen = 0.0
    var packetsLost: Int64 = 0
    var latency: [Latency] = []
    var joins: Joins?
    var checks: [Check] = []
    var clients: [LoadReport] = []

    init(room: String) {
        self.room = room
    }

    mutating func add(_ reports: [LoadReport]) {
        clients = reports
        participants = clients.count
        connected = clients.count { $0.isConnected }
        join = Spread(clients.compactMap(\.firstFrame))
        framesPerSecond = clients.map(\.framesPerSecond).min() ?? 0
        gapP99 = clients.map(\.gapP99).max() ?? 0
        gapsLong = clients.reduce(0) { $0 + $1.gapsLong }
        freezes = clients.reduce(0) { $0 + $1.freezes }
        frozen = clients.reduce(0) { $0 + $1.frozen }
        packetsLost = clients.reduce(0) { $0 + $1.packetsLost + $1.soundLost }
    }

    // MARK: - Checks

    /// `tones` are those of the clients in their order, nil where there is none; `loss` is the network's own.
    mutating func check(tones: [Double?], loss: Double) {
        expect(connected == participants, "connected", "\(connected) of \(participants) at the end")
        expect(framesPerSecond >= 20, "pictures", String(format: "at least %.1f a second", framesPerSecond))
        let share = clients.map { $0.watched > 0 ? $0.frozen / $0.watched : 1 }.max() ?? 0
        let limit = loss > 0.1 ? 0.2 : 0.02
        expect(
            share <= limit, "freezes",
            String(format: "frozen for at most %.1f %% of the time (%.0f allowed)", share * 100, limit * 100))
        let undecodable = clients.reduce(0) { $0 + $1.undecodable }
        expect(undecodable == 0 || loss > 0, "decodable", "\(undecodable) pictures could not be decoded")
        for (client, own) in zip(clients, tones) where !client.tones.isEmpty { checkTones(client, own, tones) }
    }

    private mutating func checkTones(_ client: LoadReport, _ own: Double?, _ all: [Double?]) {
        let others = client.tones.filter { $0.frequency != own }
        let heard = others.filter { $0.maximum > -55 }
        // Of larger rooms only the loudest are in the mix.
        let wanted = participants <= 5 ? others.count : min(3, others.count)
        expect(heard.count >= wanted, "others heard", "\(client.name) hears \(heard.count) of \(others.count) tones")
        // Whoever shares a file with another is rightly heard by themselves.
        guard let own, all.count(where: { $0 == own }) == 1,
            let tone = client.tones.first(where: { $0.frequency == own })
        else { return }
        expect(
            tone.least < -65, "own not heard",
            "\(client.name)'s own tone is at \(String(format: "%.0f", tone.least)) dBFS, having been sent at -40")
    }

    private mutating func expect(_ condition: Bool, _ name: String, _ detail: String) {
        checks.append(Check(name: name, passed: condition, detail: detail))
    }

    // MARK: - Output

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        func number(_ value: Double?, _ digits: Int = 0) -> String {
            value.map { String(format: "%.\(digits)f", $0) } ?? "-"
        }
        func row(_ cells: [String]) -> String {
            cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined()
        }
        var lines = [
            row(["join ms", "fps", "gap p50", "gap p99", "longest", "freezes", "lost", "rtt ms", "kbit/s"]) + "  client"
        ]
        for client in clients {
            let rate = client.watched > 0 ? Double(client.bytesIn) * 8 / client.watched / 1000 : nil
            lines.append(
                row([
                    number(client.firstFrame), number(client.framesPerSecond, 1), number(client.gapMedian, 1),
                    number(client.gapP99, 1), number(client.gapLongest, 1), "\(client.freezes)",
                    "\(client.packetsLost + client.soundLost)", number(client.roundTrip, 1), number(rate),
                ]) + "  " + client.name + (client.end.map { " (\($0))" } ?? ""))
        }
        for stretch in latency {
            if latency.count > 1 { lines.append("until \(number(stretch.until)) s:") }
            if let picture = stretch.picture { lines.append(picture.text("picture through the server")) }
            if let sound = stretch.sound {
                lines.append(sound.text("sound through the server, 6.5 ms of Opus's look-ahead in it"))
            }
            if let offset = stretch.offset { lines.append(offset.text("picture later than sound")) }
        }
        if let joins {
            if let spread = joins.firstFrame { lines.append(spread.text("joins, offer to first picture")) }
            lines.append(
                "others' long gaps: \(joins.gapsLong) of \(joins.gaps) while \(joins.firstFrame?.count ?? 0) joined, "
                    + "\(joins.gapsLongBefore) of \(joins.gapsBefore) before")
        }
        for check in checks {
            lines.append((check.passed ? "ok      " : "FAILED  ") + check.name + ": " + check.detail)
        }
        return lines.joined(separator: "\n")
    }
}
