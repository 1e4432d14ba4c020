import Foundation
import Synchronization

/// Whose tokens open a room no more, since a host has sent them out of it. That holds for tokens that are somebody's own,
/// by a `jti` or a `name`; one without is an invitation that many may share.
final class Removals: Sendable {
    private struct State {
        /// Participants' tokens, by room and participant.
        var holders: [String: (token: String, exp: Int)] = [:]
        /// When the tokens that were taken away would have expired.
        var removed: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// Most entries of each kind; those that have expired go first.
    private let limit: Int

    init(limit: Int = 20_000) { self.limit = limit }

    private static func key(_ claims: TokenClaims, _ room: String) -> String? {
        if let id = claims.jti { return "\(room)\nid\n\(id)" }
        return claims.name.map { "\(room)\nname\n\(claims.exp)\n\($0)" }
    }

    /// Throws 403 for who was sent out.
    func check(_ claims: TokenClaims?, room: String) throws(Problem) {
        guard let claims, let key = Removals.key(claims, room) else { return }
        guard state.withLock({ $0.removed[key] == nil }) else {
            throw Problem(403, "a host has sent the holder of this token out of the room \(room)")
        }
    }

    /// A participant has come in.
    func note(_ claims: TokenClaims?, room: String, participant: String) {
        guard let claims, let key = Removals.key(claims, room) else { return }
        let now = Int(Date().timeIntervalSince1970)
        state.withLock { state in
            if state.holders.count >= limit { state.holders = state.holders.filter { $0.value.exp > now } }
            if state.holders.count < limit { state.holders["\(room)\n\(participant)"] = (key, claims.exp) }
        }
    }

    /// A host has sent them out.
    func remove(room: String, participant: String) {
        let now = Int(Date().timeIntervalSince1970)
        state.withLock { state in
            guard let (token, exp) = state.holders.removeValue(forKey: "\(room)\n\(participant)") else { return }
            if state.removed.count >= limit { state.removed = state.removed.filter { $0.value > now } }
            if state.removed.count < limit { state.removed[token] = exp }
        }
    }
}
