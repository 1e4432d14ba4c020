/// Turns the tree of a layout file into a ``Layout``, checking every field.
struct LayoutReader {
    struct Parts {
        var name = ""
        var summary = ""
        var images: [String: String] = [:]
        var background = Backdrop(colour: Style.canvas)
        var watermark: WatermarkPlace?
        var transition = Transition(duration: 0.3, easing: .easeInOut)
        var timing = StabilityTiming()
        var variants: [Variant] = []
        var root: Region
    }

    private(set) var roles: [String] = []
    private(set) var participants: [String] = []
    private var images: [String: String] = [:]
    private var regionCount = 0

    mutating func read(_ document: JSONValue) throws(LayoutError) -> Parts {
        var object = try ObjectReader(document, path: "$")
        guard let version = object.take("version") else {
            throw object.failure("version", nil, expected: "\"version\": 1")
        }
        guard version == .number(1) else { throw object.failure("version", version, expected: "1") }
        let name = try object.text("name") ?? ""
        let summary = try object.text("description") ?? ""
        images = try readImages(&object)
        let background = try readBackdrop(&object, default: Backdrop(colour: Style.canvas))
        let watermark = try readWatermark(&object)
        let transition = try readTransition(&object)
        let timing = try readTiming(&object)
        let style = try Style(&object, inherited: Style())
        guard let rootValue = object.take("root") else {
            throw object.failure("root", nil, expected: "the region that fills the canvas")
        }
        let root = try readRegion(rootValue, Surroundings(path: "$.root", style: style))
        let variants = try readVariants(&object, style: style, background: background)
        try object.finish()
        return Parts(
            name: name, summary: summary, images: images, background: background, watermark: watermark,
            transition: transition, timing: timing, variants: variants, root: root)
    }

    // MARK: The canvas

    private func readImages(_ object: inout ObjectReader) throws(LayoutError) -> [String: String] {
        guard let value = object.take("images") else { return [:] }
        var table = try ObjectReader(value, path: object.path(of: "images"), expected: "an object of names and paths")
        var images: [String: String] = [:]
        for name in table.names {
            guard images.count < Layout.Limits.images else {
                throw LayoutError(
                    place: table.path, found: "more than \(Layout.Limits.images) images", expected: "fewer")
            }
            guard !name.isEmpty, name.utf8.count <= Layout.Limits.nameLength else {
                throw LayoutError(
                    place: table.path(of: name), found: "a name of \(name.utf8.count) bytes",
                    expected: "1 to \(Layout.Limits.nameLength)")
            }
            guard let path = try table.text(name) else { continue }
            guard LayoutReader.staysInside(path) else {
                throw table.failure(
                    name, .string(path),
                    expected: "a path relative to the layout file, without «..», backslashes or control characters")
            }
            images[name] = path
        }
        return images
    }

    /// Whether a path from a layout file cannot lead out of the file's folder by itself.
    static func staysInside(_ path: String) -> Bool {
        guard !path.hasPrefix("/"), !path.hasPrefix("~") else { return false }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { $0 != ".." && !$0.isEmpty }
    }

    private func readBackdrop(_ object: inout ObjectReader, default fallback: Backdrop) throws(LayoutError) -> Backdrop
    {
        guard let value = object.take("background") else { return fallback }
        var backdrop = fallback
        if case .string(let text) = value {
            guard let colour = Colour(hexadecimal: text), colour.alpha == 255 else {
                throw object.failure("background", value, expected: "a colour as \"#rrggbb\", or an object")
            }
            return Backdrop(colour: colour)
        }
        var fields = try ObjectReader(
            value, path: object.path(of: "background"), expected: "a colour as \"#rrggbb\", or an object")
        if let colour = try fields.colour("colour") {
            guard colour.alpha == 255 else {
                throw LayoutError(
                    place: fields.path(of: "colour"), found: "a translucent colour",
                    expected: "an opaque one: nothing is behind the background")
            }
            backdrop.colour = colour
        }
        backdrop.image = try imageName(&fields, "image")
        try fields.finish()
        return backdrop
    }

    private func imageName(_ object: inout ObjectReader, _ field: String) throws(LayoutError) -> String? {
        guard let name = try object.text(field) else { return nil }
        guard images[name] != nil else {
            throw object.failure(field, .string(name), expected: "a name from the table $.images")
        }
        return name
    }

    private func readWatermark(_ object: inout ObjectReader) throws(LayoutError) -> WatermarkPlace? {
        guard let value = object.take("watermark") else { return nil }
        var fields = try ObjectReader(value, path: object.path(of: "watermark"))
        guard let image = try imageName(&fields, "image") else {
            throw fields.failure("image", nil, expected: "a name from the table $.images")
        }
        let place = try readPlace(
            &fields, default: FractionRect(x: 0.86, y: 0.04, width: 0.1, height: 0.1))
        let opacity = try fields.number("opacity", 0...1) ?? 1
        try fields.finish()
        return WatermarkPlace(image: image, place: place, opacity: opacity)
    }

    private func readTransition(_ object: inout ObjectReader) throws(LayoutError) -> Transition {
        var transition = Transition(duration: 0.3, easing: .easeInOut)
        guard let value = object.take("transition") else { return transition }
        var fields = try ObjectReader(value, path: object.path(of: "transition"))
        transition.duration = try fields.number("duration", 0...10) ?? transition.duration
        transition.easing = try fields.word("easing", Easing.self) ?? transition.easing
        try fields.finish()
        return transition
    }

    private func readTiming(_ object: inout ObjectReader) throws(LayoutError) -> StabilityTiming {
        var timing = StabilityTiming()
        guard let value = object.take("stability") else { return timing }
        var fields = try ObjectReader(value, path: object.path(of: "stability"))
        timing.speakerHold = try fields.number("speakerHold", 0...60) ?? timing.speakerHold
        timing.speakerSustain = try fields.number("speakerSustain", 0...10) ?? timing.speakerSustain
        timing.speakerMargin = try fields.number("speakerMargin", 0...40) ?? timing.speakerMargin
        timing.shrinkAfter = try fields.number("shrinkAfter", 0...600) ?? timing.shrinkAfter
        try fields.finish()
        return timing
    }

    private mutating func readVariants(
        _ object: inout ObjectReader, style: Style, background: Backdrop
    ) throws(LayoutError) -> [Variant] {
        guard let value = object.take("variants") else { return [] }
        let path = object.path(of: "variants")
        guard case .array(let values) = value else {
            throw object.failure("variants", value, expected: "a list")
        }
        guard values.count <= Layout.Limits.variants else {
            throw LayoutError(
                place: path, found: "\(values.count) variants", expected: "at most \(Layout.Limits.variants)")
        }
        var variants: [Variant] = []
        for (index, value) in values.enumerated() {
            var fields = try ObjectReader(value, path: "\(path)[\(index)]")
            guard let condition = fields.take("when") else {
                throw fields.failure("when", nil, expected: "the variant's conditions")
            }
            var when = try ObjectReader(condition, path: fields.path(of: "when"))
            let count = try readCount(&when)
            let screenShare = try when.bool("screenShare")
            let portrait = try when.bool("portrait")
            try when.finish()
            let ownBackground = try readBackdrop(&fields, default: background)
            let ownStyle = try Style(&fields, inherited: style)
            guard let root = fields.take("root") else {
                throw fields.failure("root", nil, expected: "the region that fills the canvas")
            }
            let region = try readRegion(root, Surroundings(path: fields.path(of: "root"), style: ownStyle))
            try fields.finish()
            variants.append(
                Variant(
                    participants: count, screenShare: screenShare, portrait: portrait, background: ownBackground,
                    root: region))
        }
        return variants
    }

    /// `participants` of a condition: a number, or least and most.
    private func readCount(_ when: inout ObjectReader) throws(LayoutError) -> ClosedRange<Int> {
        let most = 100_000
        guard let value = when.take("participants") else { return 0...most }
        if case .number = value {
            let exact = try when.integer("participants", 0...most) ?? 0
            return exact...exact
        }
        var fields = try ObjectReader(
            value, path: when.path(of: "participants"), expected: "a number, or {\"min\": …, \"max\": …}")
        let least = try fields.integer("min", 0...most) ?? 0
        let greatest = try fields.integer("max", 0...most) ?? most
        try fields.finish()
        guard least <= greatest else {
            throw LayoutError(
                place: fields.path, found: "min \(least) above max \(greatest)", expected: "min up to max")
        }
        return least...greatest
    }

    // MARK: Regions

    /// What a region takes over from where it stands.
    private struct Surroundings {
        var path: String
        var style: Style
        var z = 0
        var depth = 0
        /// Whether it stands among layers, and so has a place of its own.
        var isPlaced = false
        /// Whether it stands in a split, and so has a weight.
        var isWeighed = false
    }

    private enum Word: String, CaseIterable {
        case rows, columns, layers, grid, tile
    }

    private mutating func readRegion(_ value: JSONValue, _ place: Surroundings) throws(LayoutError) -> Region {
        var fields = try ObjectReader(value, path: place.path)
        regionCount += 1
        guard regionCount <= Layout.Limits.regions else {
            throw LayoutError(
                place: place.path, found: "more than \(Layout.Limits.regions) regions", expected: "fewer")
        }
        guard place.depth < Layout.Limits.nesting else {
            throw LayoutError(
                place: place.path, found: "regions nested deeper than \(Layout.Limits.nesting)",
                expected: "less nesting")
        }
        let number = regionCount
        let word = try fields.word("type", Word.self)
        guard let word else {
            throw fields.failure(
                "type", nil, expected: Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))
        }
        var region = Region(
            number: number, place: .whole, z: place.z, weight: 1, padding: 0, whenEmpty: .collapse,
            style: place.style, kind: .layers([]))
        if place.isPlaced {
            region.place = try readPlace(&fields, default: .whole)
            region.z = try fields.integer("z", -1000...1000) ?? place.z
        }
        if place.isWeighed { region.weight = try fields.number("weight", 0.001...1000) ?? 1 }
        region.padding = try fields.number("padding", 0...0.5) ?? 0
        region.style = try Style(&fields, inherited: place.style)
        region.whenEmpty = try fields.word("whenEmpty", WhenEmpty.self) ?? .collapse
        var inner = Surroundings(path: fields.path(of: "children"), style: region.style, z: region.z)
        inner.depth = place.depth + 1
        switch word {
        case .rows, .columns:
            inner.isWeighed = true
            region.kind = .split(
                vertical: word == .rows, spacing: try fields.number("spacing", 0...0.5) ?? 0,
                children: try readChildren(&fields, inner))
        case .layers:
            inner.isPlaced = true
            region.kind = .layers(try readChildren(&fields, inner))
        case .grid:
            region.kind = .grid(try readGrid(&fields))
        case .tile:
            let sources = try readTileSources(&fields)
            region.kind = .tile(TileRegion(sources: sources, aspect: try readAspect(&fields, default: .any)))
        }
        try fields.finish()
        return region
    }

    private mutating func readChildren(
        _ fields: inout ObjectReader, _ inner: Surroundings
    ) throws(LayoutError) -> [Region] {
        let value = fields.take("children")
        guard case .array(let values)? = value, !values.isEmpty else {
            throw fields.failure("children", value, expected: "a list of at least one region")
        }
        var children: [Region] = []
        for (index, value) in values.enumerated() {
            var place = inner
            place.path += "[\(index)]"
            children.append(try readRegion(value, place))
        }
        return children
    }

    private func readPlace(
        _ fields: inout ObjectReader, default standard: FractionRect
    ) throws(LayoutError) -> FractionRect {
        var place = standard
        place.x = try fields.fraction("x") ?? place.x
        place.y = try fields.fraction("y") ?? place.y
        place.width = try fields.fraction("width") ?? place.width
        place.height = try fields.fraction("height") ?? place.height
        // Thirds in decimals add up to a little more than one.
        let slack = 0.0011
        guard place.x + place.width <= 1 + slack else {
            throw LayoutError(
                place: fields.path, found: "x + width above 1", expected: "a rectangle within what encloses it")
        }
        guard place.y + place.height <= 1 + slack else {
            throw LayoutError(
                place: fields.path, found: "y + height above 1", expected: "a rectangle within what encloses it")
        }
        guard place.width > 0, place.height > 0 else {
            throw LayoutError(place: fields.path, found: "no width or no height", expected: "more than 0")
        }
        return place
    }

    private func readAspect(
        _ fields: inout ObjectReader, default standard: AspectRange
    ) throws(LayoutError) -> AspectRange {
        guard let value = fields.take("aspect") else { return standard }
        if case .object = value {
            var range = try ObjectReader(value, path: fields.path(of: "aspect"))
            let least = try LayoutReader.aspect(&range, "min") ?? 0
            let greatest = try LayoutReader.aspect(&range, "max") ?? .infinity
            try range.finish()
            guard least <= greatest else {
                throw LayoutError(place: range.path, found: "min above max", expected: "min up to max")
            }
            return AspectRange(least: least, greatest: greatest)
        }
        if value == .string("any") { return .any }
        guard let aspect = LayoutReader.aspect(value) else {
            throw fields.failure(
                "aspect", value,
                expected: "width to height as \"16:9\" or a number from 0.1 to 10, \"any\", or {\"min\": …, \"max\": …}"
            )
        }
        return AspectRange(least: aspect, greatest: aspect)
    }

    private static func aspect(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> Double? {
        guard let value = fields.take(name) else { return nil }
        guard let aspect = aspect(value) else {
            throw fields.failure(name, value, expected: "width to height as \"16:9\" or a number from 0.1 to 10")
        }
        return aspect
    }

    private static func aspect(_ value: JSONValue) -> Double? {
        let aspect: Double?
        switch value {
        case .number(let number): aspect = number
        case .string(let text): aspect = ObjectReader.quotient(text, separator: ":")
        default: aspect = nil
        }
        return aspect.flatMap { (0.1...10).contains($0) ? $0 : nil }
    }

    private mutating func readGrid(_ fields: inout ObjectReader) throws(LayoutError) -> Grid {
        let sources = try readGridSources(&fields)
        let except = try readPatterns(&fields, "except")
        let order = try fields.word("order", Order.self) ?? .joining
        let rows = try fields.integer("rows", 1...Layout.Limits.gridTiles)
        let columns = try fields.integer("columns", 1...Layout.Limits.gridTiles)
        let maximumRows = try fields.integer("maxRows", 1...Layout.Limits.gridTiles)
        let maximumColumns = try fields.integer("maxColumns", 1...Layout.Limits.gridTiles)
        let maximum = try fields.integer("max", 1...Layout.Limits.gridTiles)
        let minimum = try fields.integer("min", 0...Layout.Limits.gridTiles)
        let excluded = try readCells(&fields)
        let rowLimit = rows ?? maximumRows ?? Layout.Limits.gridTiles
        let columnLimit = columns ?? maximumColumns ?? Layout.Limits.gridTiles
        let cells = min(rowLimit * columnLimit, Layout.Limits.gridTiles)
        let usable = cells - excluded.count(where: { $0 < cells })
        guard usable > 0 else {
            throw LayoutError(
                place: fields.path(of: "cellsExcluded"), found: "every cell", expected: "at least one left")
        }
        return Grid(
            sources: sources, except: except, order: order, maximum: min(maximum ?? usable, usable),
            minimum: minimum ?? 0, rows: rows, columns: columns, maximumRows: rowLimit,
            maximumColumns: columnLimit, excludedCells: excluded,
            spacing: try fields.number("spacing", 0...0.5) ?? 0,
            aspect: try readAspect(&fields, default: AspectRange(least: 4.0 / 3, greatest: 16.0 / 9)),
            overflow: try fields.bool("overflow") ?? true,
            centresLastRow: try fields.bool("centreLastRow") ?? true,
            reuse: try fields.bool("reuse") ?? true)
    }

    private func readCells(_ fields: inout ObjectReader) throws(LayoutError) -> [Int] {
        guard let value = fields.take("cellsExcluded") else { return [] }
        guard case .array(let values) = value else {
            throw fields.failure("cellsExcluded", value, expected: "a list of cell numbers")
        }
        var cells: Set<Int> = []
        for (index, value) in values.enumerated() {
            guard case .number(let number) = value, number == number.rounded(),
                number >= 0, number < Double(Layout.Limits.gridTiles)
            else {
                throw LayoutError(
                    place: fields.path(of: "cellsExcluded") + "[\(index)]", found: value.summary,
                    expected: "a whole number from 0 to \(Layout.Limits.gridTiles - 1)")
            }
            cells.insert(Int(number))
        }
        return cells.sorted()
    }

    private func readPatterns(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> [NamePattern] {
        guard let value = fields.take(name) else { return [] }
        guard case .array(let values) = value, values.count <= 400 else {
            throw fields.failure(name, value, expected: "a list of at most 400 names")
        }
        var patterns: [NamePattern] = []
        for (index, value) in values.enumerated() {
            guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= Layout.Limits.nameLength else {
                throw LayoutError(
                    place: fields.path(of: name) + "[\(index)]", found: value.summary,
                    expected: "text of 1 to \(Layout.Limits.nameLength) bytes")
            }
            patterns.append(NamePattern(text))
        }
        return patterns
    }

    // MARK: What is shown

    /// The elements of `show`, which is one source or a list of them, with their paths.
    private static func entries(_ value: JSONValue, path: String) throws(LayoutError) -> [(JSONValue, String)] {
        guard case .array(let values) = value else { return [(value, path)] }
        guard !values.isEmpty, values.count <= 400 else {
            throw LayoutError(place: path, found: "a list of \(values.count)", expected: "1 to 400 entries")
        }
        return values.enumerated().map { ($1, "\(path)[\($0)]") }
    }

    private mutating func readTileSources(_ fields: inout ObjectReader) throws(LayoutError) -> [TileSource] {
        let expected =
            "\"speaker\", \"screen\", \"next\", \"nothing\", {\"next\": …}, {\"participant\": …}, {\"role\": …} or "
            + "{\"image\": …}"
        var sources: [TileSource] = []
        for name in ["show", "fallback"] {
            guard let value = fields.take(name) else { continue }
            for (value, path) in try LayoutReader.entries(value, path: fields.path(of: name)) {
                switch value {
                case .string("speaker"): sources.append(.speaker)
                case .string("screen"): sources.append(.screen)
                case .string("next"): sources.append(.next(.joining))
                case .string("nothing"): sources.append(.nothing)
                case .object:
                    var entry = try ObjectReader(value, path: path)
                    var found: TileSource?
                    if entry.has("participant"), let text = try entry.text("participant") {
                        found = .participant(remember(NamePattern(text)))
                    } else if entry.has("role"), let role = try entry.text("role") {
                        found = .role(remember(role: role))
                    } else if entry.has("image"), let image = try imageName(&entry, "image") {
                        found = .image(image)
                    } else if let order = try entry.word("next", Order.self) {
                        found = .next(order)
                    }
                    guard let found else { throw LayoutError(place: path, found: value.summary, expected: expected) }
                    try entry.finish()
                    sources.append(found)
                default: throw LayoutError(place: path, found: value.summary, expected: expected)
                }
            }
        }
        return sources.isEmpty ? [.next(.joining)] : sources
    }

    private mutating func readGridSources(_ fields: inout ObjectReader) throws(LayoutError) -> [GridSource] {
        let expected = "\"others\", \"everybody\", \"screen\", {\"participant\": …} or {\"role\": …}"
        guard let value = fields.take("show") else { return [.others] }
        var sources: [GridSource] = []
        for (value, path) in try LayoutReader.entries(value, path: fields.path(of: "show")) {
            switch value {
            case .string("others"): sources.append(.others)
            case .string("everybody"): sources.append(.everybody)
            case .string("screen"): sources.append(.screen)
            case .object:
                var entry = try ObjectReader(value, path: path)
                var found: GridSource?
                if entry.has("participant"), let text = try entry.text("participant") {
                    found = .participant(remember(NamePattern(text)))
                } else if let role = try entry.text("role") {
                    found = .role(remember(role: role))
                }
                guard let found else { throw LayoutError(place: path, found: value.summary, expected: expected) }
                try entry.finish()
                sources.append(found)
            default: throw LayoutError(place: path, found: value.summary, expected: expected)
            }
        }
        return sources
    }

    private mutating func remember(_ pattern: NamePattern) -> NamePattern {
        if pattern.isPlain, !participants.contains(pattern.text) { participants.append(pattern.text) }
        return pattern
    }

    private mutating func remember(role: String) -> String {
        if !roles.contains(role) { roles.append(role) }
        return role
    }
}
