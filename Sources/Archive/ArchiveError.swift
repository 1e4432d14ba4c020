import Containers
import Layout
import Store

/// Why an archive job cannot be taken, or not be done: one line for a person.
public struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The request is wrong; ``ArchiveError/place`` says where.
        case badRequest
        /// There is no such job or session.
        case notFound
        /// What it asks for is in the way, or another's.
        case conflict
        /// The recorded session, or a file of it, cannot be used.
        case unusable
        /// The job was cancelled, or its worker stopped.
        case cancelled
        /// Writing failed.
        case failed
    }

    public let code: Code
    /// A JSON path into the request, such as `$.trim.end`; nil if the fault is elsewhere.
    public let place: String?
    public let description: String

    public init(_ code: Code, place: String? = nil, _ description: String) {
        self.code = code
        self.place = place
        self.description = place.map { "\($0): \(description)" } ?? description
    }

    init(_ error: LayoutError) {
        self.init(
            .badRequest, place: error.place.isEmpty ? nil : error.place,
            "found \(error.found); expected \(error.expected)")
    }

    init(_ error: StoreError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .exists, .conflict: .conflict
            case .cannotOpen, .tooNew, .damaged, .busy, .noSpace, .failed: .failed
            }
        self.init(code, error.description)
    }

    init(_ error: ContainerError) { self.init(.failed, error.description) }
}
