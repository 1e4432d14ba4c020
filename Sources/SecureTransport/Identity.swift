import COpenSSL
public import WebRTC

/// Why the cryptographic libraries could not be used.
public struct SecureTransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, and the library's reason.
    public var description: String

    init(_ attempt: String) {
        var text = [CChar](repeating: 0, count: 256)
        let code = ERR_get_error()
        ERR_clear_error()
        ERR_error_string_n(code, &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        description = code == 0 ? attempt : "\(attempt): \(reason)"
    }
}

/// Our certificate and the settings of DTLS, shared by all peers of a process.
///
/// The certificate is self-signed with a new P-256 key, valid for a month: peers know it by its fingerprint.
public final class Identity: SecureTransportProvider {
    public let fingerprint: Fingerprint
    public let authenticator: any MessageAuthenticator = OpenSSLAuthenticator()
    /// Owned. OpenSSL counts references to it under a lock, and nothing changes it after `init`.
    private nonisolated(unsafe) let context: OpaquePointer

    public init() throws {
        // It tests its ciphers, which takes tens of milliseconds: not while media waits for the first peer's keys.
        guard LibSRTPSession.isInitialized else { throw SecureTransportError("libsrtp cannot be used") }
        guard let key = tessera_new_p256_key() else { throw SecureTransportError("cannot make a P-256 key") }
        defer { EVP_PKEY_free(key) }
        let certificate = try Identity.certificate(for: key)
        defer { X509_free(certificate) }
        guard let digest = digest(of: certificate, algorithm: "sha-256") else {
            throw SecureTransportError("cannot hash the certificate")
        }
        fingerprint = Fingerprint(algorithm: "sha-256", digest: digest)
        guard let context = SSL_CTX_new(DTLS_method()) else { throw SecureTransportError("cannot set up DTLS") }
        self.context = context
        tessera_ctx_limit_versions(context)
        tessera_ctx_set_read_ahead(context)
        tessera_ctx_set_max_cert_list(context, 8_192)
        tessera_ctx_without_session_cache(context)
        let options =
            UInt64(1) << 14  // SSL_OP_NO_TICKET
            | UInt64(1) << 30  // SSL_OP_NO_RENEGOTIATION
            | UInt64(1) << 12  // SSL_OP_NO_QUERY_MTU
            | UInt64(1) << 17  // SSL_OP_NO_COMPRESSION
        SSL_CTX_set_options(context, options)
        // Whoever the peer is, its certificate is compared with the signalled fingerprint after the handshake.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        let ciphers =
            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
            + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
            + "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
        guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1,
            SSL_CTX_set_cipher_list(context, ciphers) == 1, tessera_ctx_set_groups(context, "X25519:P-256") == 1,
            SSL_CTX_set_tlsext_use_srtp(
                context, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0
        else { throw SecureTransportError("cannot set up DTLS") }
    }

    deinit { SSL_CTX_free(context) }

    private static func certificate(for key: OpaquePointer) throws -> OpaquePointer {
        guard let certificate = X509_new() else { throw SecureTransportError("cannot make a certificate") }
        var serial = UInt64.random(in: 1...UInt64(Int64.max))
        var isDone = X509_set_version(certificate, 2) == 1
        isDone = isDone && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1
        serial = 0
        // A day back, for peers whose clock is late.
        isDone = isDone && X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400) != nil
        isDone = isDone && X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86_400) != nil
        isDone = isDone && X509_set_pubkey(certificate, key) == 1
        let name = X509_get_subject_name(certificate)
        let common = Array("Tessera".utf8)
        isDone =
            isDone
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC_VALUE, common, Int32(common.count), -1, 0) == 1
        isDone = isDone && X509_set_issuer_name(certificate, name) == 1
        isDone = isDone && X509_sign(certificate, key, EVP_sha256()) > 0
        guard isDone else {
            X509_free(certificate)
            throw SecureTransportError("cannot make a certificate")
        }
        return certificate
    }

    public func makeDTLS(isClient: Bool) throws -> any DTLSEngine {
        try OpenSSLDTLS(context: context, isClient: isClient)
    }

    public func makeSRTP(profile: SRTPProfile, keyingMaterial: [UInt8], isClient: Bool) throws -> any SRTPSession {
        try LibSRTPSession(profile: profile, keyingMaterial: keyingMaterial, isClient: isClient)
    }
}

private let MBSTRING_ASC_VALUE: Int32 = 0x1001

/// A hash of a certificate in DER form.
func digest(of certificate: OpaquePointer, algorithm: String) -> [UInt8]? {
    let function: OpaquePointer? =
        switch algorithm {
        case "sha-256": EVP_sha256()
        case "sha-384": EVP_sha384()
        case "sha-512": EVP_sha512()
        default: nil
        }
    guard let function else { return nil }
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    guard X509_digest(certificate, function, &digest, &length) == 1, length <= 64 else { return nil }
    return Array(digest.prefix(Int(length)))
}

/// HMAC-SHA1 by OpenSSL.
struct OpenSSLAuthenticator: MessageAuthenticator {
    func hmacSHA1(key: [UInt8], message: Span<UInt8>) -> SHA1Digest {
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 20
        let result = message.withUnsafeBufferPointer { message in
            HMAC(EVP_sha1(), key, Int32(key.count), message.baseAddress, message.count, &digest, &length)
        }
        // It fails for want of memory only, or where SHA-1 is switched off: then nothing works at all.
        precondition(result != nil && length == 20, "HMAC-SHA1 is not available")
        return SHA1Digest { digest[$0] }
    }
}
