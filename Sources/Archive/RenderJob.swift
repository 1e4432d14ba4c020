public import Layout
public import Media
public import Timing

/// What `tessera render` is asked to do: which files, in which layout, into which file.
public struct RenderJob: Sendable {
    /// Somebody in the composite: a camera (picture, sound or both), or a screen share.
    public struct Input: Sendable {
        public enum Kind: Sendable { case camera, screen }

        /// What a layout names, and the label; unique among the inputs of a kind.
        public var name: String
        /// False if ``name`` was made from the file's name, so that the label is the file's own title if it has one.
        public var hasGivenName: Bool
        public var path: String
        public var kind: Kind
        /// Where the zero of the file's timeline lies on the composite's; 0 or later. What begins at 2 s in the file
        /// begins 2 s after it.
        public var start: MediaTime
        /// What a layout's regions may ask for, such as `host`; nil for none.
        public var role: String?

        public init(
            name: String, path: String, kind: Kind = .camera, start: MediaTime = .zero, role: String? = nil,
            hasGivenName: Bool = true
        ) {
            self.name = name
            self.hasGivenName = hasGivenName
            self.path = path
            self.kind = kind
            self.start = start
            self.role = role
        }
    }

    /// Most inputs of a job.
    public static let inputLimit = 250
    /// Sizes that a composite can have; both sides must be even, too.
    public static let smallestSize = PictureSize(width: 16, height: 16)
    public static let largestSize = PictureSize(width: 7680, height: 4320)

    public var layout: LayoutFile
    public var inputs: [Input]
    /// Drawn participants in place of files; 0 to 100.
    public var testCards = 0
    public var size = PictureSize(width: 1280, height: 720)
    public var frameRate = FrameRate.fps30
    /// Where the composite ends; nil for when the last input has ended.
    public var duration: MediaTime?
    public var output: String
    /// An output that exists is replaced (when the new one is finished) and not refused.
    public var overwrites = false
    public var videoCodec = Codec.vp8
    public var soundCodec = Codec.opus
    /// Bits per second.
    public var videoBitrate = 1_500_000
    /// Bits per second.
    public var soundBitrate = 48_000
    /// Whether pictures that no tile shows are left undecoded. The composite is the same either way.
    public var leavesUnseenUndecoded = true
    /// Threads that decode; nil for as many as there are cores. The composite is the same with any number.
    public var decodeThreads: Int?
    /// Whether to measure what a report wants beyond counts: the encoder's own PSNR.
    public var measuresQuality = false

    public init(layout: LayoutFile, inputs: [Input], output: String) {
        self.layout = layout
        self.inputs = inputs
        self.output = output
    }
}
