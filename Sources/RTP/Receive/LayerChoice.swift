public import Timing

/// Says which simulcast layer of a source is to be shown. The rules, in the order in which they apply:
/// 1. A layer lives while its packets come, at least one in ``silence``.
/// 2. The right layer is the smallest living one that fills the wished height (a tenth less will do), or the tallest
///    living one if none does. A layer of unknown height counts by its share of the data: more bytes, taller.
/// 3. If the layer in use does not live any more, the right one takes over at once.
/// 4. A taller one takes over when it has been right and has lived for ``upAfter`` and its packets still come; a smaller
///    one when it has been right for ``downAfter``, so that a tile that moves for a moment costs no keyframe.
///
/// What comes of a choice is the caller's: it asks the layer for a keyframe and shows the one before until that is there.
public struct LayerChoice: Sendable {
    public static let silence = MediaTime.milliseconds(700)
    public static let upAfter = MediaTime.milliseconds(500)
    public static let downAfter = MediaTime.milliseconds(2_000)
    /// A layer with a packet within this is on its way, even at five pictures a second.
    private static let fresh = MediaTime.milliseconds(250)
    /// Over which bytes are counted.
    private static let window = MediaTime.milliseconds(1_000)

    private struct Layer {
        var height: Int?
        var lastPacket: MediaTime?
        /// Since when its packets have come without a pause.
        var since = MediaTime.zero
        var bytes = 0
        var bytesBefore = 0
    }

    /// The height in pixels that the tallest tile of the source has; nil if unknown, which is taken for tall.
    public var wishedHeight: Int?
    /// The layer in use; nil before the first packet.
    public private(set) var current: Int?

    private var layers: [Layer]
    private var windowStart = MediaTime.zero
    /// What would be right, and since when.
    private var candidate: (layer: Int, since: MediaTime)?

    /// `count` is the number of layers that were agreed upon, at least 1.
    public init(count: Int) {
        precondition(count > 0, "at least one layer")
        layers = [Layer](repeating: Layer(), count: count)
    }

    /// A packet of `bytes` came for a layer, 0 to the count of them; `height` is that of a keyframe which it begins.
    public mutating func receive(layer: Int, bytes: Int, height: Int?, now: MediaTime) {
        guard layers.indices.contains(layer) else { return }
        if now - windowStart >= LayerChoice.window {
            windowStart = now
            for index in layers.indices {
                layers[index].bytesBefore = layers[index].bytes
                layers[index].bytes = 0
            }
        }
        if !lives(layer, now: now) { layers[layer].since = now }
        layers[layer].lastPacket = now
        layers[layer].bytes += bytes
        if let height { layers[layer].height = height }
    }

    private func lives(_ layer: Int, now: MediaTime) -> Bool {
        layers[layer].lastPacket.map { now - $0 < LayerChoice.silence } ?? false
    }

    /// The layer that is to be in use now; nil before the first packet.
    public mutating func choose(now: MediaTime) -> Int? {
        let right = right(now: now)
        guard let right else { return current }
        guard let current, lives(current, now: now) else {
            take(right)
            return right
        }
        guard right != current else {
            candidate = nil
            return current
        }
        if candidate?.layer != right { candidate = (right, now) }
        let since = max(candidate?.since ?? now, layers[right].since)
        let patience = isTaller(right, than: current) ? LayerChoice.upAfter : LayerChoice.downAfter
        let isFresh = layers[right].lastPacket.map { now - $0 < LayerChoice.fresh } ?? false
        if now - since >= patience, isFresh { take(right) }
        return self.current
    }

    private mutating func take(_ layer: Int) {
        current = layer
        candidate = nil
    }

    private func right(now: MediaTime) -> Int? {
        var best: Int?
        for layer in layers.indices where lives(layer, now: now) {
            guard let other = best else {
                best = layer
                continue
            }
            let (small, tall) = isTaller(layer, than: other) ? (other, layer) : (layer, other)
            best = fills(small) ? small : tall
        }
        return best
    }

    private func fills(_ layer: Int) -> Bool {
        guard let wishedHeight, let height = layers[layer].height else { return false }
        return height * 10 >= wishedHeight * 9
    }

    private func isTaller(_ layer: Int, than other: Int) -> Bool {
        if let height = layers[layer].height, let otherHeight = layers[other].height { return height > otherHeight }
        return layers[layer].bytes + layers[layer].bytesBefore > layers[other].bytes + layers[other].bytesBefore
    }
}
