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
    /// Seconds since 1970 after which it is void.
    public var exp: Int

    public init(room: String, name: String? = nil, grants: [Grant], exp: Int) {
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
}

/// Signs and checks tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA-256, and no other algorithm.
public struct TokenKey: Sendable {
    /// The longest token that is looked at.
    static let longestToken = 4096
    private let bytes: [UInt8]

    /// Throws if there are fewer than 16 bytes.
    public init(_ bytes: [UInt8]) throws(TokenError) {
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
    }

    public func sign(_ claims: TokenClaims) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let head = try? encoder.encode(Header(alg: "HS256", typ: "JWT")), let body = try? encoder.encode(claims)
        else { preconditionFailure("claims can always be written as JSON") }
        let signed = Base64URL.encode(Array(head)) + "." + Base64URL.encode(Array(body))
        return signed + "." + Base64URL.encode(code(of: Array(signed.utf8)))
    }

    /// The claims of a token that this key signed and that is still good at `now`, in seconds since 1970.
    public func check(_ token: String, now: Int) throws(TokenError) -> TokenClaims {
        guard token.utf8.count <= TokenKey.longestToken else { throw TokenError(description: "the token is too long") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw TokenError(description: "the token is not a JSON Web Token") }
        // Nothing else is believed before the signature is checked.
        let expected = code(of: Array("\(parts[0]).\(parts[1])".utf8))
        guard signature.count == expected.count, CRYPTO_memcmp(signature, expected, expected.count) == 0 else {
            throw TokenError(description: "the token was signed with another key")
        }
        let decoder = JSONDecoder()
        guard let header = try? decoder.decode(Header.self, from: Data(head)), header.alg == "HS256", header.crit == nil
        else { throw TokenError(description: "the token's algorithm is not HS256") }
        guard let claims = try? decoder.decode(TokenClaims.self, from: Data(body)) else {
            throw TokenError(description: "the token lacks room, grants or exp")
        }
        guard now < claims.exp else { throw TokenError(description: "the token has expired") }
        return claims
    }

    private func code(of message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        HMAC(EVP_sha256(), bytes, Int32(bytes.count), message, message.count, &result, &length)
        return result
    }
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
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
