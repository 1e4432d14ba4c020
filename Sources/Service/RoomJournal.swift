import Foundation
public import Live
import Synchronization

/// Tells the log what happens in all rooms: who leaves and why, rooms that open and end, recordings that begin and end.
public final class RoomJournal: Sendable {
    private struct State {
        var rooms: Set<String> = []
        var recordings: [String: Set<String>] = [:]
    }

    private let log: EventLog
    private let events: ServerSubscription
    private let state = Mutex(State())
    private let queue: DispatchQueue

    public init(_ server: LiveServer, log: EventLog) {
        self.log = log
        let queue = DispatchQueue(label: "journal")
        self.queue = queue
        let ring = Ring()
        events = server.observeAll(limit: 4096) { ring.call() }
        ring.set { [weak self] in
            guard let self else { return }
            queue.async { self.drain() }
        }
    }

    /// What is to be called; set once there is somebody to call.
    private final class Ring: Sendable {
        private let target = Mutex<(@Sendable () -> Void)?>(nil)
        func set(_ call: @escaping @Sendable () -> Void) { target.withLock { $0 = call } }
        func call() { target.withLock { $0 }?() }
    }

    /// Waits until all that has happened is told.
    public func settle() {
        queue.sync {}
        drain()
    }

    private func drain() {
        state.withLock { state in
            let (events, lost) = self.events.take()
            if lost > 0 { log.note("events-lost", ["count": .number(lost)]) }
            for event in events { tell(event, &state) }
        }
    }

    private func tell(_ event: LiveEvent, _ state: inout State) {
        let room = EventLog.Value.text(event.room)
        if !state.rooms.contains(event.room) {
            if case .closed = event.kind { return }
            state.rooms.insert(event.room)
            log.note("room-opened", ["room": room])
        }
        switch event.kind {
        case .participantJoined(let one):
            log.note(
                "joined",
                [
                    "room": room, "participant": .text(one.id), "name": .text(one.name),
                    "kind": .text(one.kind.rawValue),
                ])
        case .participantLeft(let one, let reason):
            log.note(
                "left",
                [
                    "room": room, "participant": .text(one.id), "reason": .text(reason),
                    "seconds": .number(Int(one.age)),
                ])
        case .recordings(let list):
            // Outputs tell of themselves.
            let list = list.filter { !$0.isOutput }
            let present = Set(list.map(\.id))
            let before = state.recordings[event.room] ?? []
            for id in present.subtracting(before).sorted() {
                let by = list.first { $0.id == id }?.by
                log.note("recording-began", ["room": room, "recording": .text(id), "by": by.map { .text($0) }])
            }
            for id in before.subtracting(present).sorted() {
                log.note("recording-ended", ["room": room, "recording": .text(id)])
            }
            state.recordings[event.room] = present.isEmpty ? nil : present
        case .closed:
            for id in (state.recordings.removeValue(forKey: event.room) ?? []).sorted() {
                log.note("recording-ended", ["room": room, "recording": .text(id)])
            }
            state.rooms.remove(event.room)
            log.note("room-closed", ["room": room, "seconds": .number(Int(event.time))])
        case .participantChanged, .activeSpeaker, .layout, .pinned, .view, .rendition: break
        }
    }
}
