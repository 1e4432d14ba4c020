import Containers
public import Foundation
import Media
import Timing

/// What ``FileCheck`` found, in seconds, for people and as JSON.
public struct CheckReport: Codable, Sendable {
    public struct Gap: Codable, Sendable {
        public var track: String
        public var start, duration: Double
    }

    /// A flash and the beep that belongs to it.
    public struct SyncPoint: Codable, Sendable {
        /// When the flash was.
        public var at: Double
        /// How much later the beep began, in milliseconds; negative where it came first.
        public var offset: Double
    }

    public struct Pictures: Codable, Sendable {
        public var codec, size: String
        public var count, repeated, sizeChanges, late: Int
        public var start, end, longestStep: Double
        /// Pictures a second, over all.
        public var rate: Double
    }

    public struct Sound: Codable, Sendable {
        public var codec: String
        public var channels: Int
        public var start, end: Double
        /// How much longer the sound lasts by its timestamps than by its samples, in milliseconds.
        public var drift: Double
    }

    /// How sound and picture lie to each other, in milliseconds.
    public struct Sync: Codable, Sendable {
        /// «flash-beep» where flashes and beeps were found, else «timestamps».
        public var method: String
        /// By timestamps: how much later the sound begins, and ends. By flash and beep: of the first pair, and the last.
        public var first, last: Double
        public var worst: Double
        /// Of 95 % of the pairs, at most.
        public var p95: Double?
        public var points: [SyncPoint]
    }

    public var file, format: String
    public var bytes: Int64
    /// The end of the longer stream, and what the container says.
    public var duration: Double
    public var containerDuration: Double?
    public var title: String?
    public var chapters: Int
    public var pictures: Pictures?
    public var sound: Sound?
    public var sync: Sync?
    public var gaps: [Gap]
    public var damagedPackets, repairedTimes: Int
    /// Why the end is believed to be missing.
    public var truncated: String?
    public var warnings: [String]
    /// True if nothing is damaged, missing or repaired.
    public var isSound: Bool

    public init(_ check: FileCheck) {
        let info = check.info
        file = info.path
        format = info.format
        bytes = info.bytes
        duration = CheckReport.rounded(check.duration.seconds)
        containerDuration = info.duration.map { CheckReport.rounded($0.seconds) }
        title = info.title
        chapters = info.chapters.count
        if let video = info.video?.parameters {
            let start = check.firstPicture ?? .zero
            let span = (check.pictureEnd - start).seconds
            pictures = Pictures(
                codec: video.codec.name, size: "\(video.size)", count: check.pictures, repeated: check.repeated,
                sizeChanges: check.sizeChanges, late: check.latePictures, start: CheckReport.rounded(start.seconds),
                end: CheckReport.rounded(check.pictureEnd.seconds),
                longestStep: CheckReport.rounded(check.longestStep.seconds),
                rate: span > 0 ? CheckReport.rounded(Double(check.pictures) / span) : 0)
        }
        if let parameters = info.sound?.parameters {
            sound = Sound(
                codec: parameters.codec.name, channels: parameters.channels,
                start: CheckReport.rounded((check.firstSound ?? .zero).seconds),
                end: CheckReport.rounded(check.soundEnd.seconds),
                drift: CheckReport.rounded((check.soundDrift ?? .zero).milliseconds))
        }
        sync = CheckReport.sync(check)
        gaps = check.gaps.map {
            Gap(
                track: $0.track == .video ? "picture" : "sound", start: CheckReport.rounded($0.start.seconds),
                duration: CheckReport.rounded($0.duration.seconds))
        }
        damagedPackets = check.corruptPackets
        repairedTimes = check.repairedTimes
        truncated = check.truncated
        warnings = check.warnings
        isSound = check.isSound
    }

    private static func sync(_ check: FileCheck) -> Sync? {
        let pairs = check.flashBeep.isTelling ? check.flashBeep.pairs : []
        if let first = pairs.first, let last = pairs.last {
            let points = pairs.map {
                SyncPoint(at: rounded($0.flash.seconds), offset: rounded($0.offset.milliseconds))
            }
            let sizes = points.map { abs($0.offset) }.sorted()
            return Sync(
                method: "flash-beep", first: rounded(first.offset.milliseconds),
                last: rounded(last.offset.milliseconds), worst: rounded(check.flashBeep.worst?.milliseconds ?? 0),
                p95: sizes[min(sizes.count - 1, (sizes.count * 95 + 99) / 100 - 1)], points: points)
        }
        guard let picture = check.firstPicture, let sound = check.firstSound, let end = check.endDifference else {
            return nil
        }
        let first = rounded((sound - picture).milliseconds)
        let last = rounded(-end.milliseconds)
        return Sync(
            method: "timestamps", first: first, last: last, worst: abs(first) > abs(last) ? first : last, p95: nil,
            points: [])
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 + 0 }

    /// The report as JSON.
    public var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)) ?? Data()
    }

    /// The report for people, several lines.
    public var text: String {
        var lines = ["\(file): \(format), \(bytes) bytes, \(seconds(duration))" + (title.map { ", «\($0)»" } ?? "")]
        if let pictures {
            lines.append(
                "  picture  \(pictures.codec) \(pictures.size), \(pictures.count) pictures "
                    + "from \(seconds(pictures.start)) to \(seconds(pictures.end)), \(pictures.rate) a second, "
                    + "longest step \(seconds(pictures.longestStep)), \(pictures.late) late, "
                    + "\(pictures.repeated) repeated, \(pictures.sizeChanges) changes of size")
        }
        if let sound {
            lines.append(
                "  sound    \(sound.codec), \(sound.channels) channels from \(seconds(sound.start)) to "
                    + "\(seconds(sound.end)), drift \(sound.drift) ms")
        }
        if let sync {
            let over = sync.points.isEmpty ? "by timestamps" : "over \(sync.points.count) flashes and beeps"
            lines.append(
                "  in step  \(over): first \(sync.first) ms, last \(sync.last) ms, worst \(sync.worst) ms "
                    + "(sound later is positive)")
        }
        for gap in gaps.prefix(20) {
            lines.append("  gap      \(gap.track): \(seconds(gap.duration)) from \(seconds(gap.start))")
        }
        if gaps.count > 20 { lines.append("  gap      … and \(gaps.count - 20) more") }
        lines += warnings.map { "  wrong    \($0)" }
        lines.append(isSound ? "  nothing is damaged or missing" : "  not everything is well")
        return lines.joined(separator: "\n") + "\n"
    }

    private func seconds(_ value: Double) -> String { MediaTime(seconds: value).description }
}
