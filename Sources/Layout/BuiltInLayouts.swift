/// The layouts that the program brings along, without any file.
public enum BuiltInLayouts {
    /// The text of every file of the folder Layouts, by its name without ending, in the order of names.
    private static let files: [(name: String, text: String)] = [
        ("audio-only", PackageResources.audio_only_json),
        ("filmstrip", PackageResources.filmstrip_json),
        ("grid", PackageResources.grid_json),
        ("interview", PackageResources.interview_json),
        ("pip", PackageResources.pip_json),
        ("plain-grid", PackageResources.plain_grid_json),
        ("presentation", PackageResources.presentation_json),
        ("side-by-side", PackageResources.side_by_side_json),
        ("single", PackageResources.single_json),
        ("speaker", PackageResources.speaker_json),
    ].map { ($0, String(decoding: $1, as: UTF8.self)) }

    /// In alphabetical order.
    public static var names: [String] { files.map(\.name) }

    /// The text of a built-in layout file, or nil if there is none of that name.
    public static func text(of name: String) -> String? { files.first { $0.name == name }?.text }

    /// A built-in layout, or nil if there is none of that name.
    public static func layout(named name: String) -> Layout? {
        guard let text = text(of: name) else { return nil }
        do {
            return try Layout(parsing: text.utf8)
        } catch {
            fatalError("built-in layout \(name) is broken: \(error)")
        }
    }
}
