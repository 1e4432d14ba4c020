import Compositor
import Foundation
import Media
import Testing

/// Compares pictures with PNG files that were looked at by eye.
///
/// Fonts and codecs of other versions may differ a little: a picture passes if it is within 36 dB of the golden one as a
/// whole and no block of 8x8 is off by more than 28 of 255 on average. A failure leaves the actual picture beside the
/// expected one in .build/golden-failures. With TESSERA_RECORD_GOLDENS=1 in the environment files are written anew.
enum Golden {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let folder = root.appendingPathComponent("Goldens")
    private static let failures = root.appendingPathComponent("../../.build/golden-failures").standardized

    static func check(_ picture: Picture, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = folder.appendingPathComponent(name + ".png").path
        let actual = RGBImage(picture)
        if ProcessInfo.processInfo.environment["TESSERA_RECORD_GOLDENS"] == "1" {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
            try PNGWriter.write(actual, to: path)
            return
        }
        let expected = try PNGReader.image(path)
        let difference = compare(actual, expected)
        guard let difference, difference.psnr >= 36, difference.worstBlock <= 28 else {
            let place = failures.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try PNGWriter.write(actual, to: place.path + ".actual.png")
            try PNGWriter.write(expected, to: place.path + ".expected.png")
            let what = difference.map { "\($0.psnr) dB, worst block off by \($0.worstBlock)" } ?? "another size"
            Issue.record("\(name) differs: \(what); see \(place.path).actual.png", sourceLocation: sourceLocation)
            return
        }
    }

    /// Nil for pictures of different sizes.
    static func compare(_ a: RGBImage, _ b: RGBImage) -> (psnr: Double, worstBlock: Double)? {
        guard a.width == b.width, a.height == b.height else { return nil }
        var squares = 0
        var worst = 0.0
        for top in stride(from: 0, to: a.height, by: 8) {
            for left in stride(from: 0, to: a.width, by: 8) {
                var sum = 0
                var count = 0
                for y in top..<min(top + 8, a.height) {
                    for index in ((y * a.width + left) * 4)..<((y * a.width + min(left + 8, a.width)) * 4) {
                        let difference = abs(Int(a.bytes[index]) - Int(b.bytes[index]))
                        sum += difference
                        squares += difference * difference
                        count += 1
                    }
                }
                worst = max(worst, Double(sum) / Double(count))
            }
        }
        let mean = Double(squares) / Double(a.bytes.count)
        return (mean == 0 ? 99 : 10 * log10(255 * 255 / mean), worst)
    }
}
