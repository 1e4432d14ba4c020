import Layout
import Room
import Timing

extension MediaTime {
    static func at(_ seconds: Double) -> MediaTime { MediaTime(seconds: seconds) }
}

/// Does what a room asks of whoever runs it, as far as it can be seen from outside, and says when that makes no sense.
struct Runner {
    private(set) var views: [ViewID: ViewContent] = [:]
    private(set) var watches: [String: ViewID] = [:]
    private(set) var faults: [String] = []
    private(set) var disconnected: Set<String> = []
    private var names: Set<ViewID> = []

    mutating func carryOut(_ outcome: RoomOutcome) {
        for action in outcome.actions {
            switch action {
            case .makeView(let id, let content):
                if !names.insert(id).inserted { faults.append("\(id) is made again") }
                views[id] = content
            case .changeView(let id, let content):
                if views[id] == nil { faults.append("\(id) is changed and is not there") }
                views[id] = content
            case .watch(let participant, let id):
                if views[id] == nil { faults.append("\(participant) watches \(id), which is not there") }
                watches[participant] = id
            case .dropView(let id, let content):
                if views.removeValue(forKey: id) != content { faults.append("\(id) is not what is dropped") }
            case .requestKeyframe(let id):
                if views[id] == nil { faults.append("a keyframe of \(id), which is not there") }
            case .disconnect(let participant): disconnected.insert(participant)
            case .setHeard, .setSeen: break
            }
        }
        for event in outcome.events {
            if case .left(let participant, _) = event.kind { watches[participant.id] = nil }
        }
    }
}

extension RoomOutcome {
    var kinds: [RoomEvent.Kind] { events.map(\.kind) }

    /// Participants whose state has changed, as it is now.
    var changed: [Participant] {
        events.compactMap { event in
            if case .changed(let participant) = event.kind { return participant }
            return nil
        }
    }
}

extension Room {
    /// Lets somebody in who is connected at once.
    @discardableResult mutating func enter(
        _ id: String, _ attendance: Attendance = .full, choice: ViewChoice = ViewChoice(), at seconds: Double = 0
    ) throws -> RoomOutcome {
        var outcome = try join(
            Newcomer(id: id, name: id.uppercased(), attendance: attendance, choice: choice), now: .at(seconds))
        let connected = connected(id, now: .at(seconds))
        outcome.actions += connected.actions
        outcome.events += connected.events
        return outcome
    }

    /// A tick at which everybody's camera has just sent a picture.
    @discardableResult mutating func liveTick(_ seconds: Double, levels: [String: Float] = [:]) -> RoomOutcome {
        tick(
            participants.map {
                MediaFacts(participant: $0.id, camera: .at(seconds), level: levels[$0.id] ?? -127, aspect: 16.0 / 9)
            }, at: .at(seconds))
    }
}
