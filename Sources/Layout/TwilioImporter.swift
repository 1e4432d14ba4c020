/// Reads Twilio's `video_layout`: named regions in pixels, each a grid of its own.
///
/// The file is the layout itself, or a request for a composition that holds it as `video_layout` or `VideoLayout`
/// beside `resolution`. Without a resolution Twilio's own default, 640x480, is meant.
enum TwilioImporter {
    /// Of a region's sides and of places, in pixels.
    private static let most = 16_384

    static func read(_ bytes: [UInt8], resolution: CanvasSize?, name: String) throws(LayoutError) -> [ImportedLayout] {
        var file = try ObjectReader(try JSONParser.parse(bytes), path: "$", expected: "Twilio's video_layout")
        var layout = file
        var canvas = resolution ?? CanvasSize(width: 640, height: 480)
        for field in ["video_layout", "VideoLayout"] where file.has(field) {
            guard var value = file.take(field) else { continue }
            let path = file.path(of: field)
            // In a form-encoded request the layout is JSON within a string.
            if case .string(let text) = value { value = try JSONParser.parse(Array(text.utf8)) }
            layout = try ObjectReader(value, path: path, expected: "the layout's regions by name")
            for field in ["resolution", "Resolution"] where resolution == nil && file.has(field) {
                let value = file.take(field)
                guard case .string(let text)? = value, let size = size(text) else {
                    throw file.failure(field, value, expected: "a size as \"1280x720\"")
                }
                canvas = size
            }
            break
        }
        guard !layout.names.isEmpty else {
            throw LayoutError(place: layout.path, found: "no region", expected: "at least one")
        }
        var regions: [JSONValue] = []
        for name in layout.names {
            guard let value = layout.take(name) else { continue }
            regions.append(try region(value, path: layout.path(of: name), canvas))
        }
        return [
            try ImportedLayout(
                name: name,
                members: [
                    JSONMember("background", .string("#000000")),
                    JSONMember("transition", .object([JSONMember("duration", .number(0))])),
                    JSONMember(
                        "style",
                        .object([
                            JSONMember("fit", .string("contain")), JSONMember("background", .string("#000000")),
                            JSONMember("radius", .number(0)),
                        ])),
                    JSONMember(
                        "root",
                        .object([JSONMember("type", .string("layers")), JSONMember("children", .array(regions))])),
                ])
        ]
    }

    private static func size(_ text: String) -> CanvasSize? {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
            (16...most).contains(width), (16...most).contains(height)
        else { return nil }
        return CanvasSize(width: width, height: height)
    }

    private enum Reuse: String, CaseIterable {
        case none
        case oldest = "show_oldest"
        case newest = "show_newest"
    }

    private static func region(
        _ value: JSONValue, path: String, _ canvas: CanvasSize
    ) throws(LayoutError) -> JSONValue {
        var fields = try ObjectReader(value, path: path, expected: "a region")
        let x = try pixels(&fields, "x_pos", 0) ?? 0
        let y = try pixels(&fields, "y_pos", 0) ?? 0
        let width = try pixels(&fields, "width", 1) ?? max(0, canvas.width - x)
        let height = try pixels(&fields, "height", 1) ?? max(0, canvas.height - y)
        guard width > 0, height > 0, x + width <= canvas.width, y + height <= canvas.height else {
            throw LayoutError(
                place: path, found: "a region that reaches to \(x + width)x\(y + height)",
                expected: "one within the resolution \(canvas.width)x\(canvas.height), which can be given")
        }
        let z = try fields.integer("z_pos", -99...99) ?? 0
        let columns = try count(&fields, "max_columns")
        let rows = try count(&fields, "max_rows")
        let excluded = try cells(&fields)
        var reuse = Reuse.oldest
        if !(fields.has("reuse") && fields.take("reuse") == .null) {
            reuse = try fields.word("reuse", Reuse.self) ?? .oldest
        }
        let sources = try names(&fields, "video_sources")
        let except = try names(&fields, "video_sources_excluded")
        try fields.finish()

        // A region without sources stays empty.
        var members = [
            JSONMember("type", .string(sources.isEmpty ? "tile" : "grid")),
            JSONMember("x", .fraction(x, of: canvas.width)), JSONMember("y", .fraction(y, of: canvas.height)),
            JSONMember("width", .fraction(width, of: canvas.width)),
            JSONMember("height", .fraction(height, of: canvas.height)),
        ]
        if z != 0 { members.append(JSONMember("z", .number(Double(z)))) }
        if sources.isEmpty { return .object(members + [JSONMember("show", .string("nothing"))]) }
        members.append(JSONMember("show", show(sources)))
        if !except.isEmpty { members.append(JSONMember("except", .array(except.map(JSONValue.string)))) }
        if reuse == .newest { members.append(JSONMember("order", .string("newest"))) }
        if reuse == .none { members.append(JSONMember("reuse", .bool(false))) }
        // Excluded cells have numbers in the whole grid, so that grid has to be there from the beginning.
        let isFixed = !excluded.isEmpty
        if let columns {
            members.append(JSONMember(isFixed ? "columns" : "maxColumns", .number(Double(columns))))
        }
        if let rows { members.append(JSONMember(isFixed ? "rows" : "maxRows", .number(Double(rows)))) }
        if isFixed { members.append(JSONMember("cellsExcluded", .array(excluded.map { .number(Double($0)) }))) }
        members.append(JSONMember("aspect", .string("any")))
        members.append(JSONMember("overflow", .bool(false)))
        members.append(JSONMember("centreLastRow", .bool(false)))
        return .object(members)
    }

    /// `*` stands for every track, shared screens included; names and patterns stand for participants.
    private static func show(_ sources: [String]) -> JSONValue {
        var entries: [JSONValue] = []
        for source in sources {
            entries +=
                source == "*"
                ? [.string("everybody"), .string("screen")]
                : [.object([JSONMember("participant", .string(source))])]
        }
        return entries.count == 1 ? entries[0] : .array(entries)
    }

    private static func pixels(_ fields: inout ObjectReader, _ name: String, _ least: Int) throws(LayoutError) -> Int? {
        if fields.has(name), fields.take(name) == .null { return nil }
        return try fields.integer(name, least...most)
    }

    private static func count(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> Int? {
        if fields.has(name), fields.take(name) == .null { return nil }
        return try fields.integer(name, 1...Layout.Limits.gridTiles)
    }

    private static func cells(_ fields: inout ObjectReader) throws(LayoutError) -> [Int] {
        guard let value = fields.take("cells_excluded"), value != .null else { return [] }
        guard case .array(let values) = value else {
            throw fields.failure("cells_excluded", value, expected: "a list of cell numbers")
        }
        var cells: [Int] = []
        for (index, value) in values.enumerated() {
            guard case .number(let number) = value, number == number.rounded(),
                (0..<Double(Layout.Limits.gridTiles)).contains(number)
            else {
                throw LayoutError(
                    place: fields.path(of: "cells_excluded") + "[\(index)]", found: value.summary,
                    expected: "a whole number from 0 to \(Layout.Limits.gridTiles - 1)")
            }
            cells.append(Int(number))
        }
        return cells
    }

    private static func names(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> [String] {
        guard let value = fields.take(name), value != .null else { return [] }
        guard case .array(let values) = value else {
            throw fields.failure(name, value, expected: "a list of names")
        }
        var names: [String] = []
        for (index, value) in values.enumerated() {
            guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= Layout.Limits.nameLength else {
                throw LayoutError(
                    place: fields.path(of: name) + "[\(index)]", found: value.summary,
                    expected: "text of 1 to \(Layout.Limits.nameLength) bytes")
            }
            names.append(text)
        }
        return names
    }
}
