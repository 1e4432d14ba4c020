public import RTP
public import Timing

/// What happened to a peer, other than the arrival of media.
public enum PeerEvent: Hashable, Sendable {
    /// A check authenticated this path: datagrams over it are this peer's.
    case pathAuthenticated(NetworkPath)
    /// The path is this peer's no more.
    case pathRetired(NetworkPath)
    /// Everything goes this way from now on; the first time, and whenever the peer's address changes.
    case pathSelected(NetworkPath)
    /// Media can flow.
    case connected(SRTPProfile)
    /// Nothing authentic came for ``PeerLimits/silence``. The peer may come back.
    case silent
    /// Something authentic came after all.
    case heardAgain
    /// What a data channel's transport sent (SCTP), at most 2,048 bytes.
    case applicationData([UInt8])
    /// The end; nothing is sent or taken any more.
    case ended(PeerEnd)
}

/// Why a peer ended.
public enum PeerEnd: Error, Hashable, Sendable {
    /// The peer said goodbye.
    case closedByPeer
    /// ``Peer/close(now:)``.
    case closed
    /// No authenticated check came within ``PeerLimits/halfOpen``.
    case neverChecked
    /// Consent to send ended: nothing authentic came for ``PeerLimits/consent`` (RFC 7675).
    case consentLost
    /// No candidate pair worked.
    case unreachable
    case handshake(DTLSAssociation.Failure)
}

/// How long a peer may take and be quiet.
public struct PeerLimits: Hashable, Sendable {
    /// From the start to the first authenticated check.
    public var halfOpen = MediaTime.milliseconds(15_000)
    /// From the start to being connected.
    public var connect = MediaTime.milliseconds(40_000)
    public var silence = MediaTime.milliseconds(8_000)
    public var consent = MediaTime.milliseconds(30_000)
    /// Packets a second of media and its control, over a second; what comes beyond is dropped before it costs anything.
    /// A 1080p picture of 8 Mbit/s with its sound has about 900.
    public var packetRate = 4_000

    public init() {}
}

/// What arrived and was dropped, and why.
public struct PeerCounters: Hashable, Sendable {
    public var rtpPackets = 0
    public var rtcpPackets = 0
    public var ice = ICECounters()
    /// Neither STUN, DTLS nor media.
    public var unknownKind = 0
    /// From an address that no check authenticated.
    public var unauthenticatedPath = 0
    /// Media before there were keys.
    public var beforeKeys = 0
    /// Beyond ``PeerLimits/packetRate``.
    public var overRate = 0
    public var malformed = 0
    public var forged = 0
    public var replayed = 0
    public var unencrypted = 0
    public var tooManySources = 0
    public var unknownPayloadType = 0
    /// Authentic, but of no section that we receive.
    public var unknownSource = 0
    public var otherSRTP = 0
    /// DTLS datagrams that were not as an honest peer writes them.
    public var refusedDTLS = 0
    /// Control datagrams that nobody fetched in time.
    public var overflowed = 0

    public init() {}
}

/// Of which agreed stream a packet is.
public struct IncomingSource: Hashable, Sendable {
    public enum Role: Hashable, Sendable {
        case media
        /// RTX (RFC 4588).
        case retransmission
    }

    /// Index among the negotiated sections.
    public var media: Int
    public var role: Role
    /// Index among the section's simulcast layers; nil without simulcast or when the peer has not told.
    public var layer: Int?
    /// What a retransmission repeats, if the signalling said so.
    public var repairs: SSRC?

    public init(media: Int, role: Role, layer: Int? = nil, repairs: SSRC? = nil) {
        self.media = media
        self.role = role
        self.layer = layer
        self.repairs = repairs
    }
}

/// What a datagram turned out to be.
public enum Arrival: Sendable {
    /// Used up, or dropped and counted.
    case none
    /// An authentic RTP packet: the first `count` bytes of the datagram are now the plain packet, and `packet` says where
    /// its parts are.
    case rtp(packet: RTPPacket, count: Int, source: IncomingSource)
    /// An authentic compound of RTCP packets in the first `count` bytes.
    case rtcp(count: Int)
}

/// Why a packet could not be sent.
public enum SendFailure: Error, Hashable, Sendable {
    /// Not yet, or not any more.
    case notConnected
    case srtp(SRTPFailure)
}
