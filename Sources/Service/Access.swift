import Foundation

/// Who may do what: checks the token of a request.
public struct Access: Sendable {
    public var key: TokenKey
    /// Requests from the loopback interface need no token.
    public var isOpenOnLoopback: Bool

    public init(key: TokenKey, isOpenOnLoopback: Bool = false) {
        self.key = key
        self.isOpenOnLoopback = isOpenOnLoopback
    }

    /// The claims under which `request` may act in `room`; nil for a room means all of them. Throws 401 without a good
    /// token, 403 if it does not reach that far.
    func claims(
        of request: HTTPRequest, room: String?, needs: [Grant], now: Int = Int(Date().timeIntervalSince1970)
    ) throws(Problem) -> TokenClaims? {
        guard let token = try bearer(of: request) else {
            if isOpenOnLoopback, request.isFromLoopback { return nil }
            throw Problem(
                401, "a token is needed: Authorization: Bearer TOKEN; 'tessera token' makes one",
                headers: [("WWW-Authenticate", "Bearer realm=\"tessera\"")])
        }
        let claims: TokenClaims
        do {
            claims = try key.check(token, now: now)
        } catch {
            throw Problem(
                401, error.description,
                headers: [("WWW-Authenticate", "Bearer realm=\"tessera\", error=\"invalid_token\"")])
        }
        guard room.map(claims.opens) ?? (claims.room == "*") else {
            throw Problem(403, room.map { "the token does not open the room \($0)" } ?? "the token opens one room only")
        }
        if let lacking = needs.first(where: { !claims.allows($0) }) {
            throw Problem(403, "the token does not grant to \(lacking.rawValue)")
        }
        return claims
    }

    private func bearer(of request: HTTPRequest) throws(Problem) -> String? {
        guard let header = request.headers["authorization"] else { return nil }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw Problem(
                401, "Authorization: expected Bearer and a token",
                headers: [("WWW-Authenticate", "Bearer realm=\"tessera\"")])
        }
        return words[1].trimmed
    }
}
