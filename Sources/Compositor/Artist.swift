import Layout
import Media

/// Makes the patches that tiles carry, and keeps them.
final class Artist {
    private let colour: ColourDescription
    private let scaler: PictureScaler
    private var labels = RecentCache<LabelArt, Patch?>(limit: 256)
    private var labelWidths = RecentCache<LabelArt, Int>(limit: 256)
    private var symbols = RecentCache<SymbolArt, Patch?>(limit: 128)

    init(colour: ColourDescription, scaler: PictureScaler) {
        self.colour = colour
        self.scaler = scaler
    }

    /// A whole picture as a patch of the size of its target, turned as it is to be shown.
    func image(_ picture: Picture, fit: PictureFit) -> Patch {
        let target = fit.target
        let isTurned = picture.rotation == .quarter || picture.rotation == .threeQuarters
        let scaled = Patch(
            scaling: picture, crop: fit.crop, width: isTurned ? target.height : target.width,
            height: isTurned ? target.width : target.height, colour: colour, scaler: scaler)
        return picture.rotation == .none ? scaled : Patch(turning: scaled, by: picture.rotation)
    }

    func backdrop(_ picture: Picture, size: CanvasSize) -> Patch {
        let frame = PixelRect(x: 0, y: 0, width: size.width, height: size.height)
        let fit = PictureFit(
            size: picture.size, rotation: picture.rotation, pixelAspect: picture.pixelAspect, frame: frame, fit: .cover)
        return image(picture, fit: fit)
    }

    /// The tile's label where it goes; nil if it has none, or no room for one. It stands on the picture, not across the
    /// edge of one that leaves bars, unless the picture is too small for it.
    func label(for tile: Tile, frame: PixelRect, picture: PixelRect) -> PlacedPatch? {
        guard let label = tile.label, var art = LabelArt(label, frame: frame) else { return nil }
        let unlimited = art.unlimited
        art.limit(to: labelWidths.value(for: unlimited) { unlimited.naturalWidth })
        let patch = labels.value(for: art) { art.patch(colour: colour) }
        return patch.map { patch in
            let fits = picture.width >= patch.width + 2 * art.margin && picture.height >= 3 * patch.height
            let place = fits ? picture.intersection(frame) : frame
            return PlacedPatch(
                patch: patch, x: place.x + art.margin, y: place.bottom - art.margin - patch.height)
        }
    }

    /// What stands in the middle of a tile without a picture, or a little higher to stay clear of its label.
    func symbol(for tile: Tile, frame: PixelRect, label: PlacedPatch?) -> PlacedPatch? {
        guard let art = SymbolArt(tile, frame: frame) else { return nil }
        let patch = symbols.value(for: art) { art.patch(colour: colour) }
        return patch.map { patch in
            let middle = frame.y + (frame.height - patch.height) / 2
            let clear = label.map { max($0.y - patch.height - 2, frame.y + 2) } ?? middle
            return PlacedPatch(
                patch: patch, x: frame.x + ((frame.width - patch.width) / 2 & ~1), y: min(middle, clear) & ~1)
        }
    }
}
