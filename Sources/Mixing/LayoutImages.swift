import Codecs
public import Layout
public import Media

/// The images that a layout names: background, watermark, tiles.
public enum LayoutImages {
    /// An image that cannot be read; one line that names it.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Bytes of an image's file.
    private static let sizeLimit = 64 << 20

    /// Reads them from beside the layout's file. Throws for one that cannot be read, with its path.
    public static func load(_ file: LayoutFile) throws(Failure) -> [String: Picture] {
        var images: [String: Picture] = [:]
        for name in file.layout.images.keys.sorted() {
            guard let path = file.path(ofImage: name) else { continue }
            let bytes: [UInt8]
            do {
                bytes = try LayoutFile.bytes(of: path, limit: sizeLimit)
            } catch {
                throw Failure(description: "\(error.description); the layout names it as its image '\(name)'")
            }
            do {
                images[name] = try ImageReader.read(bytes)
            } catch {
                throw Failure(description: "\(path): \(error.cause); the layout names it as its image '\(name)'")
            }
        }
        return images
    }
}
