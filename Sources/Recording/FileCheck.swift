public import Containers
import Glibc
import Media
public import Timing

/// Decodes a whole file and says what is right and wrong with it.
public struct FileCheck: Sendable {
    /// A stretch in which a stream has nothing.
    public struct Gap: Sendable, Hashable {
        public var track: Track
        public var start: MediaTime
        public var duration: MediaTime
    }

    /// As the container says.
    public private(set) var info: FileInfo
    public private(set) var pictures = 0
    /// Pictures that look exactly like the one before.
    public private(set) var repeated = 0
    /// Pictures whose size differs from the one before.
    public private(set) var sizeChanges = 0
    /// Steps between pictures that are longer than one and a half times the usual interval.
    public private(set) var latePictures = 0
    /// The longest step between two pictures.
    public private(set) var longestStep = MediaTime.zero
    public private(set) var soundFrames = 0
    public private(set) var firstPicture: MediaTime?
    public private(set) var firstSound: MediaTime?
    public private(set) var pictureEnd = MediaTime.zero
    public private(set) var soundEnd = MediaTime.zero
    /// Pictures: longer than two and a half times the usual interval, and than 100 ms. Sound: longer than 20 ms.
    public private(set) var gaps: [Gap] = []
    public private(set) var corruptPackets = 0
    public private(set) var repairedTimes = 0
    public private(set) var truncated: String?
    public private(set) var flashBeep: FlashBeepMeter
    /// The file's own warnings.
    public private(set) var warnings: [String] = []

    /// Of sound, in gaps that are listed or not.
    private var soundMissing = MediaTime.zero

    /// More gaps than these are not listed.
    private static let gapLimit = 1000

    /// The end of the longer stream.
    public var duration: MediaTime { max(pictureEnd, soundEnd) }

    /// How much longer the pictures last than the sound; nil unless there are both.
    public var endDifference: MediaTime? {
        info.video != nil && info.sound != nil && !info.isStillImage ? pictureEnd - soundEnd : nil
    }

    /// True if nothing is damaged, missing or repaired.
    public var isSound: Bool { truncated == nil && corruptPackets == 0 && repairedTimes == 0 && warnings.isEmpty }

    /// - Parameters:
    ///   - area: where flashes are looked for.
    ///   - progress: called now and then with the time reached.
    public init(
        path: String, area: FlashBeepMeter.Area = .whole, cancel: CancelFlag? = nil,
        progress: (MediaTime) -> Void = { _ in }
    ) throws(RecordingError) {
        let file = try MediaFile(path: path, cancel: cancel)
        info = file.info
        flashBeep = FlashBeepMeter(area: area)
        var picture = file.nextPicture()
        var sound = file.nextSound()
        var previous: TimedPicture?
        var sinceReport = MediaTime.zero
        while picture != nil || sound != nil {
            if let cancel, cancel.isSet {
                throw RecordingError(ContainerError(.cancelled, path: path, cause: "checking was cancelled"))
            }
            if let next = picture, sound.map({ next.time <= $0.time }) ?? true {
                take(next, after: previous)
                previous = next
                picture = file.nextPicture()
            } else if let block = sound {
                take(block)
                sound = file.nextSound()
            }
            if duration - sinceReport > .milliseconds(500) {
                sinceReport = duration
                progress(duration)
            }
        }
        corruptPackets = file.corruptPackets
        repairedTimes = file.repairedTimes
        truncated = file.truncated
        warnings = file.warnings
    }

    private mutating func take(_ next: TimedPicture, after previous: TimedPicture?) {
        pictures += 1
        firstPicture = firstPicture ?? next.time
        if let previous {
            let interval = info.video?.parameters.frameRate?.interval ?? .milliseconds(40)
            let step = next.time - previous.time
            let most = max(MediaTime.milliseconds(100), MediaTime(nanoseconds: interval.nanoseconds * 5 / 2))
            longestStep = max(longestStep, step)
            if step.nanoseconds > interval.nanoseconds * 3 / 2 + 1_000_000 { latePictures += 1 }
            if step > most { add(Gap(track: .video, start: previous.time, duration: step)) }
            if previous.picture.size != next.picture.size {
                sizeChanges += 1
            } else if FileCheck.looksLike(previous.picture, next.picture) {
                repeated += 1
            }
        }
        if !info.isStillImage { pictureEnd = max(pictureEnd, next.time + next.duration) }
        flashBeep.add(next.picture, time: next.time)
    }

    private mutating func take(_ block: SoundBlock) {
        if firstSound == nil {
            firstSound = block.time
        } else if block.time - soundEnd > .milliseconds(20) {
            add(Gap(track: .sound, start: soundEnd, duration: block.time - soundEnd))
            soundMissing += block.time - soundEnd
        }
        soundFrames += block.frames
        soundEnd = max(soundEnd, block.end)
        flashBeep.add(block)
    }

    /// How much longer the sound lasts by its timestamps than by its samples: what its clock has drifted.
    public var soundDrift: MediaTime? {
        guard let firstSound else { return nil }
        return soundEnd - firstSound - soundMissing
            - MediaTime(clamping: Int64(soundFrames), per: Int64(SoundBlock.sampleRate))
    }

    private mutating func add(_ gap: Gap) {
        if gaps.count < FileCheck.gapLimit { gaps.append(gap) }
    }

    private static func looksLike(_ first: Picture, _ second: Picture) -> Bool {
        let (a, b) = (first.luma, second.luma)
        for row in 0..<a.height {
            if memcmp(a.base + row * a.stride, b.base + row * b.stride, a.width) != 0 { return false }
        }
        return true
    }
}
