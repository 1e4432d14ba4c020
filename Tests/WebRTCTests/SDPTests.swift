import NetworkTesting
import RTP
import SecureTransport
import Testing
import WebRTC

@Suite struct SDPTests {
    private func answer(
        _ text: String, _ purpose: Answerer.Purpose = .session, capabilities: MediaCapabilities = MediaCapabilities()
    ) throws -> (answer: SessionDescription, session: NegotiatedSession) {
        var random = NetworkRandom(seed: 9)
        let local = LocalTransport(
            credentials: ICECredentials(using: &random), fingerprint: identity.fingerprint,
            candidates: [Candidate(host: serverAddress), Candidate(host: serverAddress, transport: .tcp)])
        let answerer = Answerer(purpose: purpose, capabilities: capabilities, local: local)
        let result = try answerer.answer(to: try SessionDescription(parsing: text), generator: &random)
        // What is written must be read back as it was meant.
        let reread = try SessionDescription(parsing: result.answer.text)
        #expect(reread.media.map(\.mid) == result.answer.media.map(\.mid))
        for (read, written) in zip(reread.media, result.answer.media) where !written.isRejected {
            #expect(read.codecs == written.codecs && read.candidates == written.candidates)
            #expect(read.direction == written.direction || written.kind == .application)
        }
        #expect(reread.isICELite && reread.media.count == result.session.media.count)
        return result
    }

    private func failure(_ text: String, _ purpose: Answerer.Purpose = .session) -> SDPError? {
        do {
            _ = try answer(text, purpose)
            return nil
        } catch {
            return error as? SDPError
        }
    }

    @Test func chromeWithSimulcastAndASharedScreen() throws {
        let (answer, session) = try answer(Offers.chrome)
        #expect(answer.bundles == [["0", "1", "2"]])
        #expect(session.media.map(\.direction) == [.sendrecv, .sendrecv, .recvonly])
        let audio = session.media[0]
        #expect(audio.codec?.format == .opus && audio.codec?.payloadType == PayloadType(111))
        #expect(audio.codec?.redundancy == PayloadType(63) && audio.codec?.feedback == .transportWide)
        #expect(audio.remoteSources == [SSRC(2_735_514_201)])
        let camera = session.media[1]
        #expect(camera.codec?.format == .vp8 && camera.codec?.retransmission == PayloadType(97))
        #expect(camera.codec?.feedback == [.nack, .pictureLoss, .fullIntraRequest, .remb, .transportWide])
        #expect(camera.layers == ["q", "h", "f"])
        #expect(camera.local?.retransmission != nil)
        let screen = session.media[2]
        #expect(screen.local == nil && screen.layers.isEmpty)
        #expect(screen.remoteRetransmissions == [SSRC(100_201): SSRC(100_200)])
        #expect(session.extensions[.mid] == 4 && session.extensions[.streamID] == 10)
        #expect(session.extensions[.audioLevel] == 1 && session.extensions[.videoOrientation] == 13)
        #expect(!session.transport.isDTLSClient)
        let text = answer.text
        #expect(text.contains("a=simulcast:recv q;h;f\r\n") && text.contains("a=rid:q recv\r\n"))
        #expect(text.contains("a=fmtp:97 apt=96\r\n") && text.contains("a=setup:passive\r\n"))
        #expect(!text.contains("AV1") && !text.contains("G722") && !text.contains("toffset"))
        #expect(text.contains("typ host tcptype passive\r\n"))
    }

    @Test func firefoxWithNamesAsCandidatesAndADataChannel() throws {
        var (answer, session) = try answer(Offers.firefox)
        #expect(session.media.map(\.isRejected) == [false, false, true])
        #expect(answer.media[2].port == 0 && answer.bundles == [["0", "1"]])
        #expect(session.transport.candidates.count == 2)
        #expect(session.transport.candidates.allSatisfy { $0.address == nil })
        #expect(answer.media[0].codecs[0][parameter: "stereo"] == "1")
        #expect(session.extensions[.playoutDelay] == 6)
        var capabilities = MediaCapabilities()
        capabilities.acceptsDataChannels = true
        (answer, session) = try self.answer(Offers.firefox, capabilities: capabilities)
        #expect(session.media[2].sctpPort == 5_000 && answer.media[2].port == 9)
    }

    @Test func safariGivesVP8WhenAskedAndTheMostCommonH264Else() throws {
        #expect(try answer(Offers.safari).session.media[1].codec?.payloadType == PayloadType(100))
        var capabilities = MediaCapabilities()
        capabilities.video = [.h264]
        let (answer, session) = try answer(Offers.safari, capabilities: capabilities)
        #expect(session.media[1].codec?.payloadType == PayloadType(98))
        #expect(session.media[1].codec?.retransmission == PayloadType(99))
        #expect(answer.text.contains("profile-level-id=42e01f"))
        capabilities.video = [.vp9, .h264]
        #expect(try self.answer(Offers.chrome, capabilities: capabilities).session.media[1].codec?.format == .vp9)
    }

    @Test func publishersOfOtherStacks() throws {
        for offer in [Offers.gstreamer, Offers.obs] {
            let session = try answer(offer, .publish).session
            #expect(session.media.allSatisfy { $0.direction == .recvonly && $0.local == nil })
        }
        #expect(try answer(Offers.obs, .publish).session.media[1].codec?.format == .h264)
        let aiortc = try answer(Offers.aiortc).session
        #expect(aiortc.media.map(\.direction) == [.sendrecv, .sendrecv])
        #expect(aiortc.transport.candidates.count == 2)
    }

    @Test func viewersReceiveOnly() throws {
        let offer = Offers.chromePlain.replacing("a=sendrecv", with: "a=recvonly")
        let session = try answer(offer, .view).session
        #expect(session.media.map(\.direction) == [.sendonly, .sendonly])
        #expect(session.media.allSatisfy { $0.local != nil })
        #expect(try answer(offer, .publish).session.media.map(\.direction) == [.inactive, .inactive])
    }

    /// webrtcbin refuses an answer of which any section lacks its transport.
    @Test func mediaThatIsRefusedHasATransportToo() throws {
        let offer = Offers.chromePlain.replacing("opus/48000/2", with: "other/48000/2")
        let reply = try answer(offer).answer
        #expect(reply.media.map { $0.port == 0 } == [true, false])
        for section in reply.media {
            #expect(section.transport.usernameFragment != nil && section.transport.password != nil)
            #expect(section.transport.setup == .passive && !section.transport.fingerprints.isEmpty)
        }
    }

    @Test func whatIsNotProtectedIsRefusedWithItsLine() throws {
        let line = { (text: String, start: String) in
            (text.split(separator: "\r\n").firstIndex { $0.hasPrefix(start) } ?? -2) + 1
        }
        for plain in ["RTP/AVP", "RTP/AVPF", "UDP/RTP/AVP", "NULL"] {
            let offer = Offers.chromePlain.replacing("m=video 9 UDP/TLS/RTP/SAVPF", with: "m=video 9 \(plain)")
            let error = failure(offer)
            #expect(error?.code == .insecure && error?.line == line(offer, "m=video"))
        }
        let bare = Offers.chromePlain.split(separator: "\r\n").filter { !$0.hasPrefix("a=fingerprint") }
        #expect(failure(bare.joined(separator: "\r\n"))?.code == .insecure)
        let weak = Offers.chromePlain.replacing(
            Offers.fingerprint,
            with: "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33")
        #expect(failure(weak)?.code == .insecure)
        let short = Offers.chromePlain.replacing("sha-256 0A:1B", with: "sha-256 0A")
        #expect(failure(short)?.code == .malformed && failure(short)?.line == line(short, "a=fingerprint"))
    }

    @Test func whatCannotBeAgreedOnIsRefused() {
        let av1 = Offers.chromePlain.replacing("VP8/", with: "X8/").replacing("VP9/", with: "X9/")
            .replacing("H264/", with: "X264/")
        #expect(failure(av1) == nil, "sound alone will do for a session")
        #expect(failure(av1, .publish)?.code == .unacceptable)
        #expect(failure(av1, .publish)?.line != nil)
        let lite = Offers.chromePlain.replacing("a=extmap-allow-mixed", with: "a=ice-lite")
        #expect(failure(lite)?.code == .unacceptable)
        #expect(failure(Offers.chromePlain.replacing("a=group:BUNDLE 0 1\r\n", with: ""))?.code == .unacceptable)
        #expect(failure(Offers.chromePlain.replacing("a=rtcp-mux\r\n", with: ""))?.code == .unacceptable)
        #expect(failure(Offers.chromePlain.replacing("a=ice-pwd:q1w2e3r4", with: "a=ice-pwd:"))?.code == .malformed)
        #expect(
            failure(Offers.chromePlain.replacing("a=setup:actpass", with: "a=setup:holdconn"))?.code == .unacceptable)
        #expect(failure(Offers.chromePlain.replacing("a=mid:1", with: "a=mid:0"))?.code == .malformed)
        #expect(failure(Offers.text(Offers.head(bundle: "0")))?.code == .unacceptable)
    }

    @Test func bothSetupRolesAreTaken() throws {
        #expect(
            try answer(Offers.chrome.replacing("setup:actpass", with: "setup:active")).session.transport.isDTLSClient
                == false)
        let (answer, session) = try answer(Offers.chrome.replacing("setup:actpass", with: "setup:passive"))
        #expect(session.transport.isDTLSClient && answer.text.contains("a=setup:active"))
    }

    @Test func aLaterOfferKeepsOurStreamsAndRoles() throws {
        var random = NetworkRandom(seed: 6)
        let local = LocalTransport(
            credentials: ICECredentials(using: &random), fingerprint: identity.fingerprint, candidates: [])
        let answerer = Answerer(purpose: .session, local: local)
        let active = Offers.chromePlain.replacing("setup:actpass", with: "setup:passive")
        let first = try answerer.answer(to: try SessionDescription(parsing: active), generator: &random)
        let second = try answerer.answer(
            to: try SessionDescription(parsing: Offers.chrome), previous: first.session, generator: &random)
        #expect(second.session.media.map(\.local).prefix(2) == first.session.media.map(\.local).prefix(2))
        #expect(second.session.media.count == 3 && second.session.transport.isDTLSClient)
        #expect(second.answer.sessionID == first.answer.sessionID && second.answer.sessionVersion == 2)
    }

    @Test func anOfferOfOursIsAnsweredAndAccepted() throws {
        var random = NetworkRandom(seed: 4)
        let local = LocalTransport(
            credentials: ICECredentials(using: &random), fingerprint: identity.fingerprint,
            candidates: [Candidate(host: clientAddress)])
        var video = Offerer.Media.video
        video.layers = ["l", "h"]
        let data = Offerer.Media(kind: .application, direction: .sendrecv, formats: [])
        let screen = Offerer.Media(kind: .video, direction: .sendonly, formats: [.vp8])
        let offerer = Offerer(media: [.audio, video, screen, data], local: local, generator: &random)
        let (answer, server) = try answer(offerer.offer.text)
        let client = try offerer.accept(try SessionDescription(parsing: answer.text))
        #expect(client.media.map(\.direction) == server.media.map(\.direction.reversed))
        #expect(client.media.map(\.codec?.payloadType) == server.media.map(\.codec?.payloadType))
        #expect(client.media[1].layers == ["l", "h"])
        #expect(client.extensions == server.extensions)
        #expect(client.transport.isDTLSClient && client.transport.isICELite)
        #expect(server.media[2].remoteSources.contains(try #require(client.media[2].local?.ssrc)))
        #expect(client.media[3].isRejected)
    }

    // MARK: Floods and nonsense

    @Test func sizesAreCapped() {
        let clock = ContinuousClock()
        let huge = String(repeating: "a=x:y\r\n", count: 150_000)
        let floods = [
            huge, Offers.chromePlain + huge,
            "v=0\r\n" + String(repeating: "a=\r\n", count: 15_000),
            Offers.chromePlain + String(repeating: "a=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n", count: 1_000),
            Offers.chromePlain + String(repeating: "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", count: 40),
            Offers.chromePlain + "a=x:" + String(repeating: "y", count: 50_000),
            Offers.chromePlain + (0..<1_000).map { "a=ssrc:\($0) cname:x\r\n" }.joined(),
            Offers.chromePlain + "m=video 9 UDP/TLS/RTP/SAVPF " + String(repeating: "96 ", count: 1_200),
            Offers.chromePlain + (0..<250).map { "a=rtpmap:\($0 % 128) x/90000\r\n" }.joined(),
        ]
        for flood in floods {
            let time = clock.measure { _ = failure(flood) }
            #expect(time < .milliseconds(50))
        }
        #expect(failure(floods[0])?.code == .tooLarge)
        #expect(failure(floods[2])?.code == .tooLarge)
        #expect(failure(floods[4])?.code == .tooLarge && failure(floods[4])?.line != nil)
        #expect(failure(floods[5])?.code == .tooLarge)
        #expect(failure(floods[6])?.code == .tooLarge)
    }

    @Test(arguments: [
        "", "\r\n", "v=1\r\n", "hello", "v=0\r\nhello", "v=0\r\no=- 1\r\n", "v=0\r\nm=audio\r\n",
        "v=0\r\no=- 1 1 IN IP4 0\r\nm=audio 70000 UDP/TLS/RTP/SAVPF 0\r\n",
        "v=0\r\no=- 1 1 IN IP4 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:200 x/1\r\n",
        "v=0\r\no=- 1 1 IN IP4 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:100 x\r\n",
        "v=0\r\no=- 1 1 IN IP4 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=setup:maybe\r\n",
    ])
    func nonsenseIsAnErrorThatNamesItsLine(text: String) {
        let error = failure(text)
        #expect(error?.code == .malformed)
        if text.contains("v=0") { #expect(error?.line != nil || text.hasPrefix("v=0\r\nm=audio\r\n")) }
    }

    @Test func everyTruncationAndManyMutationsAreReadWithoutATrap() {
        var random = NetworkRandom(seed: 21)
        for offer in Offers.all {
            let bytes = Array(offer.utf8)
            for length in stride(from: 0, to: bytes.count, by: 7) {
                _ = failure(String(decoding: bytes.prefix(length), as: UTF8.self))
            }
            for _ in 0..<300 {
                var mutated = bytes
                for _ in 0..<Int(1 + random.next() % 20) {
                    let at = Int(random.next() % UInt64(mutated.count))
                    switch random.next() % 4 {
                    case 0: mutated[at] = UInt8(truncatingIfNeeded: random.next())
                    case 1: mutated.remove(at: at)
                    case 2: mutated.insert(UInt8(ascii: "9"), at: at)
                    default: mutated[at] = Array(" :=/;,\r\n0".utf8)[Int(random.next() % 9)]
                    }
                }
                _ = failure(String(decoding: mutated, as: UTF8.self))
                // Lines in another order.
                let lines = String(decoding: mutated, as: UTF8.self).split(separator: "\r\n")
                if random.next() & 7 == 0 {
                    _ = failure("v=0\r\n" + lines.shuffled(using: &random).joined(separator: "\r\n"))
                }
            }
        }
    }

    @Test func candidatesAreReadAndWritten() throws {
        let candidate = Candidate(host: try #require(TransportAddress("2001:db8::7", port: 443)), transport: .tcp)
        #expect(Candidate(parsing: candidate.attribute) == candidate)
        let udp = Candidate(host: serverAddress)
        #expect(udp.priority > candidate.priority)
        let relayed = Candidate(
            parsing: "candidate:9 1 UDP 41885439 203.0.113.4 50000 typ relay raddr 0.0.0.0 rport 0 generation 0")
        #expect(relayed?.kind == .relayed && relayed?.address?.port == 50_000)
        for text in [
            "", "candidate:", "candidate:1 1 udp 1 1.2.3.4 5 typ", "candidate:1 1 sctp 1 1.2.3.4 5 typ host",
            "candidate:1 0 udp 1 1.2.3.4 5 typ host", "candidate:1 1 udp x 1.2.3.4 5 typ host",
            "candidate:1 1 udp 1 1.2.3.4 70000 typ host", "candidate:1 1 tcp 1 1.2.3.4 9 typ host",
        ] {
            #expect(Candidate(parsing: text) == nil)
        }
    }

    @Test func fragmentsOfTrickleAreReadAndWritten() throws {
        var fragment = TrickleFragment()
        fragment.usernameFragment = "Ab12"
        fragment.password = "0123456789012345678901"
        fragment.candidates = [Candidate(host: clientAddress)]
        fragment.endOfCandidates = true
        fragment.sections = [("audio", "0"), ("video", "1")]
        let read = try TrickleFragment(parsing: fragment.text)
        #expect(read == fragment && read.credentials != nil)
        let partial = try TrickleFragment(
            parsing: "a=candidate:nonsense\r\na=candidate:1 1 udp 1 x.local 5 typ host\r\n")
        #expect(partial.candidates.count == 1 && partial.credentials == nil)
        #expect(throws: SDPError.self) { try TrickleFragment(parsing: "a=ice-ufrag:x\r\na=ice-pwd:y\r\n") }
        #expect(throws: SDPError.self) { try TrickleFragment(parsing: "nonsense") }
        #expect(throws: SDPError.self) { try TrickleFragment(parsing: String(repeating: "a=b\r\n", count: 9_000)) }
        let text = Array(fragment.text.utf8)
        for length in 0..<text.count {
            _ = try? TrickleFragment(parsing: String(decoding: text.prefix(length), as: UTF8.self))
        }
    }
}
