/// Turns what a region shows into a tile with everything that is drawn in it.
struct Appearance {
    let roster: Roster
    let canvas: CanvasSize

    func tile(_ content: Casting.Content, region: Region, rect: PixelRect, suffix: String = "") -> Tile {
        let style = region.style
        switch content {
        case .exhibit(let exhibit):
            var tile = base(exhibit.key(roster) + suffix, .nothing, region, rect)
            let participant = roster.participants[exhibit.participant]
            if exhibit.isScreen {
                tile.content = .screen(participant: participant.id)
                tile.fit = style.fit == .cover ? .cover : .contain
            } else {
                tile.content =
                    style.camera ? .camera(participant: participant.id) : .avatar(participant: participant.id)
                tile.fit = cameraFit(style.fit, participant.pictureAspect, rect)
                if style.avatar {
                    tile.avatar = Avatar(
                        initials: Avatar.initials(of: participant.name.isEmpty ? participant.id : participant.name),
                        hue: Avatar.hue(of: participant.name.isEmpty ? participant.id : participant.name))
                }
                tile.isFrozen = participant.isFrozen && style.greysFrozen && style.camera
                if let line = style.highlight, roster.isSpeaking[exhibit.participant] {
                    tile.highlight = stroke(line, least: 2)
                }
            }
            tile.label = label(participant, isScreen: exhibit.isScreen, style, rect)
            return tile
        case .image(let name):
            var tile = base("image:\(name)@\(region.number)", .image(name), region, rect)
            tile.fit = style.fit == .cover ? .cover : .contain
            return tile
        case .nothing:
            return empty(region, rect: rect)
        }
    }

    func empty(_ region: Region, rect: PixelRect) -> Tile {
        base("region:\(region.number)", .nothing, region, rect)
    }

    func overflow(_ cells: Casting.GridCells, region: Region, rect: PixelRect) -> Tile {
        base("overflow@grid\(cells.ordinal)", .overflow(count: cells.overflow ?? 0), region, rect)
    }

    private func base(_ id: String, _ content: TileContent, _ region: Region, _ rect: PixelRect) -> Tile {
        let style = region.style
        return Tile(
            id: id, content: content, rect: rect, z: region.z, background: style.background,
            cornerRadius: min(pixels(style.radius), min(rect.width, rect.height) / 2),
            border: style.border.map { stroke($0, least: 1) } ?? .none)
    }

    private func pixels(_ fraction: Double) -> Int { Int((fraction * Double(canvas.height)).rounded()) }

    private func stroke(_ line: Style.LineStyle, least: Int) -> Stroke {
        line.width > 0 ? Stroke(width: max(least, pixels(line.width)), colour: line.colour) : .none
    }

    private func cameraFit(_ fit: Style.PictureFit, _ aspect: Double?, _ rect: PixelRect) -> Fit {
        switch fit {
        case .contain: return .contain
        case .cover: return .cover
        case .auto:
            guard let aspect, aspect > 0 else { return .cover }
            let ratio = aspect * Double(rect.height) / Double(rect.width)
            return min(ratio, 1 / ratio) < Style.leastCovered ? .contain : .cover
        }
    }

    private func label(
        _ participant: Stage.Participant, isScreen: Bool, _ style: Style, _ rect: PixelRect
    ) -> Label? {
        guard let wanted = style.label else { return nil }
        let text = wanted.showsName ? participant.name : ""
        let isMuted = wanted.showsMarks && participant.isMuted && !isScreen
        let isPoor = wanted.showsMarks && participant.hasPoorNetwork
        guard !text.isEmpty || isMuted || isPoor else { return nil }
        let size = max(pixels(wanted.size), Label.smallestPlainSize)
        guard let size = Label.size(size, in: rect) else { return nil }
        return Label(
            text: text, isMuted: isMuted, hasPoorNetwork: isPoor, fontSize: size, textColour: wanted.colour,
            background: wanted.background)
    }
}

extension Label {
    /// Pixels under which a label does not shrink with the canvas.
    static let smallestPlainSize = 9
    /// Pixels under which a label does not shrink with its tile, but goes.
    static let smallestSize = 8

    /// The size of letters that fits a tile, `wanted` at most; nil if no legible size does.
    static func size(_ wanted: Int, in rect: PixelRect) -> Int? {
        let size = min(wanted, rect.height * 16 / 100, rect.width / 7)
        return size >= min(wanted, smallestSize) ? size : nil
    }
}

extension Avatar {
    /// The first letters of the first and the last word; of one word, its first letter.
    public static func initials(of name: String) -> String {
        let words = name.split(whereSeparator: { $0.isWhitespace || $0 == "_" || $0 == "-" || $0 == "." })
        // Words that begin with a letter, so that «Ann (Berlin)» is A, not A(.
        let lettered = words.filter { $0.first!.isLetter }
        guard let first = (lettered.first ?? words.first)?.first else { return "?" }
        guard lettered.count > 1, let last = lettered.last?.first else { return String(first).uppercased() }
        return (String(first) + String(last)).uppercased()
    }

    /// A hue that is the same for the same name always, and usually another for another name.
    public static func hue(of name: String) -> Int {
        var hash: UInt32 = 0x811c_9dc5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        // The low bits of neighbouring names differ little; fold the upper ones in.
        hash ^= hash >> 15
        hash = hash &* 0x2c1b_3c6d
        hash ^= hash >> 12
        return Int(hash % 360)
    }
}
