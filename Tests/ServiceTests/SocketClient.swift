import Foundation

/// A WebSocket client (RFC 6455) that can also do what none should.
final class SocketClient {
    enum Event: Equatable {
        case text(String)
        case closed(UInt16?)
    }

    private let client: TestClient

    /// Throws if the service does not upgrade.
    init(_ client: TestClient, path: String = "/ws", headers: [String: String] = [:]) throws {
        self.client = client
        var text = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        client.send(text + "\r\n")
        let response = try client.response(isHead: true)
        guard response.status == 101 else {
            throw TestClient.Failure(description: "no upgrade: \(response.status)")
        }
    }

    func send(_ text: String) { frame(1, Array(text.utf8)) }

    /// One frame, masked as a client's are.
    func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        client.send(bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset & 3] })
    }

    /// The next message, or the end. Pings are answered.
    func next() throws -> Event {
        while true {
            guard let head = try client.read(2) else { return .closed(nil) }
            var length = Int(head[1] & 127)
            if length >= 126, let more = try client.read(length == 126 ? 2 : 8) {
                length = more.reduce(0) { $0 << 8 | Int($1) }
            }
            guard let payload = try client.read(length) else { return .closed(nil) }
            switch head[0] & 15 {
            case 1: return .text(String(decoding: payload, as: UTF8.self))
            case 8: return .closed(payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1]))
            case 9: frame(10, payload)
            default: break
            }
        }
    }

    /// The next message of that type; others are passed over. Throws at the end of the connection.
    func message(_ type: String) throws -> [String: Any] {
        while true {
            guard case .text(let text) = try next() else {
                throw TestClient.Failure(description: "closed before a message '\(type)' came")
            }
            let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
            if object["type"] as? String == type { return object }
        }
    }

    /// The answer to `request`, a JSON object without its braces.
    func ask(_ request: String, answer: String = "ok") throws -> [String: Any] {
        send("{\(request), \"id\": \"q\"}")
        while true {
            guard case .text(let text) = try next() else {
                throw TestClient.Failure(description: "closed before an answer came to \(request)")
            }
            let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
            guard object["id"] as? String == "q" else { continue }
            guard object["type"] as? String == answer else {
                throw TestClient.Failure(description: "\(request): \(text)")
            }
            return object
        }
    }

    /// The code with which the connection ends; messages before are passed over.
    func closeCode() throws -> UInt16? {
        while true { if case .closed(let code) = try next() { return code } }
    }
}
