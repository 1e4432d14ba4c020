public import Containers
import Foundation
public import Media
public import Timing

/// Records one stream of pictures and one of sound in a file, on a thread of its own.
///
/// Chunks wait in a queue until they are written: at most ``queueSpan`` of media time. When it is full, offline
/// recorders hold their caller back; live ones leave chunks out and count them, and after a picture that was left out
/// all up to the next keyframe, since they could not be decoded.
///
/// Any thread may call it; chunks of one stream come in decoding order, so from one thread at a time.
public final class CompositeRecorder: @unchecked Sendable {
    public enum WhenFull: Sendable {
        /// The caller waits: for sources that have all the time.
        case wait
        /// Chunks are left out: for sources that go on regardless.
        case drop
    }

    public struct Statistics: Sendable, Hashable {
        /// The end of what was given to the file.
        public var duration = MediaTime.zero
        /// The end of what is in the system's hands, and so survives the process.
        public var safeDuration = MediaTime.zero
        public var bytes: Int64 = 0
        public var chunks = 0
        /// Chunks left out since the queue was full.
        public var dropped = 0
        /// The most media time that has waited in the queue.
        public var longestQueue = MediaTime.zero
    }

    /// The most media time that waits to be written.
    public static let queueSpan = MediaTime.milliseconds(300)

    public let path: String
    private let whenFull: WhenFull
    private let condition = NSCondition()

    // Guarded by the condition.
    private var queue: [(track: Track, chunk: EncodedChunk)] = []
    private var spare: [(track: Track, chunk: EncodedChunk)] = []
    private var newest: [Track: MediaTime] = [:]
    /// The oldest chunk of the batch that is being written.
    private var writing: [Track: MediaTime] = [:]
    private var awaitsKeyframe = false
    private var ending = Ending.no
    private var outcome: Result<FileWriter.Finished, ContainerError>?
    private var failure: ContainerError?
    private var counts = Statistics()

    private enum Ending { case no, finish, cancel }

    // Touched by the writing thread only, once it runs.
    private let writer: FileWriter

    public init(
        path: String, video: VideoParameters?, sound: SoundParameters?, options: FileWriter.Options = .init(),
        whenFull: WhenFull, openSink: FileWriter.SinkOpener? = nil
    ) throws(ContainerError) {
        self.path = path
        self.whenFull = whenFull
        writer = try FileWriter(path: path, video: video, sound: sound, options: options, openSink: openSink)
        guard RecorderThread(name: "recorder", body: { [self] in work() }).start() else {
            writer.abandon()
            throw ContainerError(
                .writeFailed, path: path, cause: "cannot be written (no thread left)", remedy: "end other programs")
        }
    }

    // MARK: - From any thread

    /// Queues a chunk. Throws what stopped the writing, if anything did.
    public func write(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        condition.lock()
        defer { condition.unlock() }
        if whenFull == .wait {
            while failure == nil, ending == .no, isFull(with: chunk, track) { condition.wait() }
        }
        if let failure { throw failure }
        guard ending == .no else {
            throw ContainerError(.alreadyFinished, path: path, cause: "is already finished")
        }
        if whenFull == .drop, mustDrop(chunk, track) {
            counts.dropped += 1
            return
        }
        queue.append((track, chunk))
        newest[track] = chunk.decodeTime
        counts.longestQueue = max(counts.longestQueue, span())
        if queue.count == 1 { condition.broadcast() }
    }

    /// True after chunks were left out: pictures are recorded again from the next keyframe on, so ask for one.
    public var needsKeyframe: Bool { locked { awaitsKeyframe } }

    public var statistics: Statistics { locked { counts } }

    /// Writes what waits and finishes the file; returns when it has its name.
    public func finish() throws(ContainerError) -> FileWriter.Finished {
        switch end(.finish) {
        case .success(let finished)?: return finished
        case .failure(let error)?: throw error
        case nil: throw ContainerError(.alreadyFinished, path: path, cause: "was cancelled")
        }
    }

    /// Writes what waits and leaves the file unfinished, as `NAME.part`; returns when it is closed.
    public func cancel() {
        _ = end(.cancel)
    }

    private func end(_ how: Ending) -> Result<FileWriter.Finished, ContainerError>? {
        condition.lock()
        defer { condition.unlock() }
        if ending == .no { ending = how }
        condition.broadcast()
        while !isDone { condition.wait() }
        return outcome
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    // MARK: - The queue, under the lock

    /// Media time from the oldest chunk that is not written yet to the newest, of the stream where that is most.
    private func span(with next: (track: Track, time: MediaTime)? = nil) -> MediaTime {
        var longest = MediaTime.zero
        for track in Track.allCases {
            guard let oldest = writing[track] ?? queue.first(where: { $0.track == track })?.chunk.decodeTime,
                let last = next?.track == track ? next?.time : newest[track]
            else { continue }
            longest = max(longest, last - oldest)
        }
        return longest
    }

    private func isFull(with chunk: EncodedChunk, _ track: Track) -> Bool {
        span(with: (track, chunk.decodeTime)) > CompositeRecorder.queueSpan
    }

    private func mustDrop(_ chunk: EncodedChunk, _ track: Track) -> Bool {
        let isFull = isFull(with: chunk, track)
        guard track == .video else { return isFull }
        if isFull {
            awaitsKeyframe = true
        } else if chunk.isKeyframe {
            awaitsKeyframe = false
        }
        return awaitsKeyframe
    }

    // MARK: - The writing thread

    private var isDone = false

    private func work() {
        condition.lock()
        while true {
            while queue.isEmpty, ending == .no { condition.wait() }
            if queue.isEmpty { break }
            swap(&queue, &spare)
            for (track, chunk) in spare where writing[track] == nil { writing[track] = chunk.decodeTime }
            condition.unlock()
            let error = write(spare)
            condition.lock()
            spare.removeAll(keepingCapacity: true)
            writing.removeAll(keepingCapacity: true)
            failure = failure ?? error
            if failure != nil { queue.removeAll() }
            condition.broadcast()
        }
        let how = ending
        let failed = failure
        condition.unlock()
        var result: Result<FileWriter.Finished, ContainerError>?
        if let failed {
            result = .failure(failed)
        } else if how == .finish {
            do { result = .success(try writer.finish()) } catch { result = .failure(error) }
        } else {
            writer.abandon()
        }
        condition.lock()
        updateCounts(chunks: 0)
        outcome = result
        isDone = true
        condition.broadcast()
        condition.unlock()
    }

    private func write(_ batch: [(track: Track, chunk: EncodedChunk)]) -> ContainerError? {
        var written = 0
        var failed: ContainerError?
        for (track, chunk) in batch where failed == nil {
            do {
                try writer.write(chunk, to: track)
                written += 1
            } catch {
                failed = error
            }
        }
        locked { updateCounts(chunks: written) }
        return failed
    }

    private func updateCounts(chunks: Int) {
        counts.chunks += chunks
        counts.duration = writer.duration
        counts.safeDuration = writer.flushedDuration
        counts.bytes = writer.bytes
    }
}
