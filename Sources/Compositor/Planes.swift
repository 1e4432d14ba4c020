import Layout
import Media

/// Three planes of an I420 picture, or of an even part of one, for reading.
struct SourcePlanes {
    var luma: Plane
    var cb: Plane
    var cr: Plane

    init(luma: Plane, cb: Plane, cr: Plane) {
        self.luma = luma
        self.cb = cb
        self.cr = cr
    }

    var size: PictureSize { PictureSize(width: luma.width, height: luma.height) }

    /// The part of `picture` that `crop` names; its x and y are even and it lies inside.
    init(_ picture: Picture, crop: PixelRect) {
        let chroma = PictureSize(width: crop.width, height: crop.height).chroma
        func part(_ plane: Plane, _ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Plane {
            Plane(base: plane.base + (y * plane.stride + x), stride: plane.stride, width: width, height: height)
        }
        luma = part(picture.luma, crop.x, crop.y, crop.width, crop.height)
        cb = part(picture.cb, crop.x / 2, crop.y / 2, chroma.width, chroma.height)
        cr = part(picture.cr, crop.x / 2, crop.y / 2, chroma.width, chroma.height)
    }
}

/// Three planes of an I420 picture, or of an even part of one, for writing.
struct TargetPlanes {
    var luma: WritablePlane
    var cb: WritablePlane
    var cr: WritablePlane

    init(luma: WritablePlane, cb: WritablePlane, cr: WritablePlane) {
        self.luma = luma
        self.cb = cb
        self.cr = cr
    }

    init(_ picture: borrowing WritablePicture) {
        luma = picture.luma
        cb = picture.cb
        cr = picture.cr
    }

    var width: Int { luma.width }
    var height: Int { luma.height }
    var bounds: PixelRect { PixelRect(x: 0, y: 0, width: luma.width, height: luma.height) }
    var readOnly: SourcePlanes { SourcePlanes(luma: luma.readOnly, cb: cb.readOnly, cr: cr.readOnly) }

    /// The part that `rect` names, which is even and lies inside.
    func part(_ rect: PixelRect) -> TargetPlanes {
        TargetPlanes(
            luma: luma.part(rect.x, rect.y, rect.width, rect.height),
            cb: cb.part(rect.x / 2, rect.y / 2, rect.width / 2, rect.height / 2),
            cr: cr.part(rect.x / 2, rect.y / 2, rect.width / 2, rect.height / 2))
    }

    /// Copies `source`, which has the same size, row by row.
    func copy(_ source: SourcePlanes) {
        luma.copy(source.luma)
        cb.copy(source.cb)
        cr.copy(source.cr)
    }
}

extension WritablePlane {
    func part(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> WritablePlane {
        WritablePlane(base: base + (y * stride + x), stride: stride, width: width, height: height)
    }

    func copy(_ source: Plane) {
        for row in 0..<min(height, source.height) {
            (base + row * stride).update(from: source.base + row * source.stride, count: min(width, source.width))
        }
    }

    func fill(_ value: UInt8) {
        for row in 0..<height { (base + row * stride).update(repeating: value, count: width) }
    }
}

/// Memory for one intermediate picture, kept from tick to tick and grown as needed. Rows begin at multiples of 64 bytes.
final class Scratch {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    deinit { memory?.deallocate() }

    /// Planes of the given size with undefined samples; those handed out before are no longer valid. Vector code may
    /// write up to 64 bytes beyond the end of any row.
    func planes(width: Int, height: Int) -> TargetPlanes {
        let chroma = PictureSize(width: width, height: height).chroma
        let lumaStride = (width + 127) & ~63
        let chromaStride = (chroma.width + 127) & ~63
        let lumaBytes = lumaStride * height
        let chromaBytes = chromaStride * chroma.height
        let needed = lumaBytes + 2 * chromaBytes + 64
        if needed > capacity {
            memory?.deallocate()
            memory = .allocate(byteCount: needed, alignment: 64)
            capacity = needed
        }
        let base = memory!.assumingMemoryBound(to: UInt8.self)
        return TargetPlanes(
            luma: WritablePlane(base: base, stride: lumaStride, width: width, height: height),
            cb: WritablePlane(
                base: base + lumaBytes, stride: chromaStride, width: chroma.width, height: chroma.height),
            cr: WritablePlane(
                base: base + lumaBytes + chromaBytes, stride: chromaStride, width: chroma.width, height: chroma.height))
    }
}
