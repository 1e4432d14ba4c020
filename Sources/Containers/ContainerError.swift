/// What went wrong with a file that is read or written: what, where, and what would be right.
public struct ContainerError: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        // Reading.
        case noSuchFile, isDirectory, notRegularFile, notPermitted, emptyFile, notMedia, forbiddenFormat,
            cutOffBeforeIndex
        case noStreams, unreadable, cancelled
        // Writing.
        case outputExists, unfinishedExists, notWritable, noSpace, writeFailed, unknownExtension, unsupportedCodec
        case badChunk, alreadyFinished
    }

    public let code: Code
    public let path: String
    /// What is wrong, without the path: «is a directory».
    public let cause: String
    /// What would be right, as a whole clause; empty if there is nothing to advise.
    public let remedy: String

    public init(_ code: Code, path: String, cause: String, remedy: String = "") {
        self.code = code
        self.path = path
        self.cause = cause
        self.remedy = remedy
    }
}

extension ContainerError: CustomStringConvertible {
    /// One line: «a.webm: no such file; check the path».
    public var description: String {
        "\(path): \(cause)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}
