/// A piece of work for whoever is free. Times are milliseconds since 1970, UTC.
public struct JobRecord: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable { case queued, running, finished, failed, cancelled }

    public var id: String
    /// What its payload means, such as `composite`.
    public var kind: String
    public var state = State.queued
    /// 0 to 1.
    public var progress = 0.0
    /// How often it was taken.
    public var tries = 0
    public var maximumTries: Int
    /// Who has it, and until when; after that anybody may take it.
    public var owner: String?
    public var leaseEnds: Int64?
    /// Not taken before.
    public var notBefore: Int64 = 0
    /// JSON.
    public var payload: String
    /// JSON, once it is finished.
    public var result: String?
    /// Of the last try that failed.
    public var error: String?
    public var created: Int64
    public var changed: Int64

    public init(id: String, kind: String, payload: String, maximumTries: Int = 3, created: Int64) {
        self.id = id
        self.kind = kind
        self.payload = payload
        self.maximumTries = maximumTries
        self.created = created
        changed = created
    }
}

/// A part of a job that is done and need not be done again.
public struct JobChunk: Hashable, Sendable {
    public var index: Int
    /// JSON: where its result is.
    public var result: String

    public init(index: Int, result: String) {
        self.index = index
        self.result = result
    }
}

/// Jobs with leases: whoever takes one must renew it before the lease ends, or another takes it up. All that is said
/// in the name of an owner throws ``StoreError/Code/conflict`` once the job is another's, cancelled or ended: that
/// worker then stops and leaves everything as it is.
public protocol JobStore: Sendable {
    func submit(_ job: JobRecord) throws(StoreError)
    /// Takes the oldest job that is free, or whose lease has ended. Jobs that were taken too often fail instead.
    func take(owner: String, kinds: Set<String>, lease: Int64, now: Int64) throws(StoreError) -> JobRecord?
    func renew(_ id: String, owner: String, progress: Double, lease: Int64, now: Int64) throws(StoreError)
    func finish(_ id: String, owner: String, result: String, now: Int64) throws(StoreError)
    /// Ends a try. Without `retryAt`, or after the last try, the job has failed.
    func fail(_ id: String, owner: String, error: String, retryAt: Int64?, now: Int64) throws(StoreError)
    /// Gives a job back, as when its worker is asked to stop; the try does not count.
    func release(_ id: String, owner: String, now: Int64) throws(StoreError)
    /// False if it had ended already. Throws ``StoreError/Code/notFound``.
    func cancel(_ id: String, now: Int64) throws(StoreError) -> Bool
    func job(_ id: String) throws(StoreError) -> JobRecord?
    /// The newest first.
    func jobs(states: Set<JobRecord.State>, limit: Int) throws(StoreError) -> [JobRecord]
    /// Deletes a job that has ended, and its chunks; false if it was not there.
    func removeJob(_ id: String) throws(StoreError) -> Bool
    /// Jobs that have ended, by whichever process, and of whose end nobody has been told; the oldest first.
    func unannounced(limit: Int) throws(StoreError) -> [JobRecord]
    /// Whoever has to be told of its end has been.
    func announced(_ id: String) throws(StoreError)

    /// Keeps a part that is done; a second time changes nothing.
    func finishChunk(_ id: String, owner: String, chunk: JobChunk) throws(StoreError)
    /// By their index.
    func chunks(of id: String) throws(StoreError) -> [JobChunk]
}
