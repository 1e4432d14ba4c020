import Media

/// Scaling of very small pictures, and of changes in size that libswscale refuses: averages over at most 16x16 samples
/// where the picture shrinks, bilinear where it grows. Slow, and only given small targets.
enum PlainScaler {
    private static let mostSamples = 16

    static func scale(_ source: Plane, to target: WritablePlane) {
        let stepX = Float(source.width) / Float(target.width)
        let stepY = Float(source.height) / Float(target.height)
        let columns = min(max(Int(stepX.rounded(.up)), 1), mostSamples)
        let rows = min(max(Int(stepY.rounded(.up)), 1), mostSamples)
        for y in 0..<target.height {
            for x in 0..<target.width {
                var sum: Float = 0
                for row in 0..<rows {
                    let sourceY = (Float(y) + (Float(row) + 0.5) / Float(rows)) * stepY - 0.5
                    for column in 0..<columns {
                        let sourceX = (Float(x) + (Float(column) + 0.5) / Float(columns)) * stepX - 0.5
                        sum += sample(source, sourceX, sourceY)
                    }
                }
                target.base[y * target.stride + x] = UInt8(min(max(sum / Float(rows * columns) + 0.5, 0), 255))
            }
        }
    }

    private static func sample(_ plane: Plane, _ x: Float, _ y: Float) -> Float {
        let clampedX = min(max(x, 0), Float(plane.width - 1))
        let clampedY = min(max(y, 0), Float(plane.height - 1))
        let left = Int(clampedX)
        let top = Int(clampedY)
        let right = min(left + 1, plane.width - 1)
        let bottom = min(top + 1, plane.height - 1)
        let across = clampedX - Float(left)
        let down = clampedY - Float(top)
        let upper = plane.base + top * plane.stride
        let lower = plane.base + bottom * plane.stride
        let above = Float(upper[left]) * (1 - across) + Float(upper[right]) * across
        let below = Float(lower[left]) * (1 - across) + Float(lower[right]) * across
        return above * (1 - down) + below * down
    }
}
