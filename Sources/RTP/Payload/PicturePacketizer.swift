/// What an encoder tells of a picture that is to be cut into packets.
public struct PictureDescription: Hashable, Sendable {
    public var isKeyframe: Bool
    /// 0 for the base layer; at most 3.
    public var temporalLayer: UInt8
    /// Refers to no layer but the base.
    public var layerSync: Bool
    /// No other picture refers to it.
    public var nonReference: Bool
    /// Of a keyframe, where known.
    public var size: CodedSize?
    /// How many layers the stream has, 1 to 3: with 2 they are 0 1, with 3 they are 0 2 1 2, from each keyframe on.
    public var layers: Int

    public init(
        isKeyframe: Bool, temporalLayer: UInt8 = 0, layerSync: Bool = false, nonReference: Bool = false,
        size: CodedSize? = nil, layers: Int = 1
    ) {
        self.isKeyframe = isKeyframe
        self.temporalLayer = min(temporalLayer, 3)
        self.layerSync = layerSync
        self.nonReference = nonReference
        self.size = size
        self.layers = layers
    }

    /// What VP9's keyframes tell of the stream: receivers find by it what upper layers refer to.
    var structure: VP9Descriptor.Structure? {
        guard isKeyframe, let size else { return nil }
        var structure = VP9Descriptor.Structure()
        structure.sizes = [size]
        switch layers {
        case 2:
            structure.group = [
                .init(temporalLayer: 0, switchingUp: false, references: [2]),
                .init(temporalLayer: 1, switchingUp: true, references: [1]),
            ]
        case 3:
            structure.group = [
                .init(temporalLayer: 0, switchingUp: false, references: [4]),
                .init(temporalLayer: 2, switchingUp: true, references: [1]),
                .init(temporalLayer: 1, switchingUp: true, references: [2]),
                .init(temporalLayer: 2, switchingUp: false, references: [1, 3]),
            ]
        default:
            structure.group = [.init(temporalLayer: 0, switchingUp: false, references: [1])]
        }
        return structure
    }
}

/// Cuts encoded pictures into payloads of limited size, and numbers them as the payload format wants it.
///
/// One picture after another: ``begin(_:_:maximumPayload:)``, then ``writeNext(of:into:)`` until it says that the
/// payload was the last. Fragments of a picture are of nearly equal size, so that no tiny last one costs a packet's
/// overhead.
///
/// Descriptors always have the same shape (VP8: 6 bytes, with 15-bit picture number, base index and layer), so that
/// ``PictureContinuity`` can renumber them for a viewer who changes from one encode to another.
public struct PicturePacketizer: Sendable {
    public let format: PictureFormat
    /// Of the next picture, 15 bits.
    private var pictureID: UInt16
    /// Of the last picture of the base layer.
    private var baseIndex: UInt8

    private var description = PictureDescription(isKeyframe: false)
    private var offset = 0
    private var end = 0
    private var payloadsLeft = 0
    private var maximumPayload = 0
    /// H.264: what is left of a unit that is being fragmented.
    private var fragmentHeader: UInt8?
    private var unitEnd = 0

    /// The numbers that the picture begun last carries.
    public var numbers: PictureNumbers { PictureNumbers(pictureID: pictureID, baseIndex: baseIndex) }

    /// Starting numbers may be random; viewers follow from wherever they begin.
    public init(format: PictureFormat, firstPictureID: UInt16 = 0, firstBaseIndex: UInt8 = 0) {
        self.format = format
        pictureID = (firstPictureID &- 1) & 0x7fff
        baseIndex = firstBaseIndex &- 1
    }

    /// The least that a payload may be limited to.
    public static let minimumPayload = 64

    private static let vp8DescriptorSize = 6
    /// Flags, picture number, layers, base index.
    private static let vp9DescriptorSize = 5

    /// Begins a picture. `maximumPayload` is in bytes, descriptor included, at least ``minimumPayload``. False if the
    /// picture is empty: there is nothing to send then.
    public mutating func begin(
        _ picture: Span<UInt8>, _ description: PictureDescription, maximumPayload: Int
    ) -> Bool {
        precondition(maximumPayload >= PicturePacketizer.minimumPayload, "payloads of at least 64 bytes")
        self.description = description
        self.maximumPayload = maximumPayload
        offset = 0
        end = picture.count
        fragmentHeader = nil
        guard end > 0 else { return false }
        pictureID = (pictureID + 1) & 0x7fff
        if description.temporalLayer == 0 { baseIndex &+= 1 }
        switch format {
        case .vp8: payloadsLeft = share(end, PicturePacketizer.vp8DescriptorSize)
        case .vp9:
            let first = description.structure?.length ?? 0
            payloadsLeft = share(end + first, PicturePacketizer.vp9DescriptorSize)
        case .h264:
            offset = H264Payload.unit(from: 0, of: picture)?.lowerBound ?? end
            guard offset < end else { return false }
        }
        return true
    }

    private func share(_ size: Int, _ overhead: Int) -> Int {
        let room = maximumPayload - overhead
        return (size + room - 1) / room
    }

    /// Writes the next payload of the picture that was begun; true if it was the last (RTP's marker). Throws only if
    /// the writer has less room than the size agreed upon.
    public mutating func writeNext(of picture: Span<UInt8>, into writer: inout ByteWriter) throws(WireError) -> Bool {
        precondition(picture.count == end && offset < end, "the picture that was begun, until its end")
        switch format {
        case .vp8:
            var descriptor = VP8Descriptor()
            descriptor.nonReference = description.nonReference
            descriptor.startsPartition = offset == 0
            descriptor.pictureID = pictureID
            descriptor.baseIndex = baseIndex
            descriptor.temporalLayer = description.temporalLayer
            descriptor.layerSync = description.layerSync
            try descriptor.write(into: &writer)
            try writeShare(of: picture, less: 0, into: &writer)
        case .vp9:
            var descriptor = VP9Descriptor()
            descriptor.interPicture = !description.isKeyframe
            descriptor.startsFrame = offset == 0
            descriptor.endsFrame = payloadsLeft == 1
            descriptor.notForHigherLayer = true
            descriptor.pictureID = pictureID
            descriptor.baseIndex = baseIndex
            descriptor.temporalLayer = description.temporalLayer
            descriptor.switchingUp = description.layerSync
            var extra = 0
            if offset == 0, let structure = description.structure {
                descriptor.structure = structure
                extra = structure.length
            }
            try descriptor.write(into: &writer)
            try writeShare(of: picture, less: extra, into: &writer)
        case .h264: try writeUnits(of: picture, into: &writer)
        }
        return offset == end
    }

    /// An equal share of what is left, `extra` bytes less for a longer descriptor.
    private mutating func writeShare(
        of picture: Span<UInt8>, less extra: Int, into writer: inout ByteWriter
    ) throws(WireError) {
        let left = end - offset
        let even = (left + extra + payloadsLeft - 1) / payloadsLeft - extra
        let size = payloadsLeft == 1 ? left : min(max(even, 1), left - (payloadsLeft - 1))
        try writer.put(picture.clipped(to: offset..<offset + size))
        offset += size
        payloadsLeft -= 1
    }

    /// A single NAL unit, several small ones together (STAP-A), or a part of one (FU-A).
    private mutating func writeUnits(of picture: Span<UInt8>, into writer: inout ByteWriter) throws(WireError) {
        if fragmentHeader == nil {
            guard let unit = H264Payload.unit(from: offset, of: picture) else {
                offset = end
                return
            }
            if unit.count <= maximumPayload {
                try writeWhole(unit, of: picture, into: &writer)
                return
            }
            fragmentHeader = picture[unit.lowerBound]
            offset = unit.lowerBound + 1
            unitEnd = unit.upperBound
            payloadsLeft = share(unitEnd - offset, 2)
            try writeFragment(of: picture, first: true, into: &writer)
        } else {
            try writeFragment(of: picture, first: false, into: &writer)
        }
    }

    private mutating func writeFragment(
        of picture: Span<UInt8>, first: Bool, into writer: inout ByteWriter
    ) throws(WireError) {
        let header = fragmentHeader ?? 0
        let left = unitEnd - offset
        let size = (left + payloadsLeft - 1) / payloadsLeft
        let last = payloadsLeft == 1
        try writer.put(header & 0xe0 | H264Payload.UnitType.fragmentation)
        try writer.put((first ? UInt8(0x80) : 0) | (last ? 0x40 : 0) | header & 0x1f)
        try writer.put(picture.clipped(to: offset..<offset + size))
        offset += size
        payloadsLeft -= 1
        if last {
            fragmentHeader = nil
            offset = H264Payload.unit(from: offset, of: picture)?.lowerBound ?? end
        }
    }

    private mutating func writeWhole(
        _ first: Range<Int>, of picture: Span<UInt8>, into writer: inout ByteWriter
    ) throws(WireError) {
        // How many units go into one aggregate: a byte of header, and two of length each.
        var size = 1 + 2 + first.count
        var count = 1
        var importance = picture[first.lowerBound] & 0x60
        var next = H264Payload.unit(from: first.upperBound, of: picture)
        while let unit = next, size + 2 + unit.count <= maximumPayload {
            size += 2 + unit.count
            count += 1
            importance = max(importance, picture[unit.lowerBound] & 0x60)
            next = H264Payload.unit(from: unit.upperBound, of: picture)
        }
        if count == 1 {
            try writer.put(picture.clipped(to: first))
        } else {
            try writer.put(importance | H264Payload.UnitType.aggregate)
            var unit = first
            for index in 0..<count {
                try writer.put(UInt16(unit.count))
                try writer.put(picture.clipped(to: unit))
                if index + 1 < count, let following = H264Payload.unit(from: unit.upperBound, of: picture) {
                    unit = following
                }
            }
        }
        offset = next?.lowerBound ?? end
    }
}

extension H264Payload {
    /// The first NAL unit at or after `start` in a picture with start codes (ITU-T H.264, Annex B), without zeros that
    /// trail it. Bytes before the first start code are taken for a unit, as encoders without start codes write it.
    static func unit(from start: Int, of picture: Span<UInt8>) -> Range<Int>? {
        var begin = start
        while begin < picture.count {
            // Past the start code that may stand here.
            var zeros = begin
            while zeros < picture.count, picture[zeros] == 0 { zeros += 1 }
            if zeros - begin >= 2, zeros < picture.count, picture[zeros] == 1 { begin = zeros + 1 }
            var end = begin
            while end < picture.count {
                if end + 2 < picture.count, picture[end] == 0, picture[end + 1] == 0, picture[end + 2] <= 1 { break }
                end += 1
            }
            if end == picture.count {
                while end > begin, picture[end - 1] == 0 { end -= 1 }
            }
            if end > begin { return begin..<end }
            if zeros == picture.count { return nil }
            begin = max(begin, zeros)
        }
        return nil
    }
}
