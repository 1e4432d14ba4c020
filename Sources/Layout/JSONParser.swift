/// Reads JSON strictly: no comments, no trailing commas, no name twice in one object, nothing after the document.
///
/// Layout files may come from anybody, so size, nesting and the number of values are bounded before they cost anything.
package struct JSONParser {
    /// Bytes of a file.
    package static let maximumSize = 256 * 1024
    /// Lists and objects within each other.
    package static let maximumDepth = 48
    /// Values altogether; far more than the largest layout needs.
    package static let maximumValues = 50_000

    private let bytes: [UInt8]
    private var index = 0
    private var values = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func parse(_ bytes: [UInt8]) throws(LayoutError) -> JSONValue {
        guard bytes.count <= maximumSize else {
            throw LayoutError(
                place: "", found: "a file of \(bytes.count) bytes", expected: "at most \(maximumSize) bytes")
        }
        var parser = JSONParser(bytes)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { parser.index = 3 }
        parser.skipSpace()
        guard parser.index < bytes.count else {
            throw LayoutError(place: "", found: "an empty file", expected: "a JSON object")
        }
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.count else { throw parser.unexpected(expected: "the end of the file") }
        return value
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(LayoutError) -> JSONValue {
        values += 1
        guard values <= JSONParser.maximumValues else {
            throw failure(found: "more than \(JSONParser.maximumValues) values", expected: "fewer")
        }
        guard index < bytes.count else { throw unexpected(expected: "a value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected(expected: "a value")
        }
    }

    private func checkDepth(_ depth: Int) throws(LayoutError) {
        guard depth < JSONParser.maximumDepth else {
            throw failure(
                found: "lists and objects nested deeper than \(JSONParser.maximumDepth)", expected: "less nesting")
        }
    }

    private mutating func object(depth: Int) throws(LayoutError) -> JSONValue {
        try checkDepth(depth)
        index += 1
        var members: [JSONMember] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw unexpected(expected: "a name in quotes")
            }
            let start = index
            let name = try string()
            guard names.insert(name).inserted else {
                index = start
                throw failure(
                    found: "the field \"\(LayoutError.excerpt(name))\" twice in one object", expected: "it once")
            }
            skipSpace()
            guard take(":") else { throw unexpected(expected: "a colon") }
            skipSpace()
            members.append(JSONMember(name, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected(expected: "a comma or a closing brace") }
        }
    }

    private mutating func array(depth: Int) throws(LayoutError) -> JSONValue {
        try checkDepth(depth)
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw unexpected(expected: "a comma or a closing bracket") }
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(LayoutError) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard index + offset < bytes.count, bytes[index + offset] == text.utf8Start[offset] else {
                throw unexpected(expected: "a value")
            }
        }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(LayoutError) -> JSONValue {
        let start = index
        _ = take("-")
        if !take("0") {
            guard digits() > 0 else { throw unexpected(expected: "a digit") }
        }
        if take(".") {
            guard digits() > 0 else { throw unexpected(expected: "a digit") }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw unexpected(expected: "a digit") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard text.utf8.count <= 64, let value = Double(text), value.isFinite else {
            index = start
            throw failure(found: "the number \(LayoutError.excerpt(text))", expected: "one of ordinary size")
        }
        return .number(value)
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return index - start
    }

    // MARK: Strings

    private mutating func string() throws(LayoutError) -> String {
        let start = index
        index += 1
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    index = start
                    throw failure(found: "a string that is not UTF-8", expected: "text in UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                index += 1
                text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw unexpected(expected: "the string's closing quote")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw unexpected(expected: "the string's closing quote")
    }

    /// What follows a backslash.
    private mutating func escape() throws(LayoutError) -> Unicode.Scalar {
        guard index < bytes.count else { throw unexpected(expected: "an escape") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try fourHexDigits()
            if let scalar = Unicode.Scalar(first) { return scalar }
            if (0xd800..<0xdc00).contains(first), take("\\"), take("u") {
                let second = try fourHexDigits()
                if (0xdc00..<0xe000).contains(second),
                    let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
                {
                    return scalar
                }
            }
            throw failure(found: "half a surrogate pair", expected: "both halves")
        default:
            index -= 1
            throw unexpected(expected: "one of \" \\ / b f n r t u after a backslash")
        }
    }

    private mutating func fourHexDigits() throws(LayoutError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw unexpected(expected: "four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    // MARK: Small things

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[index]) { index += 1 }
    }

    private func unexpected(expected: String) -> LayoutError {
        guard index < bytes.count else { return failure(found: "the end of the file", expected: expected) }
        let byte = bytes[index]
        let found = (0x21..<0x7f).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte 0x" + String(byte, radix: 16)
        return failure(found: found, expected: expected)
    }

    private func failure(found: String, expected: String) -> LayoutError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(index) {
            if byte == 0x0a {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
        }
        return LayoutError(place: "line \(line), column \(column)", found: found, expected: expected)
    }
}
