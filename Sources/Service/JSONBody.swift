import Layout

/// The fields of a request's JSON object. What is asked for has a type; what nobody asked for is refused.
struct JSONBody {
    private var members: [JSONMember]
    private var known: [String] = []
    /// Where the object stands in the text.
    private let path: String

    /// Throws 415 for another media type, 400 for what is no JSON object.
    init(_ request: HTTPRequest) throws(Problem) {
        guard request.mediaType == "application/json" else {
            throw Problem(415, "expected Content-Type: application/json")
        }
        try self.init(parsing: request.body, of: "body")
    }

    /// Throws 400 for what is no JSON object.
    init(parsing text: [UInt8], of what: String) throws(Problem) {
        guard String(validating: text, as: UTF8.self) != nil else { throw Problem(400, "the \(what) is not UTF-8") }
        let value: JSONValue
        do {
            value = try JSONParser.parse(text)
        } catch {
            throw Problem(400, "the \(what) is not JSON: \(error)")
        }
        guard case .object(let members) = value else { throw Problem(400, "expected a JSON object", place: "$") }
        self.init(members: members, path: "$")
    }

    private init(members: [JSONMember], path: String) {
        self.members = members
        self.path = path
    }

    private mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        return members.first { $0.name == name }?.value
    }

    /// Text of 1 to 200 bytes; nil if the field is absent.
    mutating func text(_ name: String) throws(Problem) -> String? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, (1...200).contains(text.utf8.count) else {
            throw Problem(422, "\(path).\(name): expected text of 1 to 200 bytes", place: "\(path).\(name)")
        }
        return text
    }

    mutating func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let flag) = value else {
            throw Problem(422, "\(path).\(name): expected true or false", place: "\(path).\(name)")
        }
        return flag
    }

    /// Text of at most `limit` bytes; nil if the field is absent.
    mutating func text(_ name: String, limit: Int) throws(Problem) -> String? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, (1...limit).contains(text.utf8.count) else {
            throw wrong(name, "text of 1 to \(limit) bytes")
        }
        return text
    }

    /// As ``text(_:)``; the inner nil stands for null.
    mutating func textOrNull(_ name: String) throws(Problem) -> String?? {
        if case .null = members.first(where: { $0.name == name })?.value {
            known.append(name)
            return .some(nil)
        }
        return try text(name).map { .some($0) }
    }

    mutating func number(_ name: String, in range: ClosedRange<Double>) throws(Problem) -> Double? {
        guard let value = take(name) else { return nil }
        guard case .number(let number) = value, range.contains(number) else {
            throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = take(name) else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// An object in the object; nil if the field is absent.
    mutating func object(_ name: String) throws(Problem) -> JSONBody? {
        guard let value = take(name) else { return nil }
        guard case .object(let members) = value else { throw wrong(name, "an object") }
        return JSONBody(members: members, path: "\(path).\(name)")
    }

    /// What a field says of a layout.
    enum LayoutChoice {
        case name(String)
        /// The text of a layout file.
        case inline([UInt8])
        /// null: no choice of one's own.
        case unset
    }

    /// A layout's name, a layout, or null; nil if the field is absent.
    mutating func layout(_ name: String = "layout") throws(Problem) -> LayoutChoice? {
        switch members.first(where: { $0.name == name })?.value {
        case .object(let members):
            known.append(name)
            return .inline(Array(JSONValue.object(members).written.utf8))
        case .null:
            known.append(name)
            return .unset
        case .string, .number, .bool, .array, nil:
            return try text(name).map { .name($0) }
        }
    }

    func wrong(_ name: String, _ expected: String) -> Problem {
        Problem(422, "\(path).\(name): expected \(expected)", place: "\(path).\(name)")
    }

    /// Throws for the first field that was never asked for.
    func finish() throws(Problem) {
        guard let stranger = members.first(where: { !known.contains($0.name) }) else { return }
        let place =
            path + "." + stranger.name.unicodeScalars.prefix(40).map { $0.value < 32 ? "?" : String($0) }.joined()
        throw Problem(422, "\(place): an unknown field; expected \(known.joined(separator: ", "))", place: place)
    }

    static func lacks(_ name: String, _ expected: String) -> Problem {
        Problem(422, "$.\(name) is missing: expected \(expected)", place: "$.\(name)")
    }
}

extension JSONValue {
    /// As JSON text.
    var written: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        case .string(let value): JSONValue.quoted(value)
        case .array(let values): "[" + values.map(\.written).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { JSONValue.quoted($0.name) + ":" + $0.value.written }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
