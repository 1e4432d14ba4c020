/// A JSON document (RFC 8259) as a tree that keeps the order of its members.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// For messages: what kind of value this is, and which if it is short.
    package var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): JSONValue.text(of: value)
        case .string(let value): "the string \"\(LayoutError.excerpt(value))\""
        case .array(let values): values.isEmpty ? "an empty list" : "a list"
        case .object: "an object"
        }
    }

    /// The shortest text of a number; whole numbers have no point.
    static func text(of number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return "\(number)"
    }
}

/// A name and its value in a JSON object.
package struct JSONMember: Equatable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension LayoutError {
    /// At most 40 characters of foreign text, on one line.
    package static func excerpt(_ text: String) -> String {
        let plain = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : String($0) }
        return plain.count > 40 ? plain.prefix(39).joined() + "…" : plain.joined()
    }
}
