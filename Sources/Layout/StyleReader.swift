extension Style {
    /// Reads the field `style` of a region, a variant or the file; what it does not say is inherited.
    init(_ object: inout ObjectReader, inherited: Style) throws(LayoutError) {
        self = inherited
        guard let value = object.take("style") else { return }
        var fields = try ObjectReader(value, path: object.path(of: "style"))
        fit = try fields.word("fit", Style.PictureFit.self) ?? fit
        background = try fields.colour("background") ?? background
        radius = try fields.number("radius", 0...0.5) ?? radius
        border = try Style.readLine(
            &fields, "border", inherited: border,
            default: Style.LineStyle(width: 0.003, colour: Colour(red: 0x2a, green: 0x33, blue: 0x4a)))
        highlight = try Style.readLine(&fields, "highlight", inherited: highlight, default: Style.accent)
        label = try Style.readLabel(&fields, inherited: label)
        avatar = try fields.bool("avatar") ?? avatar
        camera = try fields.bool("camera") ?? camera
        greysFrozen = try fields.bool("greyWhenFrozen") ?? greysFrozen
        try fields.finish()
    }

    /// A field that is `false`, `true` (the defaults) or an object.
    private static func readLine(
        _ object: inout ObjectReader, _ name: String, inherited: Style.LineStyle?, default standard: Style.LineStyle
    ) throws(LayoutError) -> Style.LineStyle? {
        guard let value = object.take(name) else { return inherited }
        if case .bool(let isOn) = value { return isOn ? inherited ?? standard : nil }
        var fields = try ObjectReader(value, path: object.path(of: name), expected: "true, false or an object")
        var line = inherited ?? standard
        line.width = try fields.number("width", 0...0.1) ?? line.width
        line.colour = try fields.colour("colour") ?? line.colour
        try fields.finish()
        return line
    }

    private static func readLabel(
        _ object: inout ObjectReader, inherited: Style.LabelStyle?
    ) throws(LayoutError) -> Style.LabelStyle? {
        guard let value = object.take("label") else { return inherited }
        if case .bool(let isOn) = value { return isOn ? inherited ?? Style.LabelStyle() : nil }
        var fields = try ObjectReader(value, path: object.path(of: "label"), expected: "true, false or an object")
        var label = inherited ?? Style.LabelStyle()
        label.size = try fields.number("size", 0.005...0.2) ?? label.size
        label.colour = try fields.colour("colour") ?? label.colour
        label.background = try fields.colour("background") ?? label.background
        label.showsName = try fields.bool("name") ?? label.showsName
        label.showsMarks = try fields.bool("marks") ?? label.showsMarks
        try fields.finish()
        return label
    }
}
