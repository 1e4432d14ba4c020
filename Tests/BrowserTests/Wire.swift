import Foundation
import Glibc

/// A TCP connection to a port of this machine. The calls block, for 90 s at most.
final class Wire: @unchecked Sendable {
    private let socket: Int32

    init(port: UInt16) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(socket)
            throw Unmet("no connection to port \(port): \(reason)")
        }
        var patience = timeval(tv_sec: 90, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(socket) }

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Unmet("the other side is gone") }
            bytes = bytes.dropFirst(count)
        }
    }

    func receive(_ count: Int) throws -> Data {
        var data = Data(count: count)
        var filled = 0
        while filled < count {
            let more = data.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + filled, count - filled, 0) }
            guard more > 0 else { throw Unmet("the other side does not answer") }
            filled += more
        }
        return data
    }

    /// What comes before `end`, which is taken too.
    func receive(until end: UInt8) throws -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try receive(1)[0]
            if byte == end { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }

    /// One HTTP request to a port of this machine, and the body of what is answered.
    static func request(_ method: String, _ url: String, _ body: String? = nil) async throws -> Data {
        guard let parts = URLComponents(string: url), let port = parts.port.flatMap(UInt16.init) else {
            throw Unmet("\(url) is no URL with a port")
        }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let wire = try Wire(port: port)
                        try wire.send(
                            "\(method) \(parts.percentEncodedPath) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
                                + "Connection: close\r\nContent-Type: application/json\r\n"
                                + "Content-Length: \((body ?? "").utf8.count)\r\n\r\n\(body ?? "")")
                        var length = 0
                        while true {
                            let line = try wire.receive(until: UInt8(ascii: "\n")).lowercased()
                            if line == "\r" { break }
                            guard line.hasPrefix("content-length:") else { continue }
                            length = Int(line.dropFirst(15).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
                        }
                        return try wire.receive(length)
                    })
            }
        }
    }
}
