/// A layout of another system as a layout file of ours.
public struct ImportedLayout: Sendable, Equatable {
    /// As the other system calls it.
    public let name: String
    /// The layout file, which has been checked.
    public let text: String
    /// What could not be taken over as it was; one sentence each.
    public let notes: [String]

    /// Whose layouts can be imported.
    public enum Origin: String, Sendable, CaseIterable {
        /// FreeSWITCH's `conference_layouts.conf.xml`.
        case freeswitch
        /// Twilio's `video_layout`, alone or within a request for a composition.
        case twilio
        /// Open WebRTC Toolkit's region lists.
        case owt
    }

    /// Bytes of a file to import.
    public static let maximumSize = XMLDocument.maximumSize

    /// Reads a file of another system. `resolution` is the canvas that Twilio's pixels belong to, where the file does
    /// not say it; `fallbackName` names a layout that has no name of its own.
    public static func read(
        _ bytes: some Collection<UInt8>, from origin: Origin, resolution: CanvasSize? = nil, fallbackName: String
    ) throws(LayoutError) -> [ImportedLayout] {
        let bytes = Array(bytes)
        return switch origin {
        case .freeswitch: try FreeSwitchImporter.read(bytes)
        case .twilio: try TwilioImporter.read(bytes, resolution: resolution, name: fallbackName)
        case .owt: try OWTImporter.read(bytes, name: fallbackName)
        }
    }

    /// Checks the file that an importer has made.
    init(name: String, members: [JSONMember], notes: [String] = []) throws(LayoutError) {
        let name = String(decoding: Array(name.utf8.prefix(Layout.Limits.nameLength)), as: UTF8.self)
        let document = JSONValue.object(
            [JSONMember("version", .number(1))]
                + (name.isEmpty ? [] : [JSONMember("name", .string(name))]) + members)
        self.name = name
        self.notes = notes
        text = document.text
        do {
            _ = try Layout(parsing: text.utf8)
        } catch {
            throw LayoutError(
                place: "layout \"\(LayoutError.excerpt(name))\"", found: "what becomes \(error.place): \(error.found)",
                expected: error.expected)
        }
    }
}

extension JSONValue {
    /// A part of a whole, exactly: as a decimal if it ends within four digits, else as a fraction in lowest terms.
    static func fraction(_ part: Int, of whole: Int) -> JSONValue {
        let thousands = Double(part) * 10_000 / Double(whole)
        if thousands == thousands.rounded() { return .number(thousands / 10_000) }
        var (a, b) = (part, whole)
        while b != 0 { (a, b) = (b, a % b) }
        return .string("\(part / a)/\(whole / a)")
    }
}
