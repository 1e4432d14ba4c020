import Foundation
import Glibc

/// A connection that sends exactly the bytes it is given, and reads what comes back. What does not come within twenty
/// seconds never does.
final class TestClient {
    struct Failure: Error, CustomStringConvertible { var description: String }

    struct Response {
        var status = 0
        /// By names in lower case; of several the values in order, joined by commas.
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }
        /// A problem document's field.
        func problem(_ field: String) -> String? {
            let object = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
            return (object?[field]).map { "\($0)" }
        }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// `source` is another address of 127/8.
    init(port: UInt16, source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        func call(_ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        if let source {
            address.sin_addr.s_addr = inet_addr(source)
            guard call(bind) == 0 else { throw Failure(description: "bind: \(errno)") }
        }
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        guard call(connect) == 0 else { throw Failure(description: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// False at the end of the stream.
    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0, errno != ECONNRESET { throw Failure(description: "nothing came: \(errno)") }
        guard count > 0 else { return false }
        buffer += piece.prefix(count)
        return true
    }

    /// Whether the other side ends the connection without a word.
    func endsSilently() throws -> Bool { try !fill() }

    /// The next bytes as they are; nil if the stream ends before.
    func read(_ count: Int) throws -> [UInt8]? {
        while buffer.count < count {
            guard try fill() else { return nil }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// The next response. `isHead` if it answers HEAD.
    func response(isHead: Bool = false) throws -> Response {
        let gap = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            end = buffer.indices.dropLast(3).first { Array(buffer[$0..<$0 + 4]) == gap }
            if end == nil, try !fill() { throw Failure(description: "closed after \(buffer.count) bytes") }
        }
        let lines = String(decoding: buffer[..<end!], as: UTF8.self).components(separatedBy: "\r\n")
        var response = Response()
        response.status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let name = parts[0].lowercased()
            let value = parts.count > 1 ? parts[1] : ""
            response.headers[name] = response.headers[name].map { $0 + ", " + value } ?? value
        }
        buffer.removeFirst(end! + 4)
        let length = isHead ? 0 : Int(response.headers["content-length"] ?? "0") ?? 0
        while buffer.count < length {
            guard try fill() else { throw Failure(description: "the body is cut off") }
        }
        response.body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return response
    }

    /// One request with its response.
    func ask(
        _ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8]? = nil
    ) throws -> Response {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        send(Array((text + "\r\n").utf8) + (body ?? []))
        return try response(isHead: method == "HEAD")
    }
}
