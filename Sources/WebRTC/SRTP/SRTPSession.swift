/// Why a packet was not protected or not accepted. In every case nothing is remembered of it.
public enum SRTPFailure: Error, Hashable, Sendable {
    /// Too short, another version, or lengths beyond the end.
    case malformed
    /// Forged, of another key, or damaged.
    case authentication
    /// Seen before, or too old to tell.
    case replayed
    /// RTCP that is not encrypted (E bit 0).
    case unencrypted
    /// More streams than one peer may have.
    case tooManySources
    /// The buffer has no room for the tag.
    case noRoom
    /// Anything else, with the library's number.
    case library(Int)
}

/// The seam to the library that speaks SRTP (RFC 3711, RFC 7714): the keys of one peer, both directions. Packets are
/// changed in place.
public protocol SRTPSession: AnyObject {
    /// Encrypts the RTP packet in the first `count` bytes and returns its new length. `packet` has room for
    /// ``SRTPProfile/tagLength`` more. A packet may be protected again only with identical bytes.
    func protectRTP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPFailure) -> Int
    /// As ``protectRTP(_:count:)``, with room for ``SRTPProfile/controlTrailerLength``.
    func protectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPFailure) -> Int
    /// Checks and decrypts the whole of `packet` and returns its new length.
    func unprotectRTP(_ packet: inout MutableSpan<UInt8>) throws(SRTPFailure) -> Int
    func unprotectRTCP(_ packet: inout MutableSpan<UInt8>) throws(SRTPFailure) -> Int
}

/// Makes what the seams stand for; one for all peers of a process.
public protocol SecureTransportProvider: Sendable {
    /// Of our certificate, for the signalling.
    var fingerprint: Fingerprint { get }
    var authenticator: any MessageAuthenticator { get }
    func makeDTLS(isClient: Bool) throws -> any DTLSEngine
    /// `keyingMaterial` is as ``DTLSEngine/exportKeyingMaterial(length:)`` gives it.
    func makeSRTP(profile: SRTPProfile, keyingMaterial: [UInt8], isClient: Bool) throws -> any SRTPSession
}
