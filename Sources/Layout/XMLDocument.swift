/// An element of an XML document, with what of it a configuration file needs.
struct XMLElement {
    var name: String
    var attributes: [String: String]
    var children: [XMLElement] = []
    /// The text directly within it, without that of its children.
    var text = ""
    /// Where it begins, for messages.
    var line: Int

    /// All elements called `name` within this one, at any depth, in the order of the document.
    func descendants(_ name: String) -> [XMLElement] {
        children.flatMap { ($0.name == name ? [$0] : []) + $0.descendants(name) }
    }
}

/// Reads XML as configuration files have it: elements, attributes, text, comments and CDATA.
///
/// Files may come from anybody. There are no document types and so no entities but the five of XML and character
/// numbers; size, depth and the number of elements are bounded.
struct XMLDocument {
    static let maximumSize = 1024 * 1024
    static let maximumDepth = 32
    static let maximumElements = 20_000

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var elements = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The root element.
    static func parse(_ bytes: [UInt8]) throws(LayoutError) -> XMLElement {
        guard bytes.count <= maximumSize else {
            throw LayoutError(
                place: "", found: "a file of \(bytes.count) bytes", expected: "at most \(maximumSize) bytes")
        }
        var document = XMLDocument(bytes)
        var holder = XMLElement(name: "", attributes: [:], line: 1)
        try document.content(of: &holder, depth: 0)
        guard holder.children.count == 1, let root = holder.children.first else {
            throw document.failure(
                found: holder.children.isEmpty ? "no element" : "several root elements", expected: "one root element")
        }
        return root
    }

    /// Everything up to the end tag of `element`, or for depth 0 to the end of the file.
    private mutating func content(of element: inout XMLElement, depth: Int) throws(LayoutError) {
        var text: [UInt8] = []
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                if bytes[index] == UInt8(ascii: "&") {
                    text.append(contentsOf: String(try reference()).utf8)
                } else {
                    text.append(bytes[index])
                    step()
                }
                continue
            }
            if take("<!--") {
                try skip(past: "-->")
            } else if take("<![CDATA[") {
                while index < bytes.count, !starts(with: "]]>") {
                    text.append(bytes[index])
                    step()
                }
                try skip(past: "]]>")
            } else if take("<?") {
                try skip(past: "?>")
            } else if starts(with: "<!") {
                throw failure(found: "a document type", expected: "none: they are not read")
            } else if take("</") {
                let name = try self.name()
                skipSpace()
                guard depth > 0, name == element.name, take(">") else {
                    throw failure(
                        found: "</\(LayoutError.excerpt(name))>",
                        expected: depth > 0 ? "</\(LayoutError.excerpt(element.name))>" : "no end tag here")
                }
                element.text = String(decoding: text, as: UTF8.self)
                return
            } else {
                element.children.append(try self.element(depth: depth))
            }
        }
        guard depth == 0 else {
            throw failure(found: "the end of the file", expected: "</\(LayoutError.excerpt(element.name))>")
        }
    }

    private mutating func element(depth: Int) throws(LayoutError) -> XMLElement {
        elements += 1
        guard depth < XMLDocument.maximumDepth, elements <= XMLDocument.maximumElements else {
            throw failure(found: "too many or too deeply nested elements", expected: "fewer")
        }
        let start = line
        step()
        var element = XMLElement(name: try name(), attributes: [:], line: start)
        while true {
            skipSpace()
            if take("/>") { return element }
            if take(">") { break }
            let attribute = try name()
            skipSpace()
            guard take("=") else { throw failure(found: here, expected: "= after an attribute's name") }
            skipSpace()
            guard element.attributes[attribute] == nil else {
                throw failure(found: "the attribute \(LayoutError.excerpt(attribute)) twice", expected: "it once")
            }
            element.attributes[attribute] = try quoted()
        }
        try content(of: &element, depth: depth + 1)
        return element
    }

    private mutating func name() throws(LayoutError) -> String {
        let start = index
        while index < bytes.count, XMLDocument.isName(bytes[index]) { index += 1 }
        guard index > start else { throw failure(found: here, expected: "a name") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "."), 0x80...0xff:
            true
        default: false
        }
    }

    private mutating func quoted() throws(LayoutError) -> String {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else {
            throw failure(found: here, expected: "a quoted value")
        }
        let quote = bytes[index]
        step()
        var text: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            switch bytes[index] {
            case UInt8(ascii: "&"): text.append(contentsOf: String(try reference()).utf8)
            case UInt8(ascii: "<"): throw failure(found: "'<' in a value", expected: "&lt;")
            default:
                text.append(bytes[index])
                step()
            }
        }
        guard index < bytes.count else { throw failure(found: here, expected: "the value's closing quote") }
        step()
        return String(decoding: text, as: UTF8.self)
    }

    /// A character reference or one of the five entities.
    private mutating func reference() throws(LayoutError) -> Unicode.Scalar {
        let start = index
        while index < bytes.count, index - start < 12, bytes[index] != UInt8(ascii: ";") { index += 1 }
        let text = String(decoding: bytes[(start + 1)..<max(index, start + 1)], as: UTF8.self)
        guard take(";") else { throw failure(found: "a bare &", expected: "&amp;") }
        switch text {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let number =
                text.hasPrefix("#x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text.dropFirst(), radix: 10)
            guard text.hasPrefix("#"), let scalar = number.flatMap(Unicode.Scalar.init), scalar.value > 0 else {
                throw failure(found: "&\(LayoutError.excerpt(text));", expected: "one of XML's own entities")
            }
            return scalar
        }
    }

    // MARK: Small things

    private mutating func step() {
        if bytes[index] == 0x0a { line += 1 }
        index += 1
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[index]) { step() }
    }

    private func starts(with text: StaticString) -> Bool {
        guard bytes.count - index >= text.utf8CodeUnitCount else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    private mutating func skip(past end: StaticString) throws(LayoutError) {
        let start = line
        while index < bytes.count {
            if take(end) { return }
            step()
        }
        throw LayoutError(place: "line \(start)", found: "no end of what begins here", expected: "\(end)")
    }

    private var here: String {
        index < bytes.count ? "'\(Character(Unicode.Scalar(bytes[index])))'" : "the end of the file"
    }

    private func failure(found: String, expected: String) -> LayoutError {
        LayoutError(place: "line \(line)", found: found, expected: expected)
    }
}
