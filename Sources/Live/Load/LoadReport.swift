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
    /// Gaps of more than 200 ms.
    public var freezes = 0
    public var bytesIn: UInt64 = 0
    public var packetsIn: UInt64 = 0
    public var packetsLost: Int64 = 0
    public var nacksSent = 0
    public var keyframesRequested = 0
    public var soundPackets = 0
    public var soundLost: Int64 = 0
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

    init(name: String) {
        self.name = name
    }
}
