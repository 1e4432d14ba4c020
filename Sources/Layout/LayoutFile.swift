import Foundation

/// Finds and reads layouts as a person names them: the path of a file, or the name of a built-in layout.
public struct LayoutFile: Sendable {
    public let layout: Layout
    /// Absolute folder that the layout's images are relative to; nil for a built-in layout, which has none.
    public let folder: String?

    /// The absolute path of an image, by the name that the layout gives it; nil if the layout has no such image.
    public func path(ofImage name: String) -> String? {
        guard let folder, let relative = layout.images[name] else { return nil }
        return folder + "/" + relative
    }

    /// Reads what `argument` names. A name without a slash that is no file in the current folder is looked for in the
    /// folders of `TESSERA_LAYOUTS` (separated by colons), then among the built-in layouts.
    ///
    /// Throws ``LayoutFileError``, whose text is one line that names the file.
    public init(
        _ argument: String, environment: [String: String]? = nil
    ) throws(LayoutFileError) {
        guard !argument.isEmpty else {
            throw LayoutFileError(file: "\"\"", problem: "no layout named; give a file or the name of a built-in one")
        }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder)
        if exists, !(isFolder.boolValue && BuiltInLayouts.text(of: argument) != nil) {
            self = try LayoutFile(path: argument)
            return
        }
        if !argument.contains("/"), !argument.hasSuffix(".json") {
            let environment = environment ?? ProcessInfo.processInfo.environment
            for folder in (environment["TESSERA_LAYOUTS"] ?? "").split(separator: ":") {
                let path = "\(folder)/\(argument).json"
                if FileManager.default.fileExists(atPath: path) {
                    self = try LayoutFile(path: path)
                    return
                }
            }
            if let layout = BuiltInLayouts.layout(named: argument) {
                self.layout = layout
                folder = nil
                return
            }
        }
        throw LayoutFileError(
            file: argument,
            problem: "no such file, and no built-in layout of that name; there are "
                + BuiltInLayouts.names.joined(separator: ", "))
    }

    /// A layout that no file stands behind; it has no images.
    public init(_ layout: Layout) {
        self.layout = layout
        folder = nil
    }

    /// Reads the file at `path`.
    public init(path: String) throws(LayoutFileError) {
        let bytes = try LayoutFile.bytes(of: path, limit: Layout.Limits.fileSize)
        do {
            layout = try Layout(parsing: bytes)
        } catch {
            throw LayoutFileError(file: path, problem: error.description)
        }
        folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// The whole of a file of at most `limit` bytes.
    public static func bytes(of path: String, limit: Int) throws(LayoutFileError) -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw LayoutFileError(file: path, problem: "no such file")
        }
        guard !isFolder.boolValue else {
            throw LayoutFileError(file: path, problem: "is a folder; give a file")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw LayoutFileError(file: path, problem: "cannot be opened; check its permissions")
        }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw LayoutFileError(file: path, problem: "cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= limit else {
            throw LayoutFileError(file: path, problem: "is larger than \(limit) bytes")
        }
        return [UInt8](data)
    }
}

/// Why a layout cannot be had; one line that names the file.
public struct LayoutFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public var file: String
    public var problem: String

    public init(file: String, problem: String) {
        self.file = file
        self.problem = problem
    }

    public var description: String { "\(file): \(problem)" }
}

extension LayoutFile {
    /// A layout that was read elsewhere, whose images are relative to `folder`.
    package init(_ layout: Layout, folder: String?) {
        self.layout = layout
        self.folder = folder
    }
}
