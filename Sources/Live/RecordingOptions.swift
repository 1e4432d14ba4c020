public import Timing

/// How a room is to be recorded.
public struct RecordingOptions: Sendable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// One file with what a view shows and everybody hears.
        case composite
        /// A file for each stream that comes in, as it comes, and a manifest.
        case tracks
        case both
    }

    /// Unlike any other's; also the name in the room.
    public var id: String
    /// Where the files go; it is made if it is not there.
    public var folder: String
    /// Of the composite, without its extension.
    public var fileName: String
    public var kind = Kind.composite
    /// `webm`, `mkv`, `mp4`, or `ogg` for sound alone.
    public var container = "webm"
    /// The rung of the ladder, such as `360p30`, or `audio`; nil for the best.
    public var rendition: String?
    /// Nil for the room's own, whatever that is at the time.
    public var layout: String?
    /// Shown by players.
    public var title: String?
    /// Who started it, as shown to everybody; nil for the service itself.
    public var by: String?
    /// Whether it rests while nobody is there who could be seen or heard.
    public var pausesWhenEmpty = true
    /// Whether each change of the active speaker begins a chapter.
    public var speakersAreChapters = true
    /// A file that is longer, or larger, is followed by another.
    public var splitDuration: MediaTime?
    public var splitBytes: Int64?
    /// In bytes: with less nothing is begun.
    public var leastFreeSpace: Int64 = 64 << 20
    /// The wall clock at the beginning, in milliseconds since 1970, UTC.
    public var started: Int64

    public init(id: String, folder: String, fileName: String, started: Int64) {
        self.id = id
        self.folder = folder
        self.fileName = fileName
        self.started = started
    }
}

/// What a recording's owner should know. Told from various threads, under locks: the call must be quick, and must ask
/// neither the recording nor the server for anything.
public enum RecordingEvent: Sendable {
    /// A file was begun; its path, which ends in «.part» until it is whole.
    case began(file: String)
    case finished(file: String, bytes: Int64, duration: MediaTime)
    case paused(Bool)
    /// It ended by itself; what was written is kept.
    case failed(String)
    /// Chunks were left out since the disk is too slow: in all, so far.
    case dropped(Int)
    /// All is done; no event follows.
    case ended
}
