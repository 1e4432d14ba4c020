import Containers
import Foundation
import Media
import Timing

/// The writing side of ``LiveRecorder``: on its thread only, but for the ends of files, each of which has a thread of its
/// own so that the index of a long file holds up nothing.
final class LiveRecording: @unchecked Sendable {
    enum Report {
        case event(LiveRecorder.Event)
        case status((inout LiveRecorder.Status) -> Void)
    }

    var report: (Report) -> Void = { _ in }
    private let configuration: LiveRecorder.Configuration
    private let queue: WriteQueue<LiveRecorder.Note>
    private let openSink: FileWriter.SinkOpener?
    private var timeline: RecordingTimeline
    private var writer: FileWriter?
    private var builder: ReportBuilder
    private var number = 1
    private var steps: [RecordingTimeline.Step] = []
    private let finishing = DispatchGroup()

    private var newest = -MediaTime.limit
    private var lastKeyframe = -MediaTime.limit
    private var lastWish = -MediaTime.limit
    private var lastLook = -MediaTime.limit
    private var toldDrops = 0
    private var earlier = MediaTime.zero
    private var hasFailed = false

    private static let second = MediaTime(seconds: 1)

    init(
        _ configuration: LiveRecorder.Configuration, queue: WriteQueue<LiveRecorder.Note>,
        openSink: FileWriter.SinkOpener?
    ) {
        self.configuration = configuration
        self.queue = queue
        self.openSink = openSink
        timeline = RecordingTimeline(
            hasPictures: configuration.video != nil, hasSound: configuration.sound != nil,
            padding: configuration.sound?.startPadding ?? .zero)
        builder = LiveRecording.builder(configuration, file: configuration.path)
    }

    private static func builder(_ configuration: LiveRecorder.Configuration, file: String) -> ReportBuilder {
        ReportBuilder(
            file: file.split(separator: "/").last.map(String.init) ?? file,
            interval: configuration.video?.frameRate?.interval ?? .milliseconds(33),
            padding: configuration.sound?.startPadding ?? .zero)
    }

    /// Of the `number`th file, counted from one.
    static func path(_ first: String, number: Int) -> String {
        guard number > 1 else { return first }
        let name = first.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return first + "-\(number)" }
        let length = name[dot...].count
        return first.dropLast(length) + "-\(number)" + first.suffix(length)
    }

    // MARK: - Files

    func open() throws(ContainerError) {
        let path = LiveRecording.path(configuration.path, number: number)
        var options = FileWriter.Options()
        options.overwrite = configuration.overwrites
        options.title = configuration.room
        options.videoTitle = configuration.videoTitle
        options.soundTitle = configuration.soundTitle
        // A later file begins when it begins, by the media's own time.
        options.creationTime = configuration.started.map { $0 + earlier.nanoseconds / 1_000_000_000 }
        if options.overwrite { MarkFile.delete(for: path) }
        writer = try FileWriter(
            path: path, video: configuration.video, sound: configuration.sound, options: options, openSink: openSink)
        builder = LiveRecording.builder(configuration, file: path)
    }

    func discard() { writer?.discard() }

    /// Gives the present file its end, on a thread of its own.
    private func end(_ reason: ContainerError? = nil) {
        guard let writer else { return }
        self.writer = nil
        earlier += writer.duration
        let duration = writer.duration
        let bytes = writer.bytes
        report(
            .status {
                $0.earlierDuration += duration
                $0.earlierBytes += bytes
                ($0.duration, $0.safeDuration, $0.bytes) = (.zero, .zero, 0)
            })
        let statistics = queue.statistics
        let late = timeline.late
        let text = builder.finished { [configuration] report in
            report.room = configuration.room
            report.started = writer.options.creationTime.map(CalendarTime.text)
            report.dropped = statistics.dropped
            report.longestQueue = statistics.longest.seconds
            report.tooLate = late
            report.error = reason?.cause
            report.chapters = writer.chapters.count
        }
        let box = Ending(writer: writer, report: text, configuration: configuration, tell: report)
        let group = finishing
        group.enter()
        let isStarted = RecorderThread(name: "recorder-end") {
            box.run()
            group.leave()
        }.start()
        if !isStarted {
            box.run()
            group.leave()
        }
    }

    private func fail(_ error: ContainerError) {
        guard !hasFailed else { return }
        hasFailed = true
        report(.event(.failed(error)))
    }

    // MARK: - The thread

    func run() {
        report(.event(.began(path: configuration.path)))
        if configuration.video != nil { report(.event(.keyframeWanted)) }
        var batch: [WriteQueue<LiveRecorder.Note>.Entry] = []
        var isCancelled = false
        while queue.next(&batch) {
            for entry in batch where !hasFailed && !isCancelled {
                switch entry {
                case .chunk(let chunk, let stream): take(chunk, stream == 0 ? .video : .sound)
                case .note(.finish): timeline.finish(into: &steps)
                case .note(.cancel):
                    timeline.finish(into: &steps)
                    isCancelled = true
                case .note(let note): take(note)
                }
                perform()
            }
            if !hasFailed { look() }
        }
        if isCancelled { writer?.abandon() } else if !hasFailed || writer != nil { end() }
        finishing.wait()
        report(.event(.ended))
        report = { _ in }
    }

    private func take(_ chunk: EncodedChunk, _ track: Track) {
        newest = max(newest, chunk.time)
        if track == .video, chunk.isKeyframe { lastKeyframe = max(lastKeyframe, chunk.time) }
        timeline.take(chunk, track, into: &steps)
    }

    private func take(_ note: LiveRecorder.Note) {
        switch note {
        case .pause(let time):
            if !timeline.isPaused { builder.pause(at: timeline.place(time)) }
            timeline.pause(at: time, into: &steps)
            perform()
            // What is there is to survive the process during a long pause.
            attempt { () throws(ContainerError) in try writer?.flush() }
            report(.status { $0.isPaused = true })
        case .resume(let time):
            timeline.resume(at: time)
            lastWish = -.limit
            report(.status { $0.isPaused = false })
            wishKeyframe()
        case .mark(let title, let time): mark(title, at: timeline.place(time))
        case .split:
            timeline.split()
            wishKeyframe()
        case .finish, .cancel: break
        }
    }

    private func mark(_ title: String, at place: MediaTime) {
        guard let writer else { return }
        let chapter = Chapter(start: place, title: title)
        writer.addChapter(chapter)
        MarkFile.append(chapter, for: writer.path)
    }

    private func perform() {
        guard !steps.isEmpty else { return }
        for step in steps where !hasFailed {
            switch step {
            case .nextFile:
                end()
                number += 1
                attempt { () throws(ContainerError) in try open() }
                if let path = writer?.path {
                    report(.status { $0.path = path })
                    report(.event(.began(path: path)))
                }
            case .write(let chunk, let track):
                attempt { () throws(ContainerError) in try writer?.write(chunk, to: track) }
                if !hasFailed { builder.add(chunk, track) }
            }
        }
        steps.removeAll(keepingCapacity: true)
    }

    /// What stops the file is told once; the writer has then closed it, playable as far as it goes.
    private func attempt(_ body: () throws(ContainerError) -> Void) {
        do {
            try body()
        } catch {
            fail(error)
            if error.code == .badChunk { end(error) } else { writer = nil }
        }
    }

    // MARK: - Now and then

    private func look() {
        guard let writer else { return }
        let (duration, safe, bytes) = (writer.duration, writer.flushedDuration, writer.bytes)
        report(.status { ($0.duration, $0.safeDuration, $0.bytes) = (duration, safe, bytes) })
        if timeline.awaitsKeyframe || queue.needsKeyframe || newest - lastKeyframe >= configuration.keyframeInterval {
            wishKeyframe()
        }
        guard newest - lastLook >= LiveRecording.second else { return }
        lastLook = newest
        let dropped = queue.statistics.dropped
        if dropped > toldDrops {
            toldDrops = dropped
            report(.event(.droppedChunks(dropped)))
        }
        if configuration.splitDuration.map({ duration >= $0 }) ?? false
            || configuration.splitBytes.map({ bytes >= $0 }) ?? false
        {
            timeline.split()
            if timeline.awaitsKeyframe { wishKeyframe() }
        }
        checkDisk(writer)
    }

    private func checkDisk(_ writer: FileWriter) {
        // Below this the file's index might not find room.
        let reserve = configuration.leastFreeSpace / 2
        if let free = DiskSpace.free(at: writer.path), free < reserve {
            timeline.finish(into: &steps)
            perform()
            let error = ContainerError(
                .noSpace, path: writer.path, cause: "was ended, since only \(free >> 20) MB are free on its disk",
                remedy: "what was recorded is kept; free some space and start another")
            end(error)
            fail(error)
        } else if openSink == nil, !DiskSpace.exists(writer.partPath) {
            writer.abandon()
            self.writer = nil
            fail(
                ContainerError(
                    .writeFailed, path: writer.partPath, cause: "was deleted or moved while it was recorded",
                    remedy: "start another recording"))
        }
    }

    private func wishKeyframe() {
        guard configuration.video != nil, !timeline.isPaused, newest - lastWish >= LiveRecording.second else { return }
        lastWish = newest
        report(.event(.keyframeWanted))
    }
}

/// The end of a file: its index and name, then its report, then its pictures.
private final class Ending: @unchecked Sendable {
    private let writer: FileWriter
    private let report: RecordingReport
    private let configuration: LiveRecorder.Configuration
    private let tell: (LiveRecording.Report) -> Void

    init(
        writer: FileWriter, report: RecordingReport, configuration: LiveRecorder.Configuration,
        tell: @escaping (LiveRecording.Report) -> Void
    ) {
        self.writer = writer
        self.report = report
        self.configuration = configuration
        self.tell = tell
    }

    func run() {
        let file: FileWriter.Finished
        do {
            file = try writer.finish()
        } catch {
            tell(.event(.failed(error)))
            return
        }
        MarkFile.delete(for: writer.path)
        var report = report
        report.bytes = file.bytes
        report.isIndexed = file.isIndexed
        try? report.json.write(to: URL(fileURLWithPath: RecordingReport.path(for: file.path)), options: .atomic)
        tell(.event(.finished(file, report)))
        guard configuration.makesPoster, configuration.video != nil else { return }
        do {
            try Illustration(path: file.path, stripCount: configuration.stripCount).write()
            tell(.event(.illustrated(path: file.path)))
        } catch {
            // The recording is whole without them.
        }
    }
}
