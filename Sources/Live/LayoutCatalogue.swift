import Foundation
import Layout
import Synchronization

/// The layouts that rooms may show: built-in ones, those in folders that the operator names, and the server's own
/// default. What clients name is looked up here and is never taken for a path.
final class LayoutCatalogue: Sendable {
    private let folders: [String]
    /// Read once: what the operator gave as default, by the text that names it.
    private let fixed: [String: LayoutFile]
    /// Layouts that clients sent, by the names they got here.
    private let sent = Mutex<(files: [String: LayoutFile], order: [String])>(([:], []))
    /// Layouts of clients that are kept; of more, the oldest is forgotten, which views that show it do not mind.
    private static let sentLimit = 256
    /// Texts of layouts that are not built in, as they were when they were last asked for.
    private let texts = Mutex<[String: String]>([:])

    /// Throws if the default layout cannot be read.
    init(folders: [String], default name: String) throws(LiveError) {
        let environment = ProcessInfo.processInfo.environment["TESSERA_LAYOUTS"] ?? ""
        self.folders = folders + environment.split(separator: ":").map(String.init)
        do {
            fixed = [name: try LayoutFile(name)]
        } catch {
            throw LiveError(422, "\(error)")
        }
        keep(name, path: name.hasSuffix(".json") ? name : name + ".json")
    }

    /// The text of a layout that is not built in and was asked for before; nil for any other. Never reads a file.
    func text(named name: String) -> String? { texts.withLock { $0[name] } }

    private func keep(_ name: String, path: String) {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 19 else { return }
        let text = String(decoding: data, as: UTF8.self)
        texts.withLock { $0[name] = text.trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    /// Names that clients may give, in alphabetical order.
    var names: [String] {
        var names = Set(BuiltInLayouts.names).union(fixed.keys)
        for folder in folders {
            for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where file.hasSuffix(".json") {
                let name = String(file.dropLast(5))
                if LayoutCatalogue.isName(name) { names.insert(name) }
            }
        }
        return names.sorted()
    }

    /// Throws with 422 if there is no such layout, or if its file is broken.
    func layout(named name: String) throws(LiveError) -> LayoutFile {
        if let file = fixed[name] ?? sent.withLock({ $0.files[name] }) { return file }
        if LayoutCatalogue.isName(name) {
            for folder in folders {
                let path = "\(folder)/\(name).json"
                guard FileManager.default.fileExists(atPath: path) else { continue }
                do {
                    let file = try LayoutFile(path: path)
                    keep(name, path: path)
                    return file
                } catch {
                    // Clients have no business with the server's paths.
                    throw LiveError(422, "the layout \(name) is broken: \(error.problem)")
                }
            }
            if let layout = BuiltInLayouts.layout(named: name) { return LayoutFile(layout) }
        }
        throw LiveError(422, "there is no such layout; there are \(names.joined(separator: ", "))")
    }

    /// Keeps a layout that a client sent as the text of a layout file; the name by which rooms know it. Throws with 422
    /// and the place in the text that is wrong.
    func add(_ text: [UInt8]) throws(LiveError) -> String {
        let layout: Layout
        do {
            layout = try Layout(parsing: text)
        } catch {
            throw LiveError(422, error.description)
        }
        guard layout.images.isEmpty else {
            throw LiveError(422, "$.images: a layout that is sent has no folder to take images from")
        }
        let file = LayoutFile(layout)
        return sent.withLock { sent in
            if let known = sent.files.first(where: { $0.value.layout == layout }) { return known.key }
            let name = LayoutCatalogue.freshName()
            sent.files[name] = file
            sent.order.append(name)
            let oldest = sent.order.count > LayoutCatalogue.sentLimit ? sent.order.removeFirst() : nil
            if let oldest { sent.files[oldest] = nil }
            texts.withLock { texts in
                texts[name] = String(decoding: text, as: UTF8.self)
                if let oldest { texts[oldest] = nil }
            }
            return name
        }
    }

    private static func freshName() -> String {
        "sent-" + String(UInt64.random(in: 0 ... .max), radix: 16)
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
