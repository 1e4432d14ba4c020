/// A SHA-1 digest, 20 bytes.
public typealias SHA1Digest = InlineArray<20, UInt8>

/// The seam to the cryptographic library for STUN's MESSAGE-INTEGRITY.
public protocol MessageAuthenticator: Sendable {
    /// HMAC-SHA1 (RFC 2104) of `message`; `key` is 1 to 256 bytes, an ICE password.
    func hmacSHA1(key: [UInt8], message: Span<UInt8>) -> SHA1Digest
}
