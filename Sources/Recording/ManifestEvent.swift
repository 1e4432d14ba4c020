public import Media
public import Timing

/// Something that happened in a recorded session, as a line of its manifest says it (Recording.md).
public enum ManifestEvent: Hashable, Sendable {
    public enum TrackKind: String, Hashable, Sendable, Codable { case camera, screen, sound }

    /// A file with the encoded media of one participant.
    public struct TrackFile: Hashable, Sendable {
        public var track: Int
        public var participant: String
        public var kind: TrackKind
        public var codec: Codec
        /// Beside the manifest.
        public var file: String
        /// The time of its first chunk.
        public var start: MediaTime

        public init(track: Int, participant: String, kind: TrackKind, codec: Codec, file: String, start: MediaTime) {
            (self.track, self.participant, self.kind) = (track, participant, kind)
            (self.codec, self.file, self.start) = (codec, file, start)
        }
    }

    /// The first line. `started` is the wall clock at time zero, in milliseconds since 1970, UTC; `zero` is time zero on the
    /// recording machine's monotonic clock.
    case session(room: String, started: Int64, zero: MediaTime)
    case joined(participant: String, name: String, role: String?)
    case left(participant: String)
    case named(participant: String, name: String)
    case role(participant: String, role: String?)
    case muted(participant: String, Bool)
    /// Whether a camera's picture is sent.
    case camera(participant: String, Bool)
    case sharing(participant: String, Bool)
    case speaking(participant: String, Bool)
    /// Loudness of those whose level changed, in dBFS, -127 to 0, as the layout engine was given it.
    case levels([String: Double])
    /// The picture stopped though it should move, or goes on.
    case frozen(participant: String, Bool)
    case poorNetwork(participant: String, Bool)
    /// What a view shows: a built-in layout's name, or a layout file's text.
    case layout(view: String, layout: String)
    case pinned(view: String, participant: String?)
    /// A view's size and frames a second, and again when degradation or its owner changes them.
    case view(view: String, size: PictureSize, rate: Double)
    /// A degradation step is taken, or taken back.
    case degraded(step: String, Bool)
    /// A track's file begins.
    case track(TrackFile)
    /// A track's file ends: chunks written, and left out.
    case trackEnded(track: Int, chunks: Int, dropped: Int)
    case resized(track: Int, size: PictureSize)
    case rotated(track: Int, Rotation)
    case marker(String)
    case paused
    case resumed
    /// The last line of a session that ended as it should; nil without an error.
    case end(error: String?)
}

/// A line of a manifest.
public struct ManifestEntry: Hashable, Sendable {
    /// On the session's clock, on which the track files' timestamps are too.
    public var at: MediaTime
    public var event: ManifestEvent

    public init(at: MediaTime, event: ManifestEvent) {
        self.at = at
        self.event = event
    }
}
