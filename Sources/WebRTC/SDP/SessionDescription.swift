public import RTP

/// A hash of a certificate (RFC 8122).
public struct Fingerprint: Hashable, Sendable {
    /// In lower case: «sha-256».
    public var algorithm: String
    public var digest: [UInt8]

    public init(algorithm: String, digest: [UInt8]) {
        self.algorithm = algorithm
        self.digest = digest
    }

    /// The functions that are accepted, with the size of their digests. SHA-1 and MD5 are not.
    public static let digestSizes = ["sha-256": 32, "sha-384": 48, "sha-512": 64]

    /// «sha-256 AB:CD:…»; nil when it is not pairs of digits or of the wrong length for its function.
    public init?(parsing text: some StringProtocol) {
        let fields = text.split(separator: " ")
        guard fields.count == 2 else { return nil }
        algorithm = fields[0].lowercased()
        digest = []
        let pairs = String(fields[1]).utf8.split(
            separator: UInt8(ascii: ":"), maxSplits: 64, omittingEmptySubsequences: false)
        guard pairs.count <= 64 else { return nil }
        for pair in pairs {
            guard pair.count == 2, pair.first != UInt8(ascii: "+"), let byte = UInt8(Substring(pair), radix: 16) else {
                return nil
            }
            digest.append(byte)
        }
        if let size = Fingerprint.digestSizes[algorithm], size != digest.count { return nil }
    }

    /// As it stands after `a=fingerprint:`.
    public var attribute: String {
        let digits = Array("0123456789ABCDEF")
        let pairs = digest.map { (byte: UInt8) -> String in String([digits[Int(byte >> 4)], digits[Int(byte & 15)]]) }
        return "\(algorithm) \(pairs.joined(separator: ":"))"
    }
}

/// Who begins the DTLS handshake (RFC 5763, RFC 8842).
public enum SetupRole: String, Hashable, Sendable {
    case active, passive, actpass, holdconn
}

/// The way of media, from the view of who wrote the description.
public enum MediaDirection: String, Hashable, Sendable {
    case sendrecv, sendonly, recvonly, inactive

    public init(sends: Bool, receives: Bool) {
        self = sends ? (receives ? .sendrecv : .sendonly) : (receives ? .recvonly : .inactive)
    }

    public var sends: Bool { self == .sendrecv || self == .sendonly }
    public var receives: Bool { self == .sendrecv || self == .recvonly }
    /// As the other side sees it.
    public var reversed: MediaDirection { MediaDirection(sends: receives, receives: sends) }
}

/// A payload type with its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines.
public struct CodecDescription: Hashable, Sendable {
    public struct Parameter: Hashable, Sendable {
        /// In lower case; empty when the line has no name, as «111/111» of RED.
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var payloadType: PayloadType
    /// As written; names compare without regard to case.
    public var name: String
    public var clockRate: Int
    public var channels: Int
    public var parameters: [Parameter]
    /// «nack», «nack pli», «transport-cc»…
    public var feedback: [String]

    public init(
        payloadType: PayloadType, name: String, clockRate: Int, channels: Int = 1, parameters: [Parameter] = [],
        feedback: [String] = []
    ) {
        self.payloadType = payloadType
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
    }

    /// The value of the first parameter called `name`, given in lower case.
    public subscript(parameter name: String) -> String? { parameters.first { $0.name == name }?.value }
}

/// An `a=extmap` line (RFC 8285).
public struct ExtensionDescription: Hashable, Sendable {
    public var number: UInt8
    public var uri: String
    public var direction: MediaDirection

    public init(number: UInt8, uri: String, direction: MediaDirection = .sendrecv) {
        self.number = number
        self.uri = uri
        self.direction = direction
    }
}

/// What `a=ssrc` lines say of one stream (RFC 5576).
public struct SourceAttribute: Hashable, Sendable {
    public var ssrc: SSRC
    public var cname: String?

    public init(ssrc: SSRC, cname: String? = nil) {
        self.ssrc = ssrc
        self.cname = cname
    }
}

/// An `a=ssrc-group` line: «FID» pairs a stream with its retransmissions, «SIM» lists layers.
public struct SourceGroup: Hashable, Sendable {
    public var semantics: String
    public var sources: [SSRC]

    public init(semantics: String, sources: [SSRC]) {
        self.semantics = semantics
        self.sources = sources
    }
}

/// An `a=rid` line (RFC 8851).
public struct RestrictionIdentifier: Hashable, Sendable {
    public var name: String
    public var isSent: Bool
    /// Restrictions as written, such as «max-width=640».
    public var restrictions: String

    public init(name: String, isSent: Bool, restrictions: String = "") {
        self.name = name
        self.isSent = isSent
        self.restrictions = restrictions
    }
}

/// What a section, or the whole description, says of the transport.
public struct TransportDescription: Hashable, Sendable {
    public var usernameFragment: String?
    public var password: String?
    public var fingerprints: [Fingerprint] = []
    public var setup: SetupRole?
    public var iceOptions: [String] = []

    public init() {}
}

/// An `m=` line and what follows it.
public struct MediaSection: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case audio, video, application
        case other(String)

        public var name: String {
            switch self {
            case .audio: "audio"
            case .video: "video"
            case .application: "application"
            case .other(let name): name
            }
        }

        public init(name: some StringProtocol) {
            switch name {
            case "audio": self = .audio
            case "video": self = .video
            case "application": self = .application
            default: self = .other(String(name))
            }
        }
    }

    public var kind: Kind
    public var port: Int
    public var transportProtocol: String
    /// What follows the protocol: payload types, or «webrtc-datachannel».
    public var formats: [String]
    /// Where the section begins in the text, counted from 1; 0 for one that was not parsed.
    public var line = 0
    public var mid: String?
    public var direction = MediaDirection.sendrecv
    public var transport = TransportDescription()
    public var multiplexesRTCP = false
    public var reducesRTCPSize = false
    public var isBundleOnly = false
    public var codecs: [CodecDescription] = []
    public var extensions: [ExtensionDescription] = []
    public var sources: [SourceAttribute] = []
    public var sourceGroups: [SourceGroup] = []
    public var restrictions: [RestrictionIdentifier] = []
    /// Layers to send by `a=simulcast`, each with its alternatives; empty without.
    public var simulcastSend: [[String]] = []
    public var simulcastReceive: [[String]] = []
    /// «stream track», or «-» for no stream.
    public var msid: String?
    public var candidates: [Candidate] = []
    public var endOfCandidates = false
    /// In kbit/s, from `b=AS` or `b=TIAS`; nil without.
    public var bandwidth: Int?
    public var sctpPort: Int?
    public var maximumMessageSize: Int?

    public init(kind: Kind, port: Int = 9, transportProtocol: String = "UDP/TLS/RTP/SAVPF", formats: [String] = []) {
        self.kind = kind
        self.port = port
        self.transportProtocol = transportProtocol
        self.formats = formats
    }

    /// Port 0, and not merely waiting for its bundle.
    public var isRejected: Bool { port == 0 && !isBundleOnly }
}

/// A session description (RFC 8866) as WebRTC uses it (RFC 8829, JSEP). Lines without meaning here are passed over.
public struct SessionDescription: Hashable, Sendable {
    public var sessionID: UInt64 = 1
    public var sessionVersion: UInt64 = 1
    public var transport = TransportDescription()
    public var isICELite = false
    public var allowsMixedExtensions = false
    /// Each `a=group:BUNDLE`, by mids.
    public var bundles: [[String]] = []
    public var media: [MediaSection] = []

    public init() {}

    /// The transport of section `index`: its own lines, where missing those of the whole.
    public func transport(of index: Int) -> TransportDescription {
        var result = media[index].transport
        if result.usernameFragment == nil { result.usernameFragment = transport.usernameFragment }
        if result.password == nil { result.password = transport.password }
        if result.fingerprints.isEmpty { result.fingerprints = transport.fingerprints }
        result.setup = result.setup ?? transport.setup
        result.iceOptions += transport.iceOptions
        return result
    }
}
