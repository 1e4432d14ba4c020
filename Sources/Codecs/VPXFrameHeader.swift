import Media

/// What the first bytes of a VP8 or VP9 frame say, read before a decoder allocates anything.
struct VPXFrameHeader: Equatable {
    var isKeyframe: Bool
    /// Of the frame that is coded; nil where the size is that of an earlier frame.
    var size: PictureSize?

    /// What can be known of a chunk of VP8 or VP9 before a decoder sees it. Throws ``CodecError/Code/corrupt`` where
    /// there is no header, and ``CodecError/Code/tooLarge`` for pictures beyond the bounds.
    static func read(
        _ chunk: EncodedChunk, codec: Codec, options: VideoDecoderOptions
    ) throws(CodecError) -> VPXFrameHeader {
        guard !chunk.data.isEmpty else {
            throw CodecError(.corrupt, "an empty chunk", codec: codec, time: chunk.time)
        }
        let header = chunk.data.withUnsafeBufferPointer { data in codec == .vp9 ? vp9(data) : vp8(data) }
        guard let header else { throw CodecError(.corrupt, "no frame header", codec: codec, time: chunk.time) }
        if let size = header.size { try options.check(size, codec: codec, time: chunk.time) }
        return header
    }

    /// The header of a VP8 frame (RFC 6386, 9.1); nil if this is none.
    ///
    ///     bit 0      0 for a keyframe
    ///     bits 1-3   version, bit 4 show, bits 5-23 size of the first partition
    ///     keyframes: 9d 01 2a, 14 bits of width and 2 of scale, 14 bits of height and 2 of scale
    static func vp8(_ data: UnsafeBufferPointer<UInt8>) -> VPXFrameHeader? {
        guard data.count >= 3 else { return nil }
        guard data[0] & 1 == 0 else { return VPXFrameHeader(isKeyframe: false, size: nil) }
        guard data.count >= 10, data[3] == 0x9d, data[4] == 0x01, data[5] == 0x2a else { return nil }
        let width = (Int(data[7]) << 8 | Int(data[6])) & 0x3fff
        let height = (Int(data[9]) << 8 | Int(data[8])) & 0x3fff
        return VPXFrameHeader(isKeyframe: true, size: PictureSize(width: width, height: height))
    }

    /// The headers of all frames in a VP9 chunk, which may be a superframe (VP9 bitstream specification, annex B): a
    /// keyframe if the first is one, and the largest width and height of any; nil if a frame cannot be read.
    static func vp9(_ data: UnsafeBufferPointer<UInt8>) -> VPXFrameHeader? {
        guard let last = data.last else { return nil }
        guard last & 0xe0 == 0xc0 else { return vp9Frame(data) }
        let frames = Int(last & 7) + 1
        let bytes = Int((last >> 3) & 3) + 1
        let indexSize = 2 + bytes * frames
        guard data.count >= indexSize, data[data.count - indexSize] == last else { return vp9Frame(data) }
        var whole: VPXFrameHeader?
        var position = 0
        for frame in 0..<frames {
            let entry = data.count - indexSize + 1 + frame * bytes
            var size = 0
            for byte in 0..<bytes { size |= Int(data[entry + byte]) << (8 * byte) }
            guard size <= data.count - indexSize - position else { return nil }
            // An entry of zero bytes is passed over by decoders.
            guard size > 0 else { continue }
            guard let header = vp9Frame(UnsafeBufferPointer(rebasing: data[position..<position + size])) else {
                return nil
            }
            position += size
            guard var sum = whole else {
                whole = header
                continue
            }
            if let size = header.size {
                sum.size = PictureSize(
                    width: max(sum.size?.width ?? 0, size.width), height: max(sum.size?.height ?? 0, size.height))
            }
            whole = sum
        }
        return whole
    }

    /// The uncompressed header of one VP9 frame (VP9 bitstream specification, 6.2), as far as the size.
    private static func vp9Frame(_ data: UnsafeBufferPointer<UInt8>) -> VPXFrameHeader? {
        var bits = BitReader(data)
        guard bits.read(2) == 2, let low = bits.read(1), let high = bits.read(1) else { return nil }
        let profile = high << 1 | low
        if profile == 3 { _ = bits.read(1) }
        guard let showExisting = bits.read(1) else { return nil }
        if showExisting == 1 { return VPXFrameHeader(isKeyframe: false, size: nil) }
        guard let frameType = bits.read(1), let shown = bits.read(1), let resilient = bits.read(1) else { return nil }
        if frameType == 0 {
            guard bits.read(24) == 0x49_8342, skipColour(&bits, profile: profile) else { return nil }
            guard let size = readSize(&bits) else { return nil }
            return VPXFrameHeader(isKeyframe: true, size: size)
        }
        let intraOnly = shown == 1 ? 0 : bits.read(1)
        if resilient == 0 { _ = bits.read(2) }
        guard let intraOnly else { return nil }
        if intraOnly == 1 {
            guard bits.read(24) == 0x49_8342 else { return nil }
            if profile > 0, !skipColour(&bits, profile: profile) { return nil }
            guard bits.read(8) != nil, let size = readSize(&bits) else { return nil }
            return VPXFrameHeader(isKeyframe: false, size: size)
        }
        // Which references are renewed, three references with their sign, then a bit for each: «of its size».
        guard bits.read(8 + 3 * 4) != nil else { return nil }
        for _ in 0..<3 {
            guard let found = bits.read(1) else { return nil }
            if found == 1 { return VPXFrameHeader(isKeyframe: false, size: nil) }
        }
        guard let size = readSize(&bits) else { return nil }
        return VPXFrameHeader(isKeyframe: false, size: size)
    }

    private static func readSize(_ bits: inout BitReader) -> PictureSize? {
        guard let width = bits.read(16), let height = bits.read(16) else { return nil }
        return PictureSize(width: width + 1, height: height + 1)
    }

    private static func skipColour(_ bits: inout BitReader, profile: Int) -> Bool {
        if profile >= 2 { _ = bits.read(1) }
        guard let space = bits.read(3) else { return false }
        let isRGB = space == 7
        if !isRGB { _ = bits.read(1) }
        if profile == 1 || profile == 3 { _ = bits.read(isRGB ? 1 : 3) }
        return true
    }
}

/// Reads bits, the most significant first.
private struct BitReader {
    private let data: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ data: UnsafeBufferPointer<UInt8>) {
        self.data = data
    }

    /// Nil at the end of the data. `count` is at most 32.
    mutating func read(_ count: Int) -> Int? {
        guard position + count <= data.count * 8 else { return nil }
        var value = 0
        for _ in 0..<count {
            value = value << 1 | Int((data[position >> 3] >> (7 - UInt8(position & 7))) & 1)
            position += 1
        }
        return value
    }
}
