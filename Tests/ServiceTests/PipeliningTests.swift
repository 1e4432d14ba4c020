import Foundation
import Service
import Testing

/// Requests that come in one piece with others.
@Suite(.serialized) struct PipeliningTests {
    private static let post =
        "POST /v1/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    private static let get = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    /// libwebsockets goes round and round in some of these; whoever sends them loses the connection, and nobody else
    /// their time.
    @Test(arguments: [
        get + post, get + post + "xxxx", post + post, post + "xxxx", get + get + get, get + post + get,
        post.replacingOccurrences(of: "Length: 2", with: "Length: 0"),
        post.replacingOccurrences(of: "2\r\n", with: "1\r\n"),
    ])
    func nobodyElseWaits(_ bytes: String) throws {
        let test = try TestServer()
        for _ in 0..<3 {
            let odd = try test.client()
            odd.send(bytes)
            _ = try? odd.response()
            #expect(try test.client().ask("GET", "/healthz").status == 200)
        }
    }
}
