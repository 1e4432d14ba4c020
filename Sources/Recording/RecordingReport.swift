import Containers
public import Foundation
import Media
import Timing

/// What is told of a recorded file, beside it as `NAME.EXT.report.json`. Times are in seconds on the file's timeline, offsets
/// in milliseconds; positive where sound is later.
public struct RecordingReport: Codable, Sendable, Hashable {
    public struct Gap: Codable, Sendable, Hashable {
        /// `picture` or `sound`.
        public var track: String
        public var start, duration: Double
    }

    public var version = 1
    public var file: String
    public var room: String?
    /// When it began, UTC.
    public var started: String?
    public var duration = 0.0
    public var bytes: Int64 = 0
    public var isIndexed = false

    public var pictures = 0
    public var keyframes = 0
    /// The longest stretch between two keyframes.
    public var longestWithoutKeyframe = 0.0
    /// Steps between pictures that are longer than one and a half times the usual interval.
    public var latePictures = 0
    public var longestStep = 0.0
    public var soundPackets = 0
    /// How much longer the sound lasts by its timestamps than by its samples.
    public var soundDrift = 0.0
    /// How much later sound begins than pictures, and ends.
    public var startOffset: Double?
    public var endOffset: Double?
    /// Steps of pictures longer than two and a half intervals and 100 ms; of sound longer than 20 ms.
    public var gaps: [Gap] = []
    public var gapsNotListed = 0
    /// Chunks left out since the disk was too slow, in all of the recording so far.
    public var dropped = 0
    /// Chunks that came too late to have a place.
    public var tooLate = 0
    /// The most media time that waited to be written.
    public var longestQueue = 0.0
    /// Where the recording was paused.
    public var pauses: [Double] = []
    public var chapters = 0
    /// Why it ended early; nil if it was stopped.
    public var error: String?

    public init(file: String) {
        self.file = file
    }

    public var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)) ?? Data()
    }

    /// Of the recording at `path`.
    public static func path(for path: String) -> String { path + ".report.json" }
}

/// Gathers a report from the chunks of one file as they are written.
struct ReportBuilder {
    private(set) var report: RecordingReport
    private let interval: MediaTime
    private let padding: MediaTime
    private var lastPicture: MediaTime?
    private var lastKeyframe: MediaTime?
    private var firstSound: MediaTime?
    private var pictureEnd = MediaTime.zero
    private var soundEnd = MediaTime.zero
    private var soundHeard = MediaTime.zero
    private var soundMissing = MediaTime.zero
    private var firstPicture: MediaTime?

    private static let gapLimit = 1000

    /// - Parameter interval: between pictures, usually.
    init(file: String, interval: MediaTime, padding: MediaTime) {
        report = RecordingReport(file: file)
        self.interval = interval
        self.padding = padding
    }

    mutating func add(_ chunk: EncodedChunk, _ track: Track) {
        if track == .video { addPicture(chunk) } else { addSound(chunk) }
    }

    private mutating func addPicture(_ chunk: EncodedChunk) {
        report.pictures += 1
        firstPicture = firstPicture ?? chunk.time
        if chunk.isKeyframe {
            report.keyframes += 1
            if let lastKeyframe { noteDistance(chunk.time - lastKeyframe) }
            lastKeyframe = chunk.time
        }
        if let lastPicture {
            let step = chunk.time - lastPicture
            report.longestStep = max(report.longestStep, step.seconds)
            if step.nanoseconds > interval.nanoseconds * 3 / 2 + 1_000_000 { report.latePictures += 1 }
            if step > max(.milliseconds(100), MediaTime(nanoseconds: interval.nanoseconds * 5 / 2)) {
                add(RecordingReport.Gap(track: "picture", start: lastPicture.seconds, duration: step.seconds))
            }
        }
        lastPicture = chunk.time
        pictureEnd = max(pictureEnd, chunk.time + (chunk.duration > .zero ? chunk.duration : interval))
    }

    private mutating func addSound(_ chunk: EncodedChunk) {
        report.soundPackets += 1
        let duration = chunk.duration > .zero ? chunk.duration : .milliseconds(20)
        if firstSound == nil {
            firstSound = chunk.time
        } else if chunk.time - soundEnd > .milliseconds(20) {
            let missing = chunk.time - soundEnd
            soundMissing += missing
            add(RecordingReport.Gap(track: "sound", start: soundEnd.seconds, duration: missing.seconds))
        }
        soundHeard += duration
        soundEnd = chunk.time + duration
    }

    private mutating func noteDistance(_ distance: MediaTime) {
        report.longestWithoutKeyframe = max(report.longestWithoutKeyframe, distance.seconds)
    }

    private mutating func add(_ gap: RecordingReport.Gap) {
        if report.gaps.count < ReportBuilder.gapLimit {
            report.gaps.append(gap)
        } else {
            report.gapsNotListed += 1
        }
    }

    mutating func pause(at time: MediaTime) { report.pauses.append(ReportBuilder.rounded(time.seconds)) }

    /// The report of a file that has ended.
    func finished(_ change: (inout RecordingReport) -> Void) -> RecordingReport {
        var result = report
        if let lastKeyframe {
            result.longestWithoutKeyframe = max(result.longestWithoutKeyframe, (pictureEnd - lastKeyframe).seconds)
        }
        result.duration = max(pictureEnd, soundEnd).seconds
        if let firstSound {
            result.soundDrift = (soundEnd - firstSound - soundMissing - soundHeard).milliseconds
            if let firstPicture {
                result.startOffset = (firstSound + padding - firstPicture).milliseconds
                result.endOffset = (soundEnd - pictureEnd).milliseconds
            }
        }
        change(&result)
        for path in [\RecordingReport.duration, \.longestStep, \.longestWithoutKeyframe, \.soundDrift, \.longestQueue] {
            result[keyPath: path] = ReportBuilder.rounded(result[keyPath: path])
        }
        result.startOffset = result.startOffset.map(ReportBuilder.rounded)
        result.endOffset = result.endOffset.map(ReportBuilder.rounded)
        return result
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 + 0 }
}
