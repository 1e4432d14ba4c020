import COpenSSL
import WebRTC

/// One DTLS association by OpenSSL, in memory: a BIO of our own keeps the boundaries of datagrams.
///
/// OpenSSL reads the wall clock for its retransmissions and offers no way to ask for one. Its timer is set to a short
/// time and its attempts are swallowed, except when ``retransmit()`` asks for one: then it makes the flight anew. If its
/// timer has not run down by its own clock, it does nothing, and the caller sends the old datagrams.
final class OpenSSLDTLS: DTLSEngine {
    /// What fits every path (RFC 8261 section 5 assumes as much for data channels).
    static let datagramLimit = 1_200
    static let outgoingLimit = 64
    static let applicationDataLimit = 64
    /// In microseconds of the wall clock.
    private static let timer: UInt32 = 400_000

    private(set) var state = DTLSState.handshaking
    private let isClient: Bool
    /// Owned; OpenSSL keeps an unretained pointer back to `self` in it and in its BIO.
    private let ssl: OpaquePointer
    fileprivate var incoming: UnsafeRawBufferPointer?
    fileprivate var outgoing: [[UInt8]] = []
    private var applicationData: [[UInt8]] = []
    fileprivate var wantsRetransmission = false
    fileprivate var swallowsOutput = false

    init(context: OpaquePointer, isClient: Bool) throws {
        self.isClient = isClient
        guard let method = DatagramBIO.method, let ssl = SSL_new(context) else {
            throw SecureTransportError("cannot begin a DTLS association")
        }
        guard let bio = BIO_new(method) else {
            SSL_free(ssl)
            throw SecureTransportError("cannot begin a DTLS association")
        }
        self.ssl = ssl
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, pointer)
        BIO_set_init(bio, 1)
        SSL_set_ex_data(ssl, 0, pointer)
        // One BIO for both ways; SSL_free frees it.
        SSL_set_bio(ssl, bio, bio)
        _ = tessera_ssl_set_link_mtu(ssl, OpenSSLDTLS.datagramLimit)
        DTLS_set_timer_cb(ssl) { ssl, previous in
            // Called with the previous interval when OpenSSL is about to send a flight again, with 0 when it begins one.
            if previous != 0, let pointer = SSL_get_ex_data(ssl, 0) {
                let engine = Unmanaged<OpenSSLDTLS>.fromOpaque(pointer).takeUnretainedValue()
                engine.swallowsOutput = !engine.wantsRetransmission
            }
            return OpenSSLDTLS.timer
        }
        if isClient { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
    }

    deinit { SSL_free(ssl) }

    func start() {
        if isClient { advance() }
    }

    func receive(_ datagram: Span<UInt8>) {
        datagram.withUnsafeBytes { bytes in
            incoming = bytes
            advance()
            incoming = nil
        }
    }

    private func advance() {
        guard state == .handshaking || state == .connected else { return }
        ERR_clear_error()
        swallowsOutput = false
        if state == .handshaking {
            let result = SSL_do_handshake(ssl)
            if result == 1 {
                state = .connected
            } else {
                note(result)
            }
        }
        if state == .connected { read() }
        swallowsOutput = false
        ERR_clear_error()
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while true {
            let count = SSL_read(ssl, &buffer, Int32(buffer.count))
            guard count > 0 else {
                note(count)
                return
            }
            if applicationData.count < OpenSSLDTLS.applicationDataLimit {
                applicationData.append(Array(buffer.prefix(Int(count))))
            }
        }
    }

    private func note(_ result: Int32) {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_NONE, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: state = .closed
        default:
            state = .failed(SecureTransportError("DTLS").description)
        }
    }

    var readsEncrypted: Bool {
        if state == .connected { return true }
        let position = SSL_get_state(ssl)
        return position == (isClient ? TLS_ST_CR_CHANGE : TLS_ST_SR_CHANGE)
    }

    func takeDatagrams() -> [[UInt8]] {
        defer { outgoing.removeAll() }
        return outgoing
    }

    func retransmit() -> Bool {
        guard state == .handshaking else { return false }
        ERR_clear_error()
        wantsRetransmission = true
        swallowsOutput = false
        let result = tessera_ssl_handle_timeout(ssl)
        wantsRetransmission = false
        ERR_clear_error()
        return result > 0
    }

    func peerCertificateDigest(algorithm: String) -> [UInt8]? {
        guard let certificate = tessera_ssl_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        return digest(of: certificate, algorithm: algorithm)
    }

    var srtpProfile: SRTPProfile? {
        guard let profile = SSL_get_selected_srtp_profile(ssl) else { return nil }
        return SRTPProfile(rawValue: UInt16(truncatingIfNeeded: profile.pointee.id))
    }

    func exportKeyingMaterial(length: Int) -> [UInt8]? {
        let label = "EXTRACTOR-dtls_srtp"
        var material = [UInt8](repeating: 0, count: length)
        let result = SSL_export_keying_material(ssl, &material, length, label, label.utf8.count, nil, 0, 0)
        return result == 1 ? material : nil
    }

    func send(applicationData: Span<UInt8>) {
        guard state == .connected, applicationData.count > 0, applicationData.count <= 1_150 else { return }
        ERR_clear_error()
        applicationData.withUnsafeBytes { bytes in
            _ = SSL_write(ssl, bytes.baseAddress, Int32(bytes.count))
        }
        ERR_clear_error()
    }

    func takeApplicationData() -> [[UInt8]] {
        defer { applicationData.removeAll() }
        return applicationData
    }

    func close() {
        ERR_clear_error()
        if state == .connected { SSL_shutdown(ssl) }
        if state == .handshaking || state == .connected { state = .closed }
        ERR_clear_error()
    }
}

/// The BIO that hands datagrams between OpenSSL and ``OpenSSLDTLS``.
private enum DatagramBIO {
    /// Made once, never freed.
    nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams in memory") else {
            return nil
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let engine = engine(of: bio), let bytes, count > 0 else { return -1 }
            tessera_bio_clear_retry(bio)
            if !engine.swallowsOutput, engine.outgoing.count < OpenSSLDTLS.outgoingLimit {
                engine.outgoing.append(Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
            }
            return count
        }
        BIO_meth_set_read(method) { bio, bytes, capacity in
            guard let bio, let engine = engine(of: bio), let bytes, capacity > 0 else { return -1 }
            guard let incoming = engine.incoming, incoming.count > 0 else {
                tessera_bio_retry_read(bio)
                return -1
            }
            tessera_bio_clear_retry(bio)
            engine.incoming = nil
            // Like a socket: what does not fit of a datagram is lost.
            let count = min(incoming.count, Int(capacity))
            UnsafeMutableRawBufferPointer(start: bytes, count: count).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: incoming[0..<count]))
            return Int32(count)
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            tessera_bio_is_flush(command) == 1 ? 1 : 0
        }
        return method
    }()

    private static let BIO_TYPE_SOURCE_SINK: Int32 = 0x0400

    private static func engine(of bio: OpaquePointer) -> OpenSSLDTLS? {
        BIO_get_data(bio).map { Unmanaged<OpenSSLDTLS>.fromOpaque($0).takeUnretainedValue() }
    }
}
