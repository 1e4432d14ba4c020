/// Reads FreeSWITCH's `conference_layouts.conf.xml`: every layout, and every group as a layout with variants.
///
/// Positions are in units of 1/360 of the canvas, x and scale of its width, y and hscale of its height; hscale is scale
/// unless given. A group uses the first of its layouts that has enough images.
enum FreeSwitchImporter {
    private static let units = 360

    /// One layout of the file as regions of ours.
    private struct Source {
        var name: String
        var regions: [JSONValue]
        var background: [JSONMember]
        var notes: [String]
    }

    static func read(_ bytes: [UInt8]) throws(LayoutError) -> [ImportedLayout] {
        let root = try XMLDocument.parse(bytes)
        let elements = root.descendants("layouts").flatMap(\.children).filter { $0.name == "layout" }
        guard !elements.isEmpty else {
            throw LayoutError(
                place: "", found: "no <layout> within <layouts>",
                expected: "a conference_layouts.conf.xml of FreeSWITCH")
        }
        var sources: [String: Source] = [:]
        var imported: [ImportedLayout] = []
        for element in elements {
            let source = try layout(element)
            guard sources[source.name] == nil else {
                throw LayoutError(
                    place: "line \(element.line)", found: "the layout \"\(LayoutError.excerpt(source.name))\" twice",
                    expected: "it once")
            }
            sources[source.name] = source
            imported.append(
                try ImportedLayout(
                    name: source.name, members: head(source.background) + [JSONMember("root", arrangement(source))],
                    notes: source.notes))
        }
        for element in root.descendants("groups").flatMap(\.children) where element.name == "group" {
            imported.append(try group(element, sources))
        }
        return imported
    }

    // MARK: Layouts

    private static func layout(_ element: XMLElement) throws(LayoutError) -> Source {
        guard let name = element.attributes["name"], !name.isEmpty else {
            throw LayoutError(place: "line \(element.line)", found: "a layout without a name", expected: "name=\"…\"")
        }
        let images = element.children.filter { $0.name == "image" }
        guard !images.isEmpty else {
            throw LayoutError(
                place: "line \(element.line)", found: "the layout \"\(LayoutError.excerpt(name))\" without an <image>",
                expected: "at least one")
        }
        var source = Source(name: name, regions: [], background: [], notes: [])
        for image in images { source.regions.append(try region(image)) }
        var table: [JSONMember] = []
        if let path = element.attributes["bgimg"] {
            table.append(JSONMember("background", .string(relative(path, &source.notes))))
            source.background.append(
                JSONMember(
                    "background",
                    .object([JSONMember("colour", .string("#000000")), JSONMember("image", .string("background"))])))
        }
        if let path = element.attributes["fgimg"] {
            table.append(JSONMember("foreground", .string(relative(path, &source.notes))))
            source.background.append(
                JSONMember(
                    "watermark",
                    .object(
                        [JSONMember("image", .string("foreground"))]
                            + [("x", 0.0), ("y", 0), ("width", 1), ("height", 1)].map {
                                JSONMember($0.0, .number($0.1))
                            })))
        }
        if !table.isEmpty { source.background.insert(JSONMember("images", .object(table)), at: 0) }
        return source
    }

    /// An image's path as a layout file may have it: beside the file if it was absolute or led elsewhere.
    private static func relative(_ path: String, _ notes: inout [String]) -> String {
        if LayoutReader.staysInside(path) { return path }
        let name = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let kept = LayoutReader.staysInside(name) ? name : "image.png"
        notes.append("put \(LayoutError.excerpt(path)) beside the layout file as \(LayoutError.excerpt(kept))")
        return kept
    }

    private static func region(_ image: XMLElement) throws(LayoutError) -> JSONValue {
        let x = try integer(image, "x", 0...units) ?? 0
        let y = try integer(image, "y", 0...units) ?? 0
        guard let scale = try integer(image, "scale", 1...units) else {
            throw LayoutError(
                place: "line \(image.line)", found: "an image without scale", expected: "scale=\"1\" to 360")
        }
        let hscale = try integer(image, "hscale", 1...units) ?? scale
        guard x + scale <= units, y + hscale <= units else {
            throw LayoutError(
                place: "line \(image.line)", found: "an image that reaches beyond the canvas",
                expected: "x + scale and y + hscale of at most \(units)")
        }
        var members = [
            JSONMember("type", .string("tile")),
            JSONMember("x", .fraction(x, of: units)), JSONMember("y", .fraction(y, of: units)),
            JSONMember("width", .fraction(scale, of: units)), JSONMember("height", .fraction(hscale, of: units)),
        ]
        // Overlapping images are drawn after all others.
        if try flag(image, "overlap") { members.append(JSONMember("z", .number(1))) }
        members.append(JSONMember("show", try show(image)))
        var style: [JSONMember] = []
        if try flag(image, "zoom") { style.append(JSONMember("fit", .string("cover"))) }
        let border = image.attributes["border"].flatMap { Int($0) } ?? 0
        if border > 0 {
            style.append(
                JSONMember(
                    "border",
                    .object([
                        JSONMember("width", .number((Double(min(border, 50)) / 720 * 10_000).rounded() / 10_000)),
                        JSONMember("colour", .string("#000000")),
                    ])))
        }
        if !style.isEmpty { members.append(JSONMember("style", .object(style))) }
        return .object(members)
    }

    private static func show(_ image: XMLElement) throws(LayoutError) -> JSONValue {
        if try flag(image, "file-only") { return .string("nothing") }
        for attribute in ["reservation_id", "reservation-id", "role-id"] {
            guard let id = image.attributes[attribute], !id.isEmpty else { continue }
            var sources = [
                JSONValue.object([JSONMember("role", .string(id))]),
                .object([JSONMember("participant", .string(id))]),
            ]
            let (isFloor, isFloorOnly) = (try flag(image, "floor"), try flag(image, "floor-only"))
            if isFloor || isFloorOnly { sources.append(.string("speaker")) }
            return .array(sources)
        }
        if try flag(image, "floor-only") { return .string("speaker") }
        if try flag(image, "floor") { return .array([.string("speaker"), .string("next")]) }
        return .string("next")
    }

    /// What every imported layout has besides its regions: FreeSWITCH's look, as far as it has one.
    private static func head(_ background: [JSONMember]) -> [JSONMember] {
        let hasImage = background.contains { $0.name == "background" }
        return background + (hasImage ? [] : [JSONMember("background", .string("#000000"))]) + [
            JSONMember("transition", .object([JSONMember("duration", .number(0))])),
            JSONMember(
                "style",
                .object([
                    JSONMember("fit", .string("contain")), JSONMember("background", .string("#000000")),
                    JSONMember("radius", .number(0)),
                ])),
        ]
    }

    private static func arrangement(_ source: Source) -> JSONValue {
        .object([JSONMember("type", .string("layers")), JSONMember("children", .array(source.regions))])
    }

    // MARK: Groups

    private static func group(_ element: XMLElement, _ sources: [String: Source]) throws(LayoutError) -> ImportedLayout
    {
        guard let name = element.attributes["name"], !name.isEmpty else {
            throw LayoutError(place: "line \(element.line)", found: "a group without a name", expected: "name=\"…\"")
        }
        var members: [Source] = []
        for entry in element.children where entry.name == "layout" {
            let wanted = entry.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard let source = sources[wanted] else {
                throw LayoutError(
                    place: "line \(entry.line)", found: "the unknown layout \"\(LayoutError.excerpt(wanted))\"",
                    expected: "one that the file defines")
            }
            members.append(source)
        }
        guard let largest = members.last else {
            throw LayoutError(
                place: "line \(element.line)", found: "the group \"\(LayoutError.excerpt(name))\" without a layout",
                expected: "at least one")
        }
        let variants = members.dropLast().map { source in
            JSONValue.object([
                JSONMember(
                    "when",
                    .object([
                        JSONMember(
                            "participants", .object([JSONMember("max", .number(Double(source.regions.count)))]))
                    ])),
                JSONMember("root", arrangement(source)),
            ])
        }
        let isTaken = sources[name] != nil
        var notes = members.flatMap(\.notes)
        if members.contains(where: { !$0.background.isEmpty }) {
            notes.append("the group \(name) has the images of its last layout only")
        }
        return try ImportedLayout(
            name: isTaken ? "\(name)-group" : name,
            members: head(largest.background) + [JSONMember("root", arrangement(largest))]
                + (variants.isEmpty ? [] : [JSONMember("variants", .array(Array(variants)))]),
            notes: notes)
    }

    // MARK: Attributes

    private static func integer(
        _ element: XMLElement, _ name: String, _ range: ClosedRange<Int>
    ) throws(LayoutError) -> Int? {
        guard let text = element.attributes[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw LayoutError(
                place: "line \(element.line)", found: "\(name)=\"\(LayoutError.excerpt(text))\"",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func flag(_ element: XMLElement, _ name: String) throws(LayoutError) -> Bool {
        guard let text = element.attributes[name] else { return false }
        switch text.lowercased() {
        case "true", "yes", "on", "1", "enabled", "active", "allow", "t": return true
        case "false", "no", "off", "0", "disabled", "inactive", "disallow", "f", "": return false
        default:
            throw LayoutError(
                place: "line \(element.line)", found: "\(name)=\"\(LayoutError.excerpt(text))\"",
                expected: "true or false")
        }
    }
}
