import Codecs
import Layout
import Media
import Mixing
import Synchronization
import Timing

/// A running conference: who is there, the views that are watched, the sound that is heard.
///
/// The network thread lets people in and out, the frame clock draws, the sound clock mixes; what they share is under one
/// lock, which is held for looking only.
final class LiveRoom: @unchecked Sendable {
    let name: String
    /// Zero of the room's timeline, on the monotonic clock.
    let epoch: MediaTime
    private let configuration: LiveConfiguration

    struct State {
        var participants: [LiveParticipant] = []
        var views: [String: LiveView] = [:]
        var layout: String
        var pinned: String?
        var isClosed = false
        var nextNumber = 1
    }

    let state: Mutex<State>
    /// The sound clock's own.
    private let sound: RoomSound

    /// Pictures that have stopped for so long are shown as frozen, and after so long more as gone.
    private static let frozenAfter = MediaTime(seconds: 2)
    private static let goneAfter = MediaTime(seconds: 8)

    init(name: String, configuration: LiveConfiguration, now: MediaTime) throws(LiveError) {
        self.name = name
        self.configuration = configuration
        epoch = now
        state = Mutex(State(layout: configuration.defaultLayout))
        do {
            sound = try RoomSound(configuration)
        } catch {
            throw LiveError(500, error.description)
        }
    }

    func time(at now: MediaTime) -> MediaTime { now - epoch }

    var participants: [LiveParticipant] { state.withLock(\.participants) }

    // MARK: - Clocks

    /// One tick of the frame clock.
    func tick(now: MediaTime) {
        let (participants, views, pinned) = state.withLock { ($0.participants, $0.views, $0.pinned) }
        guard !views.isEmpty else { return }
        var shown: [TileContent: Picture] = [:]
        let stage = Stage(
            participants: participants.filter(\.isShown).compactMap { stageParticipant($0, now: now, shown: &shown) },
            pinned: pinned)
        var seen: Set<TileContent> = []
        var isComplete = true
        for view in views.values {
            if let contents = view.tick(stage, at: time(at: now), pictures: { shown[$0] }) {
                seen.formUnion(contents)
            } else {
                isComplete = false
            }
        }
        guard isComplete else { return }
        for participant in participants {
            participant.camera?.setShown(seen.contains(.camera(participant: participant.id)))
            participant.screen?.setShown(seen.contains(.screen(participant: participant.id)))
        }
        WishedHeights.tell(participants, of: views.values.map(\.wishedHeights))
    }

    private func stageParticipant(
        _ participant: LiveParticipant, now: MediaTime, shown: inout [TileContent: Picture]
    ) -> Stage.Participant? {
        let (isMuted, isConnected, isSilent, level) = participant.state.withLock { state in
            defer { state.level = SoundPipeline.silence }
            return (state.isMuted, state.isConnected, state.isSilent, state.level)
        }
        guard isConnected, !isSilent else { return nil }
        var result = Stage.Participant(
            id: participant.id, name: participant.name, role: participant.role, joined: participant.joined,
            hasPicture: false, isMuted: isMuted || participant.sound == nil, level: level)
        if let camera = participant.camera {
            let current = camera.timeline.show(at: now)
            let age = now - (camera.newest ?? now)
            result.hasPicture = camera.newest != nil && age < LiveRoom.goneAfter
            result.isFrozen = result.hasPicture && age > LiveRoom.frozenAfter
            if let picture = current.picture, result.hasPicture {
                let size = picture.displaySize
                result.pictureAspect = Double(size.width) / Double(size.height)
                shown[.camera(participant: participant.id)] = picture
            }
        }
        if let screen = participant.screen {
            let current = screen.timeline.show(at: now)
            if let picture = current.picture, now - (screen.newest ?? now) < LiveRoom.goneAfter {
                result.sharesScreen = true
                shown[.screen(participant: participant.id)] = picture
            }
        }
        return result
    }

    /// One tick of the sound clock.
    func soundTick(now: MediaTime) -> [RoomSound.Output] {
        let participants = participants
        guard !participants.isEmpty else { return [] }
        return sound.tick(participants, now: now, time: time(at: now))
    }

    /// Encodes of sound of the last tick.
    var soundEncodes: Int { sound.encodes }

    // MARK: - Who is there

    /// The view that a new participant is to watch, made if nobody watches it yet; refused with 409 beyond the limit.
    func enterView(
        _ wanted: String?, kind: JoinKind, make: (String) throws(LiveError) -> LiveView
    ) throws(LiveError) -> String {
        let (key, exists) = state.withLock { state in
            let key = wanted ?? state.layout
            return (key, state.views[key] != nil)
        }
        if kind == .publish || exists { return key }
        try prepareView(key, limit: configuration.viewLimit, make: make)
        return key
    }

    /// Sees to it that a view exists. Throws with 409 beyond `limit`.
    func prepareView(
        _ key: String, limit: Int, make: (String) throws(LiveError) -> LiveView
    ) throws(LiveError) {
        let (exists, count) = state.withLock { ($0.views[key] != nil, $0.views.count) }
        if exists { return }
        guard count < limit else {
            throw LiveError(409, "the room has \(count) views already, the most that are allowed; choose one of them")
        }
        let view = try make(key)
        let isSpare = state.withLock { state in
            if state.views[key] != nil { return true }
            state.views[key] = view
            return false
        }
        if isSpare { view.stop() }
    }

    /// Views that nobody watches any more end.
    func dropIdleViews() {
        for view in state.withLock({ LiveRoom.takeIdleViews(&$0) }) { view.stop() }
    }

    func admit(_ participant: LiveParticipant, limit: Int) throws(LiveError) {
        let isAdmitted = state.withLock { state in
            guard state.participants.count < limit, !state.isClosed else { return false }
            state.participants.append(participant)
            return true
        }
        guard isAdmitted else {
            throw LiveError(503, "the room is full: \(limit) participants", retryAfter: 30)
        }
    }

    /// True if somebody went. Views that nobody watches any more end.
    func dismiss(_ participant: LiveParticipant) -> Bool {
        let (wasThere, idle) = state.withLock { state -> (Bool, [LiveView]) in
            let before = state.participants.count
            state.participants.removeAll { $0 === participant }
            return (state.participants.count < before, LiveRoom.takeIdleViews(&state))
        }
        for view in idle { view.stop() }
        return wasThere
    }

    private static func takeIdleViews(_ state: inout State) -> [LiveView] {
        let watched = Set(
            state.participants.filter { $0.kind != .publish }.map { $0.state.withLock(\.view) })
        let idle = state.views.filter { !watched.contains($0.key) }
        for key in idle.keys { state.views[key] = nil }
        return Array(idle.values)
    }

    /// True if nobody is left; nobody is admitted any more then.
    func closeIfEmpty() -> Bool {
        state.withLock { state in
            guard state.participants.isEmpty else { return false }
            state.isClosed = true
            return true
        }
    }

    func close() {
        let views = state.withLock { state in
            defer { state.views = [:] }
            state.isClosed = true
            return Array(state.views.values)
        }
        for view in views { view.stop() }
    }

    func view(of participant: LiveParticipant) -> LiveView? {
        let key = participant.state.withLock(\.view)
        return state.withLock { $0.views[key] }
    }

    /// Sessions of those who watch a view.
    func viewers(of key: String) -> [Int] {
        participants.filter { $0.kind != .publish && $0.state.withLock(\.view) == key }.map(\.session)
    }
}
