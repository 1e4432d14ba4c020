/// Knows what of a stream of pictures has been decoded, and so whether the next can be.
struct PictureReferences {
    enum Verdict: Hashable {
        case decodable
        /// Of a layer that others can do without.
        case droppable
        /// Nothing that follows can be decoded, until a keyframe.
        case broken
    }

    /// Nothing can be decoded before a keyframe.
    private(set) var awaitsKeyframe = true
    /// No packet was lost or passed over since the last decoded picture.
    private var isContiguous = false
    private var lastID: UInt16?
    private var lastBase: UInt8?
    /// The lowest temporal layer above the base of which a picture may be lacking.
    private var brokenLayer: UInt8 = PictureReferences.noLayer
    /// By the lower bits of their numbers: the pictures decoded lately; -1 for none.
    private var decoded = [Int32](repeating: -1, count: 128)

    private static let noLayer: UInt8 = 8

    /// What is to become of a picture, judged by its first fragment; `isKeyframe` if any of its fragments says so.
    func verdict(_ fragment: PictureFragment, isKeyframe: Bool) -> Verdict {
        if isKeyframe { return .decodable }
        if awaitsKeyframe { return .broken }
        let base = fragment.temporalLayer == 0
        switch fragment.dependency {
        case .none: return .decodable
        case .previous:
            return isContiguous || follows(fragment) ? .decodable : .broken
        case .layers(let index):
            if base { return isContiguous || index == lastBase.map { $0 &+ 1 } ? .decodable : .broken }
            if isContiguous, brokenLayer > fragment.temporalLayer { return .decodable }
            guard index == lastBase else { return .droppable }
            return fragment.layerSync || brokenLayer > fragment.temporalLayer ? .decodable : .droppable
        case .identifiers(let first, let second, let third):
            for difference in [first, second, third] where difference != 0 {
                guard has(fragment, earlierBy: difference) else { return base ? .broken : .droppable }
            }
            return .decodable
        }
    }

    private func follows(_ fragment: PictureFragment) -> Bool {
        guard let id = fragment.pictureID, let lastID else { return false }
        return (id &- lastID) & PictureReferences.mask(fragment) == 1
    }

    private func has(_ fragment: PictureFragment, earlierBy difference: UInt8) -> Bool {
        guard let id = fragment.pictureID else { return false }
        let wanted = (id &- UInt16(difference)) & PictureReferences.mask(fragment)
        return decoded[Int(wanted & 127)] == Int32(wanted)
    }

    private static func mask(_ fragment: PictureFragment) -> UInt16 { fragment.pictureIDBits == 7 ? 0x7f : 0x7fff }

    /// A picture goes to the decoder.
    mutating func decode(_ fragment: PictureFragment, isKeyframe: Bool) {
        if isKeyframe {
            awaitsKeyframe = false
            brokenLayer = PictureReferences.noLayer
            for index in decoded.indices { decoded[index] = -1 }
        }
        isContiguous = true
        lastID = fragment.pictureID
        if fragment.temporalLayer == 0 {
            lastBase = fragment.baseIndex
        } else if fragment.layerSync, brokenLayer == fragment.temporalLayer {
            brokenLayer += 1
        }
        if let id = fragment.pictureID { decoded[Int(id & 127)] = Int32(id) }
    }

    /// A picture is dropped although it came.
    mutating func drop(_ fragment: PictureFragment, _ verdict: Verdict) {
        switch verdict {
        case .decodable, .broken: breakOff()
        case .droppable:
            // What refers to no more than lower layers goes on, this layer and those above do not.
            brokenLayer = min(brokenLayer, max(1, fragment.temporalLayer))
        }
    }

    /// Packets are passed over, and nobody knows of which pictures.
    mutating func gap() {
        isContiguous = false
        brokenLayer = 1
    }

    mutating func breakOff() {
        awaitsKeyframe = true
        isContiguous = false
    }
}

extension PictureReferences {
    /// Whether a picture can be decoded if everything between the last decoded one and it is passed over.
    func canSkip(to fragment: PictureFragment, _ isKeyframe: Bool) -> Bool {
        var after = self
        after.gap()
        return after.verdict(fragment, isKeyframe: isKeyframe) == .decodable
    }
}
