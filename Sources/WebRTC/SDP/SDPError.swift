/// Why a session description is refused. Its text is meant for whoever wrote the offer.
public struct SDPError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// Not SDP, or cut short.
        case malformed
        /// Larger than any honest offer.
        case tooLarge
        /// Media would go unencrypted, or nobody could tell with whom.
        case insecure
        /// Well written, but nothing that we can do.
        case unacceptable
    }

    public var code: Code
    /// Counted from 1; nil when it is about the whole.
    public var line: Int?
    /// What was wrong and what would be right.
    public var reason: String

    public init(_ code: Code, line: Int? = nil, _ reason: String) {
        self.code = code
        self.line = line
        self.reason = reason
    }

    public var description: String { line.map { "line \($0): \(reason)" } ?? reason }

    /// At most 40 characters of a peer's text, without control characters, fit to be shown and logged.
    static func excerpt(_ text: some StringProtocol) -> String {
        let shown = text.unicodeScalars.prefix(40).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) }
        return "«\(String(shown))»"
    }
}
