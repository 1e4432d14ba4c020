import CAVCodec
public import Media

/// Scales pictures down and writes them as PNG, for posters and thumbnails.
public enum ImageWriter {
    /// An image in memory: three bytes of red, green and blue a pixel, row by row, without padding.
    public struct Image: Sendable, Hashable {
        public let width: Int
        public let height: Int
        public var bytes: [UInt8]

        /// A black image.
        public init(width: Int, height: Int) {
            precondition(width > 0 && height > 0, "an image needs at least one pixel")
            self.width = width
            self.height = height
            bytes = [UInt8](repeating: 0, count: width * height * 3)
        }

        /// Copies another image to a place within this one.
        public mutating func place(_ other: Image, x: Int, y: Int) {
            precondition(
                x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height, "outside the image")
            for row in 0..<other.height {
                let target = ((y + row) * width + x) * 3
                let source = row * other.width * 3
                bytes.replaceSubrange(
                    target..<target + other.width * 3, with: other.bytes[source..<source + other.width * 3])
            }
        }
    }

    /// The picture as an image of that size, whatever its shape; neither turned nor blended.
    public static func scale(_ picture: Picture, to size: PictureSize) throws(CodecError) -> Image {
        let context = sws_getContext(
            Int32(clamping: picture.size.width), Int32(clamping: picture.size.height), AV_PIX_FMT_YUV420P,
            Int32(clamping: size.width), Int32(clamping: size.height), AV_PIX_FMT_RGB24,
            SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nil, nil, nil)
        guard let context else {
            throw CodecError(.unsupported, "a picture of \(picture.size) cannot be scaled to \(size)")
        }
        defer { sws_freeContext(context) }
        let space =
            switch picture.colour.matrix {
            case .bt601: SWS_CS_ITU601
            case .bt709: SWS_CS_ITU709
            case .bt2020: SWS_CS_BT2020
            }
        let coefficients = sws_getCoefficients(space)
        sws_setColorspaceDetails(
            context, coefficients, picture.colour.range == .full ? 1 : 0, coefficients, 1, 0, 1 << 16, 1 << 16)
        var image = Image(width: size.width, height: size.height)
        var sources: [UnsafePointer<UInt8>?] = [picture.luma.base, picture.cb.base, picture.cr.base, nil]
        var strides = [Int32(picture.luma.stride), Int32(picture.cb.stride), Int32(picture.cr.stride), 0]
        let rows = image.bytes.withUnsafeMutableBufferPointer { bytes in
            var targets: [UnsafeMutablePointer<UInt8>?] = [bytes.baseAddress, nil, nil, nil]
            var targetStrides = [Int32(size.width * 3), 0, 0, 0]
            return withExtendedLifetime(picture) {
                sws_scale(
                    context, &sources, &strides, 0, Int32(clamping: picture.size.height), &targets, &targetStrides)
            }
        }
        guard rows == Int32(clamping: size.height) else { throw CodecError(.failed, "scaling of a picture") }
        return image
    }

    /// The bytes of a PNG file.
    public static func png(_ image: Image) throws(CodecError) -> [UInt8] {
        guard let codec = avcodec_find_encoder(AV_CODEC_ID_PNG), let context = avcodec_alloc_context3(codec) else {
            throw CodecError(.unsupported, "libavcodec cannot write PNG here")
        }
        var freeContext: UnsafeMutablePointer<AVCodecContext>? = context
        defer { avcodec_free_context(&freeContext) }
        context.pointee.width = Int32(clamping: image.width)
        context.pointee.height = Int32(clamping: image.height)
        context.pointee.pix_fmt = AV_PIX_FMT_RGB24
        context.pointee.time_base = AVRational(num: 1, den: 25)
        context.pointee.thread_count = 1
        var frame = av_frame_alloc()
        var packet = av_packet_alloc()
        defer {
            av_frame_free(&frame)
            av_packet_free(&packet)
        }
        guard avcodec_open2(context, codec, nil) >= 0, let frame, let packet else {
            throw CodecError(.failed, "PNG of \(image.width)x\(image.height) pixels")
        }
        frame.pointee.width = context.pointee.width
        frame.pointee.height = context.pointee.height
        frame.pointee.format = AV_PIX_FMT_RGB24.rawValue
        guard av_frame_get_buffer(frame, 0) >= 0, let target = frame.pointee.data.0 else {
            throw CodecError(.failed, "PNG: out of memory")
        }
        let stride = Int(frame.pointee.linesize.0)
        image.bytes.withUnsafeBufferPointer { bytes in
            for row in 0..<image.height {
                (target + row * stride).update(from: bytes.baseAddress! + row * image.width * 3, count: image.width * 3)
            }
        }
        guard avcodec_send_frame(context, frame) >= 0, avcodec_receive_packet(context, packet) >= 0,
            let data = packet.pointee.data
        else { throw CodecError(.failed, "PNG of \(image.width)x\(image.height) pixels") }
        return Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
    }
}
