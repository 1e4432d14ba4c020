import Codecs
import Foundation
import Media
import MediaTesting
import Testing
import Timing

@Suite struct ImageTests {
    private func image(_ name: String, _ source: String, _ options: String = "") throws -> [UInt8] {
        let place = try Workplace()
        try place.ffmpeg("-f lavfi -i \(source) -frames:v 1", options, place.url(name).path)
        return [UInt8](try Data(contentsOf: place.url(name)))
    }

    /// The BT.601 numbers of a pixel, whatever the picture's range.
    private func pixel(_ picture: Picture, _ x: Int, _ y: Int) -> (luma: Double, cb: Double, cr: Double) {
        func at(_ plane: Plane, _ x: Int, _ y: Int) -> Double { Double(plane.base[y * plane.stride + x]) }
        let luma = at(picture.luma, x, y)
        let (cb, cr) = (at(picture.cb, x / 2, y / 2), at(picture.cr, x / 2, y / 2))
        guard picture.colour.range == .full else { return (luma, cb, cr) }
        return (16 + luma * 219 / 255, 128 + (cb - 128) * 224 / 255, 128 + (cr - 128) * 224 / 255)
    }

    @Test(arguments: [
        ("a.png", ""), ("a.png", "-pix_fmt rgb48be"), ("a.png", "-pix_fmt pal8"), ("a.jpg", "-q:v 2"),
        ("a.jpg", "-q:v 2 -pix_fmt yuvj444p"), ("a.webp", "-quality 95"), ("a.webp", "-lossless 1"), ("a.gif", ""),
        ("a.bmp", ""),
    ]) func everyFormatHasTheRightColours(name: String, options: String) throws {
        // Orange in BT.601 of limited range. Palettes of ffmpeg's hold it only nearly.
        let tolerance = name == "a.gif" || options.contains("pal8") ? 14.0 : 4
        let picture = try ImageReader.read(try image(name, "color=0xff8000:s=101x67,format=rgb24", options))
        #expect(picture.size == PictureSize(width: 101, height: 67))
        #expect(picture.alpha == nil)
        #expect(picture.colour.matrix == .bt601)
        for (x, y) in [(0, 0), (50, 33), (100, 66)] {
            let (luma, cb, cr) = pixel(picture, x, y)
            #expect(abs(luma - 147) < tolerance, "\(luma)")
            #expect(abs(cb - 53) < tolerance, "\(cb)")
            #expect(abs(cr - 195) < tolerance, "\(cr)")
        }
    }

    @Test(arguments: [("a.png", "rgba"), ("a.png", "ya8"), ("a.webp", "yuva420p"), ("a.webp", "bgra")])
    func whatShinesThroughIsKept(name: String, format: String) throws {
        // Opaque at the left, clear at the right.
        let bytes = try image(
            name, "color=gray:s=64x32,format=rgba,geq=r=200:g=200:b=200:a='255*lt(X\\,32)'",
            "-pix_fmt \(format)")
        let picture = try ImageReader.read(bytes)
        try withExtendedLifetime(picture) {
            let alpha = try #require(picture.alpha)
            #expect(alpha.base[16 * alpha.stride + 4] > 250)
            #expect(alpha.base[16 * alpha.stride + 60] < 5)
        }
    }

    @Test func orientationOfPhotographsBecomesRotation() throws {
        var bytes = try image("a.jpg", "testsrc=s=64x32", "-q:v 2")
        // Exif with one entry: orientation (0x0112), a short, 6: to be turned by a quarter clockwise.
        let exif: [UInt8] =
            Array("Exif".utf8) + [0, 0] + Array("II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0]
            + [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
        bytes.insert(contentsOf: [0xff, 0xe1, 0, UInt8(exif.count + 2)] + exif, at: 2)
        let picture = try ImageReader.read(bytes)
        #expect(picture.rotation == .quarter)
        #expect(picture.displaySize == PictureSize(width: 32, height: 64))
    }

    @Test func whatIsNoImageOrTooLargeIsRefused() throws {
        for bytes in [[], Array("hello, world, this is no image at all".utf8), [0x89, 0x50], [0xff, 0xd8, 0xff]] {
            #expect(throws: CodecError.self) { try ImageReader.read(bytes) }
        }
        let png = try image("a.png", "testsrc=s=64x32")
        let small = PictureSize(width: 63, height: 100)
        let error = #expect(throws: CodecError.self) { try ImageReader.read(png, maximumSize: small) }
        #expect(error?.code == .tooLarge)
        // A header that claims 100000 x 100000 pixels.
        var bomb = png
        bomb.replaceSubrange(16..<24, with: [0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0])
        #expect(throws: CodecError.self) { try ImageReader.read(bomb) }
    }

    @Test func damagedImagesThrowOrComeOutAnyhow() throws {
        var random = SeededRandom(seed: 5)
        for (name, options) in [("a.png", ""), ("a.jpg", ""), ("a.webp", ""), ("a.gif", ""), ("a.bmp", "")] {
            let whole = try image(name, "testsrc=s=64x48", options)
            for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 50)) {
                _ = try? ImageReader.read(Array(whole.prefix(length)))
            }
            for _ in 0..<300 {
                var bytes = whole
                for _ in 0..<4 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 255) }
                _ = try? ImageReader.read(bytes, maximumSize: PictureSize(width: 1000, height: 1000))
            }
        }
    }
}
