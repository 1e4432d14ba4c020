/// Coverage of the four corner blocks of a rounded shape, for luma and, averaged over 2x2, for chroma.
///
/// Two shapes are made: what lies outside a rounded corner, and a stroke along the inner side of a rounded edge.
final class CornerMask {
    enum Corner: Int, CaseIterable { case topLeft, topRight, bottomLeft, bottomRight }

    /// Kept, since `allCases` makes an array each time.
    static let corners = Corner.allCases

    struct Shape: Hashable {
        var radius: Int
        /// Nil for the outside of the corner; else the width of a stroke inside of it.
        var stroke: Int?
    }

    /// Largest radius and stroke: those of tiles far larger than any canvas would cost memory for nothing.
    static let largestSide = 512

    let shape: Shape
    /// Side of a block in luma samples, even.
    let side: Int
    private let luma: [UInt8]
    private let chroma: [UInt8]

    init(_ shape: Shape) {
        self.shape = shape
        let side = (max(shape.radius, shape.stroke ?? 0) + 1) & ~1
        self.side = side
        // The upper left corner; the others are its mirror images.
        var block = [UInt8](repeating: 0, count: side * side)
        if let width = shape.stroke {
            let radius = max(0, shape.radius - width)
            for y in 0..<side {
                for x in 0..<side {
                    let isEdge = x < width || y < width
                    let open = isEdge ? 0 : CornerMask.inside(x - width, y - width, radius: radius)
                    block[y * side + x] = UInt8(((1 - open) * 255).rounded())
                }
            }
        } else {
            for y in 0..<side {
                for x in 0..<side {
                    block[y * side + x] = UInt8(((1 - CornerMask.inside(x, y, radius: shape.radius)) * 255).rounded())
                }
            }
        }
        var luma: [UInt8] = []
        var chroma: [UInt8] = []
        for corner in Corner.allCases {
            let mirrorsX = corner == .topRight || corner == .bottomRight
            let mirrorsY = corner == .bottomLeft || corner == .bottomRight
            func at(_ x: Int, _ y: Int) -> UInt8 {
                block[(mirrorsY ? side - 1 - y : y) * side + (mirrorsX ? side - 1 - x : x)]
            }
            for y in 0..<side {
                for x in 0..<side { luma.append(at(x, y)) }
            }
            for y in stride(from: 0, to: side, by: 2) {
                for x in stride(from: 0, to: side, by: 2) {
                    let sum = Int(at(x, y)) + Int(at(x + 1, y)) + Int(at(x, y + 1)) + Int(at(x + 1, y + 1))
                    chroma.append(UInt8((sum + 2) / 4))
                }
            }
        }
        self.luma = luma
        self.chroma = chroma
    }

    /// The mask of one corner's block: `side` bytes a row for luma, half of it for chroma.
    func withMasks(_ corner: Corner, _ body: (_ luma: UnsafePointer<UInt8>, _ chroma: UnsafePointer<UInt8>) -> Void) {
        luma.withUnsafeBufferPointer { luma in
            chroma.withUnsafeBufferPointer { chroma in
                guard let lumaBase = luma.baseAddress, let chromaBase = chroma.baseAddress else { return }
                body(lumaBase + corner.rawValue * side * side, chromaBase + corner.rawValue * side * side / 4)
            }
        }
    }

    /// How much of the pixel whose upper left corner is (x, y) lies inside a circle round (radius, radius); 1 beyond
    /// the quarter. Exact across, 16 lines down.
    private static func inside(_ x: Int, _ y: Int, radius: Int) -> Double {
        guard x < radius, y < radius else { return 1 }
        let radius = Double(radius)
        let lines = 16
        var sum = 0.0
        for line in 0..<lines {
            let dy = radius - (Double(y) + (Double(line) + 0.5) / Double(lines))
            let edge = radius - (radius * radius - dy * dy).squareRoot()
            sum += min(max(Double(x + 1) - edge, 0), 1)
        }
        return sum / Double(lines)
    }
}
