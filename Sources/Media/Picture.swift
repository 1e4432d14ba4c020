/// Width and height in pixels.
public struct PictureSize: Hashable, Sendable, CustomStringConvertible {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The size of an I420 chroma plane: half of each side, rounded up.
    public var chroma: PictureSize { PictureSize(width: (width + 1) / 2, height: (height + 1) / 2) }
    public var area: Int { width * height }
    public var description: String { "\(width)x\(height)" }
}

/// How a picture's numbers stand for colours (ITU-T H.273).
public struct ColourDescription: Hashable, Sendable {
    /// The matrix from RGB to Y'CbCr.
    public enum Matrix: Hashable, Sendable { case bt601, bt709, bt2020 }
    /// Limited range puts black at 16 and white at 235; full range uses 0 to 255.
    public enum Range: Hashable, Sendable { case limited, full }

    public var matrix: Matrix
    public var range: Range

    public init(matrix: Matrix, range: Range) {
        self.matrix = matrix
        self.range = range
    }

    /// What VP8 carries by its specification (RFC 6386, 9.2), and what WebRTC assumes where nothing is said.
    public static let bt601Limited = ColourDescription(matrix: .bt601, range: .limited)
}

/// How far a picture is to be turned clockwise for display.
public enum Rotation: Int, Sendable { case none = 0, quarter = 90, half = 180, threeQuarters = 270 }

/// One plane of 8-bit samples for reading. Valid as long as the picture that gave it is held.
public struct Plane: @unchecked Sendable {
    public let base: UnsafePointer<UInt8>
    /// Bytes from one row to the next; at least ``width``.
    public let stride: Int
    public let width: Int
    public let height: Int

    public init(base: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int) {
        self.base = base
        self.stride = stride
        self.width = width
        self.height = height
    }
}

/// One plane of 8-bit samples for writing. Valid as long as the picture that gave it is held.
public struct WritablePlane {
    public let base: UnsafeMutablePointer<UInt8>
    /// Bytes from one row to the next; at least ``width`` and a multiple of 64 in pictures from a pool.
    public let stride: Int
    public let width: Int
    public let height: Int

    public init(base: UnsafeMutablePointer<UInt8>, stride: Int, width: Int, height: Int) {
        self.base = base
        self.stride = stride
        self.width = width
        self.height = height
    }

    public var readOnly: Plane { Plane(base: base, stride: stride, width: width, height: height) }
}

/// A finished I420 picture, shared and never written again. Its memory returns to its pool with the last reference.
public final class Picture: Sendable {
    public let size: PictureSize
    public let colour: ColourDescription
    public let rotation: Rotation
    /// Width of a pixel over its height, before rotation; 1 for square pixels.
    public let pixelAspect: Double
    private let storage: PictureStorage

    init(storage: PictureStorage, colour: ColourDescription, rotation: Rotation, pixelAspect: Double) {
        self.size = storage.size
        self.storage = storage
        self.colour = colour
        self.rotation = rotation
        self.pixelAspect = pixelAspect
    }

    /// A picture over planes that something else owns, such as a decoder's own frame; no sample is copied. `owner` is
    /// held as long as the picture, and neither it nor anything else writes to the planes meanwhile. Strides need not
    /// be multiples of 64, and nothing need follow the last row. The planes of chroma have the size
    /// ``PictureSize/chroma``, the alpha plane that of the luma plane.
    public init(
        luma: Plane, cb: Plane, cr: Plane, alpha: Plane? = nil, owner: any AnyObject & Sendable,
        colour: ColourDescription, rotation: Rotation = .none, pixelAspect: Double = 1
    ) {
        storage = PictureStorage(luma: luma, cb: cb, cr: cr, alpha: alpha, owner: owner)
        size = storage.size
        self.colour = colour
        self.rotation = rotation
        self.pixelAspect = pixelAspect
    }

    /// The same samples, to be turned by `rotation` for display instead of by what was said before.
    public func turned(to rotation: Rotation) -> Picture {
        rotation == self.rotation
            ? self : Picture(storage: storage, colour: colour, rotation: rotation, pixelAspect: pixelAspect)
    }

    public var luma: Plane { storage.luma.readOnly }
    public var cb: Plane { storage.cb.readOnly }
    public var cr: Plane { storage.cr.readOnly }
    /// Coverage, 0 (clear) to 255 (opaque), of the luma plane's size; nil for an opaque picture. Colours are not
    /// multiplied by it.
    public var alpha: Plane? { storage.alpha?.readOnly }

    /// Size on display with square pixels: after ``pixelAspect`` and ``rotation``, at least 1x1.
    public var displaySize: PictureSize {
        let width = max(1, Int((Double(size.width) * pixelAspect).rounded()))
        return switch rotation {
        case .none, .half: PictureSize(width: width, height: size.height)
        case .quarter, .threeQuarters: PictureSize(width: size.height, height: width)
        }
    }
}

/// A picture that is still being written, by its one owner. ``freeze(colour:rotation:pixelAspect:)`` ends that.
public struct WritablePicture: ~Copyable {
    private let storage: PictureStorage

    init(storage: PictureStorage) {
        self.storage = storage
    }

    /// A picture of its own, outside any pool; its samples are undefined.
    public init(size: PictureSize, hasAlpha: Bool = false) {
        storage = PictureStorage(size: size, hasAlpha: hasAlpha, pool: nil)
    }

    public var size: PictureSize { storage.size }
    public var luma: WritablePlane { storage.luma }
    public var cb: WritablePlane { storage.cb }
    public var cr: WritablePlane { storage.cr }
    public var alpha: WritablePlane? { storage.alpha }

    public consuming func freeze(
        colour: ColourDescription, rotation: Rotation = .none, pixelAspect: Double = 1
    ) -> Picture {
        Picture(storage: storage, colour: colour, rotation: rotation, pixelAspect: pixelAspect)
    }
}

extension Picture {
    /// Whether ``takeBack(_:)`` would give this picture's memory.
    public static func isFree(_ picture: inout Picture?) -> Bool { isKnownUniquelyReferenced(&picture) }

    /// The memory of a picture that nobody else holds, to be written again with the samples it has; nil, and the
    /// picture stays, if somebody else holds it too. For an owner of a few pictures that are written in turn and of
    /// which only parts change.
    public static func takeBack(_ picture: inout Picture?) -> WritablePicture? {
        guard isKnownUniquelyReferenced(&picture), let storage = picture?.storage else { return nil }
        picture = nil
        return WritablePicture(storage: storage)
    }
}
