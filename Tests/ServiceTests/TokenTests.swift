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

    /// A new key stands above the old one until the last token of that has expired.
    @Test func keysHaveNames() throws {
        let north = String(repeating: "n", count: 32), south = String(repeating: "s", count: 32)
        let before = try TokenKeys(text: "north \(north)\n")
        let after = try TokenKeys(text: "# since spring\nsouth \(south)\nnorth \(north)\n")
        let token = before.sign(claims)
        #expect(
            Base64URL.encode(Array(#"{"alg":"HS256","kid":"north","typ":"JWT"}"#.utf8)) == token.prefix { $0 != "." })
        #expect(try after.check(token, now: 0) == claims)
        #expect(throws: TokenError.self) { try before.check(after.sign(claims), now: 0) }
        // A name that is another key's, and a key without a name, which checks whatever a token calls it.
        let renamed = try TokenKeys(text: "south \(north)\n")
        #expect(throws: TokenError.self) { try after.check(renamed.sign(claims), now: 0) }
        #expect(try TokenKeys(text: north).check(token, now: 0) == claims)
        for bad in ["a/b \(north)", "a \(north)\na \(south)", "a short", ""] {
            #expect(throws: TokenError.self) { try TokenKeys(text: bad) }
        }
    }
}
