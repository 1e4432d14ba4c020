public import Codecs
public import Containers

/// What went wrong with a file that is decoded or recorded.
public struct RecordingError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// The file itself; see ``container``.
        case container
        /// Nothing in the file can be decoded here.
        case codec
        /// A thread could not be started.
        case thread
    }

    public let code: Code
    public let path: String
    /// What was wrong, without the path.
    public let cause: String
    public let container: ContainerError?

    public init(_ code: Code, path: String, cause: String) {
        self.code = code
        self.path = path
        self.cause = cause
        container = nil
    }

    public init(_ error: ContainerError) {
        code = .container
        path = error.path
        cause = error.cause
        container = error
    }

    public init(_ error: CodecError, path: String) {
        self.init(.codec, path: path, cause: error.description)
    }

    public var description: String { container?.description ?? "\(path): \(cause)" }
}
