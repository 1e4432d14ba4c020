import Foundation
public import Media

/// Peak signal to noise ratio of two pictures in dB, plane by plane; infinite where they are equal.
public struct PictureComparison: Equatable, Sendable {
    public let luma: Double
    public let cb: Double
    public let cr: Double
    /// Over the samples of all three planes together.
    public let all: Double

    /// Both pictures must have the same size; colour description, rotation and alpha are not looked at.
    public init(_ first: Picture, _ second: Picture) {
        precondition(first.size == second.size, "pictures of different sizes: \(first.size) and \(second.size)")
        let lumaError = PictureComparison.squaredError(first.luma, second.luma)
        let cbError = PictureComparison.squaredError(first.cb, second.cb)
        let crError = PictureComparison.squaredError(first.cr, second.cr)
        let area = first.size.area
        let chromaArea = first.size.chroma.area
        luma = PictureComparison.decibels(lumaError, samples: area)
        cb = PictureComparison.decibels(cbError, samples: chromaArea)
        cr = PictureComparison.decibels(crError, samples: chromaArea)
        all = PictureComparison.decibels(lumaError + cbError + crError, samples: area + 2 * chromaArea)
    }

    /// Sum of the squares of all differences of two planes of the same size.
    public static func squaredError(_ first: Plane, _ second: Plane) -> UInt64 {
        precondition(first.width == second.width && first.height == second.height, "planes of different sizes")
        var total: UInt64 = 0
        for row in 0..<first.height {
            let left = first.base + row * first.stride
            let right = second.base + row * second.stride
            for column in 0..<first.width {
                let difference = Int64(left[column]) - Int64(right[column])
                total += UInt64(difference * difference)
            }
        }
        return total
    }

    private static func decibels(_ error: UInt64, samples: Int) -> Double {
        error == 0 ? .infinity : 10 * log10(255 * 255 * Double(samples) / Double(error))
    }
}
