public import Media

/// Which macroblocks an encoder works on, so that what stands still costs next to nothing.
///
/// A block is left alone only after it has been encoded again some times since its last change: the first encode of
/// a changed block is coarse, and leaving it at once would freeze that coarseness. Blocks that changed in frames which
/// the encoder dropped count until a frame is really encoded. Keyframes always take all blocks.
public struct RefinementPlan: Sendable {
    /// How many further encodes a block gets after the one that brought its change.
    public let refinements: Int
    /// Encodes that each block is still to get.
    private var owed: [UInt8]
    private var map: MacroblockMap

    public init(size: PictureSize, refinements: Int) {
        precondition((0...200).contains(refinements), "refinements outside 0...200")
        self.refinements = refinements
        map = MacroblockMap(size: size, allSet: true)
        owed = [UInt8](repeating: UInt8(refinements + 1), count: map.cells.count)
    }

    /// Takes in what changed since the picture before, which must be done for every picture, encoded or not.
    public mutating func add(_ changed: MacroblockMap) {
        precondition(changed.cells.count == owed.count, "a map of another picture size")
        let fresh = UInt8(refinements + 1)
        for index in owed.indices where changed.cells[index] != 0 { owed[index] = fresh }
    }

    /// Nothing is left to be encoded: the decoder shows this picture already, as finely as it will get.
    public var isSettled: Bool { !owed.contains { $0 > 0 } }

    /// The blocks to work on; nil for all.
    public mutating func activeMap() -> MacroblockMap? {
        var all = true
        for index in owed.indices where owed[index] == 0 {
            all = false
            break
        }
        if all { return nil }
        map.assign { owed[$0] > 0 }
        return map
    }

    /// A frame with the last ``activeMap()`` has been encoded, as a keyframe or not.
    public mutating func didEncode(isKeyframe: Bool) {
        if isKeyframe {
            for index in owed.indices { owed[index] = UInt8(refinements) }
        } else {
            for index in owed.indices where owed[index] > 0 { owed[index] -= 1 }
        }
    }
}
