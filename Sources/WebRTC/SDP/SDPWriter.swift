extension SessionDescription {
    /// As text, lines ending in CR LF.
    public var text: String {
        var lines = ["v=0", "o=- \(sessionID) \(sessionVersion) IN IP4 127.0.0.1", "s=-", "t=0 0"]
        for bundle in bundles { lines.append("a=group:BUNDLE \(bundle.joined(separator: " "))") }
        if allowsMixedExtensions { lines.append("a=extmap-allow-mixed") }
        lines.append("a=msid-semantic: WMS *")
        if isICELite { lines.append("a=ice-lite") }
        lines += transport.lines
        for section in media { lines += section.lines }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}

extension TransportDescription {
    var lines: [String] {
        var lines: [String] = []
        if let usernameFragment { lines.append("a=ice-ufrag:\(usernameFragment)") }
        if let password { lines.append("a=ice-pwd:\(password)") }
        if !iceOptions.isEmpty { lines.append("a=ice-options:\(iceOptions.joined(separator: " "))") }
        for fingerprint in fingerprints { lines.append("a=fingerprint:\(fingerprint.attribute)") }
        if let setup { lines.append("a=setup:\(setup.rawValue)") }
        return lines
    }
}

extension MediaSection {
    var lines: [String] {
        let formats = self.formats.isEmpty ? codecs.map { "\($0.payloadType)" } : self.formats
        var lines = [
            "m=\(kind.name) \(port) \(transportProtocol) \(formats.isEmpty ? "0" : formats.joined(separator: " "))",
            "c=IN IP4 0.0.0.0",
        ]
        if let bandwidth { lines.append("b=AS:\(bandwidth)") }
        lines += candidates.map { "a=\($0.attribute)" }
        if endOfCandidates { lines.append("a=end-of-candidates") }
        lines += transport.lines
        if let mid { lines.append("a=mid:\(mid)") }
        if isBundleOnly { lines.append("a=bundle-only") }
        if let sctpPort { lines.append("a=sctp-port:\(sctpPort)") }
        if let maximumMessageSize { lines.append("a=max-message-size:\(maximumMessageSize)") }
        guard kind == .audio || kind == .video else { return lines }
        for mapping in extensions {
            let direction = mapping.direction == .sendrecv ? "" : "/\(mapping.direction.rawValue)"
            lines.append("a=extmap:\(mapping.number)\(direction) \(mapping.uri)")
        }
        lines.append("a=\(direction.rawValue)")
        if let msid { lines.append("a=msid:\(msid)") }
        if multiplexesRTCP { lines.append("a=rtcp-mux") }
        if reducesRTCPSize { lines.append("a=rtcp-rsize") }
        for codec in codecs { lines += codec.lines }
        for restriction in restrictions {
            let ending = restriction.restrictions.isEmpty ? "" : " \(restriction.restrictions)"
            lines.append("a=rid:\(restriction.name) \(restriction.isSent ? "send" : "recv")\(ending)")
        }
        let layers = { (list: [[String]]) in list.map { $0.joined(separator: ",") }.joined(separator: ";") }
        if !simulcastSend.isEmpty || !simulcastReceive.isEmpty {
            let send = simulcastSend.isEmpty ? "" : " send \(layers(simulcastSend))"
            let receive = simulcastReceive.isEmpty ? "" : " recv \(layers(simulcastReceive))"
            lines.append("a=simulcast:\((send + receive).dropFirst())")
        }
        for group in sourceGroups {
            lines.append("a=ssrc-group:\(group.semantics) \(group.sources.map { "\($0)" }.joined(separator: " "))")
        }
        for source in sources {
            if let cname = source.cname { lines.append("a=ssrc:\(source.ssrc) cname:\(cname)") }
            if let msid { lines.append("a=ssrc:\(source.ssrc) msid:\(msid)") }
        }
        return lines
    }
}

extension CodecDescription {
    var lines: [String] {
        let ending = channels > 1 ? "/\(channels)" : ""
        var lines = ["a=rtpmap:\(payloadType) \(name)/\(clockRate)\(ending)"]
        lines += feedback.map { "a=rtcp-fb:\(payloadType) \($0)" }
        if !parameters.isEmpty {
            let list = parameters.map { $0.name.isEmpty ? $0.value : "\($0.name)=\($0.value)" }
            lines.append("a=fmtp:\(payloadType) \(list.joined(separator: ";"))")
        }
        return lines
    }
}
