import Layout
import Media

/// The layers now on the canvas, and what has to be done to bring them to the next scene.
///
/// Redrawing works like this. Each layer knows what lies under its corners, or under all of it if it is translucent.
/// A layer whose inside alone changes is undrawn (that is put back) and drawn again: nothing around it is touched. One
/// that moves or goes leaves a hole of its old rectangle, which is damage: the background is painted there, and every
/// layer that touches it is undrawn and drawn again. Whatever lies above a layer that is drawn, and touches it, is
/// drawn again too. So the canvas always equals one on which everything was drawn from the ground up.
final class LayerStack {
    private(set) var layers: [Layer] = []
    /// Layers of the scene before, in their order; those that are not kept are to be undrawn only.
    private(set) var previous: [Layer] = []
    /// Where the background is to be painted.
    private(set) var damage: [PixelRect] = []
    private(set) var changed: MacroblockMap

    private let bounds: PixelRect
    private let artist: Artist
    private var order: [Int] = []
    private var watermark: Watermark?
    private var watermarkTile: Tile?

    init(size: PictureSize, artist: Artist) {
        bounds = PixelRect(x: 0, y: 0, width: size.width, height: size.height)
        changed = MacroblockMap(size: size)
        self.artist = artist
    }

    /// Marks everything as damaged, before ``update(to:pictures:)`` of the same tick.
    func begin(backgroundChanged: Bool) {
        damage.removeAll(keepingCapacity: true)
        changed.setAll(backgroundChanged)
        if backgroundChanged { damage.append(bounds) }
    }

    /// Takes over a scene. Afterwards ``layers`` says by ``Layer/isRedrawn`` what to draw.
    func update(to scene: Scene, pictures: (TileContent) -> Picture?) {
        swap(&layers, &previous)
        layers.removeAll(keepingCapacity: true)
        for layer in previous { layer.isKept = false }
        sort(scene.tiles)
        var last = -1
        for index in order { place(scene.tiles[index], pictures: pictures, last: &last) }
        if scene.watermark != watermark {
            watermark = scene.watermark
            watermarkTile = watermark.map(LayerStack.tile)
        }
        if let tile = watermarkTile { place(tile, pictures: pictures, last: &last) }
        for layer in previous where !layer.isKept { leave(layer) }
        propagate()
    }

    var needsDrawing: Bool { !damage.isEmpty || layers.contains { $0.isRedrawn } || previous.contains { !$0.isKept } }

    /// Lets go of the layers that are gone, and of their pictures.
    func forgetPrevious() { previous.removeAll(keepingCapacity: true) }

    /// Blocks that drawing will write completely, whatever the canvas shows before.
    func markOverwritten(in map: inout MacroblockMap) {
        for rect in damage { map.setInside(rect, of: bounds) }
        for layer in layers where layer.isRedrawn && layer.isInPlace { map.setInside(layer.form.visible, of: bounds) }
    }

    /// Stable order by z. Scenes usually come sorted.
    private func sort(_ tiles: [Tile]) {
        order.removeAll(keepingCapacity: true)
        var isSorted = true
        for index in tiles.indices {
            if index > 0, tiles[index].z < tiles[index - 1].z { isSorted = false }
            order.append(index)
        }
        if !isSorted { order.sort { (tiles[$0].z, $0) < (tiles[$1].z, $1) } }
    }

    /// Finds the tile's layer among those before, or makes one, and says what changes by it. `last` is the place of the
    /// topmost layer before that was found so far.
    private func place(_ tile: Tile, pictures: (TileContent) -> Picture?, last: inout Int) {
        let picture: Picture? =
            switch tile.content {
            case .camera, .screen, .image: pictures(tile.content)
            case .avatar, .overflow, .nothing: nil
            }
        guard let index = previousIndex(of: tile.id) else {
            let form = LayerForm(tile, picture: picture, canvas: bounds, artist: artist)
            layers.append(Layer(tile: tile, picture: picture, form: form))
            changed.set(form.visible)
            return
        }
        let layer = previous[index]
        layer.isKept = true
        layer.isRedrawn = false
        layer.isInPlace = true
        layers.append(layer)
        let isReordered = index < last
        last = max(last, index)
        let isSameTile = layer.tile == tile
        if isSameTile, layer.picture === picture, !isReordered { return }
        layer.isRedrawn = true
        if isSameTile, !isReordered, let old = layer.picture, let new = picture, LayerStack.haveSameForm(old, new) {
            layer.picture = picture
            changed.set(layer.form.shown)
            return
        }
        let old = layer.form
        let form = LayerForm(tile, picture: picture, canvas: bounds, artist: artist)
        if old.staysInPlace(as: form), !isReordered {
            markDifference(layer, tile: tile, picture: picture, form: form)
        } else {
            layer.isInPlace = false
            changed.set(old.visible)
            changed.set(form.visible)
            if !old.visible.isEmpty { damage.append(old.visible) }
        }
        layer.tile = tile
        layer.picture = picture
        layer.form = form
    }

    private func leave(_ layer: Layer) {
        changed.set(layer.form.visible)
        if !layer.form.visible.isEmpty { damage.append(layer.form.visible) }
    }

    private func previousIndex(of id: String) -> Int? {
        let expected = layers.count
        if expected < previous.count, !previous[expected].isKept, previous[expected].tile.id == id { return expected }
        return previous.firstIndex { !$0.isKept && $0.tile.id == id }
    }

    private static func haveSameForm(_ old: Picture, _ new: Picture) -> Bool {
        old.size == new.size && old.rotation == new.rotation && old.pixelAspect == new.pixelAspect && old.alpha == nil
            && new.alpha == nil
    }

    /// Marks what differs between two looks of a layer that stays in its place.
    private func markDifference(_ layer: Layer, tile: Tile, picture: Picture?, form: LayerForm) {
        let old = layer.form
        let before = layer.tile
        let isAlike =
            layer.picture === picture && before.content == tile.content && before.fit == tile.fit
            && before.background == tile.background && before.isFrozen == tile.isFrozen && old.radius == form.radius
            && old.opacity == form.opacity && before.avatar == tile.avatar
            && old.symbol?.rect == form.symbol?.rect
        guard isAlike else {
            changed.set(form.visible)
            return
        }
        if before.label != tile.label {
            if let label = old.label { changed.set(label.rect.intersection(old.visible)) }
            if let label = form.label { changed.set(label.rect.intersection(form.visible)) }
        }
        if before.border != tile.border || before.highlight != tile.highlight {
            old.markEdge(width: max(old.border.width, old.highlight?.width ?? 0), in: &changed)
            form.markEdge(width: max(form.border.width, form.highlight?.width ?? 0), in: &changed)
        }
    }

    /// Adds the layers that must be drawn because of others: see the type's description.
    private func propagate() {
        for index in layers.indices where !layers[index].isRedrawn {
            let visible = layers[index].form.visible
            if visible.isEmpty { continue }
            layers[index].isRedrawn =
                damage.contains { $0.intersects(visible) }
                || layers[..<index].contains { $0.isRedrawn && $0.form.visible.intersects(visible) }
        }
    }

    private static func tile(for watermark: Watermark) -> Tile {
        let clear = Colour(red: 0, green: 0, blue: 0, alpha: 0)
        // No tile of a layout has this id, since theirs are not empty.
        return Tile(
            id: "", content: .image(watermark.image), rect: watermark.rect, z: .max, opacity: watermark.opacity,
            fit: .contain, background: clear)
    }
}

extension MacroblockMap {
    /// Sets the blocks that lie inside `rect` as far as they lie inside `bounds`.
    fileprivate mutating func setInside(_ rect: PixelRect, of bounds: PixelRect) {
        guard !rect.isEmpty else { return }
        let size = MacroblockMap.blockSize
        let left = (rect.x + size - 1) / size * size
        let top = (rect.y + size - 1) / size * size
        let right = rect.right >= bounds.right ? rect.right : rect.right / size * size
        let bottom = rect.bottom >= bounds.bottom ? rect.bottom : rect.bottom / size * size
        set(x: left, y: top, width: right - left, height: bottom - top)
    }
}
