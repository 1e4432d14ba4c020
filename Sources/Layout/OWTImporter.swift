/// Reads Open WebRTC Toolkit's region lists: for each number of inputs a list of regions, whose areas are fractions of
/// the canvas as text. The smallest list with enough regions is used.
///
/// The file is a list of lists, a list of objects with `region`, or an object that holds either as `custom` or
/// `templates`.
enum OWTImporter {
    static func read(_ bytes: [UInt8], name: String) throws(LayoutError) -> [ImportedLayout] {
        let (lists, path) = try templates(try JSONParser.parse(bytes), path: "$")
        guard lists.count <= Layout.Limits.variants else {
            throw LayoutError(
                place: path, found: "\(lists.count) lists", expected: "at most \(Layout.Limits.variants)")
        }
        var arrangements: [(count: Int, root: JSONValue)] = []
        for (index, list) in lists.enumerated() {
            let regions = try regions(list, path: "\(path)[\(index)]")
            let root = JSONValue.object([
                JSONMember("type", .string("layers")), JSONMember("children", .array(regions)),
            ])
            // Of two lists of one length the first counts.
            if !arrangements.contains(where: { $0.count == regions.count }) {
                arrangements.append((regions.count, root))
            }
        }
        arrangements.sort { $0.count < $1.count }
        guard let largest = arrangements.last else {
            throw LayoutError(place: path, found: "no list of regions", expected: "at least one")
        }
        let variants = arrangements.dropLast().map { arrangement in
            JSONValue.object([
                JSONMember(
                    "when",
                    .object([
                        JSONMember("participants", .object([JSONMember("max", .number(Double(arrangement.count)))]))
                    ])),
                JSONMember("root", arrangement.root),
            ])
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
                    JSONMember("root", largest.root),
                ] + (variants.isEmpty ? [] : [JSONMember("variants", .array(Array(variants)))]))
        ]
    }

    /// Finds the lists of regions, whatever they are wrapped in.
    private static func templates(_ value: JSONValue, path: String) throws(LayoutError) -> ([JSONValue], String) {
        switch value {
        case .array(let values):
            // A single list of regions stands for itself.
            if case .object(let members)? = values.first, members.contains(where: { $0.name == "area" }) {
                return ([value], path)
            }
            return (values, path)
        case .object(let members):
            for name in ["custom", "templates", "layout", "region"] {
                guard let member = members.first(where: { $0.name == name }) else { continue }
                return try templates(member.value, path: "\(path).\(name)")
            }
            throw LayoutError(
                place: path, found: "an object", expected: "OWT's lists of regions, as custom or templates")
        default:
            throw LayoutError(place: path, found: value.summary, expected: "a list of OWT's region lists")
        }
    }

    private static func regions(_ list: JSONValue, path: String) throws(LayoutError) -> [JSONValue] {
        var list = list
        var path = path
        if case .object = list {
            var wrapper = try ObjectReader(list, path: path)
            guard let inner = wrapper.take("region") else {
                throw wrapper.failure("region", nil, expected: "a list of regions")
            }
            (list, path) = (inner, wrapper.path(of: "region"))
        }
        guard case .array(let values) = list, !values.isEmpty else {
            throw LayoutError(place: path, found: list.summary, expected: "a list of at least one region")
        }
        var regions: [JSONValue] = []
        for (index, value) in values.enumerated() { regions.append(try region(value, path: "\(path)[\(index)]")) }
        return regions
    }

    private static func region(_ value: JSONValue, path: String) throws(LayoutError) -> JSONValue {
        var fields = try ObjectReader(value, path: path, expected: "a region")
        _ = fields.take("id")
        if let shape = fields.take("shape"), shape != .string("rectangle") {
            throw fields.failure("shape", shape, expected: "\"rectangle\"")
        }
        guard let area = fields.take("area") else { throw fields.failure("area", nil, expected: "an object") }
        try fields.finish()
        var place = try ObjectReader(area, path: fields.path(of: "area"))
        var members = [JSONMember("type", .string("tile"))]
        for (name, ours) in [("left", "x"), ("top", "y"), ("width", "width"), ("height", "height")] {
            guard try place.fraction(name) != nil, let value = place.take(name) else {
                throw place.failure(name, nil, expected: "a fraction such as \"2/3\"")
            }
            members.append(JSONMember(ours, tidy(value)))
        }
        try place.finish()
        members.append(JSONMember("show", .string("next")))
        return .object(members)
    }

    /// «0/1» as 0, «2/4» as 0.5.
    private static func tidy(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value else { return value }
        let parts = text.split(separator: "/").compactMap { Int($0) }
        if parts.count == 1 { return .number(Double(parts[0])) }
        return parts.count == 2 && parts[1] > 0 ? .fraction(parts[0], of: parts[1]) : value
    }
}
