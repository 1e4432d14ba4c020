/// Frames per second as an exact fraction, so that tick 108,000 at 30 fps is one hour to the nanosecond.
public struct FrameRate: Hashable, Sendable {
    /// 1 to 1,000,000.
    public let numerator: Int64
    /// 1 to 1,000,000.
    public let denominator: Int64

    public static let fps30 = FrameRate(30)

    /// `framesPerSecond` is 1 to 1,000,000.
    public init(_ framesPerSecond: Int64) {
        precondition((1...1_000_000).contains(framesPerSecond), "frame rate outside 1...1000000")
        numerator = framesPerSecond
        denominator = 1
    }

    /// Nil unless both parts are 1 to 1,000,000.
    public init?(numerator: Int64, denominator: Int64) {
        guard (1...1_000_000).contains(numerator), (1...1_000_000).contains(denominator) else { return nil }
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Reads «30», «29.97» (as 30000/1001), «23.976», «12.5» or «30000/1001»; nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let numerator = Int64(parts[0]), let denominator = Int64(parts[1]) {
            self.init(numerator: numerator, denominator: denominator)
            return
        }
        guard parts.count == 1, let value = Double(text), value.isFinite, value > 0, value <= 1000 else { return nil }
        for whole: Int64 in [24, 30, 60, 120] {
            let ntsc = Double(whole) * 1000 / 1001
            if abs(value - ntsc) < 0.005 {
                self.init(numerator: whole * 1000, denominator: 1001)
                return
            }
        }
        self.init(numerator: Int64((value * 1000).rounded()), denominator: 1000)
    }

    public var framesPerSecond: Double { Double(numerator) / Double(denominator) }

    /// The time at which frame `index` begins, rounded down to the nanosecond; frame 0 begins at zero.
    public func time(ofFrame index: Int64) -> MediaTime {
        MediaTime(clamping: index * denominator, per: numerator)
    }

    /// The interval between frames, rounded down to the nanosecond.
    public var interval: MediaTime { time(ofFrame: 1) }

    /// How many frames begin before `time`: the index of the first frame at or after it.
    public func frames(before time: MediaTime) -> Int64 {
        guard time > .zero else { return 0 }
        var index = Int64(time.seconds * framesPerSecond)
        while self.time(ofFrame: index) < time { index += 1 }
        while index > 0, self.time(ofFrame: index - 1) >= time { index -= 1 }
        return index
    }
}

extension FrameRate: CustomStringConvertible {
    public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}
