import Synchronization

/// What the HTTP server counts. Shared by its thread and those who ask.
public final class HTTPFigures: Sendable {
    struct Counts {
        var connections = 0
        var refusedConnections = 0
        var expired = 0
        var limited = 0
        /// Responses by status.
        var responses: [Int: Int] = [:]
    }

    private let counts = Mutex(Counts())

    public init() {}

    func note(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }

    /// Connections and requests that were too many.
    public var turnedAway: Int { counts.withLock { $0.refusedConnections + $0.limited } }

    /// Connections that are open.
    package var connections: Int { counts.withLock(\.connections) }

    /// In Prometheus's text format.
    var text: String {
        let counts = counts.withLock { $0 }
        var text = ""
        func put(_ name: String, _ help: String, _ type: String, _ lines: [(String, Int)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            for (labels, value) in lines { text += "\(name)\(labels) \(value)\n" }
        }
        put("tessera_http_connections", "HTTP connections that are open.", "gauge", [("", counts.connections)])
        put(
            "tessera_http_connections_refused_total", "Connections beyond the limits of their address or of all.",
            "counter", [("", counts.refusedConnections)])
        put(
            "tessera_http_deadlines_total", "Connections that ended for not being used, or not in time.", "counter",
            [("", counts.expired)])
        put(
            "tessera_http_limited_total", "Requests beyond the rate of their address.", "counter",
            [("", counts.limited)])
        put(
            "tessera_http_responses_total", "Responses by status.", "counter",
            counts.responses.sorted { $0.key < $1.key }.map { ("{status=\"\($0.key)\"}", $0.value) })
        return text
    }
}
