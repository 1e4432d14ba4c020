import Layout
package import Media

/// One colour as samples of a picture, with coverage 0 to 255.
struct SampleColour: Equatable {
    var luma: UInt8
    var cb: UInt8
    var cr: UInt8
    var alpha: UInt8
}

extension ColourDescription {
    /// Weights of red and blue in luma (BT.601 table 3, BT.709 item 3.2, BT.2020 table 4).
    var weights: (red: Double, blue: Double) {
        switch matrix {
        case .bt601: (0.299, 0.114)
        case .bt709: (0.2126, 0.0722)
        case .bt2020: (0.2627, 0.0593)
        }
    }

    /// The sample of black, and how many steps lie between black and white, and between the ends of a chroma axis.
    var levels: (black: Double, luma: Double, chroma: Double) {
        switch range {
        case .limited: (16, 219, 224)
        case .full: (0, 255, 255)
        }
    }

    /// R'G'B' of 0 to 255 as Y'CbCr of this description, not rounded.
    func samples(red: Double, green: Double, blue: Double) -> (luma: Double, cb: Double, cr: Double) {
        let (kr, kb) = weights
        let (black, lumaSteps, chromaSteps) = levels
        let luma = kr * red + (1 - kr - kb) * green + kb * blue
        return (
            black + luma * lumaSteps / 255,
            128 + (blue - luma) / (2 * (1 - kb)) * chromaSteps / 255,
            128 + (red - luma) / (2 * (1 - kr)) * chromaSteps / 255
        )
    }

    /// Y'CbCr of this description as R'G'B' of 0 to 255, neither rounded nor held in range.
    func rgb(luma: Double, cb: Double, cr: Double) -> (red: Double, green: Double, blue: Double) {
        let (kr, kb) = weights
        let (black, lumaSteps, chromaSteps) = levels
        let y = (luma - black) * 255 / lumaSteps
        let red = y + (cr - 128) * 255 / chromaSteps * 2 * (1 - kr)
        let blue = y + (cb - 128) * 255 / chromaSteps * 2 * (1 - kb)
        return (red, (y - kr * red - kb * blue) / (1 - kr - kb), blue)
    }

    func sample(_ colour: Colour) -> SampleColour {
        let (luma, cb, cr) = samples(
            red: Double(colour.red), green: Double(colour.green), blue: Double(colour.blue))
        return SampleColour(
            luma: UInt8(clamping: Int(luma.rounded())), cb: UInt8(clamping: Int(cb.rounded())),
            cr: UInt8(clamping: Int(cr.rounded())), alpha: colour.alpha)
    }
}

/// Takes samples from one colour description to another.
///
/// Grey stays grey in every matrix, so luma needs its own sample and a part of chroma, and chroma needs only chroma:
/// Y' = Y + (a Y + b Cb + c Cr + d) / 256, and likewise Cb and Cr without a share of Y. The differences are small, so
/// 16 bits hold all of it. Only the matrix and range change; primaries and transfer functions are taken as alike.
package struct ColourConversion: Equatable, Sendable {
    /// In 1/256; chroma counts from 128.
    var lumaOfLuma: Int16
    var lumaOfCb: Int16
    var lumaOfCr: Int16
    var lumaOffset: Int16
    var cbOfCb: Int16
    var cbOfCr: Int16
    var crOfCb: Int16
    var crOfCr: Int16

    /// Nil if both are the same.
    package init?(from source: ColourDescription, to target: ColourDescription) {
        guard source != target else { return nil }
        // The conversion is linear: its columns are the images of one step on each axis.
        func image(_ luma: Double, _ cb: Double, _ cr: Double) -> (luma: Double, cb: Double, cr: Double) {
            let colour = source.rgb(luma: luma, cb: cb, cr: cr)
            return target.samples(red: colour.red, green: colour.green, blue: colour.blue)
        }
        func fixed(_ value: Double) -> Int16 { Int16((value * 256).rounded()) }
        let zero = image(0, 128, 128)
        let ofLuma = image(1, 128, 128)
        let ofCb = image(0, 129, 128)
        let ofCr = image(0, 128, 129)
        lumaOfLuma = fixed(ofLuma.luma - zero.luma - 1)
        lumaOfCb = fixed(ofCb.luma - zero.luma)
        lumaOfCr = fixed(ofCr.luma - zero.luma)
        lumaOffset = fixed(zero.luma) + 128
        cbOfCb = fixed(ofCb.cb - zero.cb - 1)
        cbOfCr = fixed(ofCr.cb - zero.cb)
        crOfCb = fixed(ofCb.cr - zero.cr)
        crOfCr = fixed(ofCr.cr - zero.cr - 1)
    }

    /// Converts in place. Width and height are even, or the chroma planes reach half a pixel beyond luma.
    func apply(_ planes: TargetPlanes) {
        for row in 0..<planes.cb.height {
            let cb = planes.cb.base + row * planes.cb.stride
            let cr = planes.cr.base + row * planes.cr.stride
            for line in 0..<2 where row * 2 + line < planes.luma.height {
                convertLuma(planes.luma.base + (row * 2 + line) * planes.luma.stride, cb, cr, planes.luma.width)
            }
            convertChroma(cb, cr, planes.cb.width)
        }
    }

    private func convertLuma(
        _ luma: UnsafeMutablePointer<UInt8>, _ cb: UnsafePointer<UInt8>, _ cr: UnsafePointer<UInt8>, _ width: Int
    ) {
        let (a, b, c, d) = (lumaOfLuma, lumaOfCb, lumaOfCr, lumaOffset)
        for index in 0..<(width / 2) {
            let shared = b &* (Int16(cb[index]) &- 128) &+ c &* (Int16(cr[index]) &- 128) &+ d
            let first = Int16(luma[2 * index])
            let second = Int16(luma[2 * index + 1])
            luma[2 * index] = ColourConversion.sample(first &+ ((a &* first &+ shared) &>> 8))
            luma[2 * index + 1] = ColourConversion.sample(second &+ ((a &* second &+ shared) &>> 8))
        }
        if width & 1 == 1 {
            let index = width / 2
            let shared = b &* (Int16(cb[index]) &- 128) &+ c &* (Int16(cr[index]) &- 128) &+ d
            let value = Int16(luma[width - 1])
            luma[width - 1] = ColourConversion.sample(value &+ ((a &* value &+ shared) &>> 8))
        }
    }

    private func convertChroma(_ cb: UnsafeMutablePointer<UInt8>, _ cr: UnsafeMutablePointer<UInt8>, _ width: Int) {
        let (bb, br, rb, rr) = (cbOfCb, cbOfCr, crOfCb, crOfCr)
        for index in 0..<width {
            let blue = Int16(cb[index]) &- 128
            let red = Int16(cr[index]) &- 128
            cb[index] = ColourConversion.sample(128 &+ blue &+ ((bb &* blue &+ br &* red &+ 128) &>> 8))
            cr[index] = ColourConversion.sample(128 &+ red &+ ((rb &* blue &+ rr &* red &+ 128) &>> 8))
        }
    }

    @inline(__always)
    private static func sample(_ value: Int16) -> UInt8 { UInt8(truncatingIfNeeded: min(max(value, 0), 255)) }
}
