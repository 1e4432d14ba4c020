import Layout
import Media

/// Makes the patches that tiles carry, and keeps them.
final class Artist {
    private let colour: ColourDescription
    private let scaler: PictureScaler

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

    func label(for tile: Tile, frame: PixelRect) -> PlacedPatch? { nil }
    func symbol(for tile: Tile, frame: PixelRect) -> PlacedPatch? { nil }
}
