public import Media
public import Timing

/// What a file is and holds. Times are on the file's own timeline, whose zero is where the earlier of the two chosen
/// streams starts to be shown or heard.
public struct FileInfo: Sendable {
    public var path: String
    /// The short name of the format, such as «matroska,webm» or «mov,mp4,m4a,3gp,3g2,mj2».
    public var format: String
    /// Of the file.
    public var bytes: Int64
    /// As the container says; nil if it does not (a cut-off recording), and for still images.
    public var duration: MediaTime?
    public var title: String?
    /// Seconds since 1970, UTC; nil if the container does not say.
    public var creationTime: Int64?
    /// In the order of their times.
    public var chapters: [Chapter] = []
    public var video: VideoTrack?
    public var sound: SoundTrack?
    /// One picture without a duration (PNG, JPEG, WebP …).
    public var isStillImage: Bool
    /// Streams that are neither the chosen picture nor the chosen sound; they are not read.
    public var otherStreams: Int
    /// Where the file's own zero lies on the container's timeline: what a recording of somebody who joined a session
    /// late begins with. Arbitrary in formats whose clocks begin anywhere, such as MPEG-TS.
    public var origin = MediaTime.zero
    /// What in the file's structure shows that its end is missing; nil if nothing does.
    public var cutOff: String?
}

/// The stream of pictures that was chosen.
public struct VideoTrack: Sendable {
    public var parameters: VideoParameters
    /// When its first picture is shown.
    public var start: MediaTime
    /// Nil if the container does not say.
    public var duration: MediaTime?
    public var title: String?
}

/// The stream of sound that was chosen.
public struct SoundTrack: Sendable {
    public var parameters: SoundParameters
    /// When its first sound is heard: the first chunk's time plus the start padding.
    public var start: MediaTime
    /// Nil if the container does not say.
    public var duration: MediaTime?
    public var title: String?
}

/// A place in a file that players offer to jump to; it goes on until the next.
public struct Chapter: Sendable, Hashable {
    /// On the file's timeline.
    public var start: MediaTime
    public var title: String

    public init(start: MediaTime, title: String) {
        self.start = start
        self.title = title
    }
}

/// Which of a file's two streams is meant.
public enum Track: Hashable, Sendable, CaseIterable { case video, sound }

/// One chunk as it comes out of a file.
public struct FilePacket: Sendable {
    public var track: Track
    public var chunk: EncodedChunk
    /// How much of the end of what this chunk of sound decodes to is to be thrown away.
    public var endPadding: MediaTime
    /// The container says that the chunk is damaged or incomplete.
    public var isDamaged: Bool

    public init(track: Track, chunk: EncodedChunk, endPadding: MediaTime = .zero, isDamaged: Bool = false) {
        self.track = track
        self.chunk = chunk
        self.endPadding = endPadding
        self.isDamaged = isDamaged
    }
}

/// How a file ended.
public struct FileEnd: Sendable, Hashable {
    /// Why the end is believed to be missing, as a clause for people; nil for a whole file.
    public var truncated: String?
    /// Packets that were marked as damaged, and places where the file could not be parsed.
    public var damaged: Int
    /// Timestamps that were missing, ran backwards or jumped, and were replaced.
    public var repairedTimes: Int

    public init(truncated: String? = nil, damaged: Int = 0, repairedTimes: Int = 0) {
        self.truncated = truncated
        self.damaged = damaged
        self.repairedTimes = repairedTimes
    }
}

/// What reading gives: chunks in the order of the file, then the end, again and again.
public enum FileEvent: Sendable {
    case packet(FilePacket)
    case end(FileEnd)
}
