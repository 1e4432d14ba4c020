import Foundation

/// Who may do what: checks the token of a request.
public struct Access: Sendable {
    /// Any of these may have signed a token; the first signs new ones.
    public var keys: TokenKeys
    /// Requests from the loopback interface need no token: those that a program on this machine made, or a page that
    /// came from it. What a proxy passes on, or a page from elsewhere, needs one.
    public var isOpenOnLoopback: Bool

    public init(keys: TokenKeys, isOpenOnLoopback: Bool = false) {
        self.keys = keys
        self.isOpenOnLoopback = isOpenOnLoopback
    }

    /// The claims under which `request` may act in `room`; nil for a room means all of them, or with `anyRoom` whichever
    /// it is that the token opens. Throws 401 without a good token, 403 if it does not reach that far.
    func claims(
        of request: HTTPRequest, room: String?, needs: [Grant], mayHaveExpired: Bool = false, anyRoom: Bool = false,
        now: Int = Int(Date().timeIntervalSince1970)
    ) throws(Problem) -> TokenClaims? {
        guard let token = try bearer(of: request) else {
            if isOpenOnLoopback, request.isLocal { return nil }
            throw Problem(
                401, "a token is needed: Authorization: Bearer TOKEN; 'tessera token' makes one",
                headers: [("WWW-Authenticate", "Bearer realm=\"tessera\"")])
        }
        let claims: TokenClaims
        do {
            claims = try keys.check(token, now: mayHaveExpired ? nil : now)
        } catch {
            throw Problem(
                401, error.description,
                headers: [("WWW-Authenticate", "Bearer realm=\"tessera\", error=\"invalid_token\"")])
        }
        guard anyRoom || room.map(claims.opens) ?? (claims.room == "*") else {
            throw Access.insufficient(
                room.map { "the token does not open the room \($0)" } ?? "the token opens one room only")
        }
        if let lacking = needs.first(where: { !claims.allows($0) }) {
            throw Access.insufficient("the token does not grant to \(lacking.rawValue)")
        }
        return claims
    }

    /// RFC 6750, section 3.1.
    private static func insufficient(_ why: String) -> Problem {
        Problem(
            403, why, headers: [("WWW-Authenticate", "Bearer realm=\"tessera\", error=\"insufficient_scope\"")])
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
