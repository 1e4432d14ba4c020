import RTP

extension SessionDescription {
    /// In bytes; a browser's offer of audio, two pictures and all codecs is about 12,000.
    public static let sizeLimit = 65_536
    static let lineLimit = 4_000
    static let lineLengthLimit = 4_096
    public static let mediaLimit = 32
    static let codecLimit = 128
    static let candidateLimit = 64
    static let sourceLimit = 128
    static let attributeLimit = 64

    /// Reads an offer or an answer. Unknown lines are passed over; lines with a meaning must make sense.
    public init(parsing text: String) throws(SDPError) {
        let limit = SessionDescription.sizeLimit
        guard text.utf8.count <= limit else {
            throw SDPError(.tooLarge, "\(text.utf8.count) bytes; a session description has at most \(limit)")
        }
        var parser = SDPParser()
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard number <= SessionDescription.lineLimit else {
                throw SDPError(.tooLarge, line: number, "more than \(SessionDescription.lineLimit) lines")
            }
            guard line.count <= SessionDescription.lineLengthLimit else {
                throw SDPError(.tooLarge, line: number, "longer than \(SessionDescription.lineLengthLimit) bytes")
            }
            var line = Substring(line)
            if line.utf8.last == UInt8(ascii: "\r") { line = Substring(line.utf8.dropLast()) }
            if line.isEmpty { continue }
            try parser.read(line, number: number)
        }
        self = try parser.finish()
    }
}

/// Reads line by line; knows in which section it is.
struct SDPParser {
    private var description = SessionDescription()
    private var section: MediaSection?
    private var sawVersion = false
    private var sawOrigin = false
    /// `a=rtcp-fb:*`.
    private var feedbackForAll: [String] = []
    /// `a=rtcp-fb` and `a=fmtp` may stand before their `a=rtpmap`.
    private var parameters: [PayloadType: [CodecDescription.Parameter]] = [:]
    private var feedback: [PayloadType: [String]] = [:]
    private var number = 0

    mutating func read(_ line: Substring, number: Int) throws(SDPError) {
        self.number = number
        let bytes = line.utf8
        guard bytes.count >= 2, bytes[bytes.index(after: bytes.startIndex)] == UInt8(ascii: "="),
            let type = line.first
        else {
            throw SDPError(.malformed, line: number, "\(SDPError.excerpt(line)) is not of the form x=value")
        }
        let value = Substring(bytes.dropFirst(2))
        if !sawVersion {
            guard line == "v=0" else {
                throw SDPError(.malformed, line: number, "a session description begins with v=0")
            }
            sawVersion = true
            return
        }
        switch type {
        case "o": try readOrigin(value)
        case "m": try beginSection(value)
        case "b": readBandwidth(value)
        case "a": try readAttribute(value)
        default: break
        }
    }

    private func malformed(_ what: String) -> SDPError { SDPError(.malformed, line: number, what) }

    private mutating func readOrigin(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 6)
        guard fields.count >= 6 else { throw malformed("o= has six fields") }
        sawOrigin = true
        // Longer numbers exist; they are only ever echoed.
        description.sessionID = UInt64(fields[1]) ?? 1
        description.sessionVersion = UInt64(fields[2]) ?? 1
    }

    private mutating func beginSection(_ value: Substring) throws(SDPError) {
        try endSection()
        guard description.media.count < SessionDescription.mediaLimit else {
            throw SDPError(.tooLarge, line: number, "more than \(SessionDescription.mediaLimit) m= lines")
        }
        let fields = value.split(separator: " ", maxSplits: SessionDescription.codecLimit + 3)
        guard fields.count >= 4 else { throw malformed("m= names a kind, a port, a protocol and formats") }
        guard fields.count <= SessionDescription.codecLimit + 3 else {
            throw SDPError(.tooLarge, line: number, "more than \(SessionDescription.codecLimit) formats")
        }
        // «port/number of ports» is of another age.
        guard let port = UInt16(fields[1].split(separator: "/")[0]) else {
            throw malformed("the port of m= is 0 to 65535")
        }
        let formats = fields[3...].map { String($0) }
        var new = MediaSection(
            kind: MediaSection.Kind(name: fields[0]), port: Int(port), transportProtocol: String(fields[2]),
            formats: formats)
        new.line = number
        section = new
    }

    private mutating func readBandwidth(_ value: Substring) {
        let fields = value.split(separator: ":", maxSplits: 1)
        guard fields.count == 2, let amount = UInt32(fields[1]) else { return }
        if fields[0] == "AS" { section?.bandwidth = Int(amount) }
        if fields[0] == "TIAS" { section?.bandwidth = Int(amount) / 1000 }
    }

    private mutating func readAttribute(_ text: Substring) throws(SDPError) {
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let name = colon.map { text[..<$0] } ?? text
        let value = colon.map { text[text.index(after: $0)...] } ?? ""
        if try readTransportAttribute(name, value) { return }
        if section == nil {
            switch name {
            case "group":
                let fields = value.split(separator: " ", maxSplits: SessionDescription.mediaLimit + 1)
                guard fields.first == "BUNDLE" else { return }
                guard description.bundles.count < 8 else { throw malformed("more than 8 groups") }
                description.bundles.append(fields.dropFirst().map { String($0) })
            case "ice-lite": description.isICELite = true
            case "extmap-allow-mixed": description.allowsMixedExtensions = true
            default: break
            }
            return
        }
        switch name {
        case "mid":
            guard (1...32).contains(value.utf8.count), !value.contains(" ") else {
                throw malformed("a mid has 1 to 32 characters without spaces")
            }
            section?.mid = String(value)
        case "sendrecv", "sendonly", "recvonly", "inactive":
            section?.direction = MediaDirection(rawValue: String(name)) ?? .inactive
        case "rtcp-mux": section?.multiplexesRTCP = true
        case "rtcp-rsize": section?.reducesRTCPSize = true
        case "bundle-only": section?.isBundleOnly = true
        case "msid": if section?.msid == nil { section?.msid = String(value) }
        case "end-of-candidates": section?.endOfCandidates = true
        case "sctp-port": section?.sctpPort = UInt16(value).map { Int($0) }
        case "max-message-size": section?.maximumMessageSize = UInt32(value).map { Int($0) }
        case "rtpmap": try readFormat(value)
        case "fmtp": try readParameters(value)
        case "rtcp-fb": try readFeedback(value)
        case "extmap": try readExtension(value)
        case "ssrc": try readSource(value)
        case "ssrc-group": try readSourceGroup(value)
        case "rid": try readRestriction(value)
        case "simulcast": try readSimulcast(value)
        case "candidate": try readCandidate(text)
        default: break
        }
    }

    /// What may stand in a section or before the first one.
    private mutating func readTransportAttribute(_ name: Substring, _ value: Substring) throws(SDPError) -> Bool {
        var transport = section?.transport ?? description.transport
        switch name {
        case "ice-ufrag": transport.usernameFragment = String(value)
        case "ice-pwd": transport.password = String(value)
        case "ice-options":
            transport.iceOptions = value.split(separator: " ", maxSplits: 15).map { String($0) }
        case "setup":
            guard let setup = SetupRole(rawValue: String(value)) else {
                throw malformed("a=setup is active, passive, actpass or holdconn")
            }
            transport.setup = setup
        case "fingerprint":
            guard let fingerprint = Fingerprint(parsing: value) else {
                throw malformed("a=fingerprint is a hash function and pairs of hexadecimal digits with colons")
            }
            if transport.fingerprints.count < 8 { transport.fingerprints.append(fingerprint) }
        default: return false
        }
        if section == nil { description.transport = transport } else { section?.transport = transport }
        return true
    }

    private func payloadType(_ text: Substring) throws(SDPError) -> PayloadType {
        guard let number = UInt8(text), let type = PayloadType(rawValue: number) else {
            throw malformed("payload type \(SDPError.excerpt(text)) is not 0 to 127")
        }
        return type
    }

    private mutating func readFormat(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 1)
        guard fields.count == 2 else { throw malformed("a=rtpmap is a payload type and name/clock rate") }
        let type = try payloadType(fields[0])
        let parts = fields[1].split(separator: "/", maxSplits: 3)
        guard parts.count >= 2, let rate = UInt32(parts[1].filter { $0 != " " }), rate > 0, rate <= 1_000_000 else {
            throw malformed("a=rtpmap names a codec and a clock rate up to 1000000")
        }
        let channels = parts.count > 2 ? Int(UInt8(parts[2]) ?? 1) : 1
        guard let section, section.codecs.count < SessionDescription.codecLimit else {
            throw SDPError(.tooLarge, line: number, "more than \(SessionDescription.codecLimit) codecs")
        }
        // The first of two lines for one payload type counts.
        guard !section.codecs.contains(where: { $0.payloadType == type }) else { return }
        self.section?.codecs.append(
            CodecDescription(
                payloadType: type, name: String(parts[0].prefix(32)), clockRate: Int(rate),
                channels: max(1, channels)))
    }

    private mutating func readParameters(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 1)
        guard fields.count == 2 else { return }
        // Formats that are not payload types (data channels, WebM in RTP) have parameters too.
        guard let number = UInt8(fields[0]), let type = PayloadType(rawValue: number) else { return }
        guard parameters[type] == nil else { return }
        parameters[type] = fields[1].split(separator: ";", maxSplits: 31).map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let trimmed = sides.map { side in String(side.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            return trimmed.count == 2
                ? CodecDescription.Parameter(trimmed[0].lowercased(), trimmed[1])
                : CodecDescription.Parameter("", trimmed[0])
        }
    }

    private mutating func readFeedback(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 1)
        guard fields.count == 2 else { return }
        if fields[0] == "*" {
            if feedbackForAll.count < 16 { feedbackForAll.append(String(fields[1])) }
            return
        }
        let type = try payloadType(fields[0])
        if feedback[type, default: []].count < 16 { feedback[type, default: []].append(String(fields[1])) }
    }

    private mutating func readExtension(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 2)
        guard fields.count >= 2 else { throw malformed("a=extmap is a number and a URI") }
        let parts = fields[0].split(separator: "/", maxSplits: 1)
        guard let extensionNumber = parts.first.flatMap({ UInt16($0) }) else {
            throw malformed("the number of a=extmap is 1 to 255")
        }
        // Numbers from 4096 are for offers with more extensions than numbers (RFC 8285 section 7); they are unused here.
        guard let small = UInt8(exactly: extensionNumber), small != 0, small != 15 else { return }
        let direction = parts.count > 1 ? MediaDirection(rawValue: String(parts[1])) ?? .sendrecv : .sendrecv
        guard section?.extensions.count ?? 0 < SessionDescription.attributeLimit else { return }
        section?.extensions.append(
            ExtensionDescription(number: small, uri: String(fields[1]), direction: direction))
    }

    private mutating func readSource(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 1)
        guard let first = fields.first, let rawValue = UInt32(first) else {
            throw malformed("a=ssrc is a number of 32 bits and an attribute")
        }
        let ssrc = SSRC(rawValue)
        let cname =
            fields.count == 2 && fields[1].hasPrefix("cname:") ? String(fields[1].dropFirst(6).prefix(255)) : nil
        if let index = section?.sources.firstIndex(where: { $0.ssrc == ssrc }) {
            if let cname { section?.sources[index].cname = cname }
            return
        }
        guard section?.sources.count ?? 0 < SessionDescription.sourceLimit else {
            throw SDPError(.tooLarge, line: number, "more than \(SessionDescription.sourceLimit) sources in a section")
        }
        section?.sources.append(SourceAttribute(ssrc: ssrc, cname: cname))
    }

    private mutating func readSourceGroup(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 17)
        guard let semantics = fields.first, fields.count <= 17 else { return }
        var sources: [SSRC] = []
        for field in fields.dropFirst() {
            guard let rawValue = UInt32(field) else { throw malformed("a=ssrc-group lists numbers of 32 bits") }
            sources.append(SSRC(rawValue))
        }
        guard section?.sourceGroups.count ?? 0 < SessionDescription.attributeLimit else { return }
        section?.sourceGroups.append(SourceGroup(semantics: String(semantics), sources: sources))
    }

    private mutating func readRestriction(_ value: Substring) throws(SDPError) {
        let fields = value.split(separator: " ", maxSplits: 2)
        guard fields.count >= 2, fields[1] == "send" || fields[1] == "recv", (1...32).contains(fields[0].utf8.count)
        else { throw malformed("a=rid is a name of 1 to 32 characters, and send or recv") }
        guard section?.restrictions.count ?? 0 < 16 else { throw malformed("more than 16 a=rid lines") }
        section?.restrictions.append(
            RestrictionIdentifier(
                name: String(fields[0]), isSent: fields[1] == "send",
                restrictions: fields.count > 2 ? String(fields[2]) : ""))
    }

    private mutating func readSimulcast(_ value: Substring) throws(SDPError) {
        var fields = value.split(separator: " ", maxSplits: 7)[...]
        while fields.count >= 2 {
            let direction = fields.removeFirst()
            // A tilde marks a layer that is paused at first.
            let layers = fields.removeFirst().split(separator: ";", maxSplits: 15).map { layer in
                layer.split(separator: ",", maxSplits: 7).map { String($0.first == "~" ? $0.dropFirst() : $0) }
            }
            if direction == "send" { section?.simulcastSend = layers }
            if direction == "recv" { section?.simulcastReceive = layers }
        }
    }

    private mutating func readCandidate(_ text: Substring) throws(SDPError) {
        // One that makes no sense is dropped like one that does not work.
        guard let candidate = Candidate(parsing: text) else { return }
        guard section?.candidates.count ?? 0 < SessionDescription.candidateLimit else { return }
        section?.candidates.append(candidate)
    }

    private mutating func endSection() throws(SDPError) {
        guard var ended = section else { return }
        // Static payload types need no a=rtpmap (RFC 3551); the two that browsers still offer are named.
        for format in ended.formats {
            guard let number = UInt8(format), let type = PayloadType(rawValue: number),
                !ended.codecs.contains(where: { $0.payloadType == type })
            else { continue }
            if number == 0 { ended.codecs.append(CodecDescription(payloadType: type, name: "PCMU", clockRate: 8000)) }
            if number == 8 { ended.codecs.append(CodecDescription(payloadType: type, name: "PCMA", clockRate: 8000)) }
        }
        for index in ended.codecs.indices {
            let type = ended.codecs[index].payloadType
            ended.codecs[index].parameters = parameters[type] ?? []
            ended.codecs[index].feedback = (feedback[type] ?? []) + feedbackForAll
        }
        // The order of the m= line is the order of preference; formats without an a=rtpmap say nothing.
        let order = Dictionary(
            ended.formats.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        let listed = ended.codecs.filter { order["\($0.payloadType)"] != nil }
        ended.codecs = listed.sorted { order["\($0.payloadType)"] ?? 0 < order["\($1.payloadType)"] ?? 0 }
        parameters = [:]
        feedback = [:]
        feedbackForAll = []
        section = nil
        description.media.append(ended)
    }

    mutating func finish() throws(SDPError) -> SessionDescription {
        guard sawVersion else { throw SDPError(.malformed, "empty; a session description begins with v=0") }
        guard sawOrigin else { throw SDPError(.malformed, "no o= line") }
        try endSection()
        var mids = Set<String>()
        for section in description.media {
            if let mid = section.mid, !mids.insert(mid).inserted {
                throw SDPError(.malformed, line: section.line, "two sections have the mid \(SDPError.excerpt(mid))")
            }
        }
        return description
    }
}
