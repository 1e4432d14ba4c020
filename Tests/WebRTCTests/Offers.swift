/// Offers in the shape of the stacks that write them, with names and numbers of our own.
enum Offers {
    static let fingerprint =
        "a=fingerprint:sha-256 0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9"
    static let credentials = "a=ice-ufrag:Zk3p\r\na=ice-pwd:q1w2e3r4t5y6u7i8o9p0a1s2"

    static func text(_ blocks: String...) -> String {
        blocks.joined(separator: "\n").split(whereSeparator: \.isNewline).joined(separator: "\r\n") + "\r\n"
    }

    static let chromeAudio = """
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        \(credentials)
        a=ice-options:trickle
        \(fingerprint)
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:- 7d1f1c4e-2a55-4c0b-8f0e-0c6f3d3f1a01
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:110 telephone-event/48000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:2735514201 cname:b8Kx1nQd0m4f2s7T
        a=ssrc:2735514201 msid:- 7d1f1c4e-2a55-4c0b-8f0e-0c6f3d3f1a01
        """

    static func chromeVideo(mid: String, direction: String, simulcast: Bool) -> String {
        let sources =
            simulcast
            ? """
            a=rid:q send
            a=rid:h send
            a=rid:f send
            a=simulcast:send q;h;f
            """
            : """
            a=ssrc-group:FID 100\(mid)00 100\(mid)01
            a=ssrc:100\(mid)00 cname:b8Kx1nQd0m4f2s7T
            a=ssrc:100\(mid)01 cname:b8Kx1nQd0m4f2s7T
            """
        let feedback = { (type: Int) in
            ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"].map { "a=rtcp-fb:\(type) \($0)" }
                .joined(separator: "\n")
        }
        return """
            m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114 98 99 100 101 45 46
            c=IN IP4 0.0.0.0
            a=rtcp:9 IN IP4 0.0.0.0
            \(credentials)
            a=ice-options:trickle
            \(fingerprint)
            a=setup:actpass
            a=mid:\(mid)
            a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
            a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
            a=extmap:13 urn:3gpp:video-orientation
            a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
            a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
            a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
            a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
            a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
            a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
            a=\(direction)
            a=msid:- 3b0e6f0a-9df0-4b7e-9b58-2f1f8e0b2c0\(mid)
            a=rtcp-mux
            a=rtcp-rsize
            a=rtpmap:96 VP8/90000
            \(feedback(96))
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96
            a=rtpmap:103 H264/90000
            \(feedback(103))
            a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
            a=rtpmap:104 rtx/90000
            a=fmtp:104 apt=103
            a=rtpmap:107 H264/90000
            a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
            a=rtpmap:108 rtx/90000
            a=fmtp:108 apt=107
            a=rtpmap:109 H264/90000
            \(feedback(109))
            a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
            a=rtpmap:114 rtx/90000
            a=fmtp:114 apt=109
            a=rtpmap:98 VP9/90000
            \(feedback(98))
            a=fmtp:98 profile-id=0
            a=rtpmap:99 rtx/90000
            a=fmtp:99 apt=98
            a=rtpmap:100 VP9/90000
            a=fmtp:100 profile-id=2
            a=rtpmap:101 rtx/90000
            a=fmtp:101 apt=100
            a=rtpmap:45 AV1/90000
            a=rtpmap:46 rtx/90000
            a=fmtp:46 apt=45
            \(sources)
            """
    }

    static func head(bundle: String) -> String {
        """
        v=0
        o=- 4611731400430051336 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE \(bundle)
        a=extmap-allow-mixed
        a=msid-semantic: WMS
        """
    }

    /// Sound, a camera in three layers, a shared screen.
    static let chrome = text(
        head(bundle: "0 1 2"), chromeAudio, chromeVideo(mid: "1", direction: "sendrecv", simulcast: true),
        chromeVideo(mid: "2", direction: "sendonly", simulcast: false))

    static let chromePlain = text(
        head(bundle: "0 1"), chromeAudio, chromeVideo(mid: "1", direction: "sendrecv", simulcast: false))

    /// Transport at the top, `a=sendrecv` before all, names as candidates, a data channel.
    static let firefox = text(
        """
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 3345367421098765432 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        \(fingerprint)
        a=group:BUNDLE 0 1 2
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 0.0.0.0
        a=candidate:0 1 UDP 2122187007 5f1d2c3b-0000-4aaa-8bbb-0123456789ab.local 58741 typ host
        a=candidate:1 1 TCP 2105458943 5f1d2c3b-0000-4aaa-8bbb-0123456789ab.local 9 typ host tcptype active
        a=sendrecv
        a=end-of-candidates
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        \(credentials)
        a=mid:0
        a=msid:{c1a2} {d3e4}
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000/1
        a=setup:actpass
        a=ssrc:1029384756 cname:{aa-bb}
        m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:124 apt=120
        a=fmtp:121 max-fs=12288;max-fr=60
        a=fmtp:125 apt=121
        a=fmtp:127 apt=126
        \(credentials)
        a=mid:1
        a=msid:{c1a2} {e5f6}
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:120 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:124 rtx/90000
        a=rtpmap:121 VP9/90000
        a=rtpmap:125 rtx/90000
        a=rtpmap:126 H264/90000
        a=rtpmap:127 rtx/90000
        a=setup:actpass
        a=ssrc:555000111 cname:{aa-bb}
        a=ssrc:555000112 cname:{aa-bb}
        a=ssrc-group:FID 555000111 555000112
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=sendrecv
        \(credentials)
        a=mid:2
        a=setup:actpass
        a=sctp-port:5000
        a=max-message-size:1073741823
        """)

    /// H.264 first.
    static let safari = text(
        head(bundle: "0 1"), chromeAudio,
        """
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        \(credentials)
        \(fingerprint)
        a=setup:actpass
        a=mid:1
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:96 H264/90000
        a=rtcp-fb:96 nack pli
        a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=rtpmap:98 H264/90000
        a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
        a=rtpmap:99 rtx/90000
        a=fmtp:99 apt=98
        a=rtpmap:100 VP8/90000
        a=rtcp-fb:100 nack
        a=rtpmap:101 rtx/90000
        a=fmtp:101 apt=100
        a=ssrc-group:FID 42 43
        a=ssrc:42 cname:x
        a=ssrc:43 cname:x
        """)

    /// WHIP by a GStreamer sink: setup at the session, payload-specific lines without rtx, an offer to send.
    static let gstreamer = text(
        """
        v=0
        o=- 2385742398475 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=ice-options:trickle
        a=group:BUNDLE video0 audio1
        m=video 9 UDP/TLS/RTP/SAVPF 96 97
        c=IN IP4 0.0.0.0
        a=setup:actpass
        \(credentials)
        a=rtcp-mux
        a=rtcp-rsize
        a=sendonly
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=framerate:30
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=ssrc-group:FID 3301 3302
        a=ssrc:3301 msid:user1 webrtctransceiver0
        a=ssrc:3301 cname:user1
        a=mid:video0
        \(fingerprint)
        m=audio 0 UDP/TLS/RTP/SAVPF 98
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=bundle-only
        a=sendonly
        a=rtpmap:98 OPUS/48000/2
        a=fmtp:98 sprop-stereo=1;sprop-maxcapturerate=48000
        a=ssrc:3303 cname:user1
        a=mid:audio1
        a=rtcp-mux
        \(fingerprint)
        """)

    static let aiortc = text(
        """
        v=0
        o=- 3912345678 3912345678 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=msid-semantic:WMS *
        m=audio 43210 UDP/TLS/RTP/SAVPF 96 0 8
        c=IN IP4 192.0.2.10
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=mid:0
        a=msid:f8a1 0c11
        a=rtcp:9 IN IP4 0.0.0.0
        a=rtcp-mux
        a=ssrc:1812345 cname:9b1c
        a=rtpmap:96 opus/48000/2
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=candidate:d1e5 1 udp 2130706431 192.0.2.10 43210 typ host
        a=candidate:77aa 1 udp 1694498815 198.51.100.9 43210 typ srflx raddr 192.0.2.10 rport 43210
        a=end-of-candidates
        \(credentials)
        \(fingerprint)
        a=setup:actpass
        m=video 43210 UDP/TLS/RTP/SAVPF 97 98 99 100
        c=IN IP4 192.0.2.10
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=mid:1
        a=rtcp-mux
        a=ssrc-group:FID 711 712
        a=ssrc:711 cname:9b1c
        a=ssrc:712 cname:9b1c
        a=rtpmap:97 VP8/90000
        a=rtcp-fb:97 nack
        a=rtcp-fb:97 nack pli
        a=rtcp-fb:97 goog-remb
        a=rtpmap:98 rtx/90000
        a=fmtp:98 apt=97
        a=rtpmap:99 H264/90000
        a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
        a=rtpmap:100 rtx/90000
        a=fmtp:100 apt=99
        \(credentials)
        \(fingerprint)
        a=setup:actpass
        """)

    /// WHIP by OBS: H.264 and Opus only, active, `a=rtcp-mux`, mids by name.
    static let obs = text(
        """
        v=0
        o=rtc 3467512387 0 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=group:LS 0 1
        a=msid-semantic:WMS *
        a=setup:actpass
        \(credentials)
        a=ice-options:ice2,trickle
        \(fingerprint)
        m=audio 53421 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 192.0.2.33
        a=mid:0
        a=sendonly
        a=ssrc:88001 cname:obs
        a=ssrc:88001 msid:obs audio
        a=msid:obs audio
        a=rtcp-mux
        a=rtpmap:111 OPUS/48000/2
        a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
        a=candidate:1 1 UDP 2114977791 192.0.2.33 53421 typ host
        a=end-of-candidates
        m=video 53421 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 192.0.2.33
        a=mid:1
        a=sendonly
        a=ssrc:88002 cname:obs
        a=ssrc:88002 msid:obs video
        a=msid:obs video
        a=rtcp-mux
        a=rtpmap:96 H264/90000
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 goog-remb
        a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
        """)

    static let all = [chrome, chromePlain, firefox, safari, gstreamer, aiortc, obs]
}
