import Media
import Mixing
import RTP
import Synchronization
import Timing
import WebRTC

extension LiveServer {
    /// The codecs of pictures in the order in which they are to be agreed upon: what the view is encoded in already,
    /// then as the offer prefers them. H.264 comes last, as it has no layers to leave out.
    func videoFormats(for request: JoinRequest, _ offer: SessionDescription) -> [MediaFormat] {
        let all: [MediaFormat] = [.vp8, .vp9, .h264]
        if request.kind == .publish { return all }
        var used: Set<MediaFormat> = []
        if let room = rooms.withLock({ $0[request.room] }) {
            for rendition in room.view(showing: request.view)?.renditions ?? [] where rendition.isUsed {
                switch rendition.key.format {
                case .vp8: used.insert(.vp8)
                case .vp9: used.insert(.vp9)
                case .h264: used.insert(.h264)
                }
            }
        }
        let names = offer.media.first { $0.kind == .video }?.codecs.map { $0.name.lowercased() } ?? []
        func place(_ format: MediaFormat) -> Int {
            if used.contains(format) { return -1 }
            return format == .h264 ? Int.max : names.firstIndex(of: format.rawValue.lowercased()) ?? names.count
        }
        // Equal places stay in our own order.
        return all.enumerated().sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }.map(
            \.element)
    }

    /// Moves a viewer to another rung of the ladder, with the next keyframe of that; `audio` for sound alone. Throws 404
    /// without such a session, 422 without such a rung.
    public func setRendition(session token: String, name: String) throws(LiveError) {
        let number = try number(of: token)
        let rung = try rung(named: name)
        network.post { $0.session(number)?.setRung(rung, now: MonotonicClock.now) }
    }

    /// The highest temporal layer that a viewer gets: 0 for a quarter of the frames, 1 for half of them, 2 for all.
    /// Throws 404 without such a session.
    public func setLayerLimit(session token: String, limit: Int) throws(LiveError) {
        let number = try number(of: token)
        network.post { $0.session(number)?.setLayerLimit(limit) }
    }

    /// The rung of the ladder that is asked for, nil for sound alone. Throws 422 if there is none of that name.
    func rung(for request: JoinRequest) throws(LiveError) -> String? {
        try rung(named: request.rendition ?? configuration.ladder[0].name)
    }

    private func rung(named name: String) throws(LiveError) -> String? {
        if name == Rung.soundOnly { return nil }
        let names = configuration.ladder.map(\.name)
        guard names.contains(name) else {
            throw LiveError(
                422, "there is no rendition of that name; \((names + [Rung.soundOnly]).joined(separator: ", "))")
        }
        return name
    }
}

extension LiveRendition {
    /// Cuts a chunk into packets and sends it to all who receive this encode.
    func send(_ chunk: EncodedChunk, through network: NetworkThread) {
        let posted = MonotonicClock.now
        network.post { [self] network in
            let now = MonotonicClock.now
            let packets = output.append(chunk, mediaTime: chunk.time, size: encodedSize, layers: layers, now: now)
            for number in subscribers {
                network.session(number)?.send(packets, of: self, chunk, now: now, network: network)
            }
            noteSent(after: MonotonicClock.now - posted)
        }
    }
}
