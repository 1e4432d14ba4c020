import Media

/// The canvases that are written in turn. A canvas is written again once nobody else holds its picture, and each knows
/// which of its blocks are older than the newest picture's: those are copied, unless they are to be drawn anyway. So
/// no tick copies a whole canvas.
final class CanvasRing {
    private final class Slot {
        var picture: Picture?
        /// Blocks that differ from the newest picture's.
        var stale: MacroblockMap

        init(size: PictureSize) {
            stale = MacroblockMap(size: size, allSet: true)
        }
    }

    /// An encoder holds one picture, a few wait for it, one is shown in a preview, one is written. Callers that hold
    /// more make it allocate, which costs a third of a millisecond for 720p; slots are only made when they are needed.
    private static let limit = 8

    let size: PictureSize
    private var slots: [Slot] = []
    private var newest: Int?
    private var written: Int?

    init(size: PictureSize) {
        self.size = size
    }

    /// The picture last finished.
    var newestPicture: Picture? { newest.flatMap { slots[$0].picture } }

    /// A canvas to write, which shows the newest picture everywhere but in the blocks of `overwritten`, and is
    /// undefined there.
    func next(overwritten: MacroblockMap) -> WritablePicture {
        var choice: Int?
        for index in slots.indices where Picture.isFree(&slots[index].picture) {
            if choice.map({ slots[index].stale.count < slots[$0].stale.count }) ?? true { choice = index }
        }
        if let index = choice, let canvas = Picture.takeBack(&slots[index].picture) {
            written = index
            if index != newest, let picture = newestPicture {
                copy(slots[index].stale, without: overwritten, from: picture, to: TargetPlanes(canvas))
            }
            return canvas
        }
        if slots.count >= CanvasRing.limit, let index = slots.indices.first(where: { $0 != newest }) {
            slots[index] = Slot(size: size)
            written = index
        } else {
            slots.append(Slot(size: size))
            written = slots.count - 1
        }
        let canvas = WritablePicture(size: size)
        if let picture = newestPicture {
            copy(MacroblockMap(size: size, allSet: true), without: overwritten, from: picture, to: TargetPlanes(canvas))
        }
        return canvas
    }

    /// Takes the canvas of ``next(overwritten:)`` back as the newest picture, which differs from the one before in the
    /// blocks of `changed`.
    func finish(_ canvas: consuming WritablePicture, colour: ColourDescription, changed: MacroblockMap) -> Picture {
        let picture = canvas.freeze(colour: colour)
        guard let written else { return picture }
        for index in slots.indices where index != written { slots[index].stale.formUnion(changed) }
        slots[written].picture = picture
        slots[written].stale.setAll(false)
        newest = written
        return picture
    }

    private func copy(
        _ stale: MacroblockMap, without overwritten: MacroblockMap, from picture: Picture, to canvas: TargetPlanes
    ) {
        let side = MacroblockMap.blockSize
        for row in 0..<stale.rows {
            var column = 0
            while column < stale.columns {
                let index = row * stale.columns + column
                guard stale.cells[index] != 0, overwritten.cells[index] == 0 else {
                    column += 1
                    continue
                }
                var end = column + 1
                while end < stale.columns, stale.cells[row * stale.columns + end] != 0,
                    overwritten.cells[row * stale.columns + end] == 0
                {
                    end += 1
                }
                let x = column * side
                let y = row * side
                let width = min(end * side, size.width) - x
                let height = min(y + side, size.height) - y
                func take(_ from: Plane, _ to: WritablePlane, _ divisor: Int) {
                    for line in (y / divisor)..<((y + height) / divisor) {
                        (to.base + line * to.stride + x / divisor).update(
                            from: from.base + line * from.stride + x / divisor, count: width / divisor)
                    }
                }
                take(picture.luma, canvas.luma, 1)
                take(picture.cb, canvas.cb, 2)
                take(picture.cr, canvas.cr, 2)
                column = end
            }
        }
    }
}
