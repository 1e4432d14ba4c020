import Containers
import Glibc
import Media
import Timing

/// The writing side of ``SessionRecorder``, on its thread only.
final class SessionRecording: @unchecked Sendable {
    var report: (SessionRecorder.Event) -> Void = { _ in }
    private let configuration: SessionRecorder.Configuration
    private let queue: WriteQueue<SessionRecorder.Note>
    private let manifest: ManifestWriter
    private var tracks: [Int: TrackFile] = [:]
    /// On the session's clock.
    private var newest = MediaTime.zero
    private var lastLook = MediaTime.zero
    private var lastFlush = MediaTime.zero
    private var toldDrops = 0
    private var failure: ContainerError?

    private static let second = MediaTime(seconds: 1)
    private static let flushInterval = MediaTime.milliseconds(250)

    init(
        _ configuration: SessionRecorder.Configuration, queue: WriteQueue<SessionRecorder.Note>,
        manifest: ManifestWriter
    ) {
        self.configuration = configuration
        self.queue = queue
        self.manifest = manifest
    }

    func run() {
        var batch: [WriteQueue<SessionRecorder.Note>.Entry] = []
        while queue.next(&batch) {
            for entry in batch where failure == nil {
                switch entry {
                case .chunk(let chunk, let track): take(chunk, track)
                case .note(let note): take(note)
                }
            }
            if failure == nil { look() }
        }
        for track in tracks.keys.sorted() { end(track) }
        manifest.write(ManifestEntry(at: newest, event: .end(error: failure?.cause)))
        manifest.close()
        report(.ended)
        report = { _ in }
    }

    private func place(_ time: MediaTime) -> MediaTime { time - configuration.start }

    private func note(_ event: ManifestEvent, at time: MediaTime) {
        newest = max(newest, time)
        manifest.write(ManifestEntry(at: max(time, .zero), event: event))
    }

    private func take(_ note: SessionRecorder.Note) {
        switch note {
        case .track(let number, let description):
            tracks[number] = TrackFile(number: number, description)
            if description.kind != .sound { wishKeyframe(number) }
        case .size(let number, let size, let time):
            guard let track = tracks[number], track.size != size else { return }
            track.size = size
            self.note(.resized(track: number, size: size), at: place(time))
        case .rotation(let number, let rotation, let time):
            guard let track = tracks[number], track.rotation != rotation else { return }
            track.rotation = rotation
            self.note(.rotated(track: number, rotation), at: place(time))
        case .endTrack(let number): end(number)
        case .event(let event, let time): self.note(event, at: place(time))
        case .finish: break
        }
    }

    private func take(_ chunk: EncodedChunk, _ number: Int) {
        guard let track = tracks[number], !track.hasFailed else { return }
        var moved = chunk
        moved.time = place(chunk.time)
        moved.decodeTime = place(chunk.decodeTime)
        newest = max(newest, moved.time)
        guard moved.time >= .zero, moved.decodeTime >= .zero else { return }
        do {
            if track.writer == nil {
                guard track.begins(with: moved) else {
                    wishKeyframe(number)
                    return
                }
                let path = try track.open(in: configuration.folder, started: configuration.started)
                note(.track(track.manifestFile(start: moved.time)), at: moved.time)
                report(.began(track: number, path: path))
            }
            try track.write(moved)
        } catch {
            fail(number, error)
        }
    }

    private func fail(_ number: Int, _ error: ContainerError) {
        guard let track = tracks[number] else { return }
        track.hasFailed = true
        if error.code == .noSpace {
            // All tracks lie on one disk: it is said once.
            guard failure == nil else { return }
            failure = error
            report(.failed(error))
        } else {
            report(.trackFailed(track: number, error))
        }
    }

    private func end(_ number: Int) {
        guard let track = tracks.removeValue(forKey: number), let writer = track.writer else { return }
        note(.trackEnded(track: number, chunks: track.chunks, dropped: track.late), at: newest)
        do {
            report(.finished(track: number, try writer.finish()))
        } catch {
            guard !track.hasFailed else { return }
            report(.trackFailed(track: number, error))
        }
    }

    private func wishKeyframe(_ number: Int) {
        guard let track = tracks[number], track.lastWish.map({ newest - $0 >= SessionRecording.second }) ?? true else {
            return
        }
        track.lastWish = newest
        report(.keyframeWanted(track: number))
    }

    private func look() {
        for (number, track) in tracks where track.description.kind != .sound && queue.needsKeyframe(stream: number) {
            wishKeyframe(number)
        }
        // All together, so that those of one participant end together whenever the process does.
        if newest - lastFlush >= SessionRecording.flushInterval {
            lastFlush = newest
            for (number, track) in tracks {
                do {
                    try track.flush()
                } catch {
                    fail(number, error)
                }
            }
        }
        guard failure == nil, newest - lastLook >= .milliseconds(500) else { return }
        lastLook = newest
        let dropped = queue.statistics.dropped
        if dropped > toldDrops {
            toldDrops = dropped
            report(.droppedChunks(dropped))
        }
        let path = configuration.folder + "/" + Manifest.fileName
        if let free = DiskSpace.free(at: path), free < configuration.leastFreeSpace / 2 {
            failure = ContainerError(
                .noSpace, path: configuration.folder, cause: "only \(free >> 20) MB are free on its disk",
                remedy: "what was recorded is kept; free some space and start another")
        } else if !DiskSpace.exists(path) {
            failure = ContainerError(
                .writeFailed, path: path, cause: "was deleted or moved while it was recorded",
                remedy: "start another recording")
        } else if let number = manifest.failure {
            failure = ContainerError(
                number == ENOSPC ? .noSpace : .writeFailed, path: path, cause: "cannot be written (error \(number))",
                remedy: "what was recorded is kept")
        }
        if let failure { report(.failed(failure)) }
    }
}

/// One track's file.
private final class TrackFile {
    let number: Int
    let description: SessionRecorder.TrackDescription
    var size: PictureSize?
    var rotation = Rotation.none
    var hasFailed = false
    var lastWish: MediaTime?
    private(set) var writer: FileWriter?
    private(set) var chunks = 0
    private(set) var late = 0
    private var newest = -MediaTime.limit
    private var isFlushed = true
    private var setup: [UInt8] = []

    init(number: Int, _ description: SessionRecorder.TrackDescription) {
        self.number = number
        self.description = description
        size = description.size
    }

    private var isSound: Bool { description.kind == .sound }

    /// Names are made of numbers and kinds: nothing that a peer says is in them.
    private var name: String {
        "\(number)-\(description.kind.rawValue)." + ([.vp8, .vp9, .opus].contains(description.codec) ? "webm" : "mkv")
    }

    func manifestFile(start: MediaTime) -> ManifestEvent.TrackFile {
        ManifestEvent.TrackFile(
            track: number, participant: description.participant, kind: description.kind, codec: description.codec,
            file: name, start: start)
    }

    /// Whether a file can begin with the chunk; remembers what its header needs.
    func begins(with chunk: EncodedChunk) -> Bool {
        if isSound { return true }
        guard chunk.isKeyframe else { return false }
        if description.codec == .vp8, let coded = TrackFile.sizeOfVP8(chunk.data) { size = coded }
        if description.codec == .h264 {
            setup = TrackFile.parameterSets(chunk.data)
            if setup.isEmpty { return false }
        }
        return true
    }

    func open(in folder: String, started: Int64) throws(ContainerError) -> String {
        var options = FileWriter.Options()
        options.title = description.name
        options.creationTime = started / 1000
        let path = folder + "/" + name
        let video =
            isSound
            ? nil
            : VideoParameters(
                codec: description.codec, size: size ?? PictureSize(width: 640, height: 360), setup: setup,
                colour: .bt601Limited, rotation: rotation)
        let sound =
            isSound
            ? SoundParameters(codec: description.codec, sampleRate: 48_000, channels: description.channels) : nil
        if isSound { options.soundTitle = description.name } else { options.videoTitle = description.name }
        writer = try FileWriter(path: path, video: video, sound: sound, options: options)
        return path
    }

    func write(_ chunk: EncodedChunk) throws(ContainerError) {
        // A clock that is being set right may step back a little; what lies before the last chunk has no place.
        guard chunk.decodeTime > newest else {
            late += 1
            return
        }
        newest = chunk.decodeTime
        try writer?.write(chunk, to: isSound ? .sound : .video)
        chunks += 1
        isFlushed = false
    }

    /// What was written survives the process from now on.
    func flush() throws(ContainerError) {
        guard !isFlushed, !hasFailed else { return }
        isFlushed = true
        try writer?.flush()
    }

    /// RFC 6386, 9.1: 14 bits each of width and height behind the start code 9d 01 2a of a keyframe.
    private static func sizeOfVP8(_ data: [UInt8]) -> PictureSize? {
        guard data.count >= 10, data[3] == 0x9d, data[4] == 0x01, data[5] == 0x2a else { return nil }
        let size = PictureSize(
            width: (Int(data[7]) << 8 | Int(data[6])) & 0x3fff, height: (Int(data[9]) << 8 | Int(data[8])) & 0x3fff)
        return size.width > 0 && size.height > 0 ? size : nil
    }

    /// The parameter sets of a keyframe of H.264 with start codes (ITU-T H.264, annex B), with start codes; empty unless
    /// there is one of each kind.
    private static func parameterSets(_ data: [UInt8]) -> [UInt8] {
        var starts: [Int] = []
        var index = 0
        while index + 3 < data.count {
            if data[index] == 0, data[index + 1] == 0, data[index + 2] == 1 {
                starts.append(index + 3)
                index += 3
            } else {
                index += 1
            }
        }
        var result: [UInt8] = []
        var kinds: Set<UInt8> = []
        for (position, start) in starts.enumerated() {
            let kind = data[start] & 0x1f
            guard kind == 7 || kind == 8 else { continue }
            var end = position + 1 < starts.count ? starts[position + 1] - 3 : data.count
            while end > start, data[end - 1] == 0 { end -= 1 }
            result += [0, 0, 0, 1] + data[start..<end]
            kinds.insert(kind)
        }
        return kinds.count == 2 ? result : []
    }
}
