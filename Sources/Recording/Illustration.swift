import Codecs
import Containers
import Foundation
import Media
import Timing

/// A poster and a strip of thumbnails of a file, from its own keyframes.
struct Illustration {
    private let path: String
    private let stripCount: Int

    private static let posterWidth = 1280
    private static let thumbnailWidth = 160

    init(path: String, stripCount: Int) {
        self.path = path
        self.stripCount = min(max(stripCount, 0), 100)
    }

    static func posterPath(for path: String) -> String { path + ".poster.png" }
    static func stripPath(for path: String) -> String { path + ".strip.png" }

    /// Writes `NAME.EXT.poster.png`, a keyframe from the first third, and `NAME.EXT.strip.png`, as many keyframes as
    /// wanted side by side, evenly spread.
    func write() throws {
        let reader = try FileReader(path: path)
        guard let video = reader.info.video, !reader.info.isStillImage else { return }
        let decoder = try VideoDecoders.make(for: video.parameters)
        let duration = reader.info.duration ?? .zero
        func keyframe(at time: MediaTime) throws -> Picture? {
            _ = reader.seek(to: time)
            decoder.reset()
            var pictures: [DecodedPicture] = []
            var packets = 0
            while case .packet(let packet) = try reader.read(), packets < 600 {
                packets += 1
                guard packet.track == .video, packet.chunk.isKeyframe || packets > 300 else { continue }
                try decoder.decode(packet.chunk, wantsPicture: true, into: &pictures)
                if pictures.isEmpty { try decoder.flush(into: &pictures) }
                return pictures.first?.picture
            }
            return nil
        }
        if let picture = try keyframe(at: MediaTime(nanoseconds: duration.nanoseconds / 3)) {
            let size = Illustration.size(of: picture, width: Illustration.posterWidth)
            try write(ImageWriter.scale(picture, to: size), to: Illustration.posterPath(for: path))
        }
        var strip: ImageWriter.Image?
        for index in 0..<stripCount {
            let time = MediaTime(nanoseconds: duration.nanoseconds / Int64(stripCount) * Int64(index))
            guard let picture = try keyframe(at: time) else { continue }
            if strip == nil {
                let size = Illustration.size(of: picture, width: Illustration.thumbnailWidth)
                strip = ImageWriter.Image(width: size.width * stripCount, height: size.height)
            }
            guard let height = strip?.height, let width = strip.map({ $0.width / stripCount }) else { continue }
            let thumbnail = try ImageWriter.scale(picture, to: PictureSize(width: width, height: height))
            strip?.place(thumbnail, x: index * width, y: 0)
        }
        if let strip { try write(strip, to: Illustration.stripPath(for: path)) }
    }

    /// With square pixels, at most `width` wide, never enlarged.
    private static func size(of picture: Picture, width: Int) -> PictureSize {
        let shown = PictureSize(
            width: max(1, Int((Double(picture.size.width) * picture.pixelAspect).rounded())),
            height: picture.size.height)
        guard shown.width > width else { return shown }
        return PictureSize(width: width, height: max(1, shown.height * width / shown.width))
    }

    private func write(_ image: ImageWriter.Image, to path: String) throws {
        try Data(ImageWriter.png(image)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
