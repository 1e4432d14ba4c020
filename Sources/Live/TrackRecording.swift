import Containers
import Layout
import Media
import Mixing
import Recording
import Room
import Synchronization
import Timing

/// Records what each participant sends, without decoding it, and writes down what happens in the room.
final class TrackRecording: Sendable {
    enum Event: Sendable {
        case began(String)
        case finished(String, Int64, MediaTime)
        case failed(String)
        case dropped(Int)
        case ended
    }

    private struct State {
        var participants: [String: LiveParticipant] = [:]
        /// Of each participant what the manifest last said.
        var known: [String: Participant] = [:]
        var levels: [String: Float] = [:]
        var poorNetworks: Set<String> = []
        var step = Degradation.none
        var speaker: String?
        var rotations: [Int: Rotation] = [:]
        /// Tracks of pictures whose chunks cannot be decoded before their next keyframe.
        var awaiting: Set<Int> = []
        var isPaused = false
        var isStopped = false
    }

    private let recorder: SessionRecorder
    private let epoch: MediaTime
    private let size: PictureSize
    private let rate: Double
    private let catalogue: LayoutCatalogue
    private let overload: Overload
    private let state: Mutex<State>
    private let wishes: Wishes

    /// Whom to ask for keyframes; apart, since the recorder tells of them before there is anybody to be told.
    private final class Wishes: Sendable {
        let feeds = Mutex<[Int: PictureFeed]>([:])
    }

    init(
        _ options: RecordingOptions, room: LiveRoom, catalogue: LayoutCatalogue, overload: Overload,
        notify: @escaping @Sendable (Event) -> Void
    ) throws(ContainerError) {
        let now = MonotonicClock.now
        epoch = room.epoch
        (self.catalogue, self.overload) = (catalogue, overload)
        (size, rate) = (room.canvas, room.frameRate.framesPerSecond)
        state = Mutex(State())
        let wishes = Wishes()
        self.wishes = wishes
        var configuration = SessionRecorder.Configuration(
            folder: options.folder, room: room.name, started: options.started, start: room.time(at: now), monotonic: now
        )
        configuration.leastFreeSpace = options.leastFreeSpace
        recorder = try SessionRecorder(configuration) { event in
            switch event {
            case .keyframeWanted(let track): wishes.feeds.withLock { $0[track] }?.requestKeyframe()
            case .began(_, let path): notify(.began(path))
            case .finished(_, let file): notify(.finished(file.path, file.bytes, file.duration))
            // The others go on.
            case .trackFailed: break
            case .failed(let error): notify(.failed("\(error.cause); \(error.remedy)"))
            case .droppedChunks(let count): notify(.dropped(count))
            case .ended: notify(.ended)
            }
        }
    }

    /// Begins with the room as it is.
    func begin(_ room: Room, at now: MediaTime, participants: [LiveParticipant]) {
        recorder.note(.view(view: TrackRecording.view, size: size, rate: rate), at: now)
        setLayout(room.layout, at: now)
        if room.pinned != nil { recorder.note(.pinned(view: TrackRecording.view, participant: room.pinned), at: now) }
        for participant in room.participants {
            arrived(participant, at: now, participants.first { $0.id == participant.id })
        }
        if let speaker = room.activeSpeaker { setSpeaker(speaker, at: now) }
    }

    /// The room's own.
    private static let view = "room"

    // MARK: - From the room

    func note(_ event: RoomEvent, participants: [LiveParticipant]) {
        switch event.kind {
        case .joined(let participant):
            arrived(participant, at: event.time, participants.first { $0.id == participant.id })
        case .changed(let participant): changed(participant, at: event.time)
        case .left(let participant, _): left(participant.id, at: event.time)
        case .activeSpeaker(let id): setSpeaker(id, at: event.time)
        case .layout(let name): setLayout(name, at: event.time)
        case .pinned(let id): recorder.note(.pinned(view: TrackRecording.view, participant: id), at: event.time)
        case .view, .rendition, .recording, .closed: break
        }
    }

    /// A built-in layout is known everywhere by its name; of any other the text is kept, as it is now.
    private func setLayout(_ name: String, at time: MediaTime) {
        recorder.note(.layout(view: TrackRecording.view, layout: catalogue.text(named: name) ?? name), at: time)
    }

    /// What a tick knew: loudness as the layouts were given it, whose network is poor, what the server gives up.
    func note(levels facts: [MediaFacts], at time: MediaTime) {
        let step = overload.step
        let (changed, networks, before) = state.withLock { state in
            var networks: [(String, Bool)] = []
            for fact in facts where state.poorNetworks.contains(fact.participant) != fact.hasPoorNetwork {
                networks.append((fact.participant, fact.hasPoorNetwork))
                if fact.hasPoorNetwork {
                    state.poorNetworks.insert(fact.participant)
                } else {
                    state.poorNetworks.remove(fact.participant)
                }
            }
            let before = state.step
            state.step = step
            var changed: [String: Double] = [:]
            for fact in facts where state.levels[fact.participant] ?? -127 != fact.level {
                state.levels[fact.participant] = fact.level
                changed[fact.participant] = min(0, max(-127, Double(fact.level)))
            }
            return (changed, networks, before)
        }
        for (id, isPoor) in networks { recorder.note(.poorNetwork(participant: id, isPoor), at: time) }
        if before != step {
            let isTaken = step > before
            // Each that lies between; those that are taken back in reverse.
            let steps = Degradation.allCases.filter { $0 > min(before, step) && $0 <= max(before, step) }
            for step in isTaken ? steps : steps.reversed() {
                recorder.note(.degraded(step: "\(step)", isTaken), at: time)
            }
        }
        if !changed.isEmpty { recorder.note(.levels(changed), at: time) }
    }

    func pause(_ isPaused: Bool, at time: MediaTime) {
        let feeds = wishes.feeds.withLock { $0 }
        state.withLock { state in
            state.isPaused = isPaused
            if isPaused { state.awaiting = Set(feeds.keys) }
        }
        if !isPaused { for feed in feeds.values { feed.requestKeyframe() } }
        recorder.note(isPaused ? .paused : .resumed, at: time)
    }

    func mark(_ title: String, at time: MediaTime) { recorder.note(.marker(title), at: time) }

    private func setSpeaker(_ id: String?, at time: MediaTime) {
        let before = state.withLock { state in
            defer { state.speaker = id }
            return state.speaker
        }
        if let before, before != id { recorder.note(.speaking(participant: before, false), at: time) }
        if let id, before != id { recorder.note(.speaking(participant: id, true), at: time) }
    }

    private func arrived(_ participant: Participant, at time: MediaTime, _ live: LiveParticipant?) {
        guard participant.attendance != .viewer else { return }
        let id = participant.id
        recorder.note(.joined(participant: id, name: participant.name, role: participant.role), at: time)
        if participant.isMuted(.audio) { recorder.note(.muted(participant: id, true), at: time) }
        if participant.hasPicture { recorder.note(.camera(participant: id, true), at: time) }
        if participant.isFrozen { recorder.note(.frozen(participant: id, true), at: time) }
        if participant.sharesScreen { recorder.note(.sharing(participant: id, true), at: time) }
        state.withLock { state in
            state.known[id] = participant
            state.participants[id] = live
        }
        guard let live else { return }
        if let camera = live.camera { tap(camera, .camera, of: live) }
        if let screen = live.screen { tap(screen, .screen, of: live) }
        if let sound = live.sound { tap(live.soundTap, channels: sound.channels, of: live) }
    }

    private func changed(_ participant: Participant, at time: MediaTime) {
        let id = participant.id
        let before = state.withLock { state in
            defer { state.known[id] = participant }
            return state.known[id]
        }
        guard let before else { return }
        func note(_ old: Bool, _ new: Bool, _ event: ManifestEvent) { if old != new { recorder.note(event, at: time) } }
        let isMuted = participant.isMuted(.audio)
        note(before.isMuted(.audio), isMuted, .muted(participant: id, isMuted))
        note(before.hasPicture, participant.hasPicture, .camera(participant: id, participant.hasPicture))
        note(before.isFrozen, participant.isFrozen, .frozen(participant: id, participant.isFrozen))
        note(before.sharesScreen, participant.sharesScreen, .sharing(participant: id, participant.sharesScreen))
        if before.role != participant.role {
            recorder.note(.role(participant: id, role: participant.role), at: time)
        }
    }

    private func left(_ id: String, at time: MediaTime) {
        let live = state.withLock { state in
            state.known[id] = nil
            state.levels[id] = nil
            state.poorNetworks.remove(id)
            return state.participants.removeValue(forKey: id)
        }
        if let live { release(live) }
        recorder.note(.left(participant: id), at: time)
    }

    func stop() {
        let participants = state.withLock { state in
            state.isStopped = true
            defer { state.participants = [:] }
            return Array(state.participants.values)
        }
        for participant in participants { release(participant) }
        wishes.feeds.withLock { $0 = [:] }
        recorder.stop()
    }

    // MARK: - Streams

    private func release(_ participant: LiveParticipant) {
        participant.camera?.setSink(nil)
        participant.screen?.setSink(nil)
        participant.soundTap.setSink(nil)
    }

    private func tap(_ feed: PictureFeed, _ kind: ManifestEvent.TrackKind, of participant: LiveParticipant) {
        let number = recorder.add(
            SessionRecorder.TrackDescription(
                participant: participant.id, name: participant.name, kind: kind, codec: feed.codec))
        wishes.feeds.withLock { $0[number] = feed }
        feed.setSink { [weak self] chunk, rotation in self?.take(chunk, rotation, track: number) }
    }

    private func tap(_ tap: SoundTap, channels: Int, of participant: LiveParticipant) {
        let number = recorder.add(
            SessionRecorder.TrackDescription(
                participant: participant.id, name: participant.name, kind: .sound, codec: .opus, channels: channels))
        tap.setSink { [weak self] chunk in self?.take(chunk, .none, track: number) }
    }

    /// On the network thread.
    private func take(_ chunk: EncodedChunk, _ rotation: Rotation, track: Int) {
        var moved = chunk
        moved.time = chunk.time - epoch
        moved.decodeTime = moved.time
        let (isTaken, isTurned) = state.withLock { state -> (Bool, Bool) in
            guard !state.isPaused, !state.isStopped else { return (false, false) }
            if state.awaiting.contains(track) {
                guard chunk.isKeyframe else { return (false, false) }
                state.awaiting.remove(track)
            }
            let isTurned = state.rotations[track] ?? .none != rotation
            if isTurned { state.rotations[track] = rotation }
            return (true, isTurned)
        }
        guard isTaken else { return }
        if isTurned { recorder.rotate(track: track, to: rotation, at: moved.time) }
        recorder.write(moved, track: track)
    }
}
