/// What stands before the VP9 data in each payload (RFC 9628, section 4.2).
///
/// ```
///      0 1 2 3 4 5 6 7
///     +-+-+-+-+-+-+-+-+
///     |I|P|L|F|B|E|V|Z| (REQUIRED)
///     +-+-+-+-+-+-+-+-+
/// I:  |M| PICTURE ID  | (RECOMMENDED)
///     +-+-+-+-+-+-+-+-+
/// M:  | EXTENDED PID  | (RECOMMENDED)
///     +-+-+-+-+-+-+-+-+
/// L:  | TID |U| SID |D| (Conditionally RECOMMENDED)
///     +-+-+-+-+-+-+-+-+
///     |   TL0PICIDX   | (non-flexible mode only)
///     +-+-+-+-+-+-+-+-+
/// P,F:|  P_DIFF     |N|  up to 3 times (flexible mode)
///     +-+-+-+-+-+-+-+-+
/// V:  | SS ...        |
///     +-+-+-+-+-+-+-+-+
/// ```
public struct VP9Descriptor: Hashable, Sendable {
    /// The structure of layers and of their references.
    public struct Structure: Hashable, Sendable {
        /// From the lowest layer up, at most 8; empty if not told.
        public var sizes: [CodedSize] = []
        /// The pictures of a group, which repeats itself; empty if not told, at most 255.
        public var group: [GroupPicture] = []

        public init() {}

        /// Bytes in a payload.
        var length: Int {
            1 + 4 * sizes.count + (group.isEmpty ? 0 : group.reduce(1) { $0 + 1 + $1.references.count })
        }
    }

    /// One picture of a group.
    public struct GroupPicture: Hashable, Sendable {
        /// 0 to 7.
        public var temporalLayer: UInt8
        public var switchingUp: Bool
        /// How much lower the numbers of the pictures are that it refers to; at most 3.
        public var references: [UInt8]

        public init(temporalLayer: UInt8, switchingUp: Bool, references: [UInt8]) {
            self.temporalLayer = temporalLayer
            self.switchingUp = switchingUp
            self.references = references
        }
    }

    /// Refers to earlier pictures.
    public var interPicture = false
    public var flexible = false
    public var startsFrame = false
    public var endsFrame = false
    /// No higher spatial layer refers to this frame.
    public var notForHigherLayer = false
    /// 0 to 32767, or to 127 if ``shortPictureID``.
    public var pictureID: UInt16?
    public var shortPictureID = false
    /// 0 to 7; nil without layers.
    public var temporalLayer: UInt8?
    /// From here on the temporal layer refers to no higher one of earlier pictures.
    public var switchingUp = false
    /// 0 to 7.
    public var spatialLayer: UInt8 = 0
    /// Refers to the spatial layer below.
    public var interLayer = false
    /// Counts the pictures of the base layer; non-flexible mode only.
    public var baseIndex: UInt8?
    /// Of flexible mode: how much lower the identifiers of the pictures are that this one refers to; 0 for none.
    public var references: (UInt8, UInt8, UInt8) = (0, 0, 0)
    public var structure: Structure?

    public init() {}

    public static func == (left: VP9Descriptor, right: VP9Descriptor) -> Bool {
        left.interPicture == right.interPicture && left.flexible == right.flexible
            && left.startsFrame == right.startsFrame && left.endsFrame == right.endsFrame
            && left.notForHigherLayer == right.notForHigherLayer && left.pictureID == right.pictureID
            && left.shortPictureID == right.shortPictureID && left.temporalLayer == right.temporalLayer
            && left.switchingUp == right.switchingUp && left.spatialLayer == right.spatialLayer
            && left.interLayer == right.interLayer && left.baseIndex == right.baseIndex
            && left.references == right.references && left.structure == right.structure
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(pictureID)
        hasher.combine(baseIndex)
        hasher.combine(temporalLayer)
    }

    public init(from reader: inout ByteReader) throws(WireError) {
        let first = try reader.uint8()
        interPicture = first & 0x40 != 0
        flexible = first & 0x10 != 0
        startsFrame = first & 0x08 != 0
        endsFrame = first & 0x04 != 0
        notForHigherLayer = first & 0x01 != 0
        if first & 0x80 != 0 {
            let value = try reader.uint8()
            if value & 0x80 != 0 {
                pictureID = UInt16(value & 0x7f) << 8 | UInt16(try reader.uint8())
            } else {
                pictureID = UInt16(value)
                shortPictureID = true
            }
        }
        if first & 0x20 != 0 {
            let value = try reader.uint8()
            temporalLayer = value >> 5
            switchingUp = value & 0x10 != 0
            spatialLayer = value >> 1 & 0x07
            interLayer = value & 0x01 != 0
            if !flexible { baseIndex = try reader.uint8() }
        }
        if flexible, interPicture {
            guard pictureID != nil else {
                throw WireError(.malformed("VP9 references without a picture number"), at: reader.offset)
            }
            var more = true
            var index = 0
            while more {
                guard index < 3 else {
                    throw WireError(.malformed("more than three VP9 references"), at: reader.offset)
                }
                let value = try reader.uint8()
                more = value & 0x01 != 0
                switch index {
                case 0: references.0 = value >> 1
                case 1: references.1 = value >> 1
                default: references.2 = value >> 1
                }
                index += 1
            }
        }
        if first & 0x02 != 0 { structure = try VP9Descriptor.structure(from: &reader) }
    }

    /// ```
    ///     +-+-+-+-+-+-+-+-+
    /// V:  | N_S |Y|G|-|-|-|
    ///     +-+-+-+-+-+-+-+-+
    /// Y:  |    WIDTH      |  2 bytes, then HEIGHT, 2 bytes; N_S + 1 times
    ///     +-+-+-+-+-+-+-+-+
    /// G:  |      N_G      |
    ///     +-+-+-+-+-+-+-+-+
    ///     | TID |U| R |-|-|  then R bytes of P_DIFF; N_G times
    ///     +-+-+-+-+-+-+-+-+
    /// ```
    private static func structure(from reader: inout ByteReader) throws(WireError) -> Structure {
        var structure = Structure()
        let first = try reader.uint8()
        if first & 0x10 != 0 {
            for _ in 0...(first >> 5) {
                structure.sizes.append(CodedSize(width: try reader.uint16(), height: try reader.uint16()))
            }
        }
        if first & 0x08 != 0 {
            let pictures = try reader.uint8()
            for _ in 0..<pictures {
                let value = try reader.uint8()
                var picture = GroupPicture(
                    temporalLayer: value >> 5, switchingUp: value & 0x10 != 0, references: [])
                for _ in 0..<(value >> 2 & 0x03) { picture.references.append(try reader.uint8()) }
                structure.group.append(picture)
            }
        }
        return structure
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        var flags: UInt8 = 0
        if pictureID != nil { flags |= 0x80 }
        if interPicture { flags |= 0x40 }
        if temporalLayer != nil { flags |= 0x20 }
        if flexible { flags |= 0x10 }
        if startsFrame { flags |= 0x08 }
        if endsFrame { flags |= 0x04 }
        if structure != nil { flags |= 0x02 }
        if notForHigherLayer { flags |= 0x01 }
        try writer.put(flags)
        if let pictureID {
            if shortPictureID {
                try writer.put(UInt8(pictureID & 0x7f))
            } else {
                try writer.put(pictureID & 0x7fff | 0x8000)
            }
        }
        if let temporalLayer {
            let layers = (temporalLayer & 0x07) << 5 | (spatialLayer & 0x07) << 1
            try writer.put(layers | (switchingUp ? 0x10 : 0) | (interLayer ? 0x01 : 0))
            if !flexible { try writer.put(baseIndex ?? 0) }
        }
        if flexible, interPicture {
            try writer.put(references.0 << 1 | (references.1 != 0 ? 1 : 0))
            if references.1 != 0 {
                try writer.put(references.1 << 1 | (references.2 != 0 ? 1 : 0))
                if references.2 != 0 { try writer.put(references.2 << 1) }
            }
        }
        if let structure {
            let sizes = structure.sizes.prefix(8)
            let group = structure.group.prefix(255)
            try writer.put(
                (sizes.isEmpty ? 0 : UInt8(sizes.count - 1) << 5 | 0x10) | (group.isEmpty ? 0 : 0x08))
            for size in sizes {
                try writer.put(size.width)
                try writer.put(size.height)
            }
            if group.isEmpty { return }
            try writer.put(UInt8(group.count))
            for picture in group {
                let references = picture.references.prefix(3)
                try writer.put(
                    (picture.temporalLayer & 0x07) << 5 | (picture.switchingUp ? 0x10 : 0)
                        | UInt8(references.count) << 2)
                for reference in references { try writer.put(reference) }
            }
        }
    }

    static func fragment(in range: Range<Int>, of bytes: Span<UInt8>) throws(WireError) -> PictureFragment {
        var reader = ByteReader(bytes, in: range)
        let descriptor = try VP9Descriptor(from: &reader)
        guard !reader.isAtEnd else { throw WireError(.truncated, at: reader.offset) }
        var fragment = PictureFragment(body: reader.offset..<range.upperBound)
        fragment.beginsPicture = descriptor.startsFrame && descriptor.spatialLayer == 0
        if fragment.beginsPicture {
            // The frame itself has the last word: not every sender tells pictures that refer to others from keyframes.
            let header = try VP9FrameHeader(in: fragment.body, of: bytes)
            fragment.isKeyframe = header.isKeyframe && !descriptor.interPicture
            fragment.size = header.size
        }
        fragment.pictureID = descriptor.pictureID
        fragment.pictureIDBits = descriptor.shortPictureID ? 7 : 15
        fragment.temporalLayer = descriptor.temporalLayer ?? 0
        fragment.spatialLayer = descriptor.spatialLayer
        fragment.layerSync = descriptor.switchingUp
        fragment.baseIndex = descriptor.baseIndex
        // The whole picture, all its spatial layers, is what is decoded: its size is that of the top layer.
        // Whoever announces less than the frame itself tells is not to be believed.
        if let top = descriptor.structure?.sizes.last, top.area >= fragment.size?.area ?? 0 { fragment.size = top }
        if fragment.isKeyframe {
            fragment.dependency = .none
        } else if descriptor.flexible, descriptor.interPicture {
            fragment.dependency = .identifiers(
                descriptor.references.0, descriptor.references.1, descriptor.references.2)
        } else if let base = descriptor.baseIndex {
            fragment.dependency = .layers(base: base)
        }
        return fragment
    }
}
