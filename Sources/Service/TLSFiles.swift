import COpenSSL
import Glibc

/// PEM files of a certificate with its chain, and of its key.
public struct TLSFiles: Sendable, Equatable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Loads both and throws them away. Throws what is wrong with which file.
    func check() throws(ServiceError) {
        for path in [certificate, key] where access(path, R_OK) != 0 {
            throw ServiceError("--tls: cannot read \(path): \(String(cString: strerror(errno)))")
        }
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw ServiceError("--tls: OpenSSL does not start")
        }
        defer {
            SSL_CTX_free(context)
            ERR_clear_error()
        }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw ServiceError("--tls: \(certificate) holds no certificate in PEM (\(TLSFiles.reason))")
        }
        // A key with a passphrase would ask at the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            let reason = TLSFiles.reason
            throw ServiceError(
                reason.contains("mismatch")
                    ? "--tls: the key \(key) is not that of the certificate \(certificate)"
                    : "--tls: \(key) holds no private key in PEM without a passphrase (\(reason))")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw ServiceError("--tls: the key \(key) is not that of the certificate \(certificate)")
        }
    }

    private static var reason: String {
        let code = ERR_peek_last_error()
        guard let text = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: text)
    }

    /// When the files were last changed, in nanoseconds since 1970; for noticing that they were.
    package var changes: [Int64] {
        [certificate, key].map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return 0 }
            return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        }
    }
}
