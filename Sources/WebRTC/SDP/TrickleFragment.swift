/// The body of a PATCH that brings candidates or restarts ICE: `application/trickle-ice-sdpfrag` (RFC 8840 section 9,
/// as RFC 9725 uses it).
public struct TrickleFragment: Hashable, Sendable {
    public var usernameFragment: String?
    public var password: String?
    /// Of all sections: with BUNDLE there is one transport.
    public var candidates: [Candidate] = []
    public var endOfCandidates = false
    /// The sections named, as «audio» and its mid.
    public var sections: [(kind: String, mid: String)] {
        get { zip(kinds, mids).map { ($0, $1) } }
        set {
            kinds = newValue.map(\.kind)
            mids = newValue.map(\.mid)
        }
    }
    private var kinds: [String] = []
    private var mids: [String] = []

    public static let sizeLimit = 16_384
    public static let candidateLimit = 64

    public init() {}

    public var credentials: ICECredentials? {
        guard let usernameFragment, let password else { return nil }
        return ICECredentials(usernameFragment: usernameFragment, password: password)
    }

    /// Unknown lines and candidates that make no sense are passed over, as RFC 9725 asks.
    public init(parsing text: String) throws(SDPError) {
        guard text.utf8.count <= TrickleFragment.sizeLimit else {
            throw SDPError(.tooLarge, "\(text.utf8.count) bytes; a fragment has at most \(TrickleFragment.sizeLimit)")
        }
        var number = 0
        var kind = "audio"
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = Substring(line)
            if line.utf8.last == UInt8(ascii: "\r") { line = Substring(line.utf8.dropLast()) }
            if line.isEmpty { continue }
            if line.hasPrefix("m=") {
                kind = String(line.dropFirst(2).prefix { $0 != " " }.prefix(32))
            } else if line.hasPrefix("a=ice-ufrag:") {
                usernameFragment = String(line.dropFirst(12))
            } else if line.hasPrefix("a=ice-pwd:") {
                password = String(line.dropFirst(10))
            } else if line.hasPrefix("a=mid:") {
                if mids.count < SessionDescription.mediaLimit {
                    kinds.append(kind)
                    mids.append(String(line.dropFirst(6).prefix(32)))
                }
            } else if line == "a=end-of-candidates" {
                endOfCandidates = true
            } else if line.hasPrefix("a=candidate:") {
                if candidates.count < TrickleFragment.candidateLimit,
                    let candidate = Candidate(parsing: line.dropFirst(2))
                {
                    candidates.append(candidate)
                }
            } else if !line.utf8.dropFirst().starts(with: "=".utf8) {
                throw SDPError(.malformed, line: number, "\(SDPError.excerpt(line)) is not of the form x=value")
            }
        }
        if let usernameFragment, let password {
            guard ICECredentials(usernameFragment: usernameFragment, password: password) != nil else {
                throw SDPError(.malformed, "a=ice-ufrag has 4 to 256 and a=ice-pwd 22 to 256 of A-Z a-z 0-9 + /")
            }
        }
    }

    /// As text, lines ending in CR LF.
    public var text: String {
        var lines: [String] = []
        if let usernameFragment { lines.append("a=ice-ufrag:\(usernameFragment)") }
        if let password { lines.append("a=ice-pwd:\(password)") }
        let named = sections.isEmpty ? [(kind: "audio", mid: "0")] : sections
        for (index, section) in named.enumerated() {
            lines += ["m=\(section.kind) 9 UDP/TLS/RTP/SAVPF 0", "a=mid:\(section.mid)"]
            guard index == 0 else { continue }
            lines += candidates.map { "a=\($0.attribute)" }
            if endOfCandidates { lines.append("a=end-of-candidates") }
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}
