public import Media
public import Timing

/// One step of a ladder: what a view is encoded at for those whose network or screen asks for it.
public struct Rung: Hashable, Sendable {
    /// Such as `720p30`; viewers ask for it by that.
    public var name: String
    /// In pixels; sides are even.
    public var size: PictureSize
    /// At most that of the frame clock.
    public var frameRate: FrameRate
    /// Bits per second.
    public var bitrate: Int

    /// Named for its height and rate.
    public init(size: PictureSize, frameRate: FrameRate, bitrate: Int) {
        name = "\(size.height)p\(Int(frameRate.framesPerSecond.rounded()))"
        self.size = size
        self.frameRate = frameRate
        self.bitrate = bitrate
    }

    /// What a client with sound alone asks for.
    public static let soundOnly = "audio"

    /// `top` and, below it, steps for slower networks of the same shape: 360p at the same rate, 180p at half of it.
    public static func ladder(below top: Rung) -> [Rung] {
        var ladder = [top]
        for (height, divisor, bitrate) in [(360, 1, 500_000), (180, 2, 120_000)] where height < top.size.height {
            let width = (top.size.width * height / top.size.height + 1) / 2 * 2
            let rate = FrameRate(
                numerator: top.frameRate.numerator, denominator: top.frameRate.denominator * Int64(divisor))
            ladder.append(
                Rung(
                    size: PictureSize(width: width, height: height), frameRate: rate ?? top.frameRate,
                    bitrate: min(bitrate, top.bitrate)))
        }
        return ladder
    }
}
