/// The numbers of a picture in its payloads' descriptors, or what is to be added to them.
public struct PictureNumbers: Hashable, Sendable {
    /// 15 bits.
    public var pictureID: UInt16
    /// Counts the pictures of the base layer.
    public var baseIndex: UInt8

    public static let zero = PictureNumbers(pictureID: 0, baseIndex: 0)

    public init(pictureID: UInt16, baseIndex: UInt8) {
        self.pictureID = pictureID & 0x7fff
        self.baseIndex = baseIndex
    }

    public func shifted(by shift: PictureNumbers) -> PictureNumbers {
        PictureNumbers(pictureID: pictureID &+ shift.pictureID, baseIndex: baseIndex &+ shift.baseIndex)
    }
}

/// Keeps a viewer's picture numbers running when they change from one encode to another (at a keyframe, as always):
/// each encode numbers its pictures by itself, and a decoder would take a jump back for old pictures.
public struct PictureContinuity: Sendable {
    private var source: UInt32?
    private var shift = PictureNumbers.zero
    private var last = PictureNumbers.zero

    public init() {}

    /// What is to be added to the numbers of a picture of `source` before it is sent. Pictures come in order.
    public mutating func shift(for numbers: PictureNumbers, of source: UInt32) -> PictureNumbers {
        if let current = self.source, current != source {
            shift = PictureNumbers(
                pictureID: last.pictureID &+ 1 &- numbers.pictureID,
                baseIndex: last.baseIndex &+ 1 &- numbers.baseIndex)
        }
        self.source = source
        last = numbers.shifted(by: shift)
        return shift
    }

    /// A picture of `source` is left out: those after it close up, for formats in which a missing number would be taken
    /// for a lost picture.
    public mutating func skip(of source: UInt32) {
        guard self.source == source else { return }
        shift = PictureNumbers(pictureID: shift.pictureID &- 1, baseIndex: shift.baseIndex)
    }
}

extension ByteWriter {
    /// Renumbers the descriptor of a payload by ``PicturePacketizer`` that was written at `offset`.
    @_lifetime(self: copy self)
    mutating func renumber(_ format: PictureFormat, at offset: Int, to numbers: PictureNumbers) {
        switch format {
        case .vp8:
            guard count >= offset + 6 else { return }
            patch(numbers.pictureID | 0x8000, at: offset + 2)
            patch(numbers.baseIndex, at: offset + 4)
        case .vp9:
            guard count >= offset + 5 else { return }
            patch(numbers.pictureID | 0x8000, at: offset + 1)
            patch(numbers.baseIndex, at: offset + 4)
        case .h264: break
        }
    }
}
