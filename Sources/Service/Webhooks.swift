import Archive
import Foundation
public import Store
import Synchronization

/// Tells targets what happens. Messages lie in the store until they have arrived, so that they outlive the process; those
/// of one room reach a target in their order, each at least once.
public final class Webhooks: Sendable {
    public struct Pace: Sendable {
        /// Milliseconds from the first failure to the next try; each further one takes twice as long.
        public var first: Int64 = 1000
        public var longest: Int64 = 300_000
        /// After which a message is given up.
        public var age: Int64 = 3 * 86_400_000
        /// Of a delivery.
        public var timeout = 10_000
        public init() {}
    }

    /// Messages that may wait; what comes beyond is not kept.
    static let limit = 100_000

    private let targets: [WebhookTarget]
    private let outbox: any WebhookOutbox
    private let posts: [WebhookPost]
    /// Where messages are filed, in their order.
    private let queue = DispatchQueue(label: "webhooks")
    private let log: @Sendable (String) -> Void

    public init(
        targets: [WebhookTarget], outbox: any WebhookOutbox, pace: Pace = Pace(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.targets, self.outbox, self.log) = (targets, outbox, log)
        posts = targets.map { WebhookPost($0, outbox: outbox, pace: pace, log: log) }
    }

    public func start() { for post in posts { post.start() } }

    /// Messages that are due get a moment to be delivered; all others stay where they are.
    public func stop(patience: Double = 2) {
        queue.sync {}
        for post in posts { post.stop() }
        let end = Date().addingTimeInterval(patience)
        for post in posts { post.wait(until: end) }
    }

    /// What is sent, as standardwebhooks.com has it.
    private struct Message<Contents: Encodable>: Encodable {
        let type: String
        /// RFC 3339, UTC.
        let timestamp: String
        let data: Contents
    }

    /// Files a message. `room` is what it is in order with. Never waits.
    func tell(_ event: String, room: String, _ data: some Encodable) {
        let wanting = targets.filter { $0.wants(event) }
        guard !wanting.isEmpty else { return }
        let now = Recordings.now
        let time = Date(timeIntervalSince1970: Double(now) / 1000).ISO8601Format(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(Message(type: event, timestamp: time, data: data)) else { return }
        let body = String(decoding: text, as: UTF8.self)
        queue.async { [self] in
            do throws(StoreError) {
                guard try outbox.webhooksWaiting() < Webhooks.limit else {
                    throw StoreError(.noSpace, "\(Webhooks.limit) messages wait already")
                }
                for target in wanting {
                    try outbox.enqueue(room: room, target: target.url, event: event, body: body, now: now)
                }
            } catch {
                log("webhooks: \(event) of \(room) is not told: \(error.description)")
            }
            for post in posts { post.wake() }
        }
    }

    /// Runs after all that was told before has been filed.
    func afterwards(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }
}

/// Brings one target its messages, on a thread of its own: a target that is slow or gone holds up no other.
final class WebhookPost: @unchecked Sendable {
    private let target: WebhookTarget
    private let outbox: any WebhookOutbox
    private let pace: Webhooks.Pace
    private let log: @Sendable (String) -> Void
    private let bell = Bell()
    private let ended = DispatchSemaphore(value: 0)
    private let state = Mutex((isRunning: false, isStopping: false))

    init(
        _ target: WebhookTarget, outbox: any WebhookOutbox, pace: Webhooks.Pace,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.target, self.outbox, self.pace, self.log) = (target, outbox, pace, log)
    }

    func start() {
        state.withLock { $0.isRunning = true }
        let thread = Thread { [self] in
            deliver()
            ended.signal()
        }
        thread.name = "webhooks"
        thread.start()
    }

    func wake() { bell.ring() }

    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
    }

    func wait(until end: Date) {
        guard state.withLock(\.isRunning) else { return }
        _ = ended.wait(timeout: .now() + max(0, end.timeIntervalSinceNow))
    }

    private func deliver() {
        guard let client = WebhookClient() else {
            log("webhooks: \(target.url): the HTTP client cannot start")
            return
        }
        var hasFailed = false
        while true {
            let isStopping = state.withLock(\.isStopping)
            var wait: Int64 = 60_000
            do throws(StoreError) {
                let now = Recordings.now
                _ = try outbox.dropWebhooks(before: now - pace.age)
                let due = try outbox.due(target: target.url, now: now, limit: 16)
                for message in due { hasFailed = try send(message, client, wasFailing: hasFailed) }
                if isStopping, due.isEmpty || hasFailed { return }
                if !due.isEmpty { continue }
                if let next = try outbox.nextTry(target: target.url) {
                    wait = min(wait, max(1, next - now))
                    // The clock was set back: nothing waits for longer than it ever has to.
                    if next > now + 2 * pace.longest {
                        for message in try outbox.due(target: target.url, now: next, limit: 16) {
                            hasFailed = try send(message, client, wasFailing: hasFailed)
                        }
                    }
                }
            } catch {
                log("webhooks: \(error.description)")
                if isStopping { return }
                wait = 10_000
            }
            bell.wait(seconds: Double(wait) / 1000)
        }
    }

    /// Whether it failed.
    private func send(
        _ message: WebhookRecord, _ client: WebhookClient, wasFailing: Bool
    ) throws(StoreError) -> Bool {
        let time = Int(Recordings.now / 1000)
        let id = "tessera-\(message.created)-\(message.id)"
        let failure = client.post(
            message.body, to: target.url, timeout: pace.timeout,
            headers: [
                "Content-Type: application/json", "webhook-id: \(id)", "webhook-timestamp: \(time)",
                "webhook-signature: \(target.signature(id: id, time: time, body: message.body))",
            ])
        guard let failure else {
            try outbox.remove(webhook: message.id)
            if wasFailing { log("webhooks: \(target.url) answers again") }
            return false
        }
        // One line for a failing target, not for each try.
        if !wasFailing { log("webhooks: \(target.url): \(failure); \(message.event) is tried again") }
        let delay = min(pace.longest, pace.first << Int64(min(message.tries, 30)))
        // Some earlier, so that rooms do not come all at once.
        let early = Int64.random(in: 0...max(0, delay / 5))
        try outbox.retry(webhook: message.id, at: Recordings.now + delay - early, error: failure)
        return true
    }
}
