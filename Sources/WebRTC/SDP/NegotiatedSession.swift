public import RTP

/// How a picture or sound is coded, as far as we can do it.
public enum MediaFormat: String, Hashable, Sendable, CaseIterable {
    case vp8 = "VP8"
    case vp9 = "VP9"
    case h264 = "H264"
    case opus = "opus"

    public var isVideo: Bool { self != .opus }
}

/// What both sides agreed to tell each other about packets (RFC 4585, RFC 5104).
public struct FeedbackKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let nack = FeedbackKinds(rawValue: 1)
    public static let pictureLoss = FeedbackKinds(rawValue: 2)
    public static let fullIntraRequest = FeedbackKinds(rawValue: 4)
    public static let remb = FeedbackKinds(rawValue: 8)
    public static let transportWide = FeedbackKinds(rawValue: 16)

    static let names: [(kind: FeedbackKinds, name: String)] = [
        (.remb, "goog-remb"), (.transportWide, "transport-cc"), (.fullIntraRequest, "ccm fir"), (.nack, "nack"),
        (.pictureLoss, "nack pli"),
    ]

    init(named names: [String]) {
        self = FeedbackKinds.names.reduce(into: []) { if names.contains($1.name) { $0.insert($1.kind) } }
    }

    var names: [String] { FeedbackKinds.names.filter { contains($0.kind) }.map(\.name) }
}

/// The codec of one section and what goes with it.
public struct NegotiatedCodec: Hashable, Sendable {
    public var format: MediaFormat
    public var payloadType: PayloadType
    /// In Hz, of RTP's timestamps.
    public var clockRate: Int
    /// Of RTX (RFC 4588); nil when lost packets are sent again as they were.
    public var retransmission: PayloadType?
    /// Of RED (RFC 2198) round Opus.
    public var redundancy: PayloadType?
    public var feedback: FeedbackKinds
    /// Of the peer's `a=fmtp`: what it can receive.
    public var parameters: [CodecDescription.Parameter]
}

/// A stream that we send: the names it goes by.
public struct LocalStream: Hashable, Sendable {
    public var ssrc: SSRC
    /// Of retransmissions; nil for sound.
    public var retransmission: SSRC?
    public var cname: String
    /// «stream track», by which a browser groups sound and picture.
    public var msid: String

    public init(ssrc: SSRC, retransmission: SSRC?, cname: String, msid: String) {
        self.ssrc = ssrc
        self.retransmission = retransmission
        self.cname = cname
        self.msid = msid
    }
}

/// One section as agreed.
public struct NegotiatedMedia: Hashable, Sendable {
    /// Among the sections of the offer, from 0.
    public var index: Int
    public var mid: String?
    public var kind: MediaSection.Kind
    /// From our side. `inactive` for a rejected section.
    public var direction: MediaDirection
    /// Nil for a rejected section and for data channels.
    public var codec: NegotiatedCodec?
    /// Simulcast layers that we receive, by rid, as the peer ordered them; empty without simulcast.
    public var layers: [String] = []
    /// Streams that the peer named.
    public var remoteSources: [SSRC] = []
    /// Of the peer's: retransmissions → what they repeat.
    public var remoteRetransmissions: [SSRC: SSRC] = [:]
    /// What we send; nil if nothing.
    public var local: LocalStream?
    /// What the peer wants to receive at most, in kbit/s; nil without a wish.
    public var bandwidth: Int?
    /// For data channels: the peer's SCTP port.
    public var sctpPort: Int?

    public var isRejected: Bool { codec == nil && sctpPort == nil }
}

/// What one side learnt of the other's transport.
public struct RemoteTransport: Hashable, Sendable {
    public var credentials: ICECredentials
    /// Of functions that we accept; the peer's certificate matches one.
    public var fingerprints: [Fingerprint]
    /// Whether we begin the DTLS handshake.
    public var isDTLSClient: Bool
    public var candidates: [Candidate]
    public var isICELite: Bool
}

/// What offer and answer came to.
public struct NegotiatedSession: Sendable {
    public var media: [NegotiatedMedia]
    public var transport: RemoteTransport
    /// One meaning of numbers for all sections (RFC 8843 section 9.2).
    public var extensions: HeaderExtensionMap
    /// Of our description: the same in all answers of a session, and counting them (RFC 8829 section 5.3.2).
    public var sessionID: UInt64 = 1
    public var sessionVersion: UInt64 = 1
}

/// What this side can do and wants; the defaults are the server's.
public struct MediaCapabilities: Hashable, Sendable {
    /// By preference; the first that the peer can do as well is taken.
    public var video: [MediaFormat] = [.vp8, .vp9, .h264]
    /// Whether RED is agreed to. A browser then may use it; it does so if told to or if it prefers it.
    public var acceptsRedundantSound = true
    public var acceptsStereo = true
    public var acceptsSimulcast = true
    public var acceptsDataChannels = false
    public var audioExtensions: [HeaderExtension] = [
        .audioLevel, .mid, .absoluteSendTime, .transportSequenceNumber,
    ]
    public var videoExtensions: [HeaderExtension] = [
        .mid, .streamID, .repairedStreamID, .absoluteSendTime, .transportSequenceNumber, .videoOrientation,
        .playoutDelay,
    ]
    public var audioFeedback: FeedbackKinds = [.nack, .transportWide]
    public var videoFeedback: FeedbackKinds = [.nack, .pictureLoss, .fullIntraRequest, .remb, .transportWide]

    public init() {}

    func extensions(of kind: MediaSection.Kind) -> [HeaderExtension] {
        kind == .audio ? audioExtensions : videoExtensions
    }
}

/// What this side tells of its transport.
public struct LocalTransport: Hashable, Sendable {
    public var credentials: ICECredentials
    public var fingerprint: Fingerprint
    public var candidates: [Candidate]

    public init(credentials: ICECredentials, fingerprint: Fingerprint, candidates: [Candidate]) {
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.candidates = candidates
    }
}

extension MediaSection {
    /// The profiles that mean SRTP keyed by DTLS (RFC 8829 section 5.1.2). Everything else would be plaintext, or keys
    /// in the open.
    static let securedProtocols: Set<String> = [
        "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP",
        "RTP/SAVPF", "RTP/SAVP",
    ]
    static let dataProtocols: Set<String> = ["UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"]

    /// The payload types of one format that fit what we can do, best first.
    func codecs(for format: MediaFormat) -> [CodecDescription] {
        let named = codecs.filter { $0.name.lowercased() == format.rawValue.lowercased() }
        switch format {
        case .vp8: return named.filter { $0.clockRate == 90_000 }
        case .vp9:
            // Profile 0: 8 bits, 4:2:0.
            return named.filter { $0.clockRate == 90_000 && ($0[parameter: "profile-id"] ?? "0") == "0" }
        case .h264:
            let usable = named.filter { $0.clockRate == 90_000 && $0[parameter: "packetization-mode"] == "1" }
            let order = ["42e0", "4200", "4d00", "640c", "6400"]
            let rank = { (codec: CodecDescription) in
                let profile = codec[parameter: "profile-level-id"]?.lowercased().prefix(4) ?? "4200"
                return order.firstIndex(of: String(profile)) ?? order.count
            }
            return usable.sorted { rank($0) < rank($1) }.filter { rank($0) < order.count }
        case .opus: return named.filter { $0.clockRate == 48_000 && $0.channels == 2 }
        }
    }

    func retransmission(of payloadType: PayloadType) -> PayloadType? {
        codecs.first { $0.name.lowercased() == "rtx" && $0[parameter: "apt"] == "\(payloadType)" }?.payloadType
    }

    func redundancy(of payloadType: PayloadType) -> PayloadType? {
        codecs.first { codec in
            codec.name.lowercased() == "red" && codec.clockRate == 48_000
                && codec[parameter: ""]?.split(separator: "/").first.map(String.init) == "\(payloadType)"
        }?.payloadType
    }

    /// Retransmissions → what they repeat, by FID groups.
    var retransmissionSources: [SSRC: SSRC] {
        var result: [SSRC: SSRC] = [:]
        for group in sourceGroups where group.semantics == "FID" && group.sources.count == 2 {
            result[group.sources[1]] = group.sources[0]
        }
        return result
    }
}
