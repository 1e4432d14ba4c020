public import Media
public import Timing

/// Measures how far sound and picture are apart, in media in which a bright picture and a tone begin together.
///
/// It is given all pictures and all sound in the order of their times. A flash begins with the first picture whose mean
/// luma is at or above ``brightness`` after one below; a beep begins where the level over a millisecond reaches
/// ``loudness`` after ``silence`` below it.
public struct FlashBeepMeter: Sendable {
    /// Part of the picture that is looked at, in fractions of its width and height from the upper left.
    public struct Area: Sendable {
        public var x, y, width, height: Double

        public init(x: Double, y: Double, width: Double, height: Double) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
        }

        public static let whole = Area(x: 0, y: 0, width: 1, height: 1)
    }

    public var area: Area
    /// Mean luma, 0 to 255.
    public var brightness: Double
    /// Root of the mean square over a millisecond, full scale 1.
    public var loudness: Float
    public var silence: MediaTime

    /// When flashes and beeps began.
    public private(set) var flashes: [MediaTime] = []
    public private(set) var beeps: [MediaTime] = []

    private var wasBright = false
    private var quietSince: MediaTime?
    private static let windowFrames = 48

    public init(
        area: Area = .whole, brightness: Double = 150, loudness: Float = 0.05, silence: MediaTime = .milliseconds(100)
    ) {
        self.area = area
        self.brightness = brightness
        self.loudness = loudness
        self.silence = silence
        quietSince = -.limit
    }

    public mutating func add(_ picture: Picture, time: MediaTime) {
        let isBright = meanLuma(picture) >= brightness
        if isBright, !wasBright { flashes.append(time) }
        wasBright = isBright
    }

    public mutating func add(_ block: SoundBlock) {
        var start = 0
        while start < block.frames {
            let count = min(FlashBeepMeter.windowFrames, block.frames - start)
            var sum: Float = 0
            for sample in block.samples[(start * block.channels)..<((start + count) * block.channels)] {
                sum += sample * sample
            }
            let level = (sum / Float(count * block.channels)).squareRoot()
            let time = block.time + MediaTime(clamping: Int64(start), per: Int64(SoundBlock.sampleRate))
            if level >= loudness {
                if let since = quietSince, time - since >= silence { beeps.append(time) }
                quietSince = nil
            } else if quietSince == nil {
                quietSince = time
            }
            start += count
        }
    }

    /// Each flash that has a beep within half a second, and how much later that began; negative where it came first.
    public var pairs: [(flash: MediaTime, offset: MediaTime)] {
        var index = 0
        var result: [(flash: MediaTime, offset: MediaTime)] = []
        for flash in flashes {
            // Both are in order: the nearest is never before the nearest of the flash before.
            while index + 1 < beeps.count,
                abs((beeps[index + 1] - flash).nanoseconds) <= abs((beeps[index] - flash).nanoseconds)
            {
                index += 1
            }
            guard index < beeps.count else { break }
            let offset = beeps[index] - flash
            if abs(offset.nanoseconds) <= 500_000_000 { result.append((flash, offset)) }
        }
        return result
    }

    /// Whether the media were made to be measured: most flashes have a beep, and most beeps a flash. In others, speech
    /// that sets in and pictures that change meet by chance.
    public var isTelling: Bool {
        let count = pairs.count
        return count > 0 && count * 4 >= flashes.count * 3 && count * 4 >= beeps.count * 3
    }

    /// For each flash with a beep within half a second: how much later the beep began. Negative where it came first.
    public var offsets: [MediaTime] { pairs.map(\.offset) }

    /// The offset that is furthest from zero; nil if there is none.
    public var worst: MediaTime? { offsets.max { abs($0.nanoseconds) < abs($1.nanoseconds) } }

    private func meanLuma(_ picture: Picture) -> Double {
        let plane = picture.luma
        let left = min(max(Int(area.x * Double(plane.width)), 0), plane.width - 1)
        let top = min(max(Int(area.y * Double(plane.height)), 0), plane.height - 1)
        let right = min(max(Int((area.x + area.width) * Double(plane.width)), left + 1), plane.width)
        let bottom = min(max(Int((area.y + area.height) * Double(plane.height)), top + 1), plane.height)
        var sum = 0
        var count = 0
        for row in stride(from: top, to: bottom, by: 2) {
            let line = plane.base + row * plane.stride
            for column in stride(from: left, to: right, by: 2) {
                sum += Int(line[column])
                count += 1
            }
        }
        return count == 0 ? 0 : Double(sum) / Double(count)
    }
}
