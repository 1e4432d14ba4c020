import Mixing
import RTP
import Timing
import WebRTC

/// The pictures of one section: one stream, or the simulcast layers of one source, of which one is shown at a time. On
/// the network thread.
///
/// Layers that are not shown are counted only. A layer that is to be shown is asked for a keyframe, and takes over with
/// it; until then the one before goes on.
final class LayeredReceiver {
    let feed: PictureFeed
    private let format: PictureFormat
    private let sound: SoundPlayout?
    private var layers: [PictureReceiver]
    /// Nil without simulcast.
    private var choice: LayerChoice?
    private var shown = 0
    private var awaited: Int?

    /// `count` is the number of simulcast layers, 0 without simulcast.
    init(
        format: PictureFormat, layers count: Int, feed: PictureFeed, sound: SoundPlayout?, holdsSound: Bool = false
    ) {
        self.format = format
        self.feed = feed
        self.sound = sound
        layers = (0..<max(1, count)).map { _ in
            PictureReceiver(format: format, feed: feed, sound: sound, holdsSound: holdsSound)
        }
        guard count > 1 else { return }
        choice = LayerChoice(count: count)
        for layer in layers {
            layer.duty = .counts
            layer.keepsOrder = true
        }
    }

    /// Takes a packet; see ``PictureReceiver/receive(_:in:orientation:isRepeated:now:)``.
    func receive(
        _ packet: RTPPacket, in bytes: Span<UInt8>, source: IncomingSource, orientation: VideoOrientation?,
        now: MediaTime
    ) {
        guard let layer = choice == nil ? 0 : source.layer, layers.indices.contains(layer) else { return }
        let receiver = layers[layer]
        switch source.role {
        case .media:
            if choice != nil { note(packet, in: bytes, layer: layer, now: now) }
            receiver.receive(packet, in: bytes, orientation: orientation, isRepeated: false, now: now)
        case .retransmission:
            guard receiver.duty != .counts, let ssrc = source.repairs ?? receiver.ssrc,
                let original = try? Retransmission.original(
                    of: packet, in: bytes, ssrc: ssrc, payloadType: packet.header.payloadType)
            else { return }
            receiver.receive(original, in: bytes, orientation: nil, isRepeated: true, now: now)
        }
        if layer == awaited, receiver.duty == .shows {
            layers[shown].duty = .counts
            shown = layer
            awaited = nil
        }
    }

    private func note(_ packet: RTPPacket, in bytes: Span<UInt8>, layer: Int, now: MediaTime) {
        let fragment = try? PictureFragment(parsing: format, in: packet.payload, of: bytes)
        choice?.receive(
            layer: layer, bytes: packet.payload.count, height: fragment?.size.map { Int($0.height) }, now: now)
        choose(now: now)
    }

    private func choose(now: MediaTime) {
        choice?.wishedHeight = feed.wishedHeight
        guard let wanted = choice?.choose(now: now), wanted != awaited else { return }
        if let awaited { layers[awaited].duty = .counts }
        awaited = nil
        guard wanted != shown || layers[shown].duty == .counts else { return }
        layers[wanted].duty = .prepares
        awaited = wanted
    }

    /// Does what is due, and hands out what to ask the sender for, stream by stream.
    func requests(now: MediaTime, _ body: (SSRC, PictureReceiver.Requests) -> Void) {
        choose(now: now)
        for (index, receiver) in layers.enumerated() where receiver.duty != .counts {
            var requests = receiver.requests(now: now)
            // Only the layer that is to take over is asked for a keyframe.
            if awaited != nil, index != awaited { requests.wantsKeyframe = false }
            guard let ssrc = receiver.ssrc, !requests.lost.isEmpty || requests.wantsKeyframe else { continue }
            body(ssrc, requests)
        }
    }

    func receive(_ report: SenderReport, now: MediaTime) {
        for receiver in layers where receiver.ssrc == report.ssrc { receiver.receive(report, now: now) }
    }

    func reportBlocks(now: MediaTime) -> [ReportBlock] { layers.compactMap { $0.reportBlock(now: now) } }
    func setRoundTrip(_ time: MediaTime) { for receiver in layers { receiver.setRoundTrip(time) } }

    /// Whether the source is sent in simulcast layers.
    var isLayered: Bool { choice != nil }
    /// Of what is shown.
    var ssrc: SSRC? { layers[shown].ssrc ?? layers.lazy.compactMap(\.ssrc).first }
    var packets: UInt64 { layers.reduce(0) { $0 + $1.packets } }
    var packetsLost: Int64 { layers.reduce(0) { $0 + $1.packetsLost } }
}
