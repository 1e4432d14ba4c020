import CPango
package import Media

/// 8-bit R'G'B' with straight alpha, four bytes a pixel: what PNG files hold, and what golden pictures are compared in.
package struct RGBImage: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// Red, green, blue, alpha; row by row.
    package var bytes: [UInt8]

    package init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(bytes.count == width * height * 4, "four bytes a pixel")
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A picture by its own colour description, neither turned nor stretched; chroma is interpolated.
    package init(_ picture: Picture) {
        let (width, height) = (picture.size.width, picture.size.height)
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: 255, count: width * height * 4)
        let colour = picture.colour
        // The conversion is linear: red = luma·scale + cr·share + offset, and so on.
        let zero = colour.rgb(luma: 0, cb: 128, cr: 128)
        let luma = Float(colour.rgb(luma: 1, cb: 128, cr: 128).red - zero.red)
        let cb = colour.rgb(luma: 0, cb: 129, cr: 128)
        let cr = colour.rgb(luma: 0, cb: 128, cr: 129)
        let greenOfCb = Float(cb.green - zero.green)
        let blueOfCb = Float(cb.blue - zero.blue)
        let redOfCr = Float(cr.red - zero.red)
        let greenOfCr = Float(cr.green - zero.green)
        let offset = Float(zero.red)
        let alpha = picture.alpha
        bytes.withUnsafeMutableBufferPointer { bytes in
            for y in 0..<height {
                for x in 0..<width {
                    let value = Float(picture.luma.base[y * picture.luma.stride + x]) * luma + offset
                    let blueDifference = picture.cb.centred(x, y) - 128
                    let redDifference = picture.cr.centred(x, y) - 128
                    let index = (y * width + x) * 4
                    bytes[index] = RGBImage.byte(value + redOfCr * redDifference)
                    bytes[index + 1] = RGBImage.byte(value + greenOfCb * blueDifference + greenOfCr * redDifference)
                    bytes[index + 2] = RGBImage.byte(value + blueOfCb * blueDifference)
                    if let alpha { bytes[index + 3] = alpha.base[y * alpha.stride + x] }
                }
            }
        }
    }

    private static func byte(_ value: Float) -> UInt8 { UInt8(min(max(value + 0.5, 0), 255)) }

    /// As an I420 picture; it has an alpha plane if any pixel is not opaque.
    package func picture(colour: ColourDescription) -> Picture {
        let hasAlpha = stride(from: 3, to: bytes.count, by: 4).contains { bytes[$0] != 255 }
        let picture = WritablePicture(size: PictureSize(width: width, height: height), hasAlpha: hasAlpha)
        for y in 0..<height {
            for x in 0..<width {
                let index = (y * width + x) * 4
                let samples = colour.samples(
                    red: Double(bytes[index]), green: Double(bytes[index + 1]), blue: Double(bytes[index + 2]))
                picture.luma.base[y * picture.luma.stride + x] = UInt8(clamping: Int(samples.luma.rounded()))
                if let alpha = picture.alpha { alpha.base[y * alpha.stride + x] = bytes[index + 3] }
            }
        }
        for y in 0..<picture.cb.height {
            for x in 0..<picture.cb.width {
                var (red, green, blue, weight) = (0.0, 0.0, 0.0, 0.0)
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let index = (min(2 * y + dy, height - 1) * width + min(2 * x + dx, width - 1)) * 4
                    // A trace of weight for clear pixels: where all four are clear, their colour still counts.
                    let share = Double(bytes[index + 3]) + 0.01
                    red += Double(bytes[index]) * share
                    green += Double(bytes[index + 1]) * share
                    blue += Double(bytes[index + 2]) * share
                    weight += share
                }
                let samples = colour.samples(red: red / weight, green: green / weight, blue: blue / weight)
                picture.cb.base[y * picture.cb.stride + x] = UInt8(clamping: Int(samples.cb.rounded()))
                picture.cr.base[y * picture.cr.stride + x] = UInt8(clamping: Int(samples.cr.rounded()))
            }
        }
        return picture.freeze(colour: colour)
    }
}

extension Plane {
    /// The sample of a chroma plane at a luma position, between chroma samples in the centre of 2x2 luma samples.
    fileprivate func centred(_ lumaX: Int, _ lumaY: Int) -> Float {
        let left = (lumaX - 1) >> 1
        let top = (lumaY - 1) >> 1
        let across: Float = lumaX & 1 == 0 ? 0.75 : 0.25
        let down: Float = lumaY & 1 == 0 ? 0.75 : 0.25
        let x0 = max(left, 0)
        let x1 = min(left + 1, width - 1)
        let upper = base + max(top, 0) * stride
        let lower = base + min(top + 1, height - 1) * stride
        let above = Float(upper[x0]) * (1 - across) + Float(upper[x1]) * across
        let below = Float(lower[x0]) * (1 - across) + Float(lower[x1]) * across
        return above * (1 - down) + below * down
    }
}
