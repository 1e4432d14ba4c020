/// Takes the fields out of one JSON object, and knows in the end which of them nobody asked for.
package struct ObjectReader {
    package let path: String
    private var members: [String: JSONValue] = [:]
    private var order: [String] = []
    private var known: [String] = []

    package init(_ value: JSONValue, path: String, expected: String = "an object") throws(LayoutError) {
        guard case .object(let list) = value else {
            throw LayoutError(place: path, found: value.summary, expected: expected)
        }
        self.path = path
        for member in list {
            members[member.name] = member.value
            order.append(member.name)
        }
    }

    /// The path of a field, as in `$.images["the hall"]` where the name is not a plain word.
    package func path(of name: String) -> String {
        let isPlain =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                let letter = byte | 0x20
                return (0x61...0x7a).contains(letter) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            }
        return isPlain ? "\(path).\(name)" : "\(path)[\"\(LayoutError.excerpt(name))\"]"
    }

    /// All names in the order of the file, for objects that are tables.
    package var names: [String] { order }

    package mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        return members[name]
    }

    package func has(_ name: String) -> Bool { members[name] != nil }

    /// Throws for the first field that was never asked for.
    package func finish() throws(LayoutError) {
        let asked = Set(known)
        guard let stranger = order.first(where: { !asked.contains($0) }) else { return }
        throw LayoutError(
            place: path(of: stranger), found: "an unknown field",
            expected: known.isEmpty ? "no field" : "one of " + known.joined(separator: ", "))
    }

    package func failure(_ name: String, _ value: JSONValue?, expected: String) -> LayoutError {
        LayoutError(place: path(of: name), found: value?.summary ?? "nothing", expected: expected)
    }

    // MARK: Typed fields

    /// A number from `range`, or nil if the field is absent.
    package mutating func number(_ name: String, _ range: ClosedRange<Double>) throws(LayoutError) -> Double? {
        guard let value = take(name) else { return nil }
        guard case .number(let number) = value, range.contains(number) else {
            throw failure(
                name, value,
                expected: "a number from \(JSONValue.text(of: range.lowerBound)) to "
                    + JSONValue.text(of: range.upperBound))
        }
        return number
    }

    /// A number from 0 to 1, also written "2/3", or nil if the field is absent.
    package mutating func fraction(_ name: String) throws(LayoutError) -> Double? {
        guard let value = take(name) else { return nil }
        if case .number(let number) = value, (0...1).contains(number) { return number }
        if case .string(let text) = value,
            let number = Int(text).map(Double.init) ?? ObjectReader.quotient(text, separator: "/"),
            (0...1).contains(number)
        {
            return number
        }
        throw failure(name, value, expected: "a fraction from 0 to 1, such as 0.25 or \"1/4\"")
    }

    package mutating func integer(_ name: String, _ range: ClosedRange<Int>) throws(LayoutError) -> Int? {
        guard let value = take(name) else { return nil }
        guard case .number(let number) = value, number == number.rounded(),
            Double(range.lowerBound) <= number, number <= Double(range.upperBound)
        else {
            throw failure(
                name, value, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    package mutating func bool(_ name: String) throws(LayoutError) -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let flag) = value else { throw failure(name, value, expected: "true or false") }
        return flag
    }

    /// Text of 1 to 200 bytes, or nil if the field is absent.
    package mutating func text(_ name: String) throws(LayoutError) -> String? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= Layout.Limits.nameLength else {
            throw failure(name, value, expected: "text of 1 to \(Layout.Limits.nameLength) bytes")
        }
        return text
    }

    /// One of the words of an enum, or nil if the field is absent.
    package mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type)
        throws(LayoutError)
        -> Word? where Word.RawValue == String
    {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, let word = Word(rawValue: text) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }
            throw failure(name, value, expected: words.joined(separator: " or "))
        }
        return word
    }

    /// `#rrggbb` or `#rrggbbaa`, or nil if the field is absent.
    package mutating func colour(_ name: String) throws(LayoutError) -> Colour? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value, let colour = Colour(hexadecimal: text) else {
            throw failure(name, value, expected: "a colour as \"#rrggbb\" or \"#rrggbbaa\"")
        }
        return colour
    }

    /// «2/3» or «16:9», both parts whole numbers from 0 to 100000, the second not 0.
    package static func quotient(_ text: String, separator: Character) -> Double? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 2, let upper = Int(parts[0]), let lower = Int(parts[1]),
            (0...100_000).contains(upper), (1...100_000).contains(lower)
        else { return nil }
        return Double(upper) / Double(lower)
    }
}

extension Colour {
    /// Reads `#rrggbb` or `#rrggbbaa`.
    public init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.first == UInt8(ascii: "#"), digits.count == 7 || digits.count == 9 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 1, to: digits.count, by: 2) {
            guard let high = Character(Unicode.Scalar(digits[start])).hexDigitValue,
                let low = Character(Unicode.Scalar(digits[start + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        self.init(red: bytes[0], green: bytes[1], blue: bytes[2], alpha: bytes.count == 4 ? bytes[3] : 255)
    }
}
