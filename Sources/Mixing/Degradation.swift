public import Media

/// How much is given up when the machine cannot keep up, in the order in which it is given up (design, section 6). Each
/// step keeps what those before it gave up.
public enum Degradation: Int, CaseIterable, Comparable, Sendable {
    case none
    /// Encoders search less, and tiles are scaled by plain averages.
    case fasterEncoding
    case fastestEncoding
    /// Tiles of less than an eighth of the canvas change at half the rate.
    case slowerSmallTiles
    /// Two of three frames: 20 a second of 30.
    case twoThirdsFrameRate
    /// Half of the frames.
    case halfFrameRate
    /// A third of the frames.
    case thirdFrameRate
    /// Three quarters of the width and height, of renditions that are not recorded.
    case smallerPictures
    /// Half of the width and height.
    case halfPictures
    /// New participants are refused.
    case refusal

    public static func < (left: Degradation, right: Degradation) -> Bool { left.rawValue < right.rawValue }

    public var next: Degradation? { Degradation(rawValue: rawValue + 1) }
    public var previous: Degradation? { Degradation(rawValue: rawValue - 1) }

    /// libvpx's cpu-used at this step.
    public func speed(of codec: Codec) -> Int {
        if codec == .vp9 { return self >= .fasterEncoding ? 9 : 8 }
        return self >= .fastestEncoding ? -16 : self >= .fasterEncoding ? -12 : -8
    }

    /// Every how many ticks a tile of `area` on a canvas of `canvas` pixels may change.
    public func divisor(ofTile area: Int, on canvas: Int) -> Int {
        self >= .slowerSmallTiles && area * 8 < canvas ? 2 : 1
    }

    /// From one tick of the frame clock to the next, in halves of the full rate's interval.
    public var tickStride: Int {
        self >= .thirdFrameRate ? 6 : self >= .halfFrameRate ? 4 : self >= .twoThirdsFrameRate ? 3 : 2
    }

    /// The size that a rendition of `size` is encoded at; sides stay even.
    public func size(of size: PictureSize) -> PictureSize {
        let (part, whole) = self >= .halfPictures ? (1, 2) : self >= .smallerPictures ? (3, 4) : (1, 1)
        return PictureSize(
            width: max(16, size.width * part / whole / 2 * 2), height: max(16, size.height * part / whole / 2 * 2))
    }

    public var refusesParticipants: Bool { self >= .refusal }

    /// By how much the work of a frame, as a share of its interval, may grow when the step is taken back.
    var gain: Double {
        switch self {
        case .none, .refusal: 1
        case .fasterEncoding: 1.5
        case .fastestEncoding: 1.2
        case .slowerSmallTiles: 1.3
        case .twoThirdsFrameRate, .thirdFrameRate: 1.5
        case .halfFrameRate: 1.34
        case .smallerPictures: 1.7
        case .halfPictures: 2
        }
    }
}
