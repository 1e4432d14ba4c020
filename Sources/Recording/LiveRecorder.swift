public import Containers
import Foundation
public import Media
public import Timing

/// Records a view of a running room: takes its encoded chunks with their times in the room, and writes one file or, if it
/// is split, several.
///
/// No call waits for the disk. What cannot be written in time is left out and counted (see ``WriteQueue``); after that the
/// recording goes on at a keyframe. Only the chunks' own times count: the wall clock may jump as it likes.
///
/// Pause, resume, markers and splitting take their place between the chunks in the order of the calls. All calls may come
/// from any thread; chunks of one stream in decoding order, so from one thread at a time.
public final class LiveRecorder: @unchecked Sendable {
    public struct Configuration: Sendable {
        /// Of the first file; the next are `NAME-2.EXT`, `NAME-3.EXT` …
        public var path: String
        public var video: VideoParameters?
        public var sound: SoundParameters?
        /// Shown by players as the title.
        public var room: String?
        public var videoTitle: String?
        public var soundTitle: String?
        /// Seconds since 1970, UTC, written into the file.
        public var started: Int64?
        /// Keyframes are wished for at least so often.
        public var keyframeInterval = MediaTime(seconds: 10)
        /// A file that is longer, or larger, ends at the next keyframe.
        public var splitDuration: MediaTime?
        public var splitBytes: Int64?
        /// Recording does not begin with less free space, and ends while the rest is still enough to finish the file.
        public var leastFreeSpace: Int64 = 64 << 20
        /// Whether ``LiveRecorder/speaker(_:at:)`` makes chapters.
        public var speakersAreChapters = false
        /// Pictures beside a finished file: `NAME.EXT.poster.png`, `NAME.EXT.strip.png`.
        public var makesPoster = true
        public var stripCount = 10
        public var overwrites = false

        public init(path: String, video: VideoParameters?, sound: SoundParameters?) {
            self.path = path
            self.video = video
            self.sound = sound
        }
    }

    /// What its owner should know. Called from the recorder's own threads; the call must not wait for the recorder.
    public enum Event: Sendable {
        /// Ask the encoder for a keyframe: at the start, every ``Configuration/keyframeInterval``, after a pause, before a
        /// split, and after chunks were left out; again every second until one comes.
        case keyframeWanted
        /// A file was begun, under its name with «.part».
        case began(path: String)
        /// A file is whole; its report is written.
        case finished(FileWriter.Finished, RecordingReport)
        /// Its pictures are there, too.
        case illustrated(path: String)
        /// The recording ended by itself. What was written is kept: finished, if that was possible, else playable as
        /// `.part`, to be finished by ``Recovery``.
        case failed(ContainerError)
        /// Chunks were left out since the disk is too slow: in all, so far. At most once a second of media.
        case droppedChunks(Int)
        /// All is done; no event follows.
        case ended
    }

    public struct Status: Sendable {
        public var isPaused = false
        /// Nothing is written any more: it was stopped, or has failed.
        public var hasEnded = false
        public var failure: ContainerError?
        /// The path of the present file, without «.part».
        public var path: String
        /// In the present file, and what of it survives the process.
        public var duration = MediaTime.zero
        public var safeDuration = MediaTime.zero
        public var bytes: Int64 = 0
        /// Of files that were ended before.
        public var earlierDuration = MediaTime.zero
        public var earlierBytes: Int64 = 0
        public var dropped = 0
    }

    enum Note: Sendable {
        case pause(MediaTime)
        case resume(MediaTime)
        case mark(String, MediaTime)
        case split
        case finish
        case cancel
    }

    public let configuration: Configuration
    private let queue = WriteQueue<Note>()
    private let condition = NSCondition()
    private let notify: @Sendable (Event) -> Void
    // Guarded by the condition.
    private var current: Status
    private var done: [FileWriter.Finished] = []
    private var isDone = false

    /// Creates the first file. Throws if that cannot be, or if less than ``Configuration/leastFreeSpace`` is free.
    public init(
        _ configuration: Configuration, openSink: FileWriter.SinkOpener? = nil,
        onEvent: @escaping @Sendable (Event) -> Void
    ) throws(ContainerError) {
        self.configuration = configuration
        notify = onEvent
        current = Status(path: configuration.path)
        if let refusal = DiskSpace.refusal(path: configuration.path, least: configuration.leastFreeSpace) {
            throw refusal
        }
        queue.add(stream: 0, isPicture: true)
        queue.add(stream: 1, isPicture: false)
        let work = LiveRecording(configuration, queue: queue, openSink: openSink)
        work.report = { [self] event in take(event) }
        try work.open()
        guard RecorderThread(name: "recorder", body: { work.run() }).start() else {
            work.discard()
            throw ContainerError(
                .writeFailed, path: configuration.path, cause: "cannot be written (no thread left)",
                remedy: "end other programs")
        }
    }

    /// Takes a chunk; its time is on the room's timeline. False if it is left out.
    @discardableResult
    public func write(_ chunk: EncodedChunk, to track: Track) -> Bool {
        queue.offer(chunk, stream: track == .video ? 0 : 1)
    }

    /// For sources that have all the time: waits until there is room.
    package func writeWaiting(_ chunk: EncodedChunk, to track: Track) {
        _ = queue.offer(chunk, stream: track == .video ? 0 : 1, waits: true)
    }

    /// Leaves out what begins at or after `time` in the room.
    public func pause(at time: MediaTime) { queue.post(.pause(time)) }

    /// Goes on with the first keyframe at or after `time`.
    public func resume(at time: MediaTime) { queue.post(.resume(time)) }

    /// Adds a chapter.
    public func mark(_ title: String, at time: MediaTime) { queue.post(.mark(title, time)) }

    /// Somebody speaks from now on; a chapter, if those are wanted.
    public func speaker(_ name: String, at time: MediaTime) {
        if configuration.speakersAreChapters { queue.post(.mark(name, time)) }
    }

    /// Begins the next file at the next keyframe.
    public func split() { queue.post(.split) }

    /// Ends the recording and returns at once; ``Event/ended`` says when all is done.
    public func stop() {
        queue.post(.finish)
        queue.close()
    }

    /// Ends the recording, and waits until the files are whole: what they are, in their order. Throws what ended it early;
    /// then ``finished`` tells which files are whole nevertheless.
    public func finish() throws(ContainerError) -> [FileWriter.Finished] {
        stop()
        wait()
        if let failure = status.failure { throw failure }
        return finished
    }

    /// Leaves the present file unfinished, as `NAME.part`, and waits until it is closed.
    public func cancel() {
        queue.post(.cancel)
        queue.close()
        wait()
    }

    public var finished: [FileWriter.Finished] { locked { done } }

    public var status: Status {
        locked {
            var status = current
            status.dropped = queue.statistics.dropped
            return status
        }
    }

    private func wait() {
        condition.lock()
        while !isDone { condition.wait() }
        condition.unlock()
    }

    private func take(_ event: LiveRecording.Report) {
        switch event {
        case .status(let change):
            locked { change(&current) }
        case .event(let event):
            if case .finished(let file, _) = event { locked { done.append(file) } }
            if case .failed(let error) = event { locked { current.failure = current.failure ?? error } }
            notify(event)
            guard case .ended = event else { return }
            condition.lock()
            current.hasEnded = true
            isDone = true
            condition.broadcast()
            condition.unlock()
        }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
