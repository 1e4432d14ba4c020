/// H.264 in RTP, packetization mode 1: single NAL units, STAP-A and FU-A (RFC 6184, sections 5.6 to 5.8).
///
/// ```
/// NAL unit header      STAP-A (type 24)               FU-A (type 28)
/// +---------------+    +------+----+-----+----+---    +--------------+---------------+---
/// |0|1|2|3|4|5|6|7|    |header|size| NAL |size| ..    | FU indicator |0|1|2|3|4|5|6|7| ..
/// +-+-+-+-+-+-+-+-+    +------+----+-----+----+---    +--------------+-+-+-+-+-+-+-+-+
/// |F|NRI|  Type   |                                                  |S|E|R|  Type   |
/// +---------------+                                                  +---------------+
/// ```
public enum H264Payload {
    /// Types of NAL units (ITU-T H.264, table 7-1) and of RTP payloads (RFC 6184, table 3).
    enum UnitType {
        static let slice: UInt8 = 1
        static let idr: UInt8 = 5
        static let sequenceParameters: UInt8 = 7
        static let pictureParameters: UInt8 = 8
        static let delimiter: UInt8 = 9
        static let aggregate: UInt8 = 24
        static let fragmentation: UInt8 = 28
    }

    /// Checks a payload, and says what it is a part of.
    static func fragment(in range: Range<Int>, of bytes: Span<UInt8>) throws(WireError) -> PictureFragment {
        var fragment = PictureFragment(body: range)
        try forEachUnit(in: range, of: bytes) { unit throws(WireError) in
            guard unit.isStart else { return }
            switch unit.type {
            case UnitType.idr:
                fragment.isKeyframe = true
                fragment.beginsPicture = fragment.beginsPicture || firstSlice(unit, of: bytes)
            case UnitType.sequenceParameters:
                fragment.isKeyframe = true
                fragment.beginsPicture = true
                fragment.size = fragment.size ?? H264SequenceParameters.size(in: unit.body, of: bytes)
            case UnitType.delimiter: fragment.beginsPicture = true
            case UnitType.slice: fragment.beginsPicture = fragment.beginsPicture || firstSlice(unit, of: bytes)
            default: break
            }
        }
        if fragment.isKeyframe { fragment.dependency = .none }
        return fragment
    }

    /// A slice header begins with its first macroblock's number in Exp-Golomb code: 0 is a single set bit. It may
    /// still be preceded by parameter sets, whose packet then begins the picture.
    private static func firstSlice(_ unit: Unit, of bytes: Span<UInt8>) -> Bool {
        guard unit.type == UnitType.slice, !unit.body.isEmpty else { return false }
        return bytes[unit.body.lowerBound] & 0x80 != 0
    }

    /// A NAL unit, or a fragment of one, within a payload.
    struct Unit {
        /// The header that begins the unit.
        var header: UInt8
        /// What follows the header.
        var body: Range<Int>
        /// Whether the unit begins here.
        var isStart: Bool
        var type: UInt8 { header & 0x1f }
    }

    static func forEachUnit(
        in range: Range<Int>, of bytes: Span<UInt8>, _ body: (Unit) throws(WireError) -> Void
    ) throws(WireError) {
        var reader = ByteReader(bytes, in: range)
        let header = try reader.uint8()
        switch header & 0x1f {
        case 1...23:
            guard !reader.isAtEnd else { throw WireError(.truncated, at: reader.offset) }
            try body(Unit(header: header, body: reader.rest(), isStart: true))
        case UnitType.aggregate:
            guard !reader.isAtEnd else { throw WireError(.truncated, at: reader.offset) }
            while !reader.isAtEnd {
                let size = Int(try reader.uint16())
                guard size > 0 else {
                    throw WireError(.malformed("empty NAL unit in STAP-A"), at: reader.offset - 2)
                }
                let start = reader.offset
                let unit = try reader.range(size)
                let inner = bytes[unit.lowerBound]
                guard (1...23).contains(inner & 0x1f) else {
                    throw WireError(.malformed("NAL unit type \(inner & 0x1f) in STAP-A"), at: start)
                }
                try body(Unit(header: inner, body: unit.lowerBound + 1..<unit.upperBound, isStart: true))
            }
        case UnitType.fragmentation:
            let fragment = try reader.uint8()
            guard fragment & 0xc0 != 0xc0 else {
                throw WireError(.malformed("FU-A that both starts and ends"), at: reader.offset - 1)
            }
            guard (1...23).contains(fragment & 0x1f) else {
                throw WireError(.malformed("NAL unit type \(fragment & 0x1f) in FU-A"), at: reader.offset - 1)
            }
            guard !reader.isAtEnd else { throw WireError(.truncated, at: reader.offset) }
            try body(
                Unit(
                    header: header & 0xe0 | fragment & 0x1f, body: reader.rest(), isStart: fragment & 0x80 != 0))
        default:
            throw WireError(.malformed("H.264 payload type \(header & 0x1f)"), at: range.lowerBound)
        }
    }

    /// Appends a payload's NAL units to a picture, each new one behind a start code (Annex B). A payload that was
    /// checked before does not throw.
    package static func append(_ range: Range<Int>, of bytes: Span<UInt8>, to picture: inout [UInt8]) throws(WireError)
    {
        try forEachUnit(in: range, of: bytes) { unit throws(WireError) in
            if unit.isStart {
                picture.append(0)
                picture.append(0)
                picture.append(0)
                picture.append(1)
                picture.append(unit.header)
            }
            picture.append(contentsOf: bytes.clipped(to: unit.body))
        }
    }
}

/// Reads the size of pictures out of a sequence parameter set (ITU-T H.264, section 7.3.2.1.1).
enum H264SequenceParameters {
    /// `range` is what follows the NAL unit's header. Nil if the set makes no sense or is cut off.
    static func size(in range: Range<Int>, of bytes: Span<UInt8>) -> CodedSize? {
        var bits = BitReader(bytes, in: range, isEscaped: true)
        guard let profile = bits.read(8), bits.read(16) != nil, bits.exponential() != nil else { return nil }
        var chroma: UInt32 = 1
        var separatePlanes = false
        if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138].contains(profile) {
            guard let format = bits.exponential(), format <= 3 else { return nil }
            chroma = format
            if format == 3 { separatePlanes = bits.read(1) == 1 }
            guard bits.exponential() != nil, bits.exponential() != nil, bits.read(1) != nil,
                let scaling = bits.read(1)
            else { return nil }
            if scaling == 1 {
                for list in 0..<(format == 3 ? 12 : 8) {
                    guard let present = bits.read(1) else { return nil }
                    if present == 1, !skipScalingList(count: list < 6 ? 16 : 64, &bits) { return nil }
                }
            }
        }
        guard bits.exponential() != nil, let order = bits.exponential() else { return nil }
        if order == 0 {
            guard bits.exponential() != nil else { return nil }
        } else if order == 1 {
            guard bits.read(1) != nil, bits.exponential() != nil, bits.exponential() != nil,
                let cycle = bits.exponential(), cycle <= 255
            else { return nil }
            for _ in 0..<cycle { guard bits.exponential() != nil else { return nil } }
        }
        guard bits.exponential() != nil, bits.read(1) != nil, let columns = bits.exponential(),
            let rows = bits.exponential(), columns < 4096, rows < 4096, let framesOnly = bits.read(1)
        else { return nil }
        if framesOnly == 0, bits.read(1) == nil { return nil }
        guard bits.read(1) != nil, let cropped = bits.read(1) else { return nil }
        var width = Int(columns + 1) * 16
        var height = Int(rows + 1) * 16 * Int(2 - framesOnly)
        if cropped == 1 {
            guard let left = bits.exponential(), let right = bits.exponential(), let top = bits.exponential(),
                let bottom = bits.exponential()
            else { return nil }
            let horizontal = chroma == 1 || chroma == 2 ? 2 : 1
            let vertical = (chroma == 1 && !separatePlanes ? 2 : 1) * Int(2 - framesOnly)
            width -= (Int(left) + Int(right)) * horizontal
            height -= (Int(top) + Int(bottom)) * vertical
        }
        guard (1...65_535).contains(width), (1...65_535).contains(height) else { return nil }
        return CodedSize(width: UInt16(width), height: UInt16(height))
    }

    private static func skipScalingList(count: Int, _ bits: inout BitReader) -> Bool {
        var last = 8
        var next = 8
        for _ in 0..<count {
            if next != 0 {
                guard let code = bits.exponential() else { return false }
                // The code is signed: 1 is 1, 2 is -1, 3 is 2.
                let delta = code & 1 == 1 ? Int(code / 2 + 1) : -Int(code / 2)
                next = (last + delta) & 0xff
            }
            if next != 0 { last = next }
        }
        return true
    }
}
