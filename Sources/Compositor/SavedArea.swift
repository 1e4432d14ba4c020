import Layout
import Media

/// What lay on the canvas before a layer was drawn there: its corner blocks, or the whole rectangle of a translucent
/// one. Restoring it takes the layer away again, and rounded corners and fades blend with it.
final class SavedArea {
    private(set) var rects: [PixelRect] = []
    private var offsets: [Int] = []
    private var memory: UnsafeMutablePointer<UInt8>?
    private var capacity = 0

    deinit { memory?.deallocate() }

    /// Saves those of `areas` that are not empty; they are even and lie on the canvas. What was saved before is
    /// forgotten.
    func save(_ areas: [4 of PixelRect], from canvas: TargetPlanes) {
        rects.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        var total = 0
        for index in areas.indices {
            let area = areas[index]
            if area.isEmpty { continue }
            rects.append(area)
            offsets.append(total)
            total += area.width * area.height * 3 / 2
        }
        if total > capacity {
            memory?.deallocate()
            memory = .allocate(capacity: total)
            capacity = total
        }
        for index in rects.indices { planes(index).copy(canvas.part(rects[index]).readOnly) }
    }

    /// Puts back what was saved, and forgets it.
    func restore(to canvas: TargetPlanes) {
        for index in rects.indices.reversed() { canvas.part(rects[index]).copy(planes(index).readOnly) }
        rects.removeAll(keepingCapacity: true)
    }

    func forget() { rects.removeAll(keepingCapacity: true) }

    /// The samples of one saved rectangle.
    func planes(_ index: Int) -> TargetPlanes {
        let rect = rects[index]
        let base = memory! + offsets[index]
        let luma = rect.width * rect.height
        return TargetPlanes(
            luma: WritablePlane(base: base, stride: rect.width, width: rect.width, height: rect.height),
            cb: WritablePlane(
                base: base + luma, stride: rect.width / 2, width: rect.width / 2, height: rect.height / 2),
            cr: WritablePlane(
                base: base + luma * 5 / 4, stride: rect.width / 2, width: rect.width / 2, height: rect.height / 2))
    }
}
