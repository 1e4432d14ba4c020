import Synchronization

/// Memory for the planes of one picture: its own, or borrowed from an owner that is kept alive. In memory of its own
/// every row starts at a multiple of 64 bytes, and 64 readable bytes follow the last row, for code that loads whole
/// vectors.
final class PictureStorage: @unchecked Sendable {
    let size: PictureSize
    let luma: WritablePlane
    let cb: WritablePlane
    let cr: WritablePlane
    let alpha: WritablePlane?
    private let memory: UnsafeMutableRawPointer?
    private let pool: PicturePool?
    private let owner: (any AnyObject & Sendable)?

    init(size: PictureSize, hasAlpha: Bool, pool: PicturePool?, memory reused: UnsafeMutableRawPointer? = nil) {
        precondition(size.width > 0 && size.height > 0, "a picture needs at least one pixel")
        let chroma = size.chroma
        let lumaStride = PictureStorage.stride(size.width)
        let chromaStride = PictureStorage.stride(chroma.width)
        let lumaBytes = lumaStride * size.height
        let chromaBytes = chromaStride * chroma.height
        let total = lumaBytes * (hasAlpha ? 2 : 1) + chromaBytes * 2 + 64
        let memory = reused ?? UnsafeMutableRawPointer.allocate(byteCount: total, alignment: 64)
        let bytes = memory.assumingMemoryBound(to: UInt8.self)
        self.memory = memory
        self.size = size
        self.pool = pool
        owner = nil
        luma = WritablePlane(base: bytes, stride: lumaStride, width: size.width, height: size.height)
        cb = WritablePlane(
            base: bytes + lumaBytes, stride: chromaStride, width: chroma.width, height: chroma.height)
        cr = WritablePlane(
            base: bytes + lumaBytes + chromaBytes, stride: chromaStride, width: chroma.width, height: chroma.height)
        alpha =
            hasAlpha
            ? WritablePlane(
                base: bytes + lumaBytes + chromaBytes * 2, stride: lumaStride, width: size.width, height: size.height)
            : nil
    }

    /// Planes that `owner` keeps; they are only read.
    init(luma: Plane, cb: Plane, cr: Plane, alpha: Plane?, owner: any AnyObject & Sendable) {
        size = PictureSize(width: luma.width, height: luma.height)
        precondition(size.width > 0 && size.height > 0, "a picture needs at least one pixel")
        let chroma = size.chroma
        for plane in [cb, cr] {
            precondition(plane.width == chroma.width && plane.height == chroma.height, "chroma of another size")
        }
        if let alpha {
            precondition(alpha.width == size.width && alpha.height == size.height, "alpha of another size")
        }
        func borrow(_ plane: Plane) -> WritablePlane {
            WritablePlane(
                base: UnsafeMutablePointer(mutating: plane.base), stride: plane.stride, width: plane.width,
                height: plane.height)
        }
        self.luma = borrow(luma)
        self.cb = borrow(cb)
        self.cr = borrow(cr)
        self.alpha = alpha.map(borrow)
        memory = nil
        pool = nil
        self.owner = owner
    }

    deinit {
        guard let memory else { return }
        if let pool, pool.takeBack(memory) { return }
        memory.deallocate()
    }

    private static func stride(_ width: Int) -> Int { (width + 63) & ~63 }
}

/// Pictures of one size whose memory is used again. Any thread may take from it and let pictures go.
public final class PicturePool: Sendable {
    public let size: PictureSize
    /// How many unused pictures are kept; memory beyond that is freed.
    public let spareLimit: Int
    /// Addresses of free memory blocks.
    private let spare = Mutex<[UInt]>([])

    public init(size: PictureSize, spareLimit: Int = 8) {
        self.size = size
        self.spareLimit = spareLimit
    }

    deinit {
        spare.withLock { addresses in
            for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
            addresses = []
        }
    }

    /// A picture to write; its samples are undefined.
    public func take() -> WritablePicture {
        let address = spare.withLock { $0.popLast() }
        let memory = address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
        return WritablePicture(storage: PictureStorage(size: size, hasAlpha: false, pool: self, memory: memory))
    }

    /// False if there are enough spare blocks; the caller then frees the memory.
    func takeBack(_ memory: UnsafeMutableRawPointer) -> Bool {
        spare.withLock { addresses in
            guard addresses.count < spareLimit else { return false }
            addresses.append(UInt(bitPattern: memory))
            return true
        }
    }
}
