import Media
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
        let sessions = network.ask { network in
            network.allSessions.sorted { $0.number < $1.number }.map {
                (
                    $0.snapshot, $0.peer.isConnected,
                    name: [("room", $0.room.name), ("participant", $0.participant.id)], receives: $0.receivesPictures
                )
            }
        }
        page.gauge("tessera_rooms", "Rooms that are open.", Double(rooms.count))
        page.gauge("tessera_sessions", "Peers, connected or connecting.", Double(sessions.count))
        page.gauge("tessera_sessions_connected", "Peers with media.", Double(sessions.filter(\.1).count))
        if let capacity {
            page.gauge(
                "tessera_capacity_participants", "What the machine is good for in one room, as measured at the start.",
                Double(capacity.participants))
        }
        addClock(frameClock.snapshot, "frame", to: &page)
        addClock(soundClock.snapshot, "sound", to: &page)
        addViews(rooms, to: &page)
        addTraffic(sessions.map(\.0), to: &page)
        addPaths(sessions.filter(\.receives).map { ($0.name, $0.0) }, to: &page)
        page.family("tessera_session_asked_bytes_per_second", "What a peer was asked to send at most.", "gauge")
        for session in sessions {
            if let asked = session.0.asked {
                page.value("tessera_session_asked_bytes_per_second", session.name, Double(asked) / 8)
            }
        }
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
        let views = rooms.flatMap { room in
            room.runningViews.map { (room: room.name, view: $0) }
        }
        let used = views.flatMap { entry in
            let room = [("room", entry.room), ("view", entry.view.key), ("layout", entry.view.layout.withLock { $0 })]
            return entry.view.renditions.map { (room: room, rendition: $0) }
        }.filter(\.rendition.isUsed)
        let figures = used.map { ($0.room, $0.rendition, $0.rendition.figures) }
        let stages = views.map(\.view.figures.stages)
        page.gauge("tessera_video_encodes", "Encodes of pictures in use.", Double(used.count))
        page.gauge(
            "tessera_sound_encodes", "Encodes of sound in use.", Double(rooms.reduce(0) { $0 + $1.soundEncodes }))
        func labels(_ view: [(String, String)], _ rendition: LiveRendition) -> [(String, String)] {
            view + [("rendition", rendition.rung.name), ("codec", rendition.key.codec.name)]
        }
        page.family("tessera_rendition_viewers", "Who receives each encode in use.", "gauge")
        for (room, rendition, _) in figures {
            page.value("tessera_rendition_viewers", labels(room, rendition), Double(rendition.subscribers.count))
        }
        page.family("tessera_rendition_frames_total", "Pictures encoded, by encode.", "counter")
        for (room, rendition, figures) in figures {
            page.value("tessera_rendition_frames_total", labels(room, rendition), Double(figures.frames))
        }
        page.family("tessera_rendition_bytes_total", "Bytes of encoded pictures, by encode.", "counter")
        for (room, rendition, figures) in figures {
            page.value("tessera_rendition_bytes_total", labels(room, rendition), Double(figures.bytes))
        }
        func total(_ name: String, _ help: String, _ value: (LiveRendition.Figures) -> Int) {
            page.counter(name, help, Double(figures.reduce(0) { $0 + value($1.2) }))
        }
        total("tessera_frames_encoded_total", "Mixed pictures, of the encodes in use.") { $0.frames }
        total("tessera_keyframes_total", "Keyframes among them.") { $0.keyframes }
        total("tessera_frames_replaced_total", "Mixed pictures that a newer one replaced before its encode.") {
            $0.replaced
        }
        total("tessera_frame_gaps_long_total", "Gaps of more than 1.5 intervals between mixed pictures.") {
            $0.longGaps
        }
        page.counter(
            "tessera_overruns_total",
            "Ticks that took longer than their interval, or were left out since no encoder was free.",
            Double(figures.reduce(0) { $0 + $1.2.overruns } + stages.reduce(0) { $0 + $1.skipped }))
        page.gauge(
            "tessera_degradation_step", "What is given up, 0 nothing to 8 refusing participants.",
            Double(overload.step.rawValue))
        page.counter(
            "tessera_degradation_changes_total", "Steps taken and taken back.", Double(overload.changes))
        if let busiest = figures.max(by: { $0.2.frames < $1.2.frames }) {
            let view = views.first { $0.view.key == busiest.1.view && $0.room == busiest.0[0].1 }
            page.summary(
                "tessera_composite_seconds", "Composite of the busiest view.",
                view?.view.figures.composite ?? DurationHistogram())
            page.summary("tessera_encode_seconds", "Encode of the busiest rendition.", busiest.2.encode)
        }
        addStages(stages, figures.map(\.2), to: &page)
    }

    private func addStages(
        _ views: [LiveView.Stages], _ renditions: [LiveRendition.Figures], to page: inout MetricsPage
    ) {
        let stage = "tessera_stage_seconds"
        page.family(
            stage, "Parts of ticks: layout, composite, smaller pictures, encode, packets into sockets.", "histogram")
        page.histogram(stage, [("stage", "layout")], DurationHistogram.sum(views.map(\.layout)))
        page.histogram(stage, [("stage", "composite")], DurationHistogram.sum(views.map(\.composite)))
        page.histogram(stage, [("stage", "scale")], DurationHistogram.sum(views.map(\.scale)))
        page.histogram(stage, [("stage", "encode")], DurationHistogram.sum(renditions.map(\.encode)))
        page.histogram(stage, [("stage", "send")], DurationHistogram.sum(renditions.map(\.send)))
        page.family("tessera_tick_seconds", "From a tick's beginning to its encoded picture.", "histogram")
        page.histogram("tessera_tick_seconds", [], DurationHistogram.sum(renditions.map(\.tick)))
        page.family("tessera_frame_gap_seconds", "Between mixed pictures.", "histogram")
        page.histogram("tessera_frame_gap_seconds", [], DurationHistogram.sum(renditions.map(\.gaps)))
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
        total("tessera_pictures_dropped_total", "Pictures that a viewer's network could not take in time.") {
            Double($0.framesDropped)
        }
        total("tessera_probes_sent_total", "Bursts of padding that look for bandwidth.") { Double($0.probes) }
        total("tessera_rtcp_malformed_total", "RTCP packets that made no sense.") { Double($0.malformedControl) }
    }

    /// What each peer's network takes, and what the peer gets.
    private func addPaths(_ sessions: [(name: [(String, String)], figures: SessionFigures)], to page: inout MetricsPage)
    {
        func gauge(_ name: String, _ help: String, _ value: (SessionFigures) -> Double?) {
            page.family(name, help, "gauge")
            for session in sessions {
                if let value = value(session.figures) { page.value(name, session.name, value) }
            }
        }
        gauge("tessera_session_estimate_bytes_per_second", "What the network to a peer takes.") {
            $0.estimate.map { Double($0) / 8 }
        }
        gauge("tessera_session_sent_bytes_per_second", "What was sent to a peer in the last second.") {
            Double($0.rate) / 8
        }
        gauge("tessera_session_lean_sound", "1 while a peer gets sound of few bits.") { $0.hasLeanSound ? 1 : 0 }
        gauge("tessera_session_queue_seconds", "What waits to be sent to a peer.") { $0.wait.seconds }
        page.family(
            "tessera_session_layers", "Temporal layers sent of a rung of the ladder; 0 for a slide show.", "gauge")
        for (name, figures) in sessions {
            let rung = ("rendition", figures.rung ?? Rung.soundOnly)
            page.value("tessera_session_layers", name + [rung], Double(figures.rung == nil ? 0 : figures.layers))
        }
        page.family("tessera_rung_changes_total", "Changes of what a peer gets, by their reason.", "counter")
        for reason in [RungChoice.Reason.bandwidth, .keyframes, .wish] {
            let count = sessions.reduce(0) { $0 + ($1.figures.rungChanges[reason] ?? 0) }
            page.value("tessera_rung_changes_total", [("reason", reason.rawValue)], Double(count))
        }
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
        let playouts = participants.compactMap(\.sound)
        page.counter(
            "tessera_sound_frames_decoded_total", "Packets of sound decoded.",
            Double(playouts.reduce(0) { $0 + $1.decodedPackets }))
        page.counter(
            "tessera_sound_frames_not_decoded_total", "Packets of sound that were too quiet to be heard.",
            Double(playouts.reduce(0) { $0 + $1.passedPackets }))
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

    /// Begins the values of a metric that has labels.
    mutating func family(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func value(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += "\(name)\(MetricsPage.braced(labels)) \(value)\n"
    }

    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: DurationHistogram) {
        for bound in [1, 2, 5, 10, 15, 20, 25, 100.0 / 3, 50, 67, 100, 200, 500] {
            let count = histogram.count(upTo: MediaTime(seconds: bound / 1000))
            let limit = String((bound * 10).rounded() / 10_000)
            value("\(name)_bucket", labels + [("le", limit)], Double(count))
        }
        value("\(name)_bucket", labels + [("le", "+Inf")], Double(histogram.count))
        value("\(name)_sum", labels, histogram.sum.seconds)
        value("\(name)_count", labels, Double(histogram.count))
    }

    private static func braced(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    mutating func summary(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) summary\n"
        for quantile in [0.5, 0.95, 0.99, 0.999] {
            text += "\(name){quantile=\"\(quantile)\"} \(histogram.quantile(quantile).seconds)\n"
        }
        text += "\(name)_sum \(histogram.sum.seconds)\n\(name)_count \(histogram.count)\n"
    }
}

extension DurationHistogram {
    fileprivate static func sum(_ parts: [DurationHistogram]) -> DurationHistogram {
        parts.reduce(into: DurationHistogram()) { $0.add($1) }
    }
}
