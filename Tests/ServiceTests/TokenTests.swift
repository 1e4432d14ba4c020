import Service
import Testing

struct TokenTests {
    let key: TokenKey
    let claims = TokenClaims(room: "demo", grants: [.publish], exp: 1000)

    init() throws { key = try TokenKey(Array(repeating: 7, count: 32)) }

    @Test func aTokenComesBackAsItWasSigned() throws {
        #expect(try key.check(key.sign(claims), now: 999) == claims)
    }

    @Test func expiredForgedAndMalformedTokensAreRefused() throws {
        let token = key.sign(claims)
        #expect(throws: TokenError.self) { try key.check(token, now: 1000) }
        let other = try TokenKey(Array(repeating: 8, count: 32))
        #expect(throws: TokenError.self) { try other.check(token, now: 0) }
        for bad in [
            "", "..", "a.b", token + "x", String(token.dropLast(3)), token + ".x", String(repeating: "a", count: 5000),
        ] {
            #expect(throws: TokenError.self) { try key.check(bad, now: 0) }
        }
    }

    /// {"alg":"none"} with the same claims, without and with the old signature.
    @Test func noOtherAlgorithmIsTaken() {
        let parts = key.sign(claims).split(separator: ".")
        for signature in ["", String(parts[2])] {
            #expect(throws: TokenError.self) { try key.check("eyJhbGciOiJub25lIn0.\(parts[1]).\(signature)", now: 0) }
        }
    }

    @Test func aShortKeyIsRefused() {
        #expect(throws: TokenError.self) { try TokenKey([1, 2, 3]) }
    }
}
