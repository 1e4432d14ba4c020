public import Media
public import Timing

/// What an archive job is asked for: a recorded session, or files with start offsets, composited into one file.
///
/// As JSON it is described in Sources/Archive/Archive.md; ``init(parsing:places:)`` reads it.
public struct ArchiveRequest: Hashable, Sendable {
    /// A file of a list.
    public struct Input: Hashable, Sendable {
        /// Unique among those of its kind; what layouts name, and the label.
        public var name: String
        public var file: String
        public var isScreen: Bool
        /// Where the zero of the file's timeline lies on the composite's; 0 or later.
        public var start: MediaTime
        public var role: String?

        public init(
            name: String, file: String, isScreen: Bool = false, start: MediaTime = .zero, role: String? = nil
        ) {
            (self.name, self.file, self.isScreen) = (name, file, isScreen)
            (self.start, self.role) = (start, role)
        }
    }

    public enum Source: Hashable, Sendable {
        /// A folder with the tracks of a session and its manifest.
        case session(folder: String)
        case files([Input])
    }

    /// A layout from a moment on.
    public struct LayoutPeriod: Hashable, Sendable {
        /// On the session's timeline.
        public var from: MediaTime
        /// Of a layout file.
        public var text: String
        /// That the layout's images are relative to; nil for none.
        public var folder: String?

        public init(from: MediaTime, text: String, folder: String?) {
            (self.from, self.text, self.folder) = (from, text, folder)
        }
    }

    public var source: Source
    /// By their times, the first from zero on; empty for those that the session had.
    public var layouts: [LayoutPeriod] = []
    /// Which of the session's views is followed in its layouts, size and rate; nil for the first that it names.
    public var view: String?
    /// Nil for the view's, else 1280x720.
    public var size: PictureSize?
    /// Nil for the view's, else 30 a second.
    public var frameRate: FrameRate?
    /// Nil for what suits the output's container.
    public var videoCodec: Codec?
    public var soundCodec: Codec?
    /// Bits per second; nil for what suits the size.
    public var videoBitrate: Int?
    public var soundBitrate: Int?
    /// Participants, by identifier or name, who are not there at all.
    public var leftOut: [String] = []
    /// Participants, by identifier or name, whose tile is grey and who are not heard.
    public var hidden: [String] = []
    /// The part of the session that is composited, on its timeline.
    public var start: MediaTime?
    public var end: MediaTime?
    /// Begins with the first media and ends with the last.
    public var trimsToMedia = false
    /// The most media time of one piece of work, which is done again if its worker is lost; nil for what suits.
    public var chunk: MediaTime?
    /// Nil for a file in the job's own folder.
    public var output: String?
    /// Of the file in the job's own folder: webm, mkv or mp4.
    public var format = "webm"
    /// An output that is there may be replaced.
    public var overwrites = false

    public init(source: Source) { self.source = source }

    /// What the output's name ends in.
    public var container: String {
        guard let output else { return format }
        let name = output.split(separator: "/").last ?? ""
        return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    }
}

extension ArchiveRequest {
    /// With what was left open decided by the container.
    var codecs: (video: Codec, sound: Codec) {
        let isMP4 = container == "mp4"
        return (videoCodec ?? (isMP4 ? .h264 : .vp8), soundCodec ?? (isMP4 ? .aac : .opus))
    }

    /// Sizes that a composite may have.
    static let sides = 16...7680
    static let rates = 1.0...120.0
    static let videoBitrates = 10_000...200_000_000
    static let soundBitrates = 6_000...510_000
    static let chunks = 1.0...600.0
    /// Seconds of a session, ten days.
    static let times = 0.0...864_000.0
    static let containers = ["webm", "mkv", "mp4"]
    static let inputLimit = 250
    static let layoutLimit = 1000
}
