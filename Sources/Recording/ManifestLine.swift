import Foundation
import Media
import Timing

/// A manifest's line as JSON: one flat object; each event has the fields that Recording.md names.
struct ManifestLine: Codable {
    var at: Double
    var event: String
    var manifest: Int?
    var room: String?
    var started: Int64?
    var zero: Int64?
    var participant: String?
    var name: String?
    var role: String?
    var on: Bool?
    var levels: [String: Double]?
    var view: String?
    var layout: String?
    var width: Int?
    var height: Int?
    var rate: Double?
    var step: String?
    var track: Int?
    var kind: ManifestEvent.TrackKind?
    var codec: String?
    var file: String?
    var start: Double?
    var chunks: Int?
    var dropped: Int?
    var degrees: Int?
    var title: String?
    var error: String?

    /// What is wrong with a line.
    struct Fault: Error { var cause: String }

    private init(_ at: MediaTime, _ event: String) {
        self.at = at.seconds
        self.event = event
    }

    init(_ entry: ManifestEntry) {
        func line(_ event: String, participant: String? = nil, on: Bool? = nil) -> ManifestLine {
            var line = ManifestLine(entry.at, event)
            line.participant = participant
            line.on = on
            return line
        }
        switch entry.event {
        case .session(let room, let started, let zero):
            self = line("session")
            (manifest, self.room, self.started, self.zero) = (Manifest.version, room, started, zero.nanoseconds)
        case .joined(let participant, let name, let role):
            self = line("joined", participant: participant)
            (self.name, self.role) = (name, role)
        case .left(let participant): self = line("left", participant: participant)
        case .named(let participant, let name):
            self = line("named", participant: participant)
            self.name = name
        case .role(let participant, let role):
            self = line("role", participant: participant)
            self.role = role
        case .muted(let participant, let on): self = line("muted", participant: participant, on: on)
        case .camera(let participant, let on): self = line("camera", participant: participant, on: on)
        case .sharing(let participant, let on): self = line("sharing", participant: participant, on: on)
        case .speaking(let participant, let on): self = line("speaking", participant: participant, on: on)
        case .levels(let levels):
            self = line("levels")
            self.levels = levels
        case .frozen(let participant, let on): self = line("frozen", participant: participant, on: on)
        case .poorNetwork(let participant, let on): self = line("poor-network", participant: participant, on: on)
        case .layout(let view, let layout):
            self = line("layout")
            (self.view, self.layout) = (view, layout)
        case .pinned(let view, let participant):
            self = line("pinned", participant: participant)
            self.view = view
        case .view(let view, let size, let rate):
            self = line("view")
            (self.view, width, height, self.rate) = (view, size.width, size.height, rate)
        case .degraded(let step, let on):
            self = line("degraded", on: on)
            self.step = step
        case .track(let file):
            self = line("track", participant: file.participant)
            (track, kind, codec, self.file) = (file.track, file.kind, file.codec.name, file.file)
            start = file.start.seconds
        case .trackEnded(let track, let chunks, let dropped):
            self = line("track-ended")
            (self.track, self.chunks, self.dropped) = (track, chunks, dropped)
        case .resized(let track, let size):
            self = line("resized")
            (self.track, width, height) = (track, size.width, size.height)
        case .rotated(let track, let rotation):
            self = line("rotated")
            (self.track, degrees) = (track, rotation.rawValue)
        case .marker(let title):
            self = line("marker")
            self.title = title
        case .paused: self = line("paused")
        case .resumed: self = line("resumed")
        case .end(let error):
            self = line("end")
            self.error = error
        }
    }

    /// What the line says; throws what is wrong with it.
    func entry() throws(Fault) -> ManifestEntry {
        guard at.isFinite, at >= 0, at < 1e9 else { throw Fault(cause: "'at' is no time from 0 on") }
        return ManifestEntry(at: MediaTime(seconds: at), event: try meaning())
    }

    private func meaning() throws(Fault) -> ManifestEvent {
        switch event {
        case "session":
            return .session(
                room: try need(room, "room"), started: try need(started, "started"),
                zero: MediaTime(nanoseconds: try need(zero, "zero")))
        case "joined": return .joined(participant: try who(), name: try need(name, "name"), role: role)
        case "left": return .left(participant: try who())
        case "named": return .named(participant: try who(), name: try need(name, "name"))
        case "role": return .role(participant: try who(), role: role)
        case "muted": return .muted(participant: try who(), try need(on, "on"))
        case "camera": return .camera(participant: try who(), try need(on, "on"))
        case "sharing": return .sharing(participant: try who(), try need(on, "on"))
        case "speaking": return .speaking(participant: try who(), try need(on, "on"))
        case "levels": return .levels(try need(levels, "levels"))
        case "frozen": return .frozen(participant: try who(), try need(on, "on"))
        case "poor-network": return .poorNetwork(participant: try who(), try need(on, "on"))
        case "layout": return .layout(view: try need(view, "view"), layout: try need(layout, "layout"))
        case "pinned": return .pinned(view: try need(view, "view"), participant: participant)
        case "view": return .view(view: try need(view, "view"), size: try size(), rate: try need(rate, "rate"))
        case "degraded": return .degraded(step: try need(step, "step"), try need(on, "on"))
        case "track": return .track(try trackFile())
        case "track-ended":
            return .trackEnded(
                track: try need(track, "track"), chunks: try need(chunks, "chunks"), dropped: dropped ?? 0)
        case "resized": return .resized(track: try need(track, "track"), size: try size())
        case "rotated":
            guard let rotation = Rotation(rawValue: try need(degrees, "degrees")) else {
                throw Fault(cause: "'degrees' is none of 0, 90, 180, 270")
            }
            return .rotated(track: try need(track, "track"), rotation)
        case "marker": return .marker(try need(title, "title"))
        case "paused": return .paused
        case "resumed": return .resumed
        case "end": return .end(error: error)
        default: throw Fault(cause: "unknown event '\(event.prefix(40))'")
        }
    }

    private func who() throws(Fault) -> String { try need(participant, "participant") }

    private func need<Value>(_ value: Value?, _ name: String) throws(Fault) -> Value {
        guard let value else { throw Fault(cause: "'\(event)' needs '\(name)'") }
        return value
    }

    private func size() throws(Fault) -> PictureSize {
        let size = PictureSize(width: try need(width, "width"), height: try need(height, "height"))
        guard (1...65_535).contains(size.width), (1...65_535).contains(size.height) else {
            throw Fault(cause: "\(size) is no size of pictures")
        }
        return size
    }

    private func trackFile() throws(Fault) -> ManifestEvent.TrackFile {
        let file = try need(file, "file")
        guard !file.isEmpty, !file.contains("/"), !file.contains("\0"), file != ".", file != ".." else {
            throw Fault(cause: "'file' is no name of a file beside the manifest")
        }
        return ManifestEvent.TrackFile(
            track: try need(track, "track"), participant: try who(), kind: try need(kind, "kind"),
            codec: Codec(name: try need(codec, "codec")), file: file,
            start: MediaTime(seconds: try need(start, "start")))
    }
}
