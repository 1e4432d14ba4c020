/// Why a layout file, or a file of another system that should become one, is refused.
public struct LayoutError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where: a JSON path such as `$.root.children[2].weight`, or «line 3, column 14», or empty for the whole file.
    public var place: String
    /// What was found there.
    public var found: String
    /// What would be right.
    public var expected: String

    public init(place: String, found: String, expected: String) {
        self.place = place
        self.found = found
        self.expected = expected
    }

    /// One line, as in «$.root.weight: found -1; expected a number from 0.001 to 1000».
    public var description: String {
        (place.isEmpty ? "" : place + ": ") + "found \(found); expected \(expected)"
    }
}
