/// A message that waits to be sent. Times are milliseconds since 1970, UTC.
public struct WebhookRecord: Hashable, Sendable {
    /// Rises in the order in which messages were queued; also what receivers tell repetitions by.
    public var id: Int64
    public var room: String
    /// The name of the target in the configuration.
    public var target: String
    public var event: String
    /// JSON.
    public var body: String
    public var tries: Int
    public var nextTry: Int64
    public var created: Int64
    public var error: String?
}

/// Messages on their way out. Those of one room to one target are sent in order: only the first of them is ever due.
public protocol WebhookOutbox: Sendable {
    @discardableResult
    func enqueue(room: String, target: String, event: String, body: String, now: Int64) throws(StoreError) -> Int64
    /// What is to be tried now, the longest due first.
    func due(now: Int64, limit: Int) throws(StoreError) -> [WebhookRecord]
    /// The same, of one target.
    func due(target: String, now: Int64, limit: Int) throws(StoreError) -> [WebhookRecord]
    /// When the next is to be tried; nil if none waits.
    func nextTry() throws(StoreError) -> Int64?
    /// The same, of one target.
    func nextTry(target: String) throws(StoreError) -> Int64?
    /// It has arrived, or nobody wants it any more.
    func remove(webhook id: Int64) throws(StoreError)
    func retry(webhook id: Int64, at time: Int64, error: String) throws(StoreError)
    /// How many wait.
    func webhooksWaiting() throws(StoreError) -> Int
    /// Deletes those queued before `time`, and says how many.
    func dropWebhooks(before time: Int64) throws(StoreError) -> Int
}
