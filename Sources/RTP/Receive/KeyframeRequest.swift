public import Timing

/// Spaces the requests for keyframes of one stream: at most one per ``interval``, repeated until one has come.
public struct KeyframeRequest: Sendable {
    public static let interval = MediaTime.milliseconds(300)

    /// Whether a keyframe is wanted.
    public private(set) var isWanted = false
    public private(set) var count: UInt64 = 0
    private var lastSent: MediaTime?

    public init() {}

    public mutating func want() { isWanted = true }
    public mutating func satisfied() { isWanted = false }

    /// When the next request is due; nil if none is wanted.
    public var nextDeadline: MediaTime? {
        guard isWanted else { return nil }
        return lastSent.map { $0 + KeyframeRequest.interval } ?? MediaTime(nanoseconds: .min)
    }

    /// True if a request is to be sent now, which it then counts as.
    public mutating func takeDue(now: MediaTime) -> Bool {
        guard let nextDeadline, now >= nextDeadline else { return false }
        lastSent = now
        count += 1
        return true
    }
}
