/// Why a render could not be done, or not to its end: one line for a person.
public struct RenderError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
