import Codecs
import Dispatch
import Layout
import Media
import Mixing
import Room
import Synchronization
import Timing

/// A running conference. What happens in it is ``Room``'s to decide; here it is carried out: the views that are watched
/// are made and ended, the clocks draw and mix, and observers are told.
///
/// What the threads share is under one lock, held for looking and deciding only. Views, encoders and decoders are made
/// by whoever asks for something, never by a clock or the network thread, and with no lock held.
final class LiveRoom: @unchecked Sendable {
    let name: String
    private let ladder: [Rung]
    let canvas: PictureSize
    let frameRate: FrameRate
    /// Zero of the room's timeline, on the monotonic clock.
    let epoch: MediaTime
    private let surroundings: Surroundings

    /// What a room needs of the server that it is in.
    struct Surroundings: Sendable {
        let catalogue: LayoutCatalogue
        let makeView: @Sendable (ViewID, LayoutFile) throws(LiveError) -> LiveView
        /// Says goodbye to sessions.
        let disconnect: @Sendable ([Int]) -> Void
        /// Sessions whose view is another now.
        let redirect: @Sendable ([Int]) -> Void
    }

    private enum Slot {
        /// Somebody is at it.
        case making
        case running(LiveView)
    }

    private struct State {
        let name: String
        var room: Room
        /// In the order of joining.
        var participants: [LiveParticipant] = []
        var views: [ViewID: Slot] = [:]
        /// Views that go on until those who watched them have a picture of another.
        var lingering: [(view: LiveView, content: ViewContent, until: MediaTime)] = []
        var observers: [RoomSubscription.Link] = []
        /// Time of the last event: threads look at the clock before they take the lock, and events are told in order.
        var lastEvent = MediaTime.zero
        var recordings: [any RoomTap] = []
    }

    private let state: Mutex<State>
    /// The sound clock's own.
    private let sound: RoomSound

    /// How long a view goes on for viewers who have yet to see another.
    private static let linger = MediaTime(seconds: 3)

    init(
        name: String, configuration: LiveConfiguration, settings: RoomSettings, surroundings: Surroundings,
        now: MediaTime
    ) throws(LiveError) {
        self.name = name
        self.surroundings = surroundings
        ladder = configuration.ladder
        canvas = configuration.canvas
        frameRate = configuration.frameRate
        epoch = now
        state = Mutex(State(name: name, room: Room(settings, now: .zero)))
        do {
            sound = try RoomSound(configuration)
        } catch {
            throw LiveError(500, error.description)
        }
    }

    func time(at now: MediaTime) -> MediaTime { now - epoch }

    func rung(named name: String) -> Rung? { ladder.first { $0.name == name } }

    var participants: [LiveParticipant] { state.withLock(\.participants) }

    /// The room as it is decided to be.
    var room: Room { state.withLock(\.room) }

    /// Views that are drawn, by when they were made.
    var runningViews: [LiveView] {
        state.withLock { state in
            state.views.sorted { $0.key < $1.key }.compactMap { _, slot in
                if case .running(let view) = slot { return view }
                return nil
            } + state.lingering.map(\.view)
        }
    }

    // MARK: - Clocks

    /// One tick of the frame clock.
    func tick(now: MediaTime) {
        let participants = participants
        var shown: [TileContent: Picture] = [:]
        let facts = participants.map { look(at: $0, now: now, shown: &shown) }
        let time = time(at: now)
        let (views, stage, work) = state.withLock { state in
            let work = LiveRoom.take(state.room.tick(facts, at: time), &state)
            var views: [(LiveView, Stage)] = state.room.views.compactMap { id, content in
                guard case .running(let view) = state.views[id] else { return nil }
                return (view, state.room.stage(for: content))
            }
            for old in state.lingering { views.append((old.view, state.room.stage(for: old.content))) }
            return (views, state.room.stage, work)
        }
        for wake in work.wakes { wake() }
        for recording in recordings {
            recording.follow(recordedView(recording.id))
            recording.note(levels: facts, at: time)
        }
        endLingering(now: now)
        for participant in stage.participants {
            // A picture that is too old to be shown, or muted, waits behind its avatar.
            if !participant.hasPicture { shown[.camera(participant: participant.id)] = nil }
            if !participant.sharesScreen { shown[.screen(participant: participant.id)] = nil }
        }
        var seen: Set<TileContent> = []
        var isComplete = true
        for (view, stage) in views {
            if let contents = view.tick(stage, at: time, pictures: { shown[$0] }) {
                seen.formUnion(contents)
            } else {
                isComplete = false
            }
        }
        guard isComplete, !views.isEmpty else { return }
        state.withLock { state in
            var outcome = RoomOutcome()
            outcome.actions = state.room.show(seen)
            _ = LiveRoom.take(outcome, &state)
        }
        WishedHeights.tell(participants, of: views.map(\.0.wishedHeights))
    }

    private func endLingering(now: MediaTime) {
        let ended = state.withLock { state -> [LiveView] in
            guard !state.lingering.isEmpty else { return [] }
            let ended = state.lingering.filter { now >= $0.until || !$0.view.isWatched }.map(\.view)
            state.lingering.removeAll { old in ended.contains { $0 === old.view } }
            return ended
        }
        for view in ended { view.stop() }
    }

    private func look(
        at participant: LiveParticipant, now: MediaTime, shown: inout [TileContent: Picture]
    ) -> MediaFacts {
        var facts = MediaFacts(participant: participant.id)
        (facts.level, facts.hasPoorNetwork) = participant.state.withLock { state in
            defer { state.level = SoundPipeline.silence }
            return (state.level, state.quality == .poor)
        }
        if let camera = participant.camera {
            facts.camera = camera.newest.map(time(at:))
            if let picture = camera.timeline.show(at: now).picture {
                let size = picture.displaySize
                facts.aspect = Double(size.width) / Double(size.height)
                shown[.camera(participant: participant.id)] = picture
            }
        }
        if let screen = participant.screen, let picture = screen.timeline.show(at: now).picture {
            facts.screen = screen.newest.map(time(at:))
            shown[.screen(participant: participant.id)] = picture
        }
        return facts
    }

    /// One tick of the sound clock.
    func soundTick(now: MediaTime) -> [RoomSound.Output] {
        let (participants, recordings) = state.withLock { ($0.participants, $0.recordings) }
        guard !participants.isEmpty || !recordings.isEmpty else { return [] }
        let outputs = sound.tick(participants, now: now, time: time(at: now))
        if let chunk = sound.sharedChunk { for recording in recordings { recording.take(sound: chunk) } }
        return outputs
    }

    /// Of the full mix.
    var soundParameters: SoundParameters { sound.parameters }

    /// Encodes of sound of the last tick.
    var soundEncodes: Int { sound.encodes }

    // MARK: - Changes

    /// What is left to be done of a change once the lock is free.
    private struct Work {
        var makes: [ViewID] = []
        var changes: [ViewID] = []
        var drops: [(id: ViewID, content: ViewContent)] = []
        var moved: [Int] = []
        var sessions: [Int] = []
        var wakes: [@Sendable () -> Void] = []
    }

    /// Changes the room at `now`, on the monotonic clock, and carries out what follows, here and now. Throws what the
    /// room refuses, in which case nothing has changed, and what keeps a view from being made.
    func change(
        now: MediaTime = MonotonicClock.now, _ body: (inout Room, MediaTime) throws(RoomError) -> RoomOutcome
    ) throws(LiveError) {
        try carryOut(now) { (state, time) throws(RoomError) in try body(&state.room, time) }
    }

    private func carryOut(
        _ now: MediaTime, _ body: (inout State, MediaTime) throws(RoomError) -> RoomOutcome
    ) throws(LiveError) {
        let time = time(at: now)
        let result: Result<Work, RoomError> = state.withLock { state in
            do throws(RoomError) {
                let outcome = try body(&state, time)
                return .success(LiveRoom.take(outcome, &state))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let refusal): throw LiveError(refusal)
        case .success(let work): try finish(work)
        }
    }

    /// The part of a change that is done at once, under the lock.
    private static func take(_ outcome: RoomOutcome, _ state: inout State) -> Work {
        var work = Work()
        for action in outcome.actions {
            switch action {
            case .makeView(let id, _):
                state.views[id] = .making
                work.makes.append(id)
            case .changeView(let id, _): work.changes.append(id)
            case .watch(let participant, let id):
                // Whoever watches another view goes on with that until the new one is there.
                if case .running = state.views[id], let session = watch(participant, id, state) {
                    work.moved.append(session)
                }
            case .dropView(let id, let content): work.drops.append((id, content))
            // Whoever begins to receive an encode asks for one by that.
            case .requestKeyframe: break
            case .setHeard(let id, let isHeard):
                find(id, state)?.state.withLock { $0.isMuted = !isHeard }
            case .setSeen(let id, let isScreen, let isSeen):
                let participant = find(id, state)
                (isScreen ? participant?.screen : participant?.camera)?.setShown(isSeen)
            case .disconnect(let id): if let session = find(id, state)?.session { work.sessions.append(session) }
            }
        }
        for event in outcome.events {
            guard case .left(let gone, _) = event.kind else { continue }
            state.participants.removeAll { $0.id == gone.id }
        }
        if !outcome.events.isEmpty {
            var events = outcome.events
            for index in events.indices {
                state.lastEvent = max(state.lastEvent, events[index].time)
                events[index].time = state.lastEvent
            }
            for recording in state.recordings {
                recording.note(events, in: state.room, participants: state.participants)
            }
            state.observers.removeAll { !$0.add(events, of: state.name) }
            work.wakes = state.observers.map(\.wake)
        }
        return work
    }

    private static func find(_ id: String, _ state: State) -> LiveParticipant? {
        state.participants.first { $0.id == id }
    }

    /// The session of who watches another view from now on.
    private static func watch(_ id: String, _ view: ViewID, _ state: State) -> Int? {
        guard let participant = find(id, state) else { return nil }
        participant.state.withLock { $0.view = view }
        return participant.session
    }

    /// The part of a change that takes a while.
    private func finish(_ work: Work) throws(LiveError) {
        for wake in work.wakes { wake() }
        if !work.sessions.isEmpty { surroundings.disconnect(work.sessions) }
        var failure: LiveError?
        for id in work.makes {
            do throws(LiveError) {
                try make(id)
            } catch {
                failure = error
            }
        }
        for id in work.changes {
            guard let view = running(id), let layout = state.withLock({ $0.room.views[id]?.layout }) else { continue }
            do throws(LiveError) {
                try show(layout, on: view)
            } catch {
                failure = error
            }
        }
        if !work.moved.isEmpty { surroundings.redirect(work.moved) }
        let until = MonotonicClock.now + LiveRoom.linger
        let ended = state.withLock { state -> [LiveView] in
            for (id, content) in work.drops {
                guard case .running(let view) = state.views.removeValue(forKey: id) else { continue }
                state.lingering.append((view, content, until))
            }
            // No clock looks after a room that has ended.
            guard state.room.isClosed else { return [] }
            defer { state.lingering = [] }
            return state.lingering.map(\.view)
        }
        for view in ended { view.stop() }
        if let failure { throw failure }
    }

    private func make(_ id: ViewID) throws(LiveError) {
        guard let layout = state.withLock({ $0.room.views[id]?.layout }) else { return }
        let view: LiveView
        do throws(LiveError) {
            view = try surroundings.makeView(id, surroundings.catalogue.layout(named: layout))
            view.layout.withLock { $0 = layout }
        } catch {
            state.withLock { $0.views[id] = nil }
            throw error
        }
        // It may have been dropped or become another's meanwhile.
        let (wanted, moved) = state.withLock { state -> (String?, [Int]) in
            guard case .making = state.views[id], let content = state.room.views[id] else { return (nil, []) }
            state.views[id] = .running(view)
            let moved = state.room.viewers(of: id).compactMap { LiveRoom.watch($0, id, state) }
            return (content.layout, moved)
        }
        guard let wanted else { return view.stop() }
        surroundings.redirect(moved)
        try show(wanted, on: view)
    }

    private func show(_ layout: String, on view: LiveView) throws(LiveError) {
        guard view.layout.withLock({ $0 != layout }) else { return }
        try view.change(to: surroundings.catalogue.layout(named: layout))
        view.layout.withLock { $0 = layout }
    }

    private func running(_ id: ViewID) -> LiveView? {
        state.withLock { state in
            if case .running(let view) = state.views[id] { return view }
            return nil
        }
    }

    // MARK: - Who is there

    /// Lets somebody in, with the view they are to watch. Throws with 409 for a view too many, 503 for a full room, 410
    /// for one that is closed.
    func admit(
        _ participant: LiveParticipant, role: String?, choice: ViewChoice, now: MediaTime
    ) throws(LiveError) {
        let newcomer = Room.Newcomer(
            id: participant.id, name: participant.name, role: role, attendance: Attendance(participant.kind),
            sendsSound: participant.sound != nil, choice: choice)
        do throws(LiveError) {
            try carryOut(now) { (state, time) throws(RoomError) in
                let outcome = try state.room.join(newcomer, now: time)
                state.participants.append(participant)
                return outcome
            }
        } catch {
            dismiss(participant.id, now: now)
            throw error
        }
    }

    /// Their connection has ended.
    func dismiss(_ participant: String, now: MediaTime) {
        follow(now) { $0.leave(participant, now: $1) }
    }

    func connected(_ participant: LiveParticipant, now: MediaTime) {
        follow(now) { $0.connected(participant.id, now: $1) }
    }

    func lost(_ participant: LiveParticipant, now: MediaTime) {
        follow(now) { $0.lost(participant.id, now: $1) }
    }

    func heardAgain(_ participant: LiveParticipant, now: MediaTime) {
        follow(now) { $0.heardAgain(participant.id, now: $1) }
    }

    /// What they are sent is another rendition now, or other layers of it.
    func renditionChanged(
        of participant: LiveParticipant, to name: String?, layers: Int, reason: String, now: MediaTime
    ) {
        follow(now) { $0.renditionChanged(of: participant.id, to: name, layers: layers, reason: reason, now: $1) }
    }

    /// Changes that the room cannot refuse, and that make no view.
    private func follow(_ now: MediaTime, _ body: (inout Room, MediaTime) -> RoomOutcome) {
        try? change(now: now) { body(&$0, $1) }
    }

    /// Ends a room that nobody has been in for as long as it may be empty. True if it is closed, now or before; nobody
    /// is admitted any more then.
    func closeIfAbandoned(now: MediaTime) -> Bool {
        follow(now) { $0.closeIfAbandoned(now: $1) }
        return state.withLock(\.room.isClosed)
    }

    func close(now: MediaTime) {
        follow(now) { $0.close(now: $1) }
    }

    func view(of participant: LiveParticipant) -> LiveView? {
        participant.state.withLock(\.view).flatMap(running)
    }

    /// The view of those who have chosen `layout`, or the room's own, and nothing more.
    func view(showing layout: String?) -> LiveView? {
        state.withLock { state in
            let content = ViewContent(layout: layout ?? state.room.layout)
            guard let id = state.room.views.first(where: { $0.value == content })?.key,
                case .running(let view) = state.views[id]
            else { return nil }
            return view
        }
    }

    // MARK: - Recordings

    private var recordings: [any RoomTap] { state.withLock(\.recordings) }

    private func recordedView(_ id: String) -> LiveView? {
        state.withLock { state in
            guard let view = state.room.recorders.first(where: { $0.id == id })?.view,
                case .running(let running) = state.views[view]
            else { return nil }
            return running
        }
    }

    /// Gives `recording` all that is mixed from now on, and tells it what happens; the room as it is at this instant.
    func attach(_ recording: any RoomTap) -> (room: Room, participants: [LiveParticipant]) {
        state.withLock { state in
            state.recordings.append(recording)
            return (state.room, state.participants)
        }
    }

    func detach(_ recording: any RoomTap) {
        state.withLock { state in state.recordings.removeAll { $0 === recording } }
    }

    /// Tells `link` of all that happens from now on; the room as it is at this instant.
    func observe(_ link: RoomSubscription.Link) -> Room {
        state.withLock { state in
            state.observers.append(link)
            return state.room
        }
    }
}

extension LiveError {
    init(_ refusal: RoomError) {
        switch refusal.code {
        case .closed: self.init(410, refusal.description)
        case .full: self.init(503, refusal.description, retryAfter: 30)
        case .unknownParticipant, .unknownRecording: self.init(404, refusal.description)
        case .nameTaken, .tooManyViews, .watchesNothing, .alreadyRecorded: self.init(409, refusal.description)
        case .forbidden: self.init(403, refusal.description)
        }
    }
}

extension Attendance {
    init(_ kind: JoinKind) {
        switch kind {
        case .session: self = .full
        case .publish: self = .sender
        case .view: self = .viewer
        }
    }
}

extension JoinKind {
    init(_ attendance: Attendance) {
        switch attendance {
        case .full: self = .session
        case .sender: self = .publish
        case .viewer: self = .view
        }
    }
}
