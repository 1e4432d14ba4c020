import Mixing
import RTP
import Synchronization
import Timing
import WebRTC

extension LiveServer {
    /// The server's figures in Prometheus's text format.
    public func metrics() -> String {
        var page = MetricsPage()
        let rooms = rooms.withLock { Array($0.values) }
        let sessions = network.ask { network in network.allSessions.map { ($0.snapshot, $0.peer.isConnected) } }
        page.gauge("tessera_rooms", "Rooms that are open.", Double(rooms.count))
        page.gauge("tessera_sessions", "Peers, connected or connecting.", Double(sessions.count))
        page.gauge("tessera_sessions_connected", "Peers with media.", Double(sessions.filter(\.1).count))
        addClock(frameClock.snapshot, "frame", to: &page)
        addClock(soundClock.snapshot, "sound", to: &page)
        addViews(rooms, to: &page)
        addTraffic(sessions.map(\.0), to: &page)
        addInputs(rooms, to: &page)
        page.counter(
            "tessera_datagrams_unknown_total", "Datagrams of no peer.",
            Double(network.ask { $0.unknownDatagrams }))
        return page.text
    }

    private func addClock(_ figures: Metronome.Figures, _ name: String, to page: inout MetricsPage) {
        page.counter("tessera_\(name)_ticks_total", "Ticks of the \(name) clock.", Double(figures.ticks))
        page.counter("tessera_\(name)_ticks_missed_total", "Ticks that were left out.", Double(figures.missed))
        page.summary("tessera_\(name)_tick_seconds", "Work of a tick.", figures.work)
        page.summary("tessera_\(name)_tick_lateness_seconds", "How late its work began.", figures.lateness)
    }

    private func addViews(_ rooms: [LiveRoom], to page: inout MetricsPage) {
        let views = rooms.flatMap { room in room.state.withLock { Array($0.views.values) } }.map(\.figures)
        page.gauge("tessera_video_encodes", "Encodes of pictures in use.", Double(views.count))
        page.gauge(
            "tessera_sound_encodes", "Encodes of sound in use.", Double(rooms.reduce(0) { $0 + $1.soundEncodes }))
        page.counter("tessera_frames_encoded_total", "Mixed pictures.", Double(views.reduce(0) { $0 + $1.frames }))
        page.counter("tessera_keyframes_total", "Keyframes among them.", Double(views.reduce(0) { $0 + $1.keyframes }))
        page.counter(
            "tessera_overruns_total", "Ticks left out since the encoder was busy.",
            Double(views.reduce(0) { $0 + $1.overruns }))
        if let busiest = views.max(by: { $0.frames < $1.frames }) {
            page.summary("tessera_composite_seconds", "Layout and composite of the busiest view.", busiest.composite)
            page.summary("tessera_encode_seconds", "Encode of the busiest view.", busiest.encode)
        }
    }

    private func addTraffic(_ sessions: [SessionFigures], to page: inout MetricsPage) {
        func total(_ name: String, _ help: String, _ value: (SessionFigures) -> Double) {
            page.counter(name, help, sessions.reduce(0) { $0 + value($1) })
        }
        total("tessera_bytes_received_total", "Bytes of datagrams from present peers.") { Double($0.bytesIn) }
        total("tessera_packets_sent_total", "Packets of media to present peers.") { Double($0.packetsOut) }
        total("tessera_packets_resent_total", "Retransmissions.") { Double($0.resent) }
        total("tessera_packets_received_total", "Packets of media from present peers.") {
            Double($0.videoPacketsIn + $0.soundPacketsIn)
        }
        total("tessera_packets_lost_total", "Packets that never came.") { Double($0.packetsLostIn) }
        total("tessera_nacks_sent_total", "Packets asked for again.") { Double($0.nacksSent) }
        total("tessera_plis_sent_total", "Keyframes asked for.") { Double($0.keyframesAsked) }
        total("tessera_plis_received_total", "Keyframes that viewers asked for.") { Double($0.keyframeRequests) }
        total("tessera_rtcp_malformed_total", "RTCP packets that made no sense.") { Double($0.malformedControl) }
    }

    private func addInputs(_ rooms: [LiveRoom], to page: inout MetricsPage) {
        let participants = rooms.flatMap(\.participants)
        page.gauge("tessera_participants", "Participants of all rooms.", Double(participants.count))
        let feeds = participants.flatMap { [$0.camera, $0.screen].compactMap { $0 } }
        let pictures = feeds.map(\.statistics)
        let shown = feeds.map(\.timeline.statistics)
        page.counter(
            "tessera_frames_decoded_total", "Pictures decoded.", Double(pictures.reduce(0) { $0 + $1.decoded }))
        page.counter(
            "tessera_frames_dropped_total", "Pictures dropped before decoding.",
            Double(pictures.reduce(0) { $0 + $1.dropped }))
        page.counter(
            "tessera_frames_not_decoded_total", "Pictures that no view showed.",
            Double(pictures.reduce(0) { $0 + $1.notShown }))
        page.counter(
            "tessera_frames_corrupt_total", "Pictures with damage.", Double(pictures.reduce(0) { $0 + $1.corrupt }))
        page.counter(
            "tessera_frames_shown_total", "Pictures that a tick showed.", Double(shown.reduce(0) { $0 + $1.used }))
        page.counter(
            "tessera_frames_skipped_total", "Decoded pictures that no tick showed.",
            Double(shown.reduce(0) { $0 + $1.skipped }))
        let sounds = participants.compactMap { $0.sound?.state }
        page.gauge(
            "tessera_jitter_buffer_target_seconds", "Largest target delay of sound.",
            sounds.map(\.target.seconds).max() ?? 0)
        page.counter(
            "tessera_sound_concealed_seconds_total", "Sound that was made up for what was lost.",
            sounds.reduce(0) { $0 + Double($1.statistics.concealedSamples) / 48_000 })
    }
}

/// Text in Prometheus's exposition format, version 0.0.4.
private struct MetricsPage {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: Double) { put(name, help, "gauge", value) }
    mutating func counter(_ name: String, _ help: String, _ value: Double) { put(name, help, "counter", value) }

    private mutating func put(_ name: String, _ help: String, _ type: String, _ value: Double) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
    }

    mutating func summary(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) summary\n"
        for quantile in [0.5, 0.95, 0.99, 0.999] {
            text += "\(name){quantile=\"\(quantile)\"} \(histogram.quantile(quantile).seconds)\n"
        }
        text += "\(name)_sum \(histogram.sum.seconds)\n\(name)_count \(histogram.count)\n"
    }
}
