/// Why bytes could not be read as what they claim to be, or not be written where they should go.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Cause: Hashable, Sendable {
        /// The bytes end before what is being read does.
        case truncated
        /// A field holds what its specification rules out; says which.
        case malformed(String)
        /// The buffer to write into is too small.
        case noRoom
    }

    public var cause: Cause
    /// Where, in bytes from the start of what was given.
    public var offset: Int

    public init(_ cause: Cause, at offset: Int) {
        self.cause = cause
        self.offset = offset
    }

    public var description: String {
        switch cause {
        case .truncated: "ends too early, at byte \(offset)"
        case .malformed(let what): "\(what), at byte \(offset)"
        case .noRoom: "no room to write at byte \(offset)"
        }
    }
}
