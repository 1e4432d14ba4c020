/// The formats that are written.
public enum ContainerFormat: String, Hashable, Sendable, CaseIterable {
    case webm, matroska, mp4, ogg

    /// By a file name's extension (.webm, .mkv, .mka, .mp4, .m4a, .ogg, .opus), in any case; nil for others. The
    /// «.part» of an unfinished file is passed over.
    public init?(path: String) {
        var name = path.split(separator: "/").last.map(String.init) ?? ""
        if name.lowercased().hasSuffix(".part") { name.removeLast(5) }
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "webm": self = .webm
        case "mkv", "mka": self = .matroska
        case "mp4", "m4a", "m4v": self = .mp4
        case "ogg", "oga", "opus": self = .ogg
        default: return nil
        }
    }

    /// The name libavformat knows the muxer by.
    var muxer: String {
        switch self {
        case .webm: "webm"
        case .matroska: "matroska"
        case .mp4: "mp4"
        case .ogg: "ogg"
        }
    }
}
