public import Containers
import Foundation
public import Media
public import Timing

/// Records a session's tracks: each participant's encoded pictures and sound as they arrived, without decoding, one file a
/// track, and the manifest of what happened beside them.
///
/// All times that are given are the room's; in files and manifest zero is ``Configuration/start``, so that a track of
/// somebody who joined late begins late, and all files lie on one clock. Gaps stay gaps. A track of pictures begins at a
/// keyframe; its resolution may change at any other.
///
/// No call waits for the disk, see ``LiveRecorder``. All calls may come from any thread; chunks of one track in decoding
/// order, so from one thread at a time.
public final class SessionRecorder: @unchecked Sendable {
    public struct Configuration: Sendable {
        /// Where the files go; it is made if it is not there.
        public var folder: String
        public var room: String
        /// The wall clock at ``start``, in milliseconds since 1970, UTC.
        public var started: Int64
        /// The room's time that becomes zero.
        public var start: MediaTime
        /// The monotonic clock at ``start``.
        public var monotonic: MediaTime
        /// Recording does not begin with less free space, and ends at half of it.
        public var leastFreeSpace: Int64 = 64 << 20

        public init(folder: String, room: String, started: Int64, start: MediaTime, monotonic: MediaTime) {
            self.folder = folder
            self.room = room
            self.started = started
            self.start = start
            self.monotonic = monotonic
        }
    }

    /// A stream of one participant.
    public struct TrackDescription: Sendable, Hashable {
        public var participant: String
        /// The label, which becomes the track's title.
        public var name: String
        public var kind: ManifestEvent.TrackKind
        /// VP8, VP9, H.264 (start codes, parameter sets in each keyframe) or Opus.
        public var codec: Codec
        /// Of pictures, if known; where VP8 says otherwise, it has the last word.
        public var size: PictureSize?
        /// Of sound.
        public var channels: Int

        public init(
            participant: String, name: String, kind: ManifestEvent.TrackKind, codec: Codec, size: PictureSize? = nil,
            channels: Int = 2
        ) {
            (self.participant, self.name, self.kind) = (participant, name, kind)
            (self.codec, self.size, self.channels) = (codec, size, channels)
        }
    }

    /// Called from the recorder's own thread; the call must not wait for the recorder.
    public enum Event: Sendable {
        /// Ask the participant for a keyframe: the track has none yet, or chunks were left out.
        case keyframeWanted(track: Int)
        case began(track: Int, path: String)
        case finished(track: Int, FileWriter.Finished)
        /// A track ended by itself; the others go on.
        case trackFailed(track: Int, ContainerError)
        /// All ended: no space, or the folder is gone.
        case failed(ContainerError)
        case droppedChunks(Int)
        case ended
    }

    enum Note: Sendable {
        case track(Int, TrackDescription)
        case size(Int, PictureSize, MediaTime)
        case rotation(Int, Rotation, MediaTime)
        case endTrack(Int)
        case event(ManifestEvent, MediaTime)
        case finish
    }

    public let configuration: Configuration
    private let queue = WriteQueue<Note>()
    private let condition = NSCondition()
    private let notify: @Sendable (Event) -> Void
    // Guarded by the condition.
    private var nextTrack = 1
    private var done: [FileWriter.Finished] = []
    private var firstFailure: ContainerError?
    private var isDone = false

    /// Creates the folder and the manifest.
    public init(_ configuration: Configuration, onEvent: @escaping @Sendable (Event) -> Void) throws(ContainerError) {
        self.configuration = configuration
        notify = onEvent
        let folder = configuration.folder
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/" + Manifest.fileName
        if let refusal = DiskSpace.refusal(path: path, least: configuration.leastFreeSpace) { throw refusal }
        if DiskSpace.exists(path) {
            throw ContainerError(
                .outputExists, path: path, cause: "already exists", remedy: "record each session in a folder of its own"
            )
        }
        guard let manifest = ManifestWriter(path: path) else {
            throw ContainerError(
                .notWritable, path: path, cause: "cannot be written", remedy: "choose a folder that you may write to")
        }
        manifest.write(
            ManifestEntry(
                at: .zero,
                event: .session(room: configuration.room, started: configuration.started, zero: configuration.monotonic)
            ))
        let work = SessionRecording(configuration, queue: queue, manifest: manifest)
        work.report = { [self] event in take(event) }
        guard RecorderThread(name: "tracks", body: { work.run() }).start() else {
            throw ContainerError(
                .writeFailed, path: path, cause: "cannot be written (no thread left)", remedy: "end other programs")
        }
    }

    /// Adds a track; its number. The file is made with the first chunk that can be decoded.
    public func add(_ track: TrackDescription) -> Int {
        let number = locked {
            defer { nextTrack += 1 }
            return nextTrack
        }
        queue.add(stream: number, isPicture: track.kind != .sound)
        queue.post(.track(number, track))
        return number
    }

    /// Takes a chunk; its time is on the room's timeline. False if it is left out.
    @discardableResult
    public func write(_ chunk: EncodedChunk, track: Int) -> Bool { queue.offer(chunk, stream: track) }

    /// For sources that have all the time: waits until there is room.
    package func writeWaiting(_ chunk: EncodedChunk, track: Int) { _ = queue.offer(chunk, stream: track, waits: true) }

    /// The pictures' size, or how they are to be turned, from the chunk on that comes next.
    public func resize(track: Int, to size: PictureSize, at time: MediaTime) { queue.post(.size(track, size, time)) }
    public func rotate(track: Int, to rotation: Rotation, at time: MediaTime) {
        queue.post(.rotation(track, rotation, time))
    }

    /// No chunk of the track follows.
    public func end(track: Int) { queue.post(.endTrack(track)) }

    /// A line of the manifest.
    public func note(_ event: ManifestEvent, at time: MediaTime) { queue.post(.event(event, time)) }

    /// Ends the recording and returns at once; ``Event/ended`` says when all files are whole.
    public func stop() {
        queue.post(.finish)
        queue.close()
    }

    /// Ends the recording and waits until all files are whole. Throws what ended it early.
    public func finish() throws(ContainerError) -> [FileWriter.Finished] {
        stop()
        condition.lock()
        while !isDone { condition.wait() }
        let (files, failure) = (done, firstFailure)
        condition.unlock()
        if let failure { throw failure }
        return files
    }

    /// Chunks left out since the disk was too slow.
    public var dropped: Int { queue.statistics.dropped }

    private func take(_ event: Event) {
        if case .finished(_, let file) = event { locked { done.append(file) } }
        if case .failed(let error) = event { locked { firstFailure = firstFailure ?? error } }
        notify(event)
        guard case .ended = event else { return }
        condition.lock()
        isDone = true
        condition.broadcast()
        condition.unlock()
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
