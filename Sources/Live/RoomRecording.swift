import Codecs
import Containers
import Foundation
import Media
import Mixing
import RTP
import Recording
import Room
import Synchronization
public import Timing

/// A recording of a running room.
///
/// The composite is one more viewer of a view: it takes the chunks of the encode that its viewers receive, and of the
/// sound that they share, and costs no encode of its own if there is one at its rendition in a codec of its container.
public final class RoomRecording: RoomTap, @unchecked Sendable {
    public let options: RecordingOptions
    /// What of the view is written; nil for sound alone, and for tracks alone.
    let key: RenditionKey?
    let room: LiveRoom
    private let catalogue: LayoutCatalogue
    private let overload: Overload
    private let notify: @Sendable (RecordingEvent) -> Void
    /// What renditions know it by.
    private let number = RoomRecording.numbers.add(1, ordering: .relaxed).oldValue
    private static let numbers = Atomic(1)

    private struct State {
        var recorder: LiveRecorder?
        var tracks: TrackRecording?
        /// What is written, and what is to take its place with its next keyframe.
        var watched: LiveRendition?
        var awaited: LiveRendition?
        var newest = -MediaTime.limit
        var isPaused = false
        var isEmpty = false
        var isStopped = false
        /// Parts that have yet to end.
        var parts = 0
    }

    private let state = Mutex(State())

    init(
        _ options: RecordingOptions, key: RenditionKey?, room: LiveRoom, catalogue: LayoutCatalogue,
        overload: Overload, notify: @escaping @Sendable (RecordingEvent) -> Void
    ) {
        (self.catalogue, self.overload) = (catalogue, overload)
        (self.options, self.key, self.room, self.notify) = (options, key, room, notify)
    }

    var id: String { options.id }

    // MARK: - Beginning

    /// Makes the files. Throws if that cannot be.
    func begin(size: PictureSize?) throws(LiveError) {
        do {
            try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
        } catch {
            throw LiveError(500, "the recording's folder cannot be made: \(error.localizedDescription)")
        }
        do throws(ContainerError) {
            if options.kind != .composite { try beginTracks() }
            if options.kind != .tracks { try beginComposite(size: size) }
        } catch {
            cancel()
            throw LiveError(error.code == .noSpace ? 507 : 500, "the recording \(error.cause); \(error.remedy)")
        }
    }

    private func beginComposite(size: PictureSize?) throws(ContainerError) {
        var video: VideoParameters?
        if let key, let size {
            video = VideoParameters(
                codec: key.codec, size: size, setup: try setup(key, size), colour: .bt601Limited)
        }
        let path = "\(options.folder)/\(options.fileName).\(options.container)"
        var configuration = LiveRecorder.Configuration(path: path, video: video, sound: room.soundParameters)
        configuration.room = options.title ?? room.name
        configuration.videoTitle = options.layout ?? room.room.layout
        configuration.soundTitle = "mix"
        configuration.started = options.started / 1000
        configuration.speakersAreChapters = options.speakersAreChapters
        configuration.splitDuration = options.splitDuration
        configuration.splitBytes = options.splitBytes
        configuration.leastFreeSpace = options.leastFreeSpace
        let recorder = try LiveRecorder(configuration) { [weak self] event in self?.take(event) }
        state.withLock {
            $0.recorder = recorder
            $0.parts += 1
        }
    }

    private func beginTracks() throws(ContainerError) {
        let tracks = try TrackRecording(options, room: room, catalogue: catalogue, overload: overload) {
            [weak self] event in self?.take(event)
        }
        state.withLock {
            $0.tracks = tracks
            $0.parts += 1
        }
    }

    /// What the file's header says of H.264. It follows from the settings, so that an encoder that encodes nothing tells.
    private func setup(_ key: RenditionKey, _ size: PictureSize) throws(ContainerError) -> [UInt8] {
        guard key.format == .h264, let rung = room.rung(named: key.rung) else { return [] }
        do {
            return try VideoEncoders.make(LiveRendition.configuration(.h264, rung, size: size)).parameters.setup
        } catch {
            throw ContainerError(.unsupportedCodec, path: options.folder, cause: "cannot be encoded: \(error)")
        }
    }

    /// Gives it all that happens from now on.
    func run() {
        let now = room.time(at: MonotonicClock.now)
        let (room, participants) = self.room.attach(self)
        let tracks = state.withLock(\.tracks)
        tracks?.begin(room, at: now, participants: participants)
        look(at: room, now: now)
        if let id = room.activeSpeaker, let name = room.participant(id)?.name {
            state.withLock(\.recorder)?.speaker(name, at: now)
        }
    }

    /// Ends what has only begun; its files are worth nothing.
    func cancel() {
        let (recorder, tracks) = state.withLock { state in
            state.isStopped = true
            return (state.recorder, state.tracks)
        }
        recorder?.cancel()
        tracks?.stop()
    }

    // MARK: - From the room

    /// On the frame clock: the view that it watches, which may be another by now.
    func follow(_ view: LiveView?) {
        guard let key, let rendition = view?.rendition(key) else { return }
        let dropped = state.withLock { state -> LiveRendition? in
            guard !state.isStopped, rendition !== (state.awaited ?? state.watched) else { return nil }
            let dropped = state.awaited
            state.awaited = rendition === state.watched ? nil : rendition
            return dropped
        }
        dropped?.record(number, nil)
        guard state.withLock({ $0.awaited === rendition }), !rendition.hasSink(number) else { return }
        rendition.record(number) { [weak self, weak rendition] chunk in
            if let self, let rendition { take(chunk, of: rendition) }
        }
    }

    /// On the encoder's thread.
    private func take(_ chunk: EncodedChunk, of rendition: LiveRendition) {
        let (recorder, dropped, isTooEarly) = state.withLock { state -> (LiveRecorder?, LiveRendition?, Bool) in
            guard !state.isStopped else { return (nil, nil, false) }
            var dropped: LiveRendition?
            if rendition === state.awaited {
                guard chunk.isKeyframe else { return (nil, nil, false) }
                // The encode before may be a picture ahead.
                guard chunk.time > state.newest else { return (nil, nil, true) }
                dropped = state.watched
                state.watched = rendition
                state.awaited = nil
            }
            guard rendition === state.watched else { return (nil, nil, false) }
            state.newest = chunk.time
            return (state.recorder, dropped, false)
        }
        dropped?.record(number, nil)
        if isTooEarly { rendition.requestKeyframe() }
        recorder?.write(chunk, to: .video)
    }

    /// On the sound clock.
    func take(sound chunk: EncodedChunk) {
        let recorder = state.withLock { $0.isStopped ? nil : $0.recorder }
        recorder?.write(chunk, to: .sound)
    }

    /// What has happened in the room; called under its lock.
    func note(_ events: [RoomEvent], in room: Room, participants: [LiveParticipant]) {
        let (recorder, tracks) = state.withLock { ($0.isStopped ? nil : $0.recorder, $0.isStopped ? nil : $0.tracks) }
        for event in events {
            tracks?.note(event, participants: participants)
            switch event.kind {
            case .activeSpeaker(let id):
                if let name = id.flatMap(room.participant)?.name { recorder?.speaker(name, at: event.time) }
            case .joined, .left: look(at: room, now: event.time)
            case .closed: end()
            case .changed, .layout, .pinned, .view, .rendition, .recording: break
            }
        }
    }

    /// What a tick knew of everybody's loudness.
    func note(levels facts: [MediaFacts], at time: MediaTime) {
        state.withLock { $0.isStopped ? nil : $0.tracks }?.note(levels: facts, at: time)
    }

    /// Rests while there is nobody to record.
    private func look(at room: Room, now: MediaTime) {
        guard options.pausesWhenEmpty else { return }
        let isEmpty = !room.participants.contains { $0.attendance != .viewer }
        rest(now: now) { $0.isEmpty = isEmpty }
    }

    private func rest(now: MediaTime, _ change: (inout State) -> Void) {
        let told = state.withLock { state -> Bool? in
            let before = state.isPaused || state.isEmpty
            change(&state)
            let after = state.isPaused || state.isEmpty
            guard before != after, !state.isStopped else { return nil }
            // Under the lock, so that they come in this order.
            if after { state.recorder?.pause(at: now) } else { state.recorder?.resume(at: now) }
            state.tracks?.pause(after, at: now)
            return after
        }
        if let told { notify(.paused(told)) }
    }

    // MARK: - From its owner

    /// Rests until ``resume()``. Throws 409 if it does already, or has ended.
    public func pause() throws(LiveError) { try setPaused(true) }

    /// Throws 409 if it was not paused, or has ended.
    public func resume() throws(LiveError) { try setPaused(false) }

    private func setPaused(_ isPaused: Bool) throws(LiveError) {
        try requireRunning()
        guard state.withLock({ $0.isPaused != isPaused }) else {
            throw LiveError(409, isPaused ? "the recording is paused already" : "the recording is not paused")
        }
        rest(now: room.time(at: MonotonicClock.now)) { $0.isPaused = isPaused }
        try? room.change { (room, now) throws(RoomError) in try room.recordingPaused(self.id, isPaused, now: now) }
    }

    /// Begins a chapter. Throws 409 if it has ended.
    public func mark(_ title: String) throws(LiveError) {
        try requireRunning()
        let now = room.time(at: MonotonicClock.now)
        let (recorder, tracks) = state.withLock { ($0.recorder, $0.tracks) }
        recorder?.mark(title, at: now)
        tracks?.mark(title, at: now)
    }

    /// Ends it; ``RecordingEvent/ended`` says when all files are whole. Throws 409 if it has ended.
    public func stop() throws(LiveError) {
        try requireRunning()
        end()
        leaveRoom()
    }

    private func requireRunning() throws(LiveError) {
        if state.withLock(\.isStopped) { throw LiveError(409, "the recording has ended already") }
    }

    /// How much has been written.
    public var progress: (duration: MediaTime, bytes: Int64) {
        guard let status = state.withLock(\.recorder)?.status else { return (.zero, 0) }
        return (status.earlierDuration + status.duration, status.earlierBytes + status.bytes)
    }

    // MARK: - Ending

    /// Takes nothing any more. It may be called under the room's lock.
    private func end() {
        let (recorder, tracks, renditions) = state.withLock { state in
            let renditions = [state.watched, state.awaited].compactMap { $0 }
            state.isStopped = true
            state.watched = nil
            state.awaited = nil
            return (state.recorder, state.tracks, renditions)
        }
        for rendition in renditions { rendition.record(number, nil) }
        recorder?.stop()
        tracks?.stop()
    }

    private func leaveRoom() {
        room.detach(self)
        // The room may be closed, and know of no recording any more.
        try? room.change { (room, now) throws(RoomError) in try room.recordingEnded(self.id, now: now) }
    }

    private func take(_ event: LiveRecorder.Event) {
        switch event {
        case .keyframeWanted:
            state.withLock { $0.watched ?? $0.awaited }?.requestKeyframe()
        case .began(let path): notify(.began(file: path))
        case .finished(let file, _):
            notify(.finished(file: file.path, bytes: file.bytes, duration: file.duration))
        case .illustrated: break
        case .failed(let error): fail("\(error.cause)\(error.remedy.isEmpty ? "" : "; " + error.remedy)")
        case .droppedChunks(let count): notify(.dropped(count))
        case .ended: partEnded()
        }
    }

    private func take(_ event: TrackRecording.Event) {
        switch event {
        case .finished(let path, let bytes, let duration):
            notify(.finished(file: path, bytes: bytes, duration: duration))
        case .began(let path): notify(.began(file: path))
        case .failed(let words): fail(words)
        case .dropped(let count): notify(.dropped(count))
        case .ended: partEnded()
        }
    }

    /// A part cannot go on: neither does the rest, and the room is not recorded any more.
    private func fail(_ words: String) {
        notify(.failed(words))
        end()
        leaveRoom()
    }

    private func partEnded() {
        let isLast = state.withLock { state in
            state.parts -= 1
            return state.parts == 0
        }
        guard isLast else { return }
        end()
        leaveRoom()
        notify(.ended)
    }
}

extension LiveServer {
    /// Records a room. Throws 404 for an unknown room, 409 if it is recorded already or that takes a view too many, 422
    /// for a container, rendition or layout that there is not, 507 if the disk is full.
    public func record(
        room name: String, _ options: RecordingOptions, onEvent: @escaping @Sendable (RecordingEvent) -> Void
    ) throws(LiveError) -> RoomRecording {
        let room = try openRoom(name)
        guard let formats = LiveServer.formats(of: options.container) else {
            throw LiveError(422, "a recording's container is webm, mkv, mp4 or ogg")
        }
        if let layout = options.layout { _ = try catalogue.layout(named: layout) }
        var rung: Rung?
        if !formats.isEmpty, options.rendition != Rung.soundOnly, options.kind != .tracks {
            rung = try self.rung(recorded: options.rendition)
        }
        let key = rung.map { rung in
            let used = room.view(showing: options.layout)?.renditions.filter { rendition in
                rendition.key.rung == rung.name && rendition.isUsed && formats.contains(rendition.key.format)
            }
            let best = used?.max { $0.subscribers.count < $1.subscribers.count }
            return RenditionKey(rung: rung.name, format: best?.key.format ?? formats[0])
        }
        let recording = RoomRecording(
            options, key: key, room: room, catalogue: catalogue, overload: overload, notify: onEvent)
        let choice = key.map { _ in ViewChoice(layout: options.layout) }
        do throws(LiveError) {
            try room.change { (room, now) throws(RoomError) in
                try room.record(options.id, by: options.by, choice: choice, now: now)
            }
            try recording.begin(size: rung?.size)
        } catch {
            try? room.change { (room, now) throws(RoomError) in try room.recordingEnded(options.id, now: now) }
            throw error
        }
        recording.run()
        return recording
    }

    func rung(recorded name: String?) throws(LiveError) -> Rung {
        guard let name else { return configuration.ladder[0] }
        guard let rung = configuration.ladder.first(where: { $0.name == name }) else {
            let names = configuration.ladder.map(\.name) + [Rung.soundOnly]
            throw LiveError(422, "there is no rendition of that name; \(names.joined(separator: ", "))")
        }
        return rung
    }

    /// What a container can hold, the most welcome first; nil for one that is not written.
    private static func formats(of container: String) -> [PictureFormat]? {
        switch container {
        case "webm": [.vp8, .vp9]
        case "mkv": [.vp8, .vp9, .h264]
        case "mp4": [.h264]
        case "ogg": []
        default: nil
        }
    }
}
