import Foundation
import Live
import Media
import MediaTesting
import Testing
import Timing

/// Encodes of one view at several sizes and in several codecs, over real sockets on loopback.
@Suite(.serialized) struct RenditionTests {
    private func shows(_ viewer: Rig.Member, _ indices: [Int], _ size: PictureSize) throws -> Bool {
        guard let picture = viewer.client.picture, picture.size == size else { return false }
        let tiles = try TileComparison.tiles("grid", count: indices.count, size: size)
        return try zip(indices, tiles).allSatisfy { index, tile in
            let sample = try TileComparison.picture(of: try Samples.media(index))
            let seen = TileComparison.mosaic(of: picture, in: tile)
            return TileComparison.distance(seen, TileComparison.mosaic(of: sample, covering: tile)) < 16
        }
    }

    private func encodes(_ rig: Rig) -> Int {
        let line = rig.server.metrics().split(separator: "\n").first { $0.hasPrefix("tessera_video_encodes ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? -1
    }

    /// Sixteen viewers on three rungs are three encodes; the rung that nobody is on any more ends.
    @Test func viewersOfOneRungShareAnEncode() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let sizes = [
            ("720p30", PictureSize(width: 1280, height: 720)), ("360p30", PictureSize(width: 640, height: 360)),
            ("180p15", PictureSize(width: 320, height: 180)),
        ]
        var viewers: [(member: Rig.Member, size: PictureSize)] = []
        for index in 0..<16 {
            let (name, size) = sizes[index % 3]
            viewers.append((try rig.join(index, kind: .view, decodes: index < 3, rendition: name), size))
        }
        for (viewer, size) in viewers.prefix(3) {
            #expect(try eventually { try shows(viewer, [0], size) }, "\(size)")
        }
        #expect(eventually { viewers.allSatisfy { $0.member.client.report.frames > 20 } })
        #expect(encodes(rig) == 3)
        #expect(rig.server.metrics().contains(#"layout="grid",rendition="180p15",codec="vp8"} 5.0"#))
        #expect(viewers.allSatisfy { $0.member.client.report.undecodable == 0 })
        for (viewer, size) in viewers where size.height == 180 { viewer.client.leave() }
        #expect(eventually { encodes(rig) == 2 })
    }

    @Test(arguments: [Codec.vp9, .h264]) func whoLacksVP8GetsWhatTheyCanDecode(codec: Codec) throws {
        let rig = try Rig()
        defer { rig.stop() }
        let publisher = try rig.join(0)
        #expect(eventually { publisher.client.report.decoded > 5 })
        let viewer = try rig.join(1, kind: .view, codec: codec)
        #expect(viewer.joined.answer.lowercased().contains("a=rtpmap:") && !viewer.joined.answer.contains(" VP8/"))
        #expect(try eventually { try shows(viewer, [0], PictureSize(width: 1280, height: 720)) })
        #expect(eventually { viewer.client.report.decoded > 30 })
        #expect(viewer.client.report.undecodable == 0)
        #expect(encodes(rig) == 2)
        let small = try rig.join(2, kind: .view, rendition: "360p30", codec: codec)
        #expect(try eventually { try shows(small, [0], PictureSize(width: 640, height: 360)) })
        #expect(publisher.client.report.freezes == 0)
    }

    /// One viewer of three gets fewer layers of the encode that they share, and is moved to another rung and back.
    @Test(arguments: [Codec.vp8, .vp9]) func layersAndRungsChangeUnderOneViewer(codec: Codec) throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let viewers = try (0..<3).map { try rig.join(1 + $0, kind: .view, codec: codec) }
        let full = PictureSize(width: 1280, height: 720)
        for viewer in viewers { #expect(try eventually { try shows(viewer, [0], full) }) }
        let slow = viewers[2]
        for (limit, share) in [(0, 0.2...0.3), (1, 0.42...0.58), (2, 0.9...1.1)] {
            try rig.server.setLayerLimit(session: slow.joined.session, limit: limit)
            // The change is under way at once; from then on frames are counted.
            var before = (0, 0)
            #expect(
                eventually {
                    let counts = (slow.client.report.frames, viewers[0].client.report.frames)
                    let (few, all) = (counts.0 - before.0, counts.1 - before.1)
                    if before.1 == 0 || all > 120 {
                        if before.1 > 0, share.contains(Double(few) / Double(all)) { return true }
                        before = counts
                    }
                    return false
                }, "limit \(limit)")
            #expect(encodes(rig) == 1)
        }
        try rig.server.setRendition(session: slow.joined.session, name: "360p30")
        #expect(try eventually { try shows(slow, [0], PictureSize(width: 640, height: 360)) })
        #expect(encodes(rig) == 2)
        try rig.server.setRendition(session: slow.joined.session, name: "720p30")
        #expect(try eventually { try shows(slow, [0], full) })
        for viewer in viewers { #expect(viewer.client.report.undecodable == 0) }
        #expect(viewers[0].client.report.freezes == 0)
    }

    @Test func soundAloneCostsNoPictures() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let listener = try rig.join(1, kind: .view, rendition: "audio")
        let tone = Samples.participants[0].tone
        #expect(eventually { ToneMeter.level(of: tone, in: listener.client.sound(seconds: 1)) > -50 })
        #expect(listener.client.report.frames == 0)
        #expect(encodes(rig) == 0)
    }

    @Test func anUnknownRenditionIsRefused() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let error = #expect(throws: LiveError.self) { try rig.join(0, kind: .view, rendition: "1080p60") }
        #expect(error?.status == 422)
        #expect(error?.detail.contains("360p30") == true)
    }
}
