import Codecs
import Layout
import Media

/// The images that a layout names: background, watermark, tiles.
enum LayoutImages {
    /// Reads them from beside the layout's file. Throws for one that cannot be read, with its path.
    static func load(_ file: LayoutFile) throws(RenderError) -> [String: Picture] {
        var images: [String: Picture] = [:]
        for name in file.layout.images.keys.sorted() {
            guard let path = file.path(ofImage: name) else { continue }
            let bytes: [UInt8]
            do {
                bytes = try LayoutFile.bytes(of: path, limit: sizeLimit)
            } catch {
                throw RenderError("\(error.description); the layout names it as its image '\(name)'")
            }
            do {
                images[name] = try ImageReader.read(bytes)
            } catch {
                throw RenderError("\(path): \(error.cause); the layout names it as its image '\(name)'")
            }
        }
        return images
    }

    /// Bytes of an image's file.
    private static let sizeLimit = 64 << 20
}
