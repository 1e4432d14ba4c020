import CSRTP
import WebRTC

/// The SRTP keys of one peer, by libsrtp2.
///
/// Lengths and the E bit are checked here, before the library is asked: it computes with the length of what follows a
/// header, and accepts RTCP that is authenticated only.
final class LibSRTPSession: SRTPSession {
    /// Streams that are known at a time; libsrtp looks through them one by one.
    static let sourceLimit = 64
    /// Streams that one peer may use in the life of its keys. Beyond ``sourceLimit`` the one heard longest ago is given
    /// up for good, since its memory of what was seen is gone and old packets would be taken as new.
    static let lifetimeSourceLimit = 1_024
    /// In packets.
    private static let replayWindow: UInt = 1_024

    private let profile: SRTPProfile
    /// Owned.
    private let inbound: srtp_t
    /// Owned.
    private let outbound: srtp_t
    /// Streams that sent something authentic, with the number of the packet that was their last.
    private var sources: [UInt32: UInt64] = [:]
    private var retired: Set<UInt32> = []
    private var packets: UInt64 = 0

    static let isInitialized = srtp_init() == srtp_err_status_ok

    init(profile: SRTPProfile, keyingMaterial: [UInt8], isClient: Bool) throws {
        guard LibSRTPSession.isInitialized, keyingMaterial.count == profile.keyingMaterialLength else {
            throw SecureTransportError("libsrtp cannot be used")
        }
        self.profile = profile
        let (key, salt) = (profile.keyLength, profile.saltLength)
        let client = Array(keyingMaterial[0..<key] + keyingMaterial[2 * key..<2 * key + salt])
        let server = Array(keyingMaterial[key..<2 * key] + keyingMaterial[2 * key + salt..<2 * key + 2 * salt])
        inbound = try LibSRTPSession.makeContext(profile, key: isClient ? server : client, ssrc_any_inbound)
        do {
            outbound = try LibSRTPSession.makeContext(profile, key: isClient ? client : server, ssrc_any_outbound)
        } catch {
            srtp_dealloc(inbound)
            throw error
        }
    }

    deinit {
        srtp_dealloc(inbound)
        srtp_dealloc(outbound)
    }

    private static func makeContext(
        _ profile: SRTPProfile, key: [UInt8], _ direction: srtp_ssrc_type_t
    ) throws -> srtp_t {
        var policy = srtp_policy_t()
        switch profile {
        case .aes128CountersSHA1:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aes128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        case .aes256GCM:
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp)
        }
        policy.ssrc.type = direction
        policy.window_size = replayWindow
        policy.allow_repeat_tx = 1
        var context: srtp_t?
        var key = key
        let status = key.withUnsafeMutableBufferPointer { key in
            policy.key = key.baseAddress
            return srtp_create(&context, &policy)
        }
        guard status == srtp_err_status_ok, let context else {
            throw SecureTransportError("libsrtp refuses the keys (\(status.rawValue))")
        }
        return context
    }

    // MARK: Outbound

    func protectRTP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPFailure) -> Int {
        guard count >= 0, count + profile.tagLength <= packet.count else { throw .noRoom }
        guard LibSRTPSession.headerLength(packet.span, count: count) != nil else { throw .malformed }
        var length = Int32(count)
        let status = packet.withUnsafeMutableBytes { srtp_protect(outbound, $0.baseAddress, &length) }
        try LibSRTPSession.check(status)
        return Int(length)
    }

    func protectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPFailure) -> Int {
        guard count >= 0, count + profile.controlTrailerLength <= packet.count else { throw .noRoom }
        guard count >= 8, count & 3 == 0 else { throw .malformed }
        var length = Int32(count)
        let status = packet.withUnsafeMutableBytes { srtp_protect_rtcp(outbound, $0.baseAddress, &length) }
        try LibSRTPSession.check(status)
        return Int(length)
    }

    // MARK: Inbound

    func unprotectRTP(_ packet: inout MutableSpan<UInt8>) throws(SRTPFailure) -> Int {
        let count = packet.count
        guard count <= 65_535, let header = LibSRTPSession.headerLength(packet.span, count: count - profile.tagLength),
            header + profile.tagLength <= count, let ssrc = packet.span.uint32(at: 8)
        else { throw .malformed }
        try admit(ssrc)
        var length = Int32(count)
        let status = packet.withUnsafeMutableBytes { srtp_unprotect(inbound, $0.baseAddress, &length) }
        try LibSRTPSession.check(status)
        remember(ssrc)
        return Int(length)
    }

    func unprotectRTCP(_ packet: inout MutableSpan<UInt8>) throws(SRTPFailure) -> Int {
        let count = packet.count
        guard count <= 65_535, count >= 8 + profile.controlTrailerLength, packet[0] >> 6 == 2,
            let ssrc = packet.span.uint32(at: 4)
        else { throw .malformed }
        // The E bit leads the index, which stands at the end with AEAD and before the tag without.
        let index = profile.isAuthenticatedEncryption ? count - 4 : count - profile.tagLength - 4
        guard packet[index] & 0x80 != 0 else { throw .unencrypted }
        try admit(ssrc)
        var length = Int32(count)
        let status = packet.withUnsafeMutableBytes { srtp_unprotect_rtcp(inbound, $0.baseAddress, &length) }
        try LibSRTPSession.check(status)
        remember(ssrc)
        return Int(length)
    }

    /// Refuses streams beyond the limits before they cost anything.
    private func admit(_ ssrc: UInt32) throws(SRTPFailure) {
        if sources[ssrc] != nil { return }
        if retired.contains(ssrc) || sources.count + retired.count >= LibSRTPSession.lifetimeSourceLimit {
            throw .tooManySources
        }
    }

    private func remember(_ ssrc: UInt32) {
        packets += 1
        if sources.updateValue(packets, forKey: ssrc) != nil { return }
        guard sources.count > LibSRTPSession.sourceLimit, let oldest = sources.min(by: { $0.value < $1.value }) else {
            return
        }
        sources[oldest.key] = nil
        retired.insert(oldest.key)
        srtp_remove_stream(inbound, oldest.key)
    }

    // MARK: Reading

    /// The bytes of an RTP header with contributors and extension; nil if it is no RTP or they do not fit in `count`.
    private static func headerLength(_ packet: Span<UInt8>, count: Int) -> Int? {
        guard count >= 12, count <= packet.count, let first = packet.byte(at: 0), first >> 6 == 2 else { return nil }
        var length = 12 + Int(first & 0x0F) * 4
        if first & 0x10 != 0 {
            guard let words = packet.uint16(at: length + 2) else { return nil }
            length += 4 + Int(words) * 4
        }
        return length <= count ? length : nil
    }

    private static func check(_ status: srtp_err_status_t) throws(SRTPFailure) {
        switch status {
        case srtp_err_status_ok: return
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail, srtp_err_status_no_ctx: throw .authentication
        case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: throw .replayed
        case srtp_err_status_bad_param, srtp_err_status_parse_err: throw .malformed
        default: throw .library(Int(status.rawValue))
        }
    }
}
