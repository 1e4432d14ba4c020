import CAVCodec
import Media

/// Converts pictures of any pixel format to 8-bit I420 of the same size, through libswscale.
final class PixelConverter {
    private var context: OpaquePointer?
    private var pool: PicturePool?
    private let sources = UnsafeMutablePointer<UnsafePointer<UInt8>?>.allocate(capacity: 4)
    private let targets = UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>.allocate(capacity: 4)
    private let strides = UnsafeMutablePointer<Int32>.allocate(capacity: 8)

    init() {
        sources.initialize(repeating: nil, count: 4)
        targets.initialize(repeating: nil, count: 4)
        strides.initialize(repeating: 0, count: 8)
    }

    deinit {
        sws_freeContext(context)
        sources.deallocate()
        targets.deallocate()
        strides.deallocate()
    }

    /// The picture with the matrix and range it had; RGB becomes BT.601 of limited range. Alpha stays a plane.
    /// `plane` gives address and stride of each of the four planes.
    func convert(
        format: AVPixelFormat, size: PictureSize, colour: ColourDescription, rotation: Rotation, pixelAspect: Double,
        plane: (Int) -> (base: UnsafePointer<UInt8>?, stride: Int32)
    ) throws(CodecError) -> Picture {
        guard let description = av_pix_fmt_desc_get(format) else {
            throw CodecError(.unsupported, "a pixel format without a name")
        }
        let flags = description.pointee.flags
        let isRGB = flags & UInt64(AV_PIX_FMT_FLAG_RGB) != 0 || format == AV_PIX_FMT_PAL8
        let hasAlpha = flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 || format == AV_PIX_FMT_PAL8
        let target = hasAlpha ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P
        let width = Int32(clamping: size.width)
        let height = Int32(clamping: size.height)
        context = sws_getCachedContext(
            context, width, height, format, width, height, target,
            SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, nil, nil, nil)
        guard let context else {
            let name = String(cString: description.pointee.name)
            throw CodecError(.unsupported, "pixel format \(name) of \(size) pixels")
        }
        let result = isRGB ? .bt601Limited : colour
        let space =
            switch result.matrix {
            case .bt601: SWS_CS_ITU601
            case .bt709: SWS_CS_ITU709
            case .bt2020: SWS_CS_BT2020
            }
        let coefficients = sws_getCoefficients(space)
        let range: Int32 = result.range == .full ? 1 : 0
        sws_setColorspaceDetails(
            context, coefficients, isRGB ? 1 : range, coefficients, range, 0, 1 << 16, 1 << 16)

        let picture = take(size, hasAlpha: hasAlpha)
        for index in 0..<4 { (sources[index], strides[index]) = plane(index) }
        let planes = [picture.luma, picture.cb, picture.cr]
        for (index, plane) in planes.enumerated() {
            targets[index] = plane.base
            strides[4 + index] = Int32(plane.stride)
        }
        targets[3] = picture.alpha?.base
        strides[7] = Int32(picture.alpha?.stride ?? 0)
        guard sws_scale(context, sources, strides, 0, height, targets, strides + 4) == height else {
            throw CodecError(.failed, "conversion of a picture of \(size) pixels")
        }
        return picture.freeze(colour: result, rotation: rotation, pixelAspect: pixelAspect)
    }

    private func take(_ size: PictureSize, hasAlpha: Bool) -> WritablePicture {
        if hasAlpha { return WritablePicture(size: size, hasAlpha: true) }
        if let pool, pool.size == size { return pool.take() }
        let pool = PicturePool(size: size)
        self.pool = pool
        return pool.take()
    }
}
