import Layout

/// The fields of a request's JSON object. What is asked for has a type; what nobody asked for is refused.
struct JSONBody {
    private var members: [JSONMember]
    private var known: [String] = []

    /// Throws 415 for another media type, 400 for what is no JSON object.
    init(_ request: HTTPRequest) throws(Problem) {
        guard request.mediaType == "application/json" else {
            throw Problem(415, "expected Content-Type: application/json")
        }
        guard String(validating: request.body, as: UTF8.self) != nil else {
            throw Problem(400, "the body is not UTF-8")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(request.body)
        } catch {
            throw Problem(400, "the body is not JSON: \(error)")
        }
        guard case .object(let members) = value else { throw Problem(400, "expected a JSON object", place: "$") }
        self.members = members
    }

    private mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        return members.first { $0.name == name }?.value
    }

    /// Text of 1 to 200 bytes; nil if the field is absent.
    mutating func text(_ name: String) throws(Problem) -> String? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, (1...200).contains(text.utf8.count) else {
            throw Problem(422, "$.\(name): expected text of 1 to 200 bytes", place: "$.\(name)")
        }
        return text
    }

    mutating func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let flag) = value else {
            throw Problem(422, "$.\(name): expected true or false", place: "$.\(name)")
        }
        return flag
    }

    /// Throws for the first field that was never asked for.
    func finish() throws(Problem) {
        guard let stranger = members.first(where: { !known.contains($0.name) }) else { return }
        let place = "$." + stranger.name.unicodeScalars.prefix(40).map { $0.value < 32 ? "?" : String($0) }.joined()
        throw Problem(422, "\(place): an unknown field; expected \(known.joined(separator: ", "))", place: place)
    }

    static func lacks(_ name: String, _ expected: String) -> Problem {
        Problem(422, "$.\(name) is missing: expected \(expected)", place: "$.\(name)")
    }
}
