import CWebSockets
import Glibc

/// One connection's request as it comes and response as it goes. It belongs to the server's thread.
final class HTTPConnection {
    enum Head {
        case complete
        case awaitsBody
        /// Refused at once; what comes of the body is dropped.
        case refused(Problem)
        /// Refused; what follows on the connection cannot be told apart from the body, or is too much to drop.
        case closes(Problem)
    }

    let address: String
    /// Whose requests these are: the peer, or whom a proxy that is trusted names.
    private(set) var client: String
    /// Requests that have begun.
    var requests = 0
    var refusal: Problem?
    var response: HTTPResponse?
    var closesAfter = false
    /// The body has not come to its end.
    var isReading = false
    /// How often the end of the body was told.
    var completions = 0
    /// What the connection has become; nil while it is HTTP's.
    var socket: WebSocket?
    /// Looks that the server has taken at the socket.
    var rounds = 0
    private var head: HTTPRequest?
    private var body: [UInt8] = []
    private var limit = 0
    private var discarded = 0
    private var written = -1

    init(address: String) {
        self.address = address
        client = address
    }

    /// Takes from X-Forwarded-For, which every proxy adds its peer to, the last address that is no trusted proxy's: what
    /// stands before that may be invented.
    func findClient(behind proxies: Set<String>) {
        client = address
        defer { head?.address = client }
        guard proxies.contains(address), let list = head?.headers["x-forwarded-for"] else { return }
        for hop in list.split(separator: ",").reversed().map(\.trimmed) where !proxies.contains(hop) {
            var four = in_addr()
            var six = in6_addr()
            if inet_pton(AF_INET, hop, &four) == 1 || inet_pton(AF_INET6, hop, &six) == 1 { client = hop }
            return
        }
    }

    var isPost: Bool { head?.method == .post }

    func reset() {
        refusal = nil
        response = nil
        head = nil
        body = []
        limit = 0
        discarded = 0
        written = -1
        closesAfter = false
        isReading = false
        completions = 0
    }

    /// Most bytes of a refused body that are read before the connection ends.
    private static let dropped = 1 << 20

    /// The peer's address without its port; an IPv4 address within IPv6 as IPv4.
    static func address(of descriptor: Int32) -> String {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: 64)
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0
                    && getnameinfo(address, length, &host, 64, nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isKnown else { return "?" }
        let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
    }

    private var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }

    private static let methods: [(lws_token_indexes, HTTPRequest.Method)] = [
        (WSI_TOKEN_GET_URI, .get), (WSI_TOKEN_POST_URI, .post), (WSI_TOKEN_OPTIONS_URI, .options),
        (WSI_TOKEN_PUT_URI, .put), (WSI_TOKEN_PATCH_URI, .patch), (WSI_TOKEN_DELETE_URI, .delete),
        (WSI_TOKEN_HEAD_URI, .head),
    ]
    private static let headers: [(lws_token_indexes, String)] = [
        (WSI_TOKEN_HTTP_AUTHORIZATION, "authorization"), (WSI_TOKEN_HTTP_CONTENT_TYPE, "content-type"),
        (WSI_TOKEN_HTTP_CONTENT_LENGTH, "content-length"), (WSI_TOKEN_HTTP_IF_MATCH, "if-match"),
        (WSI_TOKEN_HTTP_IF_NONE_MATCH, "if-none-match"), (WSI_TOKEN_HTTP_TRANSFER_ENCODING, "transfer-encoding"),
        (WSI_TOKEN_HTTP_RANGE, "range"), (WSI_TOKEN_HTTP_IF_RANGE, "if-range"), (WSI_TOKEN_ORIGIN, "origin"),
        (WSI_TOKEN_HOST, "host"), (WSI_TOKEN_X_FORWARDED_FOR, "x-forwarded-for"),
    ]

    /// Copies what is needed of the headers, which libwebsockets forgets with the response.
    func readHead(_ wsi: OpaquePointer) -> Head {
        guard let (token, method) = HTTPConnection.methods.first(where: { lws_hdr_total_length(wsi, $0.0) > 0 }) else {
            return .closes(Problem(501, "the method is not known"))
        }
        // libwebsockets takes %0d in a path for the end of the line, and what follows for headers: there is no version
        // in the line then.
        guard lws_hdr_total_length(wsi, WSI_TOKEN_HTTP) > 0 else {
            return .closes(Problem(400, "the request line has no HTTP version, or a line break in its path"))
        }
        guard let path = HTTPConnection.header(wsi, token) else {
            return .closes(Problem(400, "the path is not UTF-8"))
        }
        var request = HTTPRequest(method, path: HTTPRequest.parts(of: path), isFromLoopback: isLoopback)
        for (token, name) in HTTPConnection.headers where lws_hdr_total_length(wsi, token) > 0 {
            guard let value = HTTPConnection.header(wsi, token) else {
                return .closes(Problem(400, "the header \(name) is not UTF-8"))
            }
            request.headers[name] = value
        }
        // Only that it is there matters.
        if lws_hdr_custom_length(wsi, "forwarded:", 10) > 0 { request.headers["forwarded"] = "" }
        guard let query = HTTPConnection.query(wsi) else { return .closes(Problem(400, "the query is not UTF-8")) }
        request.query = query
        head = request
        if request.headers["transfer-encoding"] != nil {
            return .closes(Problem(411, "a body comes with Content-Length"))
        }
        guard let text = request.headers["content-length"] else {
            switch method {
            case .post, .put, .patch: return .closes(Problem(411, "a body comes with Content-Length"))
            case .get, .head, .delete, .options: return .complete
            }
        }
        guard let length = Int(text), length >= 0, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return .closes(Problem(400, "Content-Length is not a number"))
        }
        guard length > 0 else { return .complete }
        limit = Router.bodyLimit(mediaType: request.mediaType)
        if length > limit {
            let problem = Problem(413, "the body has \(length) bytes, more than the \(limit) that are taken")
            // Dropped as it comes, so that the client gets to read the answer, unless it is enormous.
            guard length <= HTTPConnection.dropped else { return .closes(problem) }
            isReading = true
            return .refused(problem)
        }
        isReading = true
        return .awaitsBody
    }

    private static func header(_ wsi: OpaquePointer, _ token: lws_token_indexes) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(lws_hdr_total_length(wsi, token)) + 1)
        let length = lws_hdr_copy(wsi, &buffer, Int32(buffer.count), token)
        guard length >= 0 else { return nil }
        return String(validating: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func query(_ wsi: OpaquePointer) -> [(name: String, value: String)]? {
        var result: [(name: String, value: String)] = []
        for index in 0..<Int32(16) {
            let expected = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, index)
            guard expected > 0 else { continue }
            var buffer = [CChar](repeating: 0, count: Int(expected) + 1)
            let length = lws_hdr_copy_fragment(wsi, &buffer, Int32(buffer.count), WSI_TOKEN_HTTP_URI_ARGS, index)
            guard length >= 0 else { return nil }
            let bytes = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            result.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
        }
        return result
    }

    /// Whether more may come.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if refusal != nil {
            discarded += bytes.count
            return discarded <= HTTPConnection.dropped
        }
        guard body.count + bytes.count <= limit else { return false }
        body += bytes
        return true
    }

    func request() -> HTTPRequest? {
        head?.body = body
        return head
    }

    /// Writes the head, or the next piece of the body. Once all is written, `response` is nil. False if it failed.
    func write(_ wsi: OpaquePointer) -> Bool {
        guard let response else { return true }
        let isWithoutBody = head?.method == .head || response.status == 204 || response.status == 304
        if written < 0 {
            written = 0
            guard writeHead(wsi, response) else { return false }
            if isWithoutBody || response.length == 0 { self.response = nil }
            return true
        }
        let count = min(32_768, response.length - written)
        let piece =
            response.file.map { $0.read(at: $0.range.lowerBound + Int64(written), count: count) }
            ?? Array(response.body[written..<written + count])
        // The length was promised: what the disk does not give cannot be made up for.
        guard piece.count == count else { return false }
        var buffer = [UInt8](repeating: 0, count: Int(tessera_lws_pre())) + piece
        written += piece.count
        let isLast = written == response.length
        let sent = buffer.withUnsafeMutableBufferPointer { buffer in
            lws_write(
                wsi, buffer.baseAddress! + Int(tessera_lws_pre()), piece.count,
                isLast ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP)
        }
        if isLast { self.response = nil }
        return sent >= 0
    }

    private func writeHead(_ wsi: OpaquePointer, _ response: HTTPResponse) -> Bool {
        let space = 8192
        var buffer = [UInt8](repeating: 0, count: Int(tessera_lws_pre()) + space)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            let start = buffer.baseAddress! + Int(tessera_lws_pre())
            let end = start + space
            var position: UnsafeMutablePointer<UInt8>? = start
            guard lws_add_http_header_status(wsi, UInt32(response.status), &position, end) == 0 else { return false }
            for (name, value) in response.headers {
                // A value never ends its line.
                let safe = Array(value.utf8.filter { $0 >= 32 && $0 != 127 })
                guard
                    lws_add_http_header_by_name(wsi, name.lowercased() + ":", safe, Int32(safe.count), &position, end)
                        == 0
                else { return false }
            }
            if closesAfter { _ = lws_add_http_header_by_name(wsi, "connection:", "close", 5, &position, end) }
            if response.status != 204, response.status != 304 {
                guard
                    lws_add_http_header_content_length(wsi, UInt64(response.length), &position, end) == 0
                else { return false }
            }
            return lws_finalize_write_http_header(wsi, start, &position, end) == 0
        }
    }
}
