/// The SRTP protection profiles that are offered and accepted (RFC 5764 section 4.1.2, RFC 7714 section 14.2). There is no
/// profile without encryption among them.
public enum SRTPProfile: UInt16, Hashable, Sendable, CaseIterable {
    case aes128CountersSHA1 = 0x0001
    case aes128GCM = 0x0007
    case aes256GCM = 0x0008

    /// In bytes.
    public var keyLength: Int { self == .aes256GCM ? 32 : 16 }
    /// In bytes.
    public var saltLength: Int { self == .aes128CountersSHA1 ? 14 : 12 }
    /// Bytes that protection adds to an RTP packet.
    public var tagLength: Int { self == .aes128CountersSHA1 ? 10 : 16 }
    /// Bytes that protection adds to an RTCP packet: tag, E bit and index.
    public var controlTrailerLength: Int { tagLength + 4 }
    public var isAuthenticatedEncryption: Bool { self != .aes128CountersSHA1 }
    /// Bytes of keying material for both directions.
    public var keyingMaterialLength: Int { 2 * (keyLength + saltLength) }
}

/// Where a DTLS association stands.
public enum DTLSState: Hashable, Sendable {
    case handshaking
    case connected
    /// The peer said goodbye.
    case closed
    /// With the library's reason.
    case failed(String)
}

/// The seam to the library that speaks DTLS: one association, in memory. It has no timer: ``DTLSAssociation`` has.
public protocol DTLSEngine: AnyObject {
    var state: DTLSState { get }
    /// Begins the handshake as a client; as a server it does nothing.
    func start()
    /// Takes one datagram of whole records.
    func receive(_ datagram: Span<UInt8>)
    /// Whether records of the peer's encrypted epoch can be processed at once. Until then they are kept from the engine.
    var readsEncrypted: Bool { get }
    /// What is to be sent since the last call, each at most 1,200 bytes.
    func takeDatagrams() -> [[UInt8]]
    /// Makes the last flight anew, with new record numbers, for ``takeDatagrams()``. False if the engine cannot do that at
    /// this moment; its old datagrams will do then.
    func retransmit() -> Bool
    /// A hash of the peer's certificate by «sha-256» and the like; nil without a certificate or for an unknown function.
    func peerCertificateDigest(algorithm: String) -> [UInt8]?
    /// What was agreed on; nil if nothing.
    var srtpProfile: SRTPProfile? { get }
    /// RFC 5705 with the label of RFC 5764: client key, server key, client salt, server salt.
    func exportKeyingMaterial(length: Int) -> [UInt8]?
    /// Sends what a data channel carries, at most 1,150 bytes. Dropped unless connected.
    func send(applicationData: Span<UInt8>)
    /// What arrived for data channels, one element for each record.
    func takeApplicationData() -> [[UInt8]]
    /// Says goodbye, for ``takeDatagrams()``.
    func close()
}
