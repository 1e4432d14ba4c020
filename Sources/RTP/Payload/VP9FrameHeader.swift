/// The beginning of a VP9 frame (VP9 bitstream specification, section 6.2), as far as it tells of keyframes.
struct VP9FrameHeader {
    var isKeyframe: Bool
    /// Of a keyframe.
    var size: CodedSize?

    private static let syncCode: UInt32 = 0x49_8342
    private static let sRGB: UInt32 = 7

    /// Throws if this is no VP9, or a keyframe's header is cut off.
    init(in range: Range<Int>, of bytes: Span<UInt8>) throws(WireError) {
        var bits = BitReader(bytes, in: range, isEscaped: false)
        guard bits.read(2) == 2, let low = bits.read(1), let high = bits.read(1) else {
            throw WireError(.malformed("VP9 frame without its marker"), at: range.lowerBound)
        }
        let profile = high << 1 | low
        if profile == 3 { _ = bits.read(1) }
        // A frame that only shows an earlier one has no more than that bit and the frame's number.
        if bits.read(1) == 1 {
            isKeyframe = false
            return
        }
        guard let type = bits.read(1) else { throw WireError(.truncated, at: range.upperBound) }
        isKeyframe = type == 0
        guard isKeyframe else { return }
        guard bits.read(2) != nil, bits.read(24) == VP9FrameHeader.syncCode else {
            throw WireError(.malformed("VP9 keyframe without its sync code"), at: range.lowerBound)
        }
        if profile >= 2 { _ = bits.read(1) }
        let space = bits.read(3)
        if space != VP9FrameHeader.sRGB {
            // Range; then, in the odd profiles, subsampling and a reserved bit.
            _ = bits.read(profile & 1 == 1 ? 4 : 1)
        } else if profile & 1 == 1 {
            _ = bits.read(1)
        }
        guard let width = bits.read(16), let height = bits.read(16) else {
            throw WireError(.truncated, at: range.upperBound)
        }
        guard width < 0xffff, height < 0xffff else {
            throw WireError(.malformed("VP9 keyframe of 65536 pixels"), at: range.lowerBound)
        }
        size = CodedSize(width: UInt16(width + 1), height: UInt16(height + 1))
    }
}
