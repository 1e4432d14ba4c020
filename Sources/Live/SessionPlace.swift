import Mixing
import Synchronization

/// Where a session is, and what for.
public struct SessionPlace: Sendable, Equatable {
    public var room: String
    public var kind: JoinKind

    public init(room: String, kind: JoinKind) {
        self.room = room
        self.kind = kind
    }
}

extension LiveServer {
    /// Throws 404 if there is no such session.
    public func place(ofSession token: String) throws(LiveError) -> SessionPlace {
        let number = try number(of: token)
        let place = network.ask { network in
            network.session(number).map { SessionPlace(room: $0.room.name, kind: $0.participant.kind) }
        }
        guard let place else { throw LiveError(404, "there is no such session") }
        return place
    }

    /// Why nobody could be let in now; empty if they could.
    public func reasonsNotToJoin() -> [String] {
        let present = rooms.withLock { Array($0.values) }
        var reasons: [String] = []
        if overload.step.refusesParticipants { reasons.append("the machine cannot keep up with those who are in") }
        if present.count >= configuration.roomLimit,
            present.allSatisfy({ $0.participants.count >= configuration.participantLimit })
        {
            reasons.append("all \(present.count) rooms are full")
        }
        return reasons
    }
}
