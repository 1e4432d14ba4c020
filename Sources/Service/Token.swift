import COpenSSL
import Foundation

/// What a token allows.
public enum Grant: String, Sendable, Codable, CaseIterable {
    case publish
    case subscribe
    case record
    case admin
}

/// What a token says of who carries it.
public struct TokenClaims: Sendable, Equatable, Codable {
    /// The room it opens; `*` for every room.
    public var room: String
    /// The label of who carries it, instead of what they would call themselves.
    public var name: String?
    public var grants: [Grant]
    /// What layouts may bind a region to, such as `host`.
    public var role: String?
    /// Seconds since 1970 after which it is void.
    public var exp: Int
    /// Makes it one person's own, as a name does: it opens a room no more once a host has sent them out.
    public var jti: String?

    public init(
        room: String, name: String? = nil, grants: [Grant], role: String? = nil, exp: Int, jti: String? = nil
    ) {
        self.jti = jti
        self.role = role
        self.room = room
        self.name = name
        self.grants = grants
        self.exp = exp
    }

    func opens(_ room: String) -> Bool { self.room == "*" || self.room == room }
    /// An administrator may do everything.
    func allows(_ grant: Grant) -> Bool { grants.contains(grant) || grants.contains(.admin) }
}

/// Why a token is refused.
public struct TokenError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String
    static let otherKey = TokenError(description: "the token was signed with another key, or changed")
}

/// Signs and checks tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA-256, and no other algorithm.
public struct TokenKey: Sendable {
    /// The longest token that is looked at.
    static let longestToken = 4096
    private let bytes: [UInt8]
    /// What tokens call it in their header (RFC 7515, section 4.1.4); nil for nothing.
    public let name: String?

    /// Throws if there are fewer than 16 bytes.
    public init(_ bytes: [UInt8], name: String? = nil) throws(TokenError) {
        self.name = name
        guard bytes.count >= 16 else {
            throw TokenError(description: "a key has at least 16 bytes, this one has \(bytes.count)")
        }
        self.bytes = bytes
    }

    /// A new key of 256 random bits.
    public static func generated() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private struct Header: Codable {
        var alg: String
        var typ: String?
        var crit: [String]?
        var kid: String?
    }

    public func sign(_ claims: TokenClaims) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let head = try? encoder.encode(Header(alg: "HS256", typ: "JWT", kid: name)),
            let body = try? encoder.encode(claims)
        else { preconditionFailure("claims can always be written as JSON") }
        let signed = Base64URL.encode(Array(head)) + "." + Base64URL.encode(Array(body))
        return signed + "." + Base64URL.encode(code(of: Array(signed.utf8)))
    }

    /// The claims of a token that this key signed and that is still good at `now`, in seconds since 1970; nil for any time.
    public func check(_ token: String, now: Int?) throws(TokenError) -> TokenClaims {
        guard token.utf8.count <= TokenKey.longestToken else { throw TokenError(description: "the token is too long") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw TokenError(description: "the token is not a JSON Web Token") }
        // Nothing else is believed before the signature is checked.
        let expected = code(of: Array("\(parts[0]).\(parts[1])".utf8))
        guard signature.count == expected.count, CRYPTO_memcmp(signature, expected, expected.count) == 0 else {
            throw TokenError.otherKey
        }
        let decoder = JSONDecoder()
        guard let header = try? decoder.decode(Header.self, from: Data(head)), header.alg == "HS256", header.crit == nil
        else { throw TokenError(description: "the token's algorithm is not HS256") }
        if let name, let kid = header.kid, kid != name { throw TokenError.otherKey }
        guard let claims = try? decoder.decode(TokenClaims.self, from: Data(body)) else {
            throw TokenError(description: "the token lacks room, grants or exp")
        }
        guard now.map({ $0 < claims.exp }) ?? true else { throw TokenError(description: "the token has expired") }
        return claims
    }

    package func code(of message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        HMAC(EVP_sha256(), bytes, Int32(bytes.count), message, message.count, &result, &length)
        return result
    }
}

/// The keys of a service: the first signs, all of them check, so that a key can be replaced while tokens of the one before
/// are still good.
public struct TokenKeys: Sendable {
    private let keys: [TokenKey]

    public init(_ first: TokenKey, older: [TokenKey] = []) { keys = [first] + older }

    /// Text with a key in each line, the newest first, which may stand after its name and a space; empty lines and those
    /// that begin with `#` do not count. Throws if there is none, one is shorter than 16 bytes, or two have one name.
    public init(text: String) throws(TokenError) {
        var keys: [TokenKey] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            do throws(TokenError) {
                let words = line.split(separator: " ", maxSplits: 1).map(\.trimmed)
                let name = words.count > 1 ? words[0] : nil
                if let name, !TokenKeys.isName(name) {
                    throw TokenError(description: "a key's name is 1 to 64 of A-Z a-z 0-9 _ - .")
                }
                if let name, keys.contains(where: { $0.name == name }) {
                    throw TokenError(description: "there are two keys of one name")
                }
                keys.append(try TokenKey(Array(words[words.count - 1].utf8), name: name))
            } catch {
                throw TokenError(description: "line \(index + 1): \(error.description)")
            }
        }
        guard !keys.isEmpty else { throw TokenError(description: "there is no key") }
        self.keys = keys
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    var first: TokenKey { keys[0] }
    var all: [TokenKey] { keys }

    public func sign(_ claims: TokenClaims) -> String { keys[0].sign(claims) }

    /// As ``TokenKey/check(_:now:)`` by the key that signed the token. Throws what the first key has against it, if none
    /// did.
    public func check(_ token: String, now: Int?) throws(TokenError) -> TokenClaims {
        var first: TokenError?
        for key in keys {
            do throws(TokenError) {
                return try key.check(token, now: now)
            } catch {
                guard error == .otherKey else { throw error }
                first = first ?? error
            }
        }
        throw first ?? .otherKey
    }
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") })
        else { return nil }
        var plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain).map { Array($0) }
    }
}
