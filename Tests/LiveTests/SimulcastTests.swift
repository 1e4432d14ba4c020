import Codecs
import Foundation
import Live
import Media
import RTP
import Testing
import Timing
import WebRTC

/// A camera sent in three sizes at once, each of a shade of its own, so that the mix tells which of them it shows.
private final class LayeredCamera {
    private let client: WirePeer
    private let section: NegotiatedMedia
    private var streams: [LayerStream] = []
    private var due = MonotonicClock.now

    /// Holds what cannot be copied.
    private final class LayerStream {
        var stream: SendStream
        let name: String
        let shade: UInt8
        let chunks: [EncodedChunk]
        var next = 0
        var isSending = true
        var answered = 0
        var history = PacketHistory(
            packetLimit: 512, byteLimit: 1 << 20, duration: .milliseconds(2000), maximumPayload: 1150)
        var packetizer = PicturePacketizer(format: .vp8)

        init(_ name: String, shade: UInt8, size: PictureSize, ssrc: SSRC, payloadType: PayloadType) throws {
            self.name = name
            self.shade = shade
            stream = SendStream(
                ssrc: ssrc, payloadType: payloadType, clockRate: 90_000, firstSequence: SequenceNumber(UInt16(65_000)),
                timestampOffset: ssrc.rawValue &* 977)
            chunks = try LayeredCamera.encode(shade, size)
        }
    }

    static let sizes = [("q", 180, UInt8(60)), ("h", 360, 120), ("f", 720, 180)]

    /// Without simulcast the layers are streams of one section, of which one should send at a time.
    init(_ client: WirePeer, firstSource: UInt32 = 1_000) throws {
        self.client = client
        section = try #require(client.session.media.first { $0.kind == .video })
        let codec = try #require(section.codec)
        for (index, size) in LayeredCamera.sizes.enumerated() {
            streams.append(
                try LayerStream(
                    size.0, shade: size.2, size: PictureSize(width: size.1 * 16 / 9, height: size.1),
                    ssrc: SSRC(firstSource + UInt32(index)), payloadType: codec.payloadType))
        }
    }

    func setSending(_ isSending: Bool, layer: Int) { streams[layer].isSending = isSending }
    /// How often each layer was asked for a keyframe.
    var requests: [Int] { streams.map { client.keyframeRequests[$0.stream.ssrc, default: 0] } }

    private static func encode(_ shade: UInt8, _ size: PictureSize) throws -> [EncodedChunk] {
        let encoder = try VideoEncoders.make(
            .live(codec: .vp8, size: size, frameRate: FrameRate.fps30, bitrate: 300_000))
        let writable = WritablePicture(size: size)
        for (plane, value) in [(writable.luma, shade), (writable.cb, UInt8(128)), (writable.cr, UInt8(128))] {
            for row in 0..<plane.height {
                for column in 0..<plane.width { plane.base[row * plane.stride + column] = value }
            }
        }
        let picture = writable.freeze(colour: .bt601Limited)
        var chunks: [EncodedChunk] = []
        for index in 0..<60 {
            let chunk = try encoder.encode(
                picture, time: MediaTime(seconds: Double(index) / 30), forceKeyframe: index == 0, activeMap: nil)
            if let chunk { chunks.append(chunk) }
        }
        return chunks
    }

    /// Sends what is due.
    func work() throws {
        let now = MonotonicClock.now
        guard client.peer.isConnected, now >= due else { return }
        due = max(due + .milliseconds(33), now - .milliseconds(100))
        for layer in streams where layer.isSending {
            let asked = client.keyframeRequests[layer.stream.ssrc, default: 0]
            if asked != layer.answered {
                layer.answered = asked
                layer.next = 0
            }
            let chunk = layer.chunks[layer.next]
            layer.next = (layer.next + 1) % layer.chunks.count
            var values = HeaderExtensions()
            values.mid = section.mid
            if !section.layers.isEmpty { values.streamID = layer.name }
            let packets = layer.history.append(
                picture: chunk.data.span, PictureDescription(isKeyframe: chunk.isKeyframe), with: &layer.packetizer,
                mediaTime: now, now: now)
            for index in packets {
                try client.send { writer in
                    _ = try layer.stream.write(
                        index, of: layer.history, source: 1, extensions: values, map: client.session.extensions,
                        now: now, into: &writer)
                }
            }
        }
    }
}

@Suite(.serialized) struct SimulcastTests {
    /// Runs the camera until the viewer sees the shade of `layer`; false if it does not come to that.
    private func shows(
        _ layer: Int, _ viewer: LoadClient, _ client: WirePeer, _ camera: LayeredCamera, within seconds: Double = 10
    ) throws -> Bool {
        let shade = Double(LayeredCamera.sizes[layer].2)
        return client.run(for: seconds) {
            try? camera.work()
            guard let picture = viewer.picture else { return false }
            // A little off the middle, where nothing but the tile is.
            let place = picture.size.height / 3 * picture.luma.stride + picture.size.width * 2 / 5
            return abs(Double(picture.luma.base[place]) - shade) < 12
        }
    }

    @Test func theLayerThatFillsTheTileIsShownAndAskedForKeyframes() throws {
        let rig = try Rig()
        defer { rig.stop() }
        var video = Offerer.Media(kind: .video, direction: .sendonly, formats: [.vp8])
        video.layers = LayeredCamera.sizes.map(\.0)
        let client = try WirePeer(rig.server, over: .udp, media: [.audio, video])
        #expect(client.session.media[1].layers == ["q", "h", "f"])
        let viewer = try rig.join(0, kind: .view).client
        let camera = try LayeredCamera(client)
        // Alone in the view: the tallest.
        #expect(try shows(2, viewer, client, camera))
        let before = camera.requests
        #expect(before[1] == 0)
        // Eight more: the tiles are a third as tall, and a lower layer will do.
        for index in 1...8 { _ = try rig.join(index, decodes: false) }
        let shrunk = client.run(for: 12) {
            try? camera.work()
            return camera.requests[1] > 0
        }
        #expect(shrunk)
        #expect(camera.requests[2] <= before[2] + 1)
    }

    @Test func aLayerThatStopsIsReplacedAndComesBack() throws {
        let rig = try Rig()
        defer { rig.stop() }
        var video = Offerer.Media(kind: .video, direction: .sendonly, formats: [.vp8])
        video.layers = LayeredCamera.sizes.map(\.0)
        let client = try WirePeer(rig.server, over: .udp, media: [.audio, video])
        let viewer = try rig.join(0, kind: .view).client
        let camera = try LayeredCamera(client)
        #expect(try shows(2, viewer, client, camera))
        camera.setSending(false, layer: 2)
        #expect(try shows(1, viewer, client, camera, within: 5))
        camera.setSending(false, layer: 1)
        #expect(try shows(0, viewer, client, camera, within: 5))
        camera.setSending(true, layer: 2)
        #expect(try shows(2, viewer, client, camera, within: 5))
        #expect(client.peer.end == nil)
    }

    /// A sender that begins anew under another name, as after a change of device.
    @Test func aStreamThatChangesItsNameGoesOn() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let video = Offerer.Media(kind: .video, direction: .sendonly, formats: [.vp8])
        let client = try WirePeer(rig.server, over: .udp, media: [.audio, video])
        let viewer = try rig.join(0, kind: .view).client
        let camera = try LayeredCamera(client)
        for layer in 0..<3 { camera.setSending(layer == 0, layer: layer) }
        #expect(try shows(0, viewer, client, camera))
        for layer in [1, 2, 0] {
            for other in 0..<3 { camera.setSending(other == layer, layer: other) }
            #expect(try shows(layer, viewer, client, camera, within: 3))
        }
    }

    /// Requests without end cost their sender's own line something, and nobody else.
    @Test func stormsOfRequestsAreBounded() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let other = try rig.join(0).client
        let client = try WirePeer(rig.server, over: .udp)
        #expect(client.run { client.pictures >= 20 })
        let media = try #require(client.session.media.first { $0.kind == .video }?.remoteSources.first)
        var before = client.bytesIn
        client.run(for: 3)
        let usual = client.bytesIn - before
        before = client.bytesIn
        let frames = other.report.decoded
        var next = MonotonicClock.now
        client.run(for: 3) {
            guard MonotonicClock.now >= next else { return false }
            next = MonotonicClock.now + .milliseconds(1)
            let newest = Int64(client.newestSequence)
            try? client.send(isControl: true) { writer in
                let lost = (0..<300).map { (newest - $0) & 0xFFFF }.sorted()
                try GenericNack(sender: SSRC(5), media: media, lost: lost).write(into: &writer)
                try PictureLossIndication(sender: SSRC(5), media: media).write(into: &writer)
            }
            return false
        }
        let stormy = client.bytesIn - before
        // Keyframes at most every 300 ms, and all of it at most twice, with what may be sent again at once.
        #expect(stormy < 12 * usual + 2 * RepairBudget.burst, "\(stormy) bytes, usually \(usual)")
        #expect(other.report.decoded >= frames + 45)
        #expect(client.peer.end == nil)
    }
}
