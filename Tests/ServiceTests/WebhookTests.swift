import Foundation
import Glibc
import Layout
import Live
import Service
import Store
import Synchronization
import Testing

/// Takes what is posted, and answers as it is told.
final class Listener: Sendable {
    struct Message: Sendable {
        var headers: [String: String]
        var body: String
        var type: String {
            ((try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any])?["type"] as? String ?? ""
        }
    }

    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    let port: UInt16
    private let descriptor: Int32
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    private let answer: @Sendable (Int, Message) -> String

    /// `answer` is the status line's rest for the n-th message, and further header lines if need be.
    init(port: UInt16 = 0, answer: @escaping @Sendable (Int, Message) -> String = { _, _ in "200 OK" }) throws {
        self.answer = answer
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        self.port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [self] in serve() }
        thread.start()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
    }

    private func serve() {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            var buffer: [UInt8] = []
            while let message = read(connection, &buffer) {
                let number = state.withLock { state in
                    state.messages.append(message)
                    return state.messages.count
                }
                let reply = "HTTP/1.1 " + answer(number, message) + "\r\nContent-Length: 0\r\n\r\n"
                _ = reply.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
                bell.signal()
                if state.withLock(\.isClosed) { break }
            }
            Glibc.close(connection)
        }
    }

    private func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Message? {
        func fill() -> Bool {
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return false }
            buffer += piece.prefix(count)
            return true
        }
        let gap = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            end = buffer.indices.dropLast(3).first { Array(buffer[$0..<$0 + 4]) == gap }
            if end == nil, !fill() { return nil }
        }
        var headers: [String: String] = [:]
        for line in String(decoding: buffer[..<end!], as: UTF8.self).components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
        }
        buffer.removeFirst(end! + 4)
        let length = Int(headers["content-length"] ?? "") ?? 0
        while buffer.count < length { if !fill() { return nil } }
        defer { buffer.removeFirst(length) }
        return Message(headers: headers, body: String(decoding: buffer.prefix(length), as: UTF8.self))
    }

    /// The first so many messages, once they have come; fewer if they do not within twenty seconds.
    func messages(_ count: Int) -> [Message] {
        let end = DispatchTime.now() + 20
        while state.withLock(\.messages.count) < count, bell.wait(timeout: end) == .success {}
        return state.withLock { $0.messages }
    }
}

struct WebhookTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static var pace: Webhooks.Pace {
        var pace = Webhooks.Pace()
        (pace.first, pace.longest) = (20, 100)
        return pace
    }

    private func webhooks(
        _ port: UInt16, _ store: SQLiteStore, events: [String] = []
    ) throws -> Webhooks {
        Webhooks(
            targets: [
                try WebhookTarget(url: "http://127.0.0.1:\(port)/hook", secret: WebhookTests.secret, events: events)
            ], outbox: store, pace: WebhookTests.pace)
    }

    /// The example of the Standard Webhooks specification's reference implementations.
    @Test func signature() throws {
        let target = try WebhookTarget(url: "https://example.net/", secret: WebhookTests.secret)
        #expect(
            target.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", time: 1_614_265_330, body: #"{"test": 2432232314}"#)
                == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    /// A recording from start to end, a failed try in between; each message is signed, and they come in order.
    @Test func recordingsAreToldInOrderInSpiteOfFailures() throws {
        let listener = try Listener { number, _ in number <= 3 ? "500 No" : "204 Done" }
        defer { listener.close() }
        let store = try SQLiteStore()
        let webhooks = try webhooks(listener.port, store)
        webhooks.start()
        let folder = NSTemporaryDirectory() + "tessera-webhooks-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recordings = Recordings(recorder: FakeRecorder(), catalogue: store, folder: folder, webhooks: webhooks)
        let router = Router(
            rooms: FakeRooms(), access: Access(keys: RouterTests.keys, isOpenOnLoopback: true), recordings: recordings)
        let begun = router.respond(to: HTTPRequest(.post, path: ["v1", "rooms", "r", "recordings"]))
        let started = try #require(try JSONSerialization.jsonObject(with: Data(begun.body)) as? [String: Any])
        let id = try #require(started["id"] as? String)
        #expect(router.respond(to: HTTPRequest(.post, path: ["v1", "recordings", id, "stop"])).status == 200)
        let messages = listener.messages(5)
        #expect(
            messages.map(\.type) == Array(repeating: "recording.started", count: 4) + ["recording.finished"])
        let target = try WebhookTarget(url: "http://x/", secret: WebhookTests.secret)
        for message in messages {
            let time = try #require(Int(message.headers["webhook-timestamp"] ?? ""))
            let name = try #require(message.headers["webhook-id"])
            #expect(
                message.headers["webhook-signature"] == target.signature(id: name, time: time, body: message.body))
            #expect(message.headers["content-type"] == "application/json")
        }
        #expect(Set(messages.map { $0.headers["webhook-id"] }).count == 2)
        webhooks.stop()
        #expect(try store.webhooksWaiting() == 0)
    }

    /// What could not be delivered outlives its process; a redirection is no delivery, and is not followed.
    @Test func whatWaitsIsSentByTheNextProcess() throws {
        let folder = NSTemporaryDirectory() + "tessera-webhooks-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let away = try Listener { _, _ in "200 OK" }
        defer { away.close() }
        let port = away.port
        let listener = try Listener { _, _ in "307 Elsewhere\r\nLocation: http://127.0.0.1:\(port)/" }
        do {
            let store = try SQLiteStore(path: folder + "/store.db")
            let webhooks = try webhooks(listener.port, store)
            webhooks.start()
            let recordings = Recordings(
                recorder: FakeRecorder(), catalogue: store, folder: folder + "/recordings", webhooks: webhooks)
            let router = Router(
                rooms: FakeRooms(), access: Access(keys: RouterTests.keys, isOpenOnLoopback: true),
                recordings: recordings)
            _ = router.respond(to: HTTPRequest(.post, path: ["v1", "rooms", "r", "recordings"]))
            #expect(listener.messages(2).count >= 2)
            webhooks.stop()
            // The recording is cut off with its process.
        }
        listener.close()
        let store = try SQLiteStore(path: folder + "/store.db")
        #expect(try store.webhooksWaiting() == 1)
        let next = try Listener(port: listener.port)
        defer { next.close() }
        let webhooks = try webhooks(next.port, store)
        let recordings = Recordings(
            recorder: FakeRecorder(), catalogue: store, folder: folder + "/recordings", webhooks: webhooks)
        try recordings.reconcile()
        webhooks.start()
        let types = next.messages(2).map(\.type)
        #expect(types.first == "recording.started" && types.last?.hasPrefix("recording.") == true && types.count == 2)
        webhooks.stop()
        #expect(away.messages(0).isEmpty)
    }

    /// However a job ended, and in whichever process.
    @Test func endsOfJobsAreTold() throws {
        let listener = try Listener()
        defer { listener.close() }
        let store = try SQLiteStore()
        let webhooks = try webhooks(listener.port, store, events: ["archive.*"])
        webhooks.start()
        let service = try ArchiveService(webhooks: webhooks, store: store)
        let id =
            try #require(
                try JSONSerialization.jsonObject(
                    with: Data(service.ask(.post, "v1/archive/jobs", "{\"session\": \"talk\"}").body)) as? [String: Any]
            )[
                "id"] as? String
        let job = try #require(id)
        _ = try store.take(owner: "elsewhere", kinds: ["archive"], lease: 1000, now: 0)
        try store.fail(job, owner: "elsewhere", error: "the disk broke", retryAt: nil, now: 1)
        service.archives.start()
        let message = try #require(listener.messages(1).first)
        #expect(message.type == "archive.failed")
        #expect(message.body.contains("the disk broke") && message.body.contains(job))
        service.archives.stop()
        webhooks.stop()
        #expect(try store.unannounced(limit: 5).isEmpty)
    }

    @Test(
        arguments: [
            (#"[{"url": "ftp://x/", "secret": "0123456789abcdef"}]"#, "[0].url"),
            (#"[{"url": "http://x/", "secret": "short"}]"#, "[0].secret"),
            (#"[{"url": "http://x/"}]"#, "[0].secret"), (#"{}"#, "expected a list"),
            (#"[{"url": "http://x/", "secret": "0123456789abcdef", "events": ["room.exploded"]}]"#, "[0].events"),
            (#"[{"url": "http://x/", "secret": "0123456789abcdef", "colour": 1}]"#, "[0].colour"),
            (#"[{"url": "http://a:b@x/", "secret": "0123456789abcdef"}]"#, "[0].url"),
        ])
    func whatIsWrongIsSaid(_ text: String, _ place: String) throws {
        do {
            _ = try WebhookTarget.read(try JSONParser.parse(Array(text.utf8)))
            Issue.record("\(text) was taken")
        } catch let error as ServiceError {
            #expect(error.description.hasPrefix(place), "\(error.description)")
        }
    }
}
