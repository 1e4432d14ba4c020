/// What went wrong with the store.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The database cannot be opened or is none.
        case cannotOpen
        /// It was written by a later version.
        case tooNew
        /// Its contents are damaged.
        case damaged
        /// Another process has held it for too long.
        case busy
        /// No space is left on its disk.
        case noSpace
        /// Something of that identifier is there already.
        case exists
        /// Nothing of that identifier is there.
        case notFound
        /// It is in a state, or somebody else's, in which that cannot be done.
        case conflict
        case failed
    }

    public let code: Code
    /// What is wrong, and what would be right.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
