/// What the catalogue knows of one recording. Times are milliseconds since 1970, UTC; they are for people and quotas, no
/// media is placed by them.
public struct RecordingRecord: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        case recording, paused
        /// Ended as it should.
        case finished
        /// Its process ended while it ran; not repaired yet.
        case interrupted
        /// Nothing of it can be played, or it was stopped by an error; ``RecordingRecord/error`` says more.
        case failed
        /// Its files are gone.
        case missing

        /// Whether somebody should be writing it.
        public var isOpen: Bool { self == .recording || self == .paused }
    }

    public enum Kind: String, Hashable, Sendable { case composite, tracks, both }

    /// One file of a recording.
    public struct File: Hashable, Sendable {
        public enum State: String, Hashable, Sendable { case writing, whole, missing, damaged }

        /// Relative to the folder of all recordings, without «.part».
        public var path: String
        public var state: State
        public var bytes: Int64
        /// Milliseconds.
        public var duration: Int64

        public init(path: String, state: State = .writing, bytes: Int64 = 0, duration: Int64 = 0) {
            self.path = path
            self.state = state
            self.bytes = bytes
            self.duration = duration
        }
    }

    public var id: String
    public var room: String
    public var kind: Kind
    public var state: State
    public var started: Int64
    public var ended: Int64?
    /// It was cut off, and then repaired.
    public var wasInterrupted = false
    public var error: String?
    /// Whatever its owner wants to keep with it, as JSON.
    public var details: String
    public var files: [File] = []

    public init(
        id: String, room: String, kind: Kind = .composite, state: State = .recording, started: Int64,
        details: String = "{}"
    ) {
        self.id = id
        self.room = room
        self.kind = kind
        self.state = state
        self.started = started
        self.details = details
    }

    public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
    /// Of all its files, in milliseconds.
    public var duration: Int64 { files.reduce(0) { $0 + $1.duration } }
}

/// The recordings there are: a seam, so that several machines can share what stands behind it. Every call is whole or
/// does nothing, and what it changed survives the process.
public protocol RecordingCatalogue: Sendable {
    /// Throws ``StoreError/Code/exists`` for an identifier, or a file, that is there already.
    func insert(_ record: RecordingRecord) throws(StoreError)
    /// Changes a recording as a whole; its identifier stays. Throws ``StoreError/Code/notFound``.
    @discardableResult
    func update(
        _ id: String, _ change: (inout RecordingRecord) throws(StoreError) -> Void
    ) throws(StoreError) -> RecordingRecord
    func recording(_ id: String) throws(StoreError) -> RecordingRecord?
    /// The newest first.
    func recordings(
        room: String?, states: Set<RecordingRecord.State>, limit: Int
    ) throws(StoreError) -> [RecordingRecord]
    /// False if it was not there.
    @discardableResult
    func remove(_ id: String) throws(StoreError) -> Bool
}

extension RecordingCatalogue {
    /// All that there are, the newest first.
    public func recordings() throws(StoreError) -> [RecordingRecord] {
        try recordings(room: nil, states: Set(RecordingRecord.State.allCases), limit: .max)
    }
}
