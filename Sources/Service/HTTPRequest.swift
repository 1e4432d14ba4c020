import Foundation

/// One HTTP request, read completely: what a route sees.
public struct HTTPRequest: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"
    }

    public var method: Method
    /// The path's parts after decoding, without empty ones.
    public var path: [String]
    /// The query's values after decoding, in order.
    public var query: [(name: String, value: String)]
    /// By names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
    /// The peer's address is one of the loopback interface.
    public var isFromLoopback: Bool
    /// Whose request it is: the peer's address, or whom a proxy that is trusted names.
    public var address = ""

    public init(
        _ method: Method, path: [String], query: [(name: String, value: String)] = [], headers: [String: String] = [:],
        body: [UInt8] = [], isFromLoopback: Bool = true
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isFromLoopback = isFromLoopback
    }

    /// A path whose parts have been decoded, such as `/v1/rooms`.
    static func parts(of path: String) -> [String] { path.split(separator: "/").map(String.init) }

    /// The first value of that name in the query; nil if there is none or it is empty.
    func value(_ name: String) -> String? {
        guard let value = query.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// Whether it comes from this machine and was made by it: over the loopback interface, through no proxy, to a name of
    /// this machine (a name of elsewhere may have been made to lead here), and from no page of elsewhere.
    var isLocal: Bool {
        guard isFromLoopback, headers["x-forwarded-for"] == nil, headers["forwarded"] == nil else { return false }
        if let host = headers["host"], !HTTPRequest.isLoopback(authority: host) { return false }
        guard let origin = headers["origin"] else { return true }
        guard let start = origin.range(of: "://") else { return false }
        return HTTPRequest.isLoopback(authority: String(origin[start.upperBound...]))
    }

    private static func isLoopback(authority: String) -> Bool {
        let host: Substring
        if authority.hasPrefix("[") {
            host = authority.dropFirst().prefix { $0 != "]" }
        } else {
            host = authority.prefix { $0 != ":" }
        }
        if host == "::1" || host.lowercased() == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Content-Type without its parameters, in lower case.
    var mediaType: String {
        guard let type = headers["content-type"]?.split(separator: ";", omittingEmptySubsequences: false).first else {
            return ""
        }
        return type.trimmed.lowercased()
    }

    /// The body as UTF-8. Throws 400.
    func text(_ what: String) throws(Problem) -> String {
        guard let text = String(validating: body, as: UTF8.self) else { throw Problem(400, "the \(what) is not UTF-8") }
        return text
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
