import Containers
import Foundation
import Layout
import Media
import Recording
import Timing

extension RecordedSession {
    /// A recorded session in `folder`. Tracks that are missing or cannot be read are left out with a warning; without
    /// any, or without a manifest, it cannot be used.
    ///
    /// - Parameters:
    ///   - view: whose layouts, size and rate are followed; nil for the first that the manifest names.
    ///   - lead: pictures are shown up to so much before their time.
    init(folder: String, view: String?, lead: MediaTime, cancel: CancelFlag?) throws(ArchiveError) {
        let (manifest, reading) = try read(folder: folder, view: view)
        try openTracks(manifest, folder: folder, cancel: cancel)
        take(reading, view: view, lead: lead)
        end = max(
            manifest.hasEnded ? manifest.entries.last?.at ?? .zero : .zero, tracks.compactMap(\.end).max() ?? .zero)
        silences = reading.silences
    }

    /// A session without its files: who was there, and its layouts. Its end is zero if the manifest does not tell. Throws
    /// if not one of its files is there.
    init(manifestIn folder: String, view: String?) throws(ArchiveError) {
        let (manifest, reading) = try read(folder: folder, view: view)
        people = reading.people
        layouts = reading.layouts
        end = manifest.hasEnded ? manifest.entries.last?.at ?? .zero : .zero
        for (_, file) in manifest.tracks where !RecordedSession.isThere(folder + "/" + file.file) {
            warnings.append("\(file.file): is missing; '\(file.participant)' is composited without it")
        }
        guard manifest.tracks.contains(where: { RecordedSession.isThere(folder + "/" + $0.1.file) }) else {
            throw ArchiveError(
                .unusable, place: "$.session",
                warnings.last ?? "its manifest names no track, so there is nothing to composite")
        }
    }

    private static func isThere(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path) || FileManager.default.fileExists(atPath: path + ".part")
    }

    private mutating func read(
        folder: String, view: String?
    ) throws(ArchiveError) -> (manifest: Manifest, reading: ManifestReplay) {
        let path = folder + "/" + Manifest.fileName
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw ArchiveError(.notFound, place: "$.session", "\(folder): there is no such folder of a session")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ArchiveError(
                .unusable, place: "$.session",
                "\(path): is missing; a recorded session has a manifest beside its tracks")
        }
        let manifest: Manifest
        do {
            manifest = try Manifest(data, path: path)
        } catch {
            throw ArchiveError(.unusable, place: "$.session", error.description)
        }
        data.withUnsafeBytes { fingerprint.add($0) }
        if manifest.isCutOff { warnings.append("\(path): its last line is cut off and left out") }
        if !manifest.hasEnded { warnings.append("\(path): has no end; the recording was cut off") }
        var reading = ManifestReplay(view: view ?? ManifestReplay.firstView(of: manifest))
        for entry in manifest.entries { reading.take(entry) }
        guard view == nil || reading.sawView else {
            throw ArchiveError(
                .badRequest, place: "$.view", "found \"\(LayoutError.excerpt(view ?? ""))\", which the session had not")
        }
        return (manifest, reading)
    }

    private mutating func openTracks(
        _ manifest: Manifest, folder: String, cancel: CancelFlag?
    ) throws(ArchiveError) {
        var lacking: [String] = []
        for (_, file) in manifest.tracks {
            let whole = folder + "/" + file.file
            let path = FileManager.default.fileExists(atPath: whole) ? whole : whole + ".part"
            guard FileManager.default.fileExists(atPath: path) else {
                lacking.append("\(whole): is missing; '\(file.participant)' is composited without it")
                continue
            }
            do {
                var track = try RecordedTrack(
                    participant: file.participant, isScreen: file.kind == .screen, path: path, start: .zero,
                    cancel: cancel)
                for entry in manifest.entries {
                    switch entry.event {
                    case .resized(file.track, let size): track.resized(to: size, at: entry.at)
                    case .rotated(file.track, let rotation): track.turns.append((entry.at, rotation))
                    default: continue
                    }
                }
                fingerprint.add("\(file.file) \(track.bytes)")
                warnings += track.warnings
                tracks.append(track)
            } catch {
                if error.code == .cancelled { throw error }
                lacking.append("\(error); '\(file.participant)' is composited without it")
            }
        }
        warnings += lacking
        guard !tracks.isEmpty else {
            throw ArchiveError(
                .unusable, place: "$.session",
                lacking.first ?? "\(folder): its manifest names no track, so there is nothing to composite")
        }
    }

    private mutating func take(_ reading: ManifestReplay, view: String?, lead: MediaTime) {
        title = reading.room
        started = reading.started.map { $0 / 1000 }
        people = reading.people
        layouts = reading.layouts
        size = reading.size
        rate = reading.rate
        markers = reading.markers
        lacksLevels = !reading.hasLevels && reading.speech.isEmpty
        changes = reading.changes + reading.speech
        for id in Set(tracks.map(\.participant)).subtracting(people.map(\.id)).sorted() {
            warnings.append("'\(id)' has tracks but never joined, and is left out")
            tracks.removeAll { $0.participant == id }
        }
        for track in tracks where !track.pictures.isEmpty && !track.isScreen {
            let first = track.pictures[0]
            for (index, change) in track.aspects.enumerated() {
                let time = max(.zero, (index == 0 ? first : change.from) - lead)
                changes.append((time, .edit(track.participant, .aspect(aspect(change.aspect, of: track, at: time)))))
            }
            for turn in track.turns where turn.from > first {
                guard let own = track.aspects.last(where: { $0.from <= turn.from })?.aspect else { continue }
                let turned = aspect(own, of: track, at: turn.from)
                changes.append((turn.from, .edit(track.participant, .aspect(turned))))
            }
            if !reading.saidCamera.contains(track.participant) {
                changes.append((max(.zero, first - lead), .edit(track.participant, .picture(true))))
            }
        }
        sortChanges()
    }

    private func aspect(_ aspect: Double, of track: RecordedTrack, at time: MediaTime) -> Double {
        switch track.rotation(at: time) {
        case .none, .half: aspect
        case .quarter, .threeQuarters: 1 / aspect
        }
    }
}

/// Reads a manifest's events into changes of the stage.
struct ManifestReplay {
    let view: String?
    private(set) var room: String?
    private(set) var started: Int64?
    private(set) var people: [RecordedSession.Person] = []
    private(set) var changes: [StageReplay.Change] = []
    private(set) var layouts: [RecordedSession.LayoutChange] = []
    private(set) var size: PictureSize?
    private(set) var rate: Double?
    private(set) var markers: [(at: MediaTime, title: String)] = []
    private(set) var hasLevels = false
    private(set) var sawView = false
    /// Participants of whom the manifest says whether their camera is on.
    private(set) var saidCamera: Set<String> = []
    /// When each can be heard.
    private var audible: [String: [Range<MediaTime>]] = [:]
    private var audibleSince: [String: MediaTime] = [:]
    private var muted: Set<String> = []
    private var present: Set<String> = []

    /// dBFS of somebody of whom only is known that they speak.
    private static let speech: Float = -25
    private var speaking: [StageReplay.Change] = []

    init(view: String?) { self.view = view }

    static func firstView(of manifest: Manifest) -> String? {
        for entry in manifest.entries {
            switch entry.event {
            case .layout(let view, _), .view(let view, _, _), .pinned(let view, _): return view
            default: continue
            }
        }
        return nil
    }

    mutating func take(_ entry: ManifestEntry) {
        let at = entry.at
        switch entry.event {
        case .session(let room, let started, _): (self.room, self.started) = (room, started)
        case .joined(let id, let name, let role): join(id, name, role, at)
        case .left(let id):
            present.remove(id)
            setAudible(id, at)
            changes.append((at, .left(id)))
        case .named(let id, let name):
            if let place = people.firstIndex(where: { $0.id == id }) { people[place].names.insert(name) }
            edit(id, .name(name), at)
        case .role(let id, let role): edit(id, .role(role), at)
        case .muted(let id, let isOn):
            if isOn { muted.insert(id) } else { muted.remove(id) }
            setAudible(id, at)
            edit(id, .muted(isOn), at)
        case .camera(let id, let isOn):
            saidCamera.insert(id)
            edit(id, .picture(isOn), at)
        case .sharing(let id, let isOn): edit(id, .sharing(isOn), at)
        case .speaking(let id, let isOn):
            speaking.append((at, .levels([(id, isOn ? ManifestReplay.speech : -127)])))
        case .levels(let levels):
            hasLevels = true
            changes.append((at, .levels(levels.sorted { $0.key < $1.key }.map { ($0.key, Float($0.value)) })))
        case .frozen(let id, let isOn): edit(id, .frozen(isOn), at)
        case .poorNetwork(let id, let isOn): edit(id, .poorNetwork(isOn), at)
        case .layout(let name, let layout):
            guard name == view else { return }
            sawView = true
            layouts.append(RecordedSession.LayoutChange(at: at, layout: layout))
        case .pinned(let name, let id):
            guard name == view else { return }
            sawView = true
            changes.append((at, .pinned(id)))
        case .view(let name, let size, let rate):
            guard name == view else { return }
            sawView = true
            // The first is what its owner chose; later ones may be steps of degradation.
            (self.size, self.rate) = (self.size ?? size, self.rate ?? rate)
        case .marker(let title): markers.append((at, title))
        case .degraded, .track, .trackEnded, .resized, .rotated, .paused, .resumed, .end: return
        }
    }

    private mutating func join(_ id: String, _ name: String, _ role: String?, _ at: MediaTime) {
        let rank: Int
        if let place = people.firstIndex(where: { $0.id == id }) {
            people[place].names.insert(name)
            rank = place
        } else {
            rank = people.count
            people.append(RecordedSession.Person(id: id, names: [name]))
        }
        present.insert(id)
        muted.remove(id)
        setAudible(id, at)
        let participant = Stage.Participant(id: id, name: name, role: role, joined: at, hasPicture: false)
        changes.append((at, .joined(participant, rank: rank)))
    }

    private mutating func edit(_ id: String, _ edit: StageChange.Edit, _ at: MediaTime) {
        changes.append((at, .edit(id, edit)))
    }

    private mutating func setAudible(_ id: String, _ at: MediaTime) {
        let isAudible = present.contains(id) && !muted.contains(id)
        if isAudible, audibleSince[id] == nil { audibleSince[id] = at }
        if !isAudible, let since = audibleSince.removeValue(forKey: id), since < at {
            audible[id, default: []].append(since..<at)
        }
    }

    /// Who spoke when, where the manifest does not say how loud everybody was, which says more.
    var speech: [StageReplay.Change] { hasLevels ? [] : speaking }

    /// When each cannot be heard.
    var silences: [String: [Range<MediaTime>]] {
        var silences: [String: [Range<MediaTime>]] = [:]
        for person in people {
            var ranges = audible[person.id] ?? []
            if let since = audibleSince[person.id] { ranges.append(since..<max(since, MediaTime.limit)) }
            var position = -MediaTime.limit
            for range in ranges {
                if range.lowerBound > position { silences[person.id, default: []].append(position..<range.lowerBound) }
                position = range.upperBound
            }
            if position < MediaTime.limit { silences[person.id, default: []].append(position..<MediaTime.limit) }
        }
        return silences
    }
}
