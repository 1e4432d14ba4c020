import Compositor
import Foundation
import Media
import Testing

@Suite struct PNGTests {
    private func path(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let path = path("noise.png")
        defer { try? FileManager.default.removeItem(atPath: path) }
        for hasAlpha in [false, true] {
            let picture = Drawn.noise(PictureSize(width: 37, height: 23), seed: 4, hasAlpha: hasAlpha)
            try PNGWriter.write(picture, to: path)
            let (written, read) = (RGBImage(picture), try PNGReader.image(path))
            #expect(read.width == 37 && read.height == 23)
            // With alpha the file holds multiplied colours, so faint ones lose precision; opaque ones are exact.
            for index in stride(from: 0, to: written.bytes.count, by: 4) where written.bytes[index + 3] == 255 {
                #expect(written.bytes[index..<(index + 4)] == read.bytes[index..<(index + 4)])
            }
            #expect(try (PNGReader.read(path).alpha != nil) == hasAlpha)
        }
    }

    @Test func primariesComeOutInTheirColour() throws {
        // BT.709 limited red and BT.601 full blue.
        let red = Drawn.flat(
            PictureSize(width: 8, height: 8), luma: 63, cb: 102, cr: 240,
            colour: ColourDescription(matrix: .bt709, range: .limited))
        let blue = Drawn.flat(
            PictureSize(width: 8, height: 8), luma: 29, cb: 255, cr: 107,
            colour: ColourDescription(matrix: .bt601, range: .full))
        for (picture, expected) in [(red, [255, 0, 0]), (blue, [0, 0, 255])] {
            let bytes = RGBImage(picture).bytes
            for channel in 0..<3 { #expect(abs(Int(bytes[channel]) - expected[channel]) <= 2) }
        }
    }

    @Test func failuresNameTheFile() {
        let picture = Drawn.flat(PictureSize(width: 4, height: 4), luma: 100)
        for path in ["/nowhere/at/all.png", "/"] {
            do throws(PNGError) {
                try PNGWriter.write(picture, to: path)
                Issue.record("\(path) was written")
            } catch {
                #expect(error.path == path && error.description.contains(path))
            }
        }
        #expect(throws: PNGError.self) { try PNGReader.read("/nowhere.png") }
        let text = path("text.png")
        defer { try? FileManager.default.removeItem(atPath: text) }
        #expect(FileManager.default.createFile(atPath: text, contents: Data("no picture".utf8)))
        #expect(throws: PNGError.self) { try PNGReader.read(text) }
    }
}
