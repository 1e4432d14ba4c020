import CPango
import Glibc
public import Media

/// Why a PNG file was not written or read.
public struct PNGError: Error, CustomStringConvertible, Sendable {
    public var path: String
    public var description: String
}

/// Writes pictures as PNG files.
public enum PNGWriter {
    /// Writes `picture` in its own colours, neither turned nor stretched. An existing file is replaced.
    public static func write(_ picture: Picture, to path: String) throws(PNGError) {
        try write(RGBImage(picture), to: path)
    }

    package static func write(_ image: RGBImage, to path: String) throws(PNGError) {
        let format = stride(from: 3, to: image.bytes.count, by: 4).contains { image.bytes[$0] != 255 }
        let surface = cairo_image_surface_create(
            format ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, Int32(image.width), Int32(image.height))
        defer { cairo_surface_destroy(surface) }
        guard let data = cairo_image_surface_get_data(surface) else {
            throw PNGError(
                path: path, description: "\(path): no memory for a picture of \(image.width)x\(image.height)")
        }
        let rowBytes = Int(cairo_image_surface_get_stride(surface))
        for y in 0..<image.height {
            for x in 0..<image.width {
                let index = (y * image.width + x) * 4
                let alpha = UInt32(image.bytes[index + 3])
                func multiplied(_ value: UInt8) -> UInt32 { (UInt32(value) * alpha + 127) / 255 }
                let word =
                    alpha << 24 | multiplied(image.bytes[index]) << 16 | multiplied(image.bytes[index + 1]) << 8
                    | multiplied(image.bytes[index + 2])
                UnsafeMutableRawPointer(data).storeBytes(of: word, toByteOffset: y * rowBytes + x * 4, as: UInt32.self)
            }
        }
        cairo_surface_mark_dirty(surface)
        errno = 0
        let status = cairo_surface_write_to_png(surface, path)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw PNGError(path: path, description: "\(path): cannot be written: \(reason(status))")
        }
    }

    fileprivate static func reason(_ status: cairo_status_t) -> String {
        let isSystem = status == CAIRO_STATUS_WRITE_ERROR || status == CAIRO_STATUS_FILE_NOT_FOUND
        return isSystem && errno != 0
            ? String(cString: strerror(errno)) : String(cString: cairo_status_to_string(status))
    }
}

/// Reads pictures from PNG files.
public enum PNGReader {
    /// The picture has an alpha plane if any of the file's pixels is not opaque.
    public static func read(_ path: String, colour: ColourDescription = .bt601Limited) throws(PNGError) -> Picture {
        try image(path).picture(colour: colour)
    }

    package static func image(_ path: String) throws(PNGError) -> RGBImage {
        errno = 0
        let file = cairo_image_surface_create_from_png(path)
        defer { cairo_surface_destroy(file) }
        let status = cairo_surface_status(file)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw PNGError(path: path, description: "\(path): cannot be read as PNG: \(PNGWriter.reason(status))")
        }
        let (width, height) = (Int(cairo_image_surface_get_width(file)), Int(cairo_image_surface_get_height(file)))
        let drawing = Drawing(width: width, height: height)
        cairo_set_source_surface(drawing.context, file, 0, 0)
        cairo_paint(drawing.context)
        guard width > 0, height > 0, let image = drawing.image() else {
            throw PNGError(path: path, description: "\(path): no memory for its \(width)x\(height) pixels")
        }
        return image
    }
}

extension Drawing {
    /// What was drawn, with straight alpha; nil if memory ran out.
    func image() -> RGBImage? {
        withPixels { pixels, stride in
            var bytes = [UInt8](repeating: 0, count: width * height * 4)
            for y in 0..<height {
                for x in 0..<width {
                    let word = UnsafeRawPointer(pixels).load(fromByteOffset: y * stride + x * 4, as: UInt32.self)
                    let alpha = word >> 24
                    func straight(_ value: UInt32) -> UInt8 {
                        alpha == 0 ? 0 : UInt8(clamping: (value * 255 + alpha / 2) / alpha)
                    }
                    let index = (y * width + x) * 4
                    bytes[index] = straight(word >> 16 & 255)
                    bytes[index + 1] = straight(word >> 8 & 255)
                    bytes[index + 2] = straight(word & 255)
                    bytes[index + 3] = UInt8(alpha)
                }
            }
            return RGBImage(width: width, height: height, bytes: bytes)
        }
    }
}
