import RTP

/// Answers an offer (RFC 8829 section 5.3) as the server: ICE-lite, everything in one bundle, RTCP with RTP.
public struct Answerer: Sendable {
    public enum Purpose: Hashable, Sendable {
        /// Media both ways: the client sends its own and receives the mix.
        case session
        /// WHIP: the client sends. All of an offer is taken, or none.
        case publish
        /// WHEP: the client receives.
        case view
    }

    public var purpose: Purpose
    public var capabilities: MediaCapabilities
    public var local: LocalTransport
    /// Which side we take when the offer leaves the choice. Passive lets the client begin as soon as it can.
    public var preferredSetup = SetupRole.passive

    public init(purpose: Purpose, capabilities: MediaCapabilities = MediaCapabilities(), local: LocalTransport) {
        self.purpose = purpose
        self.capabilities = capabilities
        self.local = local
    }

    /// `generator` names our streams. `previous` is what an earlier offer of the same connection came to, when this one
    /// changes it: our streams keep their names and DTLS its roles. Throws, with the line of the offer, when nothing or (for ``Purpose/publish``) not
    /// everything can be agreed upon, and whenever media would not be protected.
    public func answer(
        to offer: SessionDescription, previous: NegotiatedSession? = nil,
        generator: inout some RandomNumberGenerator
    ) throws(SDPError) -> (answer: SessionDescription, session: NegotiatedSession) {
        let bundled = try bundledSections(of: offer)
        guard let first = bundled.first else {
            throw SDPError(.unacceptable, "no m= line to answer; audio or video is expected")
        }
        // In a bundle one section may speak for all.
        let speaker = bundled.first { offer.transport(of: $0).usernameFragment != nil } ?? first
        var remote = try remoteTransport(of: offer, section: speaker)
        if let previous { remote.isDTLSClient = previous.transport.isDTLSClient }
        try check(offer, bundled)

        var answer = SessionDescription()
        answer.sessionID = previous?.sessionID ?? generator.next() >> 2
        answer.sessionVersion = (previous?.sessionVersion ?? 0) &+ 1
        answer.isICELite = true
        answer.allowsMixedExtensions = offer.allowsMixedExtensions
        var negotiated: [NegotiatedMedia] = []
        var extensions = HeaderExtensionMap()
        var sending: Set<MediaSection.Kind> = []
        let names = (cname: Answerer.name(&generator), stream: Answerer.name(&generator))
        for (index, section) in offer.media.enumerated() {
            var media = NegotiatedMedia(index: index, mid: section.mid, kind: section.kind, direction: .inactive)
            var reply = MediaSection(
                kind: section.kind, port: 0, transportProtocol: section.transportProtocol, formats: section.formats)
            reply.mid = section.mid
            reply.direction = .inactive
            if bundled.contains(index) {
                if section.kind == .application {
                    if capabilities.acceptsDataChannels, let port = section.sctpPort {
                        media.sctpPort = port
                        reply.port = 9
                        reply.sctpPort = 5000
                        reply.maximumMessageSize = 262_144
                    }
                } else if let codec = codec(for: section) {
                    let direction = direction(for: section, isSending: sending.contains(section.kind))
                    media.direction = direction
                    if direction.sends {
                        sending.insert(section.kind)
                        let earlier = previous.flatMap { $0.media.count > index ? $0.media[index].local : nil }
                        media.local =
                            earlier
                            ?? LocalStream(
                                ssrc: SSRC(UInt32.random(in: 1 ... .max, using: &generator)),
                                retransmission: codec.retransmission == nil
                                    ? nil : SSRC(UInt32.random(in: 1 ... .max, using: &generator)),
                                cname: names.cname, msid: "\(names.stream) \(section.kind.name)\(index)")
                    }
                    media.codec = codec
                    fill(&reply, &media, answering: section, &extensions)
                } else if purpose == .publish {
                    throw unacceptable(section)
                }
            }
            // Also where media is refused: GStreamer takes no answer that lacks it in one section.
            reply.transport = ownTransport(remote)
            if index == first, reply.port != 0 { addCandidates(to: &reply) }
            negotiated.append(media)
            answer.media.append(reply)
        }
        guard negotiated.contains(where: { !$0.isRejected }) else { throw unacceptable(offer.media[first]) }
        // The transport is described in the first section that was accepted (RFC 8843 section 7.3.1).
        if answer.media[first].port == 0, let other = answer.media.firstIndex(where: { $0.port != 0 }) {
            addCandidates(to: &answer.media[other])
        }
        if !offer.bundles.isEmpty {
            answer.bundles = [answer.media.filter { $0.port != 0 }.compactMap(\.mid)]
        }
        var session = NegotiatedSession(media: negotiated, transport: remote, extensions: extensions)
        session.sessionID = answer.sessionID
        session.sessionVersion = answer.sessionVersion
        return (answer, session)
    }

    static func name(_ generator: inout some RandomNumberGenerator) -> String {
        String(generator.next(), radix: 36)
    }

    /// The sections that share one transport: the first bundle, or without one the first section that is no reject.
    private func bundledSections(of offer: SessionDescription) throws(SDPError) -> [Int] {
        let offered = offer.media.indices.filter { !offer.media[$0].isRejected }
        guard let bundle = offer.bundles.first(where: { !$0.isEmpty }) else {
            if offered.count > 1 {
                let line = offer.media[offered[1]].line
                throw SDPError(
                    .unacceptable, line: line, "several m= lines without a=group:BUNDLE; one transport is supported")
            }
            return offered
        }
        let mids = Set(bundle)
        return offered.filter { index in offer.media[index].mid.map { mids.contains($0) } ?? false }
    }

    private func remoteTransport(of offer: SessionDescription, section index: Int) throws(SDPError) -> RemoteTransport {
        let line = offer.media[index].line
        let transport = offer.transport(of: index)
        guard let usernameFragment = transport.usernameFragment, let password = transport.password,
            let credentials = ICECredentials(usernameFragment: usernameFragment, password: password)
        else {
            throw SDPError(
                .malformed, line: line, "a=ice-ufrag (4 to 256 of A-Z a-z 0-9 + /) and a=ice-pwd (22 to 256) are needed"
            )
        }
        let fingerprints = transport.fingerprints.filter { Fingerprint.digestSizes[$0.algorithm] != nil }
        guard !fingerprints.isEmpty else {
            throw SDPError(.insecure, line: line, "no a=fingerprint with sha-256, sha-384 or sha-512")
        }
        guard !offer.isICELite else {
            throw SDPError(.unacceptable, "a=ice-lite: this side is lite too, and one must send the checks")
        }
        let isClient: Bool
        switch transport.setup {
        // RFC 4145's default for an offer is active.
        case .active, nil: isClient = false
        case .passive: isClient = true
        case .actpass: isClient = preferredSetup == .active
        case .holdconn: throw SDPError(.unacceptable, line: line, "a=setup:holdconn; actpass or active is expected")
        }
        var candidates: [Candidate] = []
        for section in offer.media { candidates += section.candidates }
        return RemoteTransport(
            credentials: credentials, fingerprints: fingerprints, isDTLSClient: isClient,
            candidates: Array(candidates.prefix(SessionDescription.candidateLimit)), isICELite: false)
    }

    /// What would be unsafe or ambiguous refuses the whole offer.
    private func check(_ offer: SessionDescription, _ bundled: [Int]) throws(SDPError) {
        for (index, section) in offer.media.enumerated() where !section.isRejected {
            let isMedia = section.kind == .audio || section.kind == .video
            let allowed = isMedia ? MediaSection.securedProtocols : MediaSection.dataProtocols
            if isMedia, !allowed.contains(section.transportProtocol) {
                throw SDPError(
                    .insecure, line: section.line,
                    "\(SDPError.excerpt(section.transportProtocol)) is not protected by DTLS; UDP/TLS/RTP/SAVPF is expected"
                )
            }
            guard bundled.contains(index), isMedia else { continue }
            if !section.multiplexesRTCP, !section.isBundleOnly {
                throw SDPError(.unacceptable, line: section.line, "no a=rtcp-mux; RTCP shares the port of RTP")
            }
        }
    }

    private func unacceptable(_ section: MediaSection) -> SDPError {
        let ours = section.kind == .audio ? "opus" : capabilities.video.map(\.rawValue).joined(separator: ", ")
        let theirs = section.codecs.prefix(8).map { SDPError.excerpt($0.name) }.joined(separator: ", ")
        return SDPError(
            .unacceptable, line: section.line,
            section.kind == .audio || section.kind == .video
                ? "no codec in common: offered \(theirs.isEmpty ? "none" : theirs); supported \(ours)"
                : "m=\(SDPError.excerpt(section.kind.name)) is not supported; audio and video are")
    }

    private func direction(for section: MediaSection, isSending: Bool) -> MediaDirection {
        let wished = section.direction.reversed
        // The mix goes into one section of each kind.
        return MediaDirection(
            sends: wished.sends && purpose != .publish && !isSending, receives: wished.receives && purpose != .view)
    }

    private func codec(for section: MediaSection) -> NegotiatedCodec? {
        let formats: [MediaFormat] =
            switch section.kind {
            case .audio: [.opus]
            case .video: capabilities.video.filter(\.isVideo)
            case .application, .other: []
            }
        for format in formats {
            guard let codec = section.codecs(for: format).first else { continue }
            let supported = format.isVideo ? capabilities.videoFeedback : capabilities.audioFeedback
            return NegotiatedCodec(
                format: format, payloadType: codec.payloadType, clockRate: codec.clockRate,
                retransmission: format.isVideo ? section.retransmission(of: codec.payloadType) : nil,
                redundancy: capabilities.acceptsRedundantSound ? section.redundancy(of: codec.payloadType) : nil,
                feedback: FeedbackKinds(named: codec.feedback).intersection(supported),
                parameters: codec.parameters)
        }
        return nil
    }

    private func ownTransport(_ remote: RemoteTransport) -> TransportDescription {
        var transport = TransportDescription()
        transport.usernameFragment = local.credentials.usernameFragment
        transport.password = local.credentials.password
        transport.fingerprints = [local.fingerprint]
        transport.setup = remote.isDTLSClient ? .active : .passive
        transport.iceOptions = ["trickle"]
        return transport
    }

    private func addCandidates(to section: inout MediaSection) {
        section.candidates = local.candidates
        section.endOfCandidates = true
    }

    private func fill(
        _ reply: inout MediaSection, _ media: inout NegotiatedMedia, answering section: MediaSection,
        _ extensions: inout HeaderExtensionMap
    ) {
        guard let codec = media.codec else { return }
        reply.port = 9
        reply.direction = media.direction
        reply.multiplexesRTCP = true
        reply.reducesRTCPSize = section.reducesRTCPSize
        reply.formats = []
        reply.codecs = codec.descriptions(answering: section, stereo: capabilities.acceptsStereo)
        for offered in section.extensions {
            guard let meaning = HeaderExtension(uri: offered.uri),
                capabilities.extensions(of: section.kind).contains(meaning),
                !reply.extensions.contains(where: { $0.uri == offered.uri || $0.number == offered.number })
            else { continue }
            // One number has one meaning in the whole bundle: who breaks that loses the later one.
            if let known = extensions.meaning(of: offered.number), known != meaning { continue }
            if let number = extensions[meaning], number != offered.number { continue }
            extensions[meaning] = offered.number
            reply.extensions.append(
                ExtensionDescription(
                    number: offered.number, uri: offered.uri, direction: offered.direction.reversed))
        }
        media.bandwidth = section.bandwidth
        media.remoteSources = section.sources.map(\.ssrc)
        media.remoteRetransmissions = section.retransmissionSources
        if let local = media.local {
            reply.msid = local.msid
            reply.sources = [SourceAttribute(ssrc: local.ssrc, cname: local.cname)]
            if let retransmission = local.retransmission {
                reply.sources.append(SourceAttribute(ssrc: retransmission, cname: local.cname))
                reply.sourceGroups = [SourceGroup(semantics: "FID", sources: [local.ssrc, retransmission])]
            }
        }
        guard capabilities.acceptsSimulcast, section.kind == .video, media.direction.receives else { return }
        let named = Set(section.restrictions.filter(\.isSent).map(\.name))
        let layers = section.simulcastSend.compactMap { $0.first { named.contains($0) } }.prefix(4)
        guard !layers.isEmpty, Set(layers).count == layers.count else { return }
        media.layers = Array(layers)
        reply.restrictions = layers.map { RestrictionIdentifier(name: $0, isSent: false) }
        reply.simulcastReceive = layers.map { [$0] }
    }
}

extension NegotiatedCodec {
    /// As they stand in our answer to `section`, what we want to receive first.
    func descriptions(answering section: MediaSection, stereo: Bool) -> [CodecDescription] {
        var main = CodecDescription(
            payloadType: payloadType, name: format.rawValue, clockRate: clockRate, channels: format == .opus ? 2 : 1,
            feedback: feedback.names)
        let offered = section.codecs.first { $0.payloadType == payloadType }
        switch format {
        case .opus:
            main.parameters = [.init("minptime", "10"), .init("useinbandfec", "1")]
            if stereo, offered?[parameter: "stereo"] == "1" { main.parameters.append(.init("stereo", "1")) }
        case .h264:
            main.parameters = [
                .init("level-asymmetry-allowed", "1"), .init("packetization-mode", "1"),
                .init("profile-level-id", offered?[parameter: "profile-level-id"] ?? "42e01f"),
            ]
        case .vp9: main.parameters = [.init("profile-id", "0")]
        case .vp8: break
        }
        var list = [main]
        if let retransmission {
            list.append(
                CodecDescription(
                    payloadType: retransmission, name: "rtx", clockRate: clockRate,
                    parameters: [.init("apt", "\(payloadType)")]))
        }
        if let redundancy {
            list.append(
                CodecDescription(
                    payloadType: redundancy, name: "red", clockRate: clockRate, channels: 2,
                    parameters: [.init("", "\(payloadType)/\(payloadType)")]))
        }
        return list
    }
}
