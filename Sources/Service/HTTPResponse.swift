import Foundation
import Live

/// What goes back.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// What is sent in place of ``body``.
    public var file: SentFile?

    public init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ status: Int, type: String, text: String, headers: [(name: String, value: String)] = []) {
        self.init(status, headers: [("Content-Type", type)] + headers, body: Array(text.utf8))
    }

    /// `value` as JSON.
    init(_ status: Int = 200, json value: some Encodable, headers: [(name: String, value: String)] = []) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let data = try? encoder.encode(value) else {
            self = Problem(500, "the answer cannot be written as JSON").response
            return
        }
        self.init(status, headers: [("Content-Type", "application/json")] + headers, body: Array(data))
    }

    /// Bytes of the body.
    var length: Int { file.map { Int($0.range.count) } ?? body.count }

    /// The first header of that name, in whatever case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A request that is refused, as a problem document (RFC 9457).
struct Problem: Error {
    var status: Int
    /// One line for a person: what was wrong, and what would be right.
    var detail: String
    var headers: [(name: String, value: String)] = []
    /// The parameter, or the field of the body, that was wrong.
    var place: String?

    init(
        _ status: Int, _ detail: String, headers: [(name: String, value: String)] = [], place: String? = nil
    ) {
        self.status = status
        self.detail = detail
        self.headers = headers
        self.place = place
    }

    init(_ error: LiveError) {
        self.init(error.status, error.detail)
        if let seconds = error.retryAfter { headers.append(("Retry-After", String(seconds))) }
    }

    private struct Document: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let place: String?
    }

    var response: HTTPResponse {
        var response = HTTPResponse(
            status, json: Document(title: Problem.title(of: status), status: status, detail: detail, place: place),
            headers: headers)
        response.headers[0].value = "application/problem+json"
        return response
    }

    /// The status in words (RFC 9110, section 15).
    static func title(of status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 507: "Insufficient Storage"
        default: "Error"
        }
    }
}
