/// What one client of the load saw.
public struct LoadReport: Sendable, Codable {
    public var name: String
    public var isConnected = false
    /// Why the connection ended; nil while it lasts.
    public var end: String?
    /// Milliseconds from the offer to the answer, to encrypted media, and to the first picture (decoded, if this client
    /// decodes).
    public var answered: Double?
    public var connected: Double?
    public var firstFrame: Double?
    /// Seconds from the first picture to the last.
    public var watched: Double = 0
    /// Whole pictures that came, those that were decoded, and those that could not be.
    public var frames = 0
    public var decoded = 0
    public var undecodable = 0
    public var keyframes = 0
    public var framesPerSecond: Double = 0
    /// Milliseconds between pictures: median, 99th percentile, the longest.
    public var gapMedian: Double = 0
    public var gapP99: Double = 0
    public var gapLongest: Double = 0
    /// Gaps of more than one and a half times the median.
    public var gapsLong = 0
    /// As webrtc-stats defines them, and how long they took together, in seconds; of pictures shown by a receiver that
    /// waits up to 200 ms for what is sent again.
    public var freezes = 0
    public var frozen: Double = 0
    public var bytesIn: UInt64 = 0
    public var packetsIn: UInt64 = 0
    public var packetsLost: Int64 = 0
    public var nacksSent = 0
    public var keyframesRequested = 0
    public var soundPackets = 0
    public var soundLost: Int64 = 0
    /// Levels of participants' tones in the decoded sound, in dBFS; empty if none was decoded.
    public var tones: [Tone] = []
    /// Of the decoded sound, in dBFS (RMS of the last seconds); nil if none was decoded.
    public var soundLevel: Double?
    public var bytesOut: UInt64 = 0
    public var packetsOut: UInt64 = 0
    public var resent = 0
    /// Keyframes that the server asked for.
    public var keyframesAnswered = 0
    /// Milliseconds; nil before it is known.
    public var roundTrip: Double?
    /// The server's view of our loss, 0 to 1.
    public var lossOut: Double = 0
    /// Milliseconds that pictures come later than the sound they belong to (negative: earlier), by the sender's reports;
    /// nil before it is known.
    public var pictureLag: Double?

    /// Datagrams that the impairment lost, both ways.
    public var impaired = 0
    /// Among them those that did not fit through the rate limit.
    public var overflowed = 0

    /// A tone in the sound of the mix.
    public struct Tone: Sendable, Codable {
        /// Hz.
        public var frequency: Double
        /// dBFS, over windows of a second.
        public var least: Double
        public var maximum: Double
    }

    init(name: String) {
        self.name = name
    }
}
