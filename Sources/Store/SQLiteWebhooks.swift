extension SQLiteStore: WebhookOutbox {
    @discardableResult
    public func enqueue(
        room: String, target: String, event: String, body: String, now: Int64
    ) throws(StoreError) -> Int64 {
        try database.transaction { access throws(StoreError) in
            try access.rows(
                """
                INSERT INTO webhooks (room, target, event, body, tries, next_try, created) VALUES (?, ?, ?, ?, 0, ?, ?)
                RETURNING id
                """,
                [.text(room), .text(target), .text(event), .text(body), .integer(now), .integer(now)]
            ) { $0.integer(0) }.first ?? 0
        }
    }

    public func due(now: Int64, limit: Int) throws(StoreError) -> [WebhookRecord] {
        try database.read { access throws(StoreError) in
            try access.rows(
                SQLiteStore.webhook + "WHERE id IN (SELECT min(id) FROM webhooks GROUP BY target, room) "
                    + "AND next_try <= ? ORDER BY next_try, id LIMIT ?",
                [.integer(now), .integer(Int64(clamping: max(0, limit)))]
            ) { SQLiteStore.webhook($0) }
        }
    }

    public func due(target: String, now: Int64, limit: Int) throws(StoreError) -> [WebhookRecord] {
        try database.read { access throws(StoreError) in
            try access.rows(
                SQLiteStore.webhook + "WHERE id IN (SELECT min(id) FROM webhooks WHERE target = ? GROUP BY room) "
                    + "AND next_try <= ? ORDER BY next_try, id LIMIT ?",
                [.text(target), .integer(now), .integer(Int64(clamping: max(0, limit)))]
            ) { SQLiteStore.webhook($0) }
        }
    }

    private static let webhook =
        "SELECT id, room, target, event, body, tries, next_try, created, error FROM webhooks "

    private static func webhook(_ row: Database.Row) -> WebhookRecord {
        WebhookRecord(
            id: row.integer(0), room: row.text(1), target: row.text(2), event: row.text(3), body: row.text(4),
            tries: Int(row.integer(5)), nextTry: row.integer(6), created: row.integer(7), error: row.optionalText(8))
    }

    public func nextTry(target: String) throws(StoreError) -> Int64? {
        try database.read { access throws(StoreError) in
            try access.rows(
                "SELECT min(next_try) FROM webhooks "
                    + "WHERE id IN (SELECT min(id) FROM webhooks WHERE target = ? GROUP BY room)", [.text(target)]
            ) { $0.optionalInteger(0) }.first ?? nil
        }
    }

    public func nextTry() throws(StoreError) -> Int64? {
        try database.read { access throws(StoreError) in
            try access.rows(
                "SELECT min(next_try) FROM webhooks "
                    + "WHERE id IN (SELECT min(id) FROM webhooks GROUP BY target, room)"
            ) { $0.optionalInteger(0) }.first ?? nil
        }
    }

    public func remove(webhook id: Int64) throws(StoreError) {
        _ = try database.transaction { access throws(StoreError) in
            try access.run("DELETE FROM webhooks WHERE id = ?", [.integer(id)])
        }
    }

    public func retry(webhook id: Int64, at time: Int64, error: String) throws(StoreError) {
        let changed = try database.transaction { access throws(StoreError) in
            try access.run(
                "UPDATE webhooks SET tries = tries + 1, next_try = ?, error = ? WHERE id = ?",
                [.integer(time), .text(error), .integer(id)])
        }
        guard changed > 0 else { throw StoreError(.notFound, "there is no webhook \(id)") }
    }

    public func webhooksWaiting() throws(StoreError) -> Int {
        try database.read { access throws(StoreError) in
            try access.rows("SELECT count(*) FROM webhooks") { Int($0.integer(0)) }.first ?? 0
        }
    }

    public func dropWebhooks(before time: Int64) throws(StoreError) -> Int {
        try database.transaction { access throws(StoreError) in
            try access.run("DELETE FROM webhooks WHERE created < ?", [.integer(time)])
        }
    }
}
