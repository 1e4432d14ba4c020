import CAVFormat
import Glibc
public import Media
public import Timing

/// Writes one stream of pictures, one of sound, or both, to a WebM, MKV, MP4 or Ogg file that can be cut off anywhere.
///
/// Until ``finish()`` the file is named `NAME.part` and grows by self-contained pieces (clusters, fragments) of at most
/// half a second, each handed to the system as soon as it is whole: whoever kills the process loses the last piece.
/// ``finish()`` gives it its duration and index and only then its name, so nothing that was there before under that
/// name is touched until the new file is whole.
///
/// When a write fails (no space left), the file is cut back to its last whole piece, stays playable as `NAME.part`, and
/// every call from then on throws the same error. The final name is never given to a part.
///
/// Use from one thread at a time.
public final class FileWriter {
    public struct Options: Sendable {
        /// Whether a file, or an unfinished one, of that name may be replaced.
        public var overwrite = false
        /// Shown by players: the room's name.
        public var title: String?
        public var videoTitle: String?
        public var soundTitle: String?
        /// Seconds since 1970, UTC; nil leaves it out, so that the same chunks give the same bytes.
        public var creationTime: Int64?
        /// The most media time in one piece.
        public var pieceDuration = MediaTime.milliseconds(500)
        /// What the name has at its end until the file is finished.
        package var partSuffix = ".part"
        /// The most media time that a chunk waits for the other stream.
        public var interleaving = MediaTime.milliseconds(300)

        public init() {}
    }

    /// A file that is whole.
    public struct Finished: Sendable, Hashable {
        public var path: String
        /// From the start of the timeline to the end of the last chunk.
        public var duration: MediaTime
        public var bytes: Int64
        /// False if the index could not be added (no space for a second copy of an MP4): the file is whole and plays,
        /// but some players seek in it slowly.
        public var isIndexed: Bool

        package init(path: String, duration: MediaTime, bytes: Int64, isIndexed: Bool) {
            self.path = path
            self.duration = duration
            self.bytes = bytes
            self.isIndexed = isIndexed
        }
    }

    public typealias SinkOpener = (_ path: String, _ replacing: Bool) throws(SinkError) -> any RecordingSink

    public let path: String
    public let format: ContainerFormat
    /// The name until it is finished.
    public var partPath: String { path + options.partSuffix }
    /// The end of the last chunk that was written.
    public private(set) var duration = MediaTime.zero
    /// Handed to the system so far.
    public var bytes: Int64 { output.length }
    /// Where the last piece that was handed to the system ends, on the timeline.
    public private(set) var flushedDuration = MediaTime.zero

    package let options: Options
    let openSink: SinkOpener
    let video: VideoParameters?
    let sound: SoundParameters?
    private let output: OutputFile
    private var muxer: Muxer
    private var interleaver: Interleaver
    private var pieceStart: MediaTime?
    /// The length of the file at the end of its last whole piece.
    private var wholeLength: Int64 = 0
    private var state = State.writing
    /// What ``addChapter(_:)`` was given.
    package private(set) var chapters: [Chapter] = []

    /// More chapters than these are not kept.
    private static let chapterLimit = 10_000

    private enum State {
        case writing
        case failed(ContainerError)
        case closed
    }

    /// Creates `path.part` and writes its header.
    ///
    /// - Parameter format: nil takes it from the extension of `path`.
    public init(
        path: String, format: ContainerFormat? = nil, video: VideoParameters?, sound: SoundParameters?,
        options: Options = Options(), openSink: SinkOpener? = nil
    ) throws(ContainerError) {
        guard let format = format ?? ContainerFormat(path: path) else {
            throw ContainerError(
                .unknownExtension, path: path, cause: "its extension names no format that is written",
                remedy: "use .webm, .mkv, .mp4 or .ogg")
        }
        self.path = path
        self.format = format
        self.options = options
        self.video = video
        self.sound = sound
        let opener: SinkOpener
        if let openSink {
            opener = openSink
        } else {
            opener = { path, replacing throws(SinkError) in try FileSink(path: path, replacing: replacing) }
        }
        self.openSink = opener
        try Muxer.check(format, video: video, sound: sound, path: path)
        if !options.overwrite { try FileWriter.refuseExisting(path, part: path + options.partSuffix) }
        try FileWriter.refuseDirectory(path)
        let part = path + options.partSuffix
        let sink: any RecordingSink
        do {
            sink = try opener(part, options.overwrite)
        } catch {
            throw FileWriter.creationError(path: path, part: part, error)
        }
        guard let output = OutputFile(sink, canSeek: format != .mp4, commitsPieces: format == .mp4) else {
            throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)")
        }
        self.output = output
        do {
            muxer = try Muxer(
                output, format: format, layout: format == .mp4 ? .fragments : .plain, video: video, sound: sound,
                options: options, path: path)
        } catch {
            try? sink.close()
            unlink(part)
            throw error
        }
        interleaver = Interleaver(
            tracks: (video != nil ? [.video] : []) + (sound != nil ? [.sound] : []), limit: options.interleaving)
        wholeLength = output.length
    }

    deinit {
        if case .writing = state { try? output.sink.close() }
    }

    // MARK: - Writing

    /// Takes a chunk; it is written when the other stream has come as far. Chunks of one stream come in decoding order,
    /// none begins before zero (for sound: before minus its start padding).
    public func write(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        try requireWriting()
        guard track == .video ? video != nil : sound != nil else {
            throw ContainerError(.badChunk, path: path, cause: "has no \(track) stream")
        }
        interleaver.add(chunk, to: track)
        try drain(all: false)
    }

    /// Adds a chapter. The file gets them all when it is finished; Ogg has none.
    public func addChapter(_ chapter: Chapter) {
        guard chapters.count < FileWriter.chapterLimit else { return }
        let index = chapters.lastIndex { $0.start <= chapter.start }.map { $0 + 1 } ?? 0
        chapters.insert(chapter, at: index)
    }

    /// Hands everything taken so far to the system, as a piece of its own. For sources that fall silent.
    public func flush() throws(ContainerError) {
        try requireWriting()
        try drain(all: true)
        try endPiece()
    }

    private func requireWriting() throws(ContainerError) {
        switch state {
        case .writing: return
        case .failed(let error): throw error
        case .closed: throw ContainerError(.alreadyFinished, path: path, cause: "is already finished")
        }
    }

    private func drain(all: Bool) throws(ContainerError) {
        while let (track, chunk) = interleaver.next(draining: all) {
            let end = chunk.time + max(chunk.duration, .zero)
            if let start = pieceStart, max(end, chunk.decodeTime) - start > options.pieceDuration { try endPiece() }
            try watched { () throws(ContainerError) in try muxer.write(chunk, to: track) }
            if pieceStart == nil { pieceStart = min(chunk.time, chunk.decodeTime) }
            duration = max(duration, end)
        }
    }

    private func endPiece() throws(ContainerError) {
        guard pieceStart != nil else { return }
        pieceStart = nil
        try watched { () throws(ContainerError) in
            try muxer.endPiece()
            output.commit()
        }
        wholeLength = output.length
        flushedDuration = duration
    }

    /// Runs a step, and if a write failed in it, ends the file at its last whole piece and throws.
    private func watched(_ step: () throws(ContainerError) -> Void) throws(ContainerError) {
        var thrown: ContainerError?
        do {
            try step()
        } catch {
            thrown = error
        }
        if let failure = output.failure { throw fail(failure) }
        if let thrown { throw thrown }
    }

    private func fail(_ failure: SinkError) -> ContainerError {
        if case .failed(let error) = state { return error }
        try? output.sink.truncate(to: wholeLength)
        try? output.sink.synchronise()
        try? output.sink.close()
        let kept =
            wholeLength > 0 && flushedDuration > .zero
            ? "the first \(flushedDuration) are kept and playable as \(partPath)" : ""
        let error =
            failure.isOutOfSpace
            ? ContainerError(.noSpace, path: path, cause: "no space left on its disk", remedy: kept)
            : ContainerError(
                .writeFailed, path: path, cause: "cannot be written (\(systemMessage(failure.number)))", remedy: kept)
        state = .failed(error)
        return error
    }

    // MARK: - Ending

    /// Writes what waits, the duration and the index, and gives the file its name.
    public func finish() throws(ContainerError) -> Finished {
        try requireWriting()
        try drain(all: true)
        try endPiece()
        try watched { () throws(ContainerError) in
            // An MP4 in fragments has its index, and so its chapters, only afterwards.
            if format == .webm || format == .matroska { muxer.add(chapters, end: duration) }
            try muxer.writeTrailer()
            output.commit()
        }
        do {
            try output.sink.synchronise()
            try output.sink.close()
        } catch {
            throw fail(error)
        }
        state = .closed
        let isIndexed = format == .mp4 ? IndexedMP4(self).replacePart() : true
        try nameFinal()
        return Finished(path: path, duration: duration, bytes: FileWriter.size(path), isIndexed: isIndexed)
    }

    /// Hands over what was taken and closes, leaving `NAME.part` as it is.
    public func abandon() {
        guard case .writing = state else { return }
        try? flush()
        if case .writing = state {
            try? output.sink.close()
            state = .closed
        }
    }

    /// Closes, and deletes what was written.
    package func discard() {
        if case .writing = state { try? output.sink.close() }
        state = .closed
        unlink(partPath)
    }

    package static func delete(_ path: String) {
        unlink(path)
    }

    private func nameFinal() throws(ContainerError) {
        var number: Int32 = 0
        if options.overwrite {
            if rename(partPath, path) == 0 { return }
            number = errno
        } else {
            // A second name, unlike a change of names, is refused if a file appeared there meanwhile.
            if link(partPath, path) == 0 {
                unlink(partPath)
                return
            }
            number = errno
            if number != EEXIST, !FileWriter.exists(path) {
                // A file system without second names.
                if rename(partPath, path) == 0 { return }
                number = errno
            }
        }
        if number == EEXIST {
            throw ContainerError(
                .outputExists, path: path, cause: "appeared while it was being written",
                remedy: "the whole recording is \(partPath)")
        }
        throw ContainerError(
            .writeFailed, path: path, cause: "cannot be given its name (\(systemMessage(number)))",
            remedy: "the whole recording is \(partPath)")
    }
}

extension FileWriter {
    static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func refuseExisting(_ path: String, part: String) throws(ContainerError) {
        if exists(path) {
            throw ContainerError(
                .outputExists, path: path, cause: "already exists", remedy: "choose another name or permit overwriting")
        }
        if exists(part) {
            throw ContainerError(
                .unfinishedExists, path: part, cause: "is an unfinished recording",
                remedy: "recover or delete it first, or permit overwriting")
        }
    }

    private static func refuseDirectory(_ path: String) throws(ContainerError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
        throw ContainerError(.notWritable, path: path, cause: "is \(kind)", remedy: "name a file")
    }

    private static func creationError(path: String, part: String, _ error: SinkError) -> ContainerError {
        if error.isOutOfSpace {
            return ContainerError(.noSpace, path: path, cause: "no space left on its disk", remedy: "free some first")
        }
        let remedy =
            switch error.number {
            case ENOENT, ENOTDIR: "its directory must exist"
            case EACCES, EPERM, EROFS: "choose a directory that you may write to"
            case EEXIST: "somebody else is writing \(part)"
            default: ""
            }
        return ContainerError(
            .notWritable, path: path, cause: "cannot be written (\(systemMessage(error.number)))", remedy: remedy)
    }
}
