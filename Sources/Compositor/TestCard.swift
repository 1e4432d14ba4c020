import CPango
import Layout
public import Media
public import Timing

/// A drawn participant for previews and trials: a person before a coloured wall who blinks and talks, with a number and
/// a running clock. The same index, size and time always give the same samples.
///
/// The still part is drawn once; a picture costs a copy of it and the drawing of a face and a clock.
public final class TestCard {
    /// 0 and up.
    public let index: Int
    public let size: PictureSize
    private let look: PersonLook
    private let still: Picture
    private let colour: ColourDescription

    /// `size` has sides of 16 to 8192 pixels.
    public init(index: Int, size: PictureSize, colour: ColourDescription = .bt601Limited) {
        self.index = index
        self.size = PictureSize(width: min(max(size.width, 16), 8192), height: min(max(size.height, 16), 8192))
        self.colour = colour
        look = PersonLook(index: index, size: self.size)
        let drawing = Drawing(width: self.size.width, height: self.size.height)
        look.drawStill(on: drawing)
        still = (drawing.image() ?? RGBImage(width: 1, height: 1, bytes: [0, 0, 0, 255])).picture(colour: colour)
    }

    /// A name that goes with the index, from many places; it begins anew after some, with a number.
    public static func name(of index: Int) -> String {
        let names = [
            "Amara Okafor", "Lukas Weber", "Mei Lin 林美", "Sofia Rossi", "سارة أحمد", "Jonas Berg", "Priya Sharma",
            "Mateo García", "Yuki Tanaka", "Chloé Dubois", "Олена Коваль", "David Mensah", "Hannah Kim", "Tomás Silva",
            "Ines Novak", "Omar Haddad",
        ]
        let turn = max(index, 0) / names.count
        let name = names[max(index, 0) % names.count]
        return turn == 0 ? name : "\(name) \(turn + 1)"
    }

    /// The picture at `time`.
    public func picture(at time: MediaTime) -> Picture {
        let picture = WritablePicture(size: still.size)
        let canvas = TargetPlanes(picture)
        canvas.copy(SourcePlanes(luma: still.luma, cb: still.cb, cr: still.cr))
        for part in look.movingParts(at: time) {
            let area = PixelRect(made: part.area).intersection(
                PixelRect(x: 0, y: 0, width: size.width & ~1, height: size.height & ~1))
            guard !area.isEmpty else { continue }
            let drawing = Drawing(width: area.width, height: area.height)
            cairo_translate(drawing.context, -Double(area.x), -Double(area.y))
            part.draw(drawing)
            drawing.patch(colour: colour)?.draw(on: canvas, x: area.x, y: area.y, clip: area)
        }
        return picture.freeze(colour: colour)
    }
}
