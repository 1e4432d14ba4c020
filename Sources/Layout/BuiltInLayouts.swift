/// The layouts that the program brings along, without any file.
public enum BuiltInLayouts {
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
