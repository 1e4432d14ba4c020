import Codecs
import Layout
import Live
import Media
import Timing

/// Which participant a part of the mix shows, told from a coarse mosaic of the picture's colours.
enum TileComparison {
    static let columns = 16
    static let rows = 9

    /// Mean luma, Cb and Cr of each field of a mosaic over `rect`.
    static func mosaic(of picture: Picture, in rect: PixelRect) -> [Double] {
        var result: [Double] = []
        for (plane, shrink) in [(picture.luma, 1), (picture.cb, 2), (picture.cr, 2)] {
            for row in 0..<rows {
                for column in 0..<columns {
                    let left = (rect.x + rect.width * column / columns) / shrink
                    let right = max(left + 1, (rect.x + rect.width * (column + 1) / columns) / shrink)
                    let top = (rect.y + rect.height * row / rows) / shrink
                    let bottom = max(top + 1, (rect.y + rect.height * (row + 1) / rows) / shrink)
                    var sum = 0
                    for y in top..<bottom { for x in left..<right { sum += Int(plane.base[y * plane.stride + x]) } }
                    result.append(Double(sum) / Double((right - left) * (bottom - top)))
                }
            }
        }
        return result
    }

    /// Mean absolute difference, without the outermost fields, where borders, corners and labels are.
    static func distance(_ first: [Double], _ second: [Double]) -> Double {
        var sum = 0.0
        var count = 0
        for index in first.indices {
            let place = index % (columns * rows)
            let (row, column) = (place / columns, place % columns)
            guard (1..<rows - 2).contains(row), (1..<columns - 1).contains(column) else { continue }
            sum += abs(first[index] - second[index])
            count += 1
        }
        return sum / Double(count)
    }

    /// A sample's own first picture.
    static func picture(of media: LoadMedia) throws -> Picture {
        let decoder = try VideoDecoders.make(
            for: VideoParameters(codec: .vp8, size: PictureSize(width: 640, height: 360)))
        return try decoder.decode(media.video[0])[0].picture
    }

    /// A mosaic of what is left of a picture that covers a tile of another shape.
    static func mosaic(of picture: Picture, covering tile: PixelRect) -> [Double] {
        let (width, height) = (picture.size.width, picture.size.height)
        let shownWidth = min(width, height * tile.width / tile.height)
        let shownHeight = min(height, width * tile.height / tile.width)
        return mosaic(
            of: picture,
            in: PixelRect(
                x: (width - shownWidth) / 2, y: (height - shownHeight) / 2, width: shownWidth, height: shownHeight))
    }

    /// Where `layout` puts the tiles of `count` participants who joined in order, by the participants' places.
    static func tiles(_ layout: String, count: Int, size: PictureSize) throws -> [PixelRect] {
        var engine = LayoutEngine(try LayoutFile(layout).layout)
        let stage = Stage(
            participants: (0..<count).map {
                Stage.Participant(
                    id: "\($0)", name: "\($0)", joined: .milliseconds(Int64($0)), pictureAspect: 16.0 / 9)
            })
        let scene = engine.step(stage, canvas: CanvasSize(width: size.width, height: size.height), at: .zero)
        return (0..<count).compactMap { index in
            scene.tiles.first { $0.content == .camera(participant: "\(index)") }?.rect
        }
    }
}
