import RTP

/// Writes an offer and reads its answer, as a client does (RFC 8829 section 5.2): the load tool and the tests.
public struct Offerer: Sendable {
    /// One section to offer.
    public struct Media: Hashable, Sendable {
        public var kind: MediaSection.Kind
        public var direction: MediaDirection
        /// By preference; for sound only Opus.
        public var formats: [MediaFormat]
        /// Simulcast layers to send, smallest first; empty for one stream.
        public var layers: [String]

        public init(
            kind: MediaSection.Kind, direction: MediaDirection, formats: [MediaFormat], layers: [String] = []
        ) {
            self.kind = kind
            self.direction = direction
            self.formats = formats
            self.layers = layers
        }

        public static let audio = Media(kind: .audio, direction: .sendrecv, formats: [.opus])
        public static let video = Media(kind: .video, direction: .sendrecv, formats: [.vp8, .vp9, .h264])
    }

    public let local: LocalTransport
    public let offer: SessionDescription
    private let capabilities: MediaCapabilities
    private let streams: [LocalStream?]

    public init(
        media: [Media], capabilities: MediaCapabilities = MediaCapabilities(), local: LocalTransport,
        generator: inout some RandomNumberGenerator
    ) {
        self.local = local
        self.capabilities = capabilities
        var offer = SessionDescription()
        offer.sessionID = generator.next() >> 2
        offer.allowsMixedExtensions = true
        let names = (cname: Answerer.name(&generator), stream: Answerer.name(&generator))
        var streams: [LocalStream?] = []
        for (index, wish) in media.enumerated() {
            var section = MediaSection(kind: wish.kind)
            section.mid = "\(index)"
            section.transport.usernameFragment = local.credentials.usernameFragment
            section.transport.password = local.credentials.password
            section.transport.iceOptions = ["trickle"]
            section.transport.fingerprints = [local.fingerprint]
            section.transport.setup = .actpass
            if index == 0 {
                section.candidates = local.candidates
            } else {
                section.isBundleOnly = false
            }
            if wish.kind == .application {
                section.transportProtocol = "UDP/DTLS/SCTP"
                section.formats = ["webrtc-datachannel"]
                section.sctpPort = 5000
                section.maximumMessageSize = 262_144
                streams.append(nil)
            } else {
                section.direction = wish.direction
                section.multiplexesRTCP = true
                section.reducesRTCPSize = true
                section.codecs = Offerer.codecs(wish, capabilities)
                section.extensions = capabilities.extensions(of: wish.kind).map {
                    ExtensionDescription(number: $0.rawValue + 1, uri: $0.uri)
                }
                let stream = Offerer.stream(wish, index, names, &generator)
                if let stream {
                    section.msid = stream.msid
                    if wish.layers.isEmpty { Offerer.name(stream, in: &section) }
                }
                section.restrictions = wish.layers.map { RestrictionIdentifier(name: $0, isSent: true) }
                section.simulcastSend = wish.layers.map { [$0] }
                streams.append(stream)
            }
            offer.media.append(section)
        }
        offer.bundles = [offer.media.compactMap(\.mid)]
        self.offer = offer
        self.streams = streams
    }

    private static func stream(
        _ wish: Media, _ index: Int, _ names: (cname: String, stream: String),
        _ generator: inout some RandomNumberGenerator
    ) -> LocalStream? {
        guard wish.direction.sends else { return nil }
        let retransmission = wish.kind == .video ? SSRC(UInt32.random(in: 1 ... .max, using: &generator)) : nil
        return LocalStream(
            ssrc: SSRC(UInt32.random(in: 1 ... .max, using: &generator)), retransmission: retransmission,
            cname: names.cname, msid: "\(names.stream) \(wish.kind.name)\(index)")
    }

    private static func name(_ stream: LocalStream, in section: inout MediaSection) {
        section.sources = [SourceAttribute(ssrc: stream.ssrc, cname: stream.cname)]
        guard let retransmission = stream.retransmission else { return }
        section.sources.append(SourceAttribute(ssrc: retransmission, cname: stream.cname))
        section.sourceGroups = [SourceGroup(semantics: "FID", sources: [stream.ssrc, retransmission])]
    }

    private static func codecs(_ wish: Media, _ capabilities: MediaCapabilities) -> [CodecDescription] {
        guard wish.kind == .video else {
            let opus = CodecDescription(
                payloadType: PayloadType(111), name: "opus", clockRate: 48_000, channels: 2,
                parameters: [.init("minptime", "10"), .init("useinbandfec", "1"), .init("stereo", "1")],
                feedback: capabilities.audioFeedback.names)
            let red = CodecDescription(
                payloadType: PayloadType(63), name: "red", clockRate: 48_000, channels: 2,
                parameters: [.init("", "111/111")])
            return capabilities.acceptsRedundantSound ? [opus, red] : [opus]
        }
        var codecs: [CodecDescription] = []
        for (index, format) in wish.formats.filter(\.isVideo).enumerated() {
            let payloadType = PayloadType(UInt8(96 + 2 * index))
            var codec = CodecDescription(
                payloadType: payloadType, name: format.rawValue, clockRate: 90_000,
                feedback: capabilities.videoFeedback.names)
            if format == .vp9 { codec.parameters = [.init("profile-id", "0")] }
            if format == .h264 {
                codec.parameters = [
                    .init("level-asymmetry-allowed", "1"), .init("packetization-mode", "1"),
                    .init("profile-level-id", "42e01f"),
                ]
            }
            codecs.append(codec)
            codecs.append(
                CodecDescription(
                    payloadType: PayloadType(payloadType.rawValue + 1), name: "rtx", clockRate: 90_000,
                    parameters: [.init("apt", "\(payloadType)")]))
        }
        return codecs
    }

    /// What the answer made of the offer. Throws, with the line of the answer, when it does not fit or is not safe.
    public func accept(_ answer: SessionDescription) throws(SDPError) -> NegotiatedSession {
        guard answer.media.count == offer.media.count else {
            throw SDPError(
                .malformed, "\(answer.media.count) m= lines answer \(offer.media.count); they correspond one to one")
        }
        guard let first = answer.media.firstIndex(where: { !$0.isRejected }) else {
            throw SDPError(.unacceptable, "every section was rejected")
        }
        let line = answer.media[first].line
        let transport = answer.transport(of: first)
        guard let usernameFragment = transport.usernameFragment, let password = transport.password,
            let credentials = ICECredentials(usernameFragment: usernameFragment, password: password)
        else { throw SDPError(.malformed, line: line, "a=ice-ufrag and a=ice-pwd are needed") }
        let fingerprints = transport.fingerprints.filter { Fingerprint.digestSizes[$0.algorithm] != nil }
        guard !fingerprints.isEmpty else {
            throw SDPError(.insecure, line: line, "no a=fingerprint with sha-256, sha-384 or sha-512")
        }
        guard transport.setup == .active || transport.setup == .passive else {
            throw SDPError(.malformed, line: line, "an answer says a=setup:active or passive")
        }
        var extensions = HeaderExtensionMap()
        var media: [NegotiatedMedia] = []
        var candidates: [Candidate] = []
        for (index, section) in answer.media.enumerated() {
            candidates += section.candidates
            media.append(try accept(section, index, &extensions))
        }
        let remote = RemoteTransport(
            credentials: credentials, fingerprints: fingerprints, isDTLSClient: transport.setup == .passive,
            candidates: Array(candidates.prefix(SessionDescription.candidateLimit)), isICELite: answer.isICELite)
        return NegotiatedSession(media: media, transport: remote, extensions: extensions)
    }

    private func accept(
        _ section: MediaSection, _ index: Int, _ extensions: inout HeaderExtensionMap
    ) throws(SDPError) -> NegotiatedMedia {
        let offered = offer.media[index]
        var media = NegotiatedMedia(index: index, mid: offered.mid, kind: offered.kind, direction: .inactive)
        guard section.kind == offered.kind else {
            throw SDPError(
                .malformed, line: section.line, "m=\(SDPError.excerpt(section.kind.name)) answers \(offered.kind.name)")
        }
        guard !section.isRejected else { return media }
        if section.kind == .application {
            media.sctpPort = section.sctpPort
            return media
        }
        guard MediaSection.securedProtocols.contains(section.transportProtocol) else {
            throw SDPError(
                .insecure, line: section.line, "\(SDPError.excerpt(section.transportProtocol)) is not protected")
        }
        // The first codec of the answer that was offered under the same payload type.
        for codec in section.codecs {
            guard
                let format = MediaFormat.allCases.first(where: { $0.rawValue.lowercased() == codec.name.lowercased() }),
                offered.codecs.contains(where: {
                    $0.payloadType == codec.payloadType && $0.name.lowercased() == codec.name.lowercased()
                })
            else { continue }
            media.codec = NegotiatedCodec(
                format: format, payloadType: codec.payloadType, clockRate: codec.clockRate,
                retransmission: section.retransmission(of: codec.payloadType),
                redundancy: section.redundancy(of: codec.payloadType),
                feedback: FeedbackKinds(named: codec.feedback), parameters: codec.parameters)
            break
        }
        guard media.codec != nil else {
            throw SDPError(.unacceptable, line: section.line, "none of the codecs was offered")
        }
        let answered = section.direction.reversed
        media.direction = MediaDirection(
            sends: answered.sends && offered.direction.sends, receives: answered.receives && offered.direction.receives)
        media.local = media.direction.sends ? streams[index] : nil
        media.layers = section.simulcastReceive.compactMap(\.first)
        media.remoteSources = section.sources.map(\.ssrc)
        media.remoteRetransmissions = section.retransmissionSources
        media.bandwidth = section.bandwidth
        for mapping in section.extensions {
            guard offered.extensions.contains(where: { $0.number == mapping.number && $0.uri == mapping.uri }),
                let meaning = HeaderExtension(uri: mapping.uri)
            else { continue }
            extensions[meaning] = mapping.number
        }
        return media
    }
}
