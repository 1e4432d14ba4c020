import Layout
public import Media

/// Makes smaller pictures of composites for renditions of less size, and maps what changed. One thread uses it.
public final class PictureReduction {
    public let size: PictureSize
    private let source: PictureSize
    private let scaler = PictureScaler(quality: .fine)
    private let pool: PicturePool
    private let empty: MacroblockMap
    /// What was made last, and of which picture.
    private var last: (source: Picture, result: Picture)?

    /// From pictures of `source` to `size`.
    public init(from source: PictureSize, to size: PictureSize) {
        self.source = source
        self.size = size
        pool = PicturePool(size: size)
        empty = MacroblockMap(size: size)
    }

    /// `quality` may change at any time.
    public func reduce(_ composite: Composite, quality: ScalingQuality = .fine) -> Composite {
        var result = composite
        if let last, last.source === composite.picture {
            result.picture = last.result
            result.changed = changes(composite.changed)
            return result
        }
        scaler.quality = quality
        let target = pool.take()
        let all = PixelRect(x: 0, y: 0, width: composite.picture.size.width, height: composite.picture.size.height)
        scaler.scale(SourcePlanes(composite.picture, crop: all), to: TargetPlanes(target))
        result.picture = target.freeze(colour: composite.picture.colour)
        result.changed = changes(composite.changed)
        last = (composite.picture, result.picture)
        return result
    }

    /// The blocks that any changed sample reaches through the scaler's filter.
    public func changes(_ map: MacroblockMap) -> MacroblockMap {
        var result = empty
        let block = MacroblockMap.blockSize
        // A bicubic filter reaches two samples of the smaller picture to each side.
        let reach = 2
        for row in 0..<map.rows {
            let top = row * block * size.height / source.height - reach
            let bottom = ((row + 1) * block * size.height + source.height - 1) / source.height + reach
            var first: Int?
            for column in 0...map.columns {
                let isSet = column < map.columns && map[column, row]
                if isSet, first == nil { first = column }
                guard !isSet, let start = first else { continue }
                first = nil
                let left = start * block * size.width / source.width - reach
                let right = (column * block * size.width + source.width - 1) / source.width + reach
                result.set(x: left, y: top, width: right - left, height: bottom - top)
            }
        }
        return result
    }
}
