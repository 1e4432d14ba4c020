import Store
import Testing

@Suite struct WebhookTests {
    @Test(arguments: Implementation.all) func eachRoomsMessagesGoInOrder(_ implementation: Implementation) throws {
        try implementation.use { store in
            for index in 0..<3 {
                for room in ["a", "b"] {
                    try store.enqueue(room: room, target: "t", event: "e\(index)", body: "{}", now: Int64(index))
                }
            }
            try store.enqueue(room: "a", target: "u", event: "e9", body: "{}", now: 9)
            #expect(try store.webhooksWaiting() == 7)
            var due = try store.due(now: 10, limit: 10)
            #expect(due.map { $0.room + $0.target + $0.event } == ["ate0", "bte0", "aue9"])
            // What fails holds up its own room only.
            try store.retry(webhook: due[0].id, at: 100, error: "refused")
            try store.remove(webhook: due[1].id)
            due = try store.due(now: 10, limit: 10)
            #expect(due.map { $0.room + $0.target + $0.event } == ["bte1", "aue9"])
            #expect(try store.nextTry() == 1)
            due = try store.due(now: 100, limit: 10)
            let late = try #require(due.first { $0.room == "a" && $0.target == "t" })
            #expect(late.event == "e0" && late.tries == 1 && late.error == "refused")
            #expect(try store.due(target: "u", now: 100, limit: 10).map(\.event) == ["e9"])
            #expect(try store.due(target: "t", now: 10, limit: 10).map { $0.room + $0.event } == ["be1"])
            #expect(try store.nextTry(target: "u") == 9)
            #expect(try store.nextTry(target: "nobody") == nil)
            #expect(code { try store.retry(webhook: 12345, at: 0, error: "") } == .notFound)
            #expect(try store.dropWebhooks(before: 2) == 3)
            #expect(try store.webhooksWaiting() == 3)
        }
    }
}
