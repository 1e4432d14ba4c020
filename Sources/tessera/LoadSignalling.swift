import Foundation
import FoundationNetworking

/// Joins a room by HTTP: an offer goes to the server, an answer comes back.
struct LoadSignalling: Sendable {
    let base: URL
    let host: String
    let room: String
    let token: String?

    init(server: String, room: String, token: String?) throws(CommandFailure) {
        guard let base = URL(string: server), let host = base.host(), base.scheme?.hasPrefix("http") == true else {
            throw .misuse("--server \(server): expected a URL such as http://127.0.0.1:8080")
        }
        (self.base, self.host, self.room, self.token) = (base, host, room, token)
    }

    var isLocal: Bool { host == "localhost" || host.hasPrefix("127.") || host == "::1" }

    /// The answer to an offer.
    func answer(_ offer: String, name: String) throws(CommandFailure) -> String {
        let target = base.appending(path: "v1/rooms/\(room)/sessions")
            .appending(queryItems: [URLQueryItem(name: "name", value: name)])
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
            throw .failed("\(target): \(result.failure ?? "no answer"); does 'tessera serve' run there?")
        }
        guard status == 201 else { throw .failed("\(target): \(status) \(result.text)") }
        return result.text
    }

    /// What came of a request; the semaphore orders writing and reading.
    private final class Exchange: @unchecked Sendable {
        var text = ""
        var status: Int?
        var failure: String?
    }
}
