import Layout
import Media
import Timing

/// A session as an archive job sees it: files, and what happened on its timeline. Made of a manifest and its tracks
/// (``init(folder:view:lead:cancel:)``), or of a list of files.
struct RecordedSession: Sendable {
    struct Person: Hashable, Sendable {
        var id: String
        /// All that they were called.
        var names: Set<String>
    }

    /// A layout of the session itself.
    struct LayoutChange: Sendable {
        var at: MediaTime
        /// A built-in layout's name, or a layout file's text.
        var layout: String
    }

    var title: String?
    /// Seconds since 1970 at the session's zero; nil if nobody knows.
    var started: Int64?
    var people: [Person] = []
    var tracks: [RecordedTrack] = []
    var changes: [StageReplay.Change] = []
    var layouts: [LayoutChange] = []
    var size: PictureSize?
    var rate: Double?
    var end = MediaTime.zero
    /// When nobody hears a participant: before they joined, after they left, while they were muted.
    var silences: [String: [Range<MediaTime>]] = [:]
    /// Nothing tells who was how loud, so that it has to be measured.
    var lacksLevels = true
    var markers: [(at: MediaTime, title: String)] = []
    var warnings: [String] = []
    /// Of all that the work depends on.
    var fingerprint = Fingerprint()

    /// The participants that a request names, by their identifiers; throws for one that is not there.
    func identify(_ names: [String], field: String) throws(ArchiveError) -> Set<String> {
        var found: Set<String> = []
        for (index, name) in names.enumerated() {
            let matches = people.filter { $0.id == name || $0.names.contains(name) }
            guard !matches.isEmpty else {
                let known = people.prefix(20).map { person in
                    person.names.filter { $0 != person.id && !$0.isEmpty }.min().map { "\(person.id) (\($0))" }
                        ?? person.id
                }
                throw ArchiveError(
                    .badRequest, place: "$.\(field)[\(index)]",
                    "found \"\(LayoutError.excerpt(name))\", who was not in the session; there were "
                        + known.joined(separator: ", "))
            }
            found.formUnion(matches.map(\.id))
        }
        return found
    }

    /// Takes participants away, as if they had not been there.
    mutating func leaveOut(_ ids: Set<String>) {
        guard !ids.isEmpty else { return }
        tracks.removeAll { ids.contains($0.participant) }
        var kept: [StageReplay.Change] = []
        for (at, change) in changes {
            switch change {
            case .joined(let participant, _): if !ids.contains(participant.id) { kept.append((at, change)) }
            case .left(let id), .edit(let id, _): if !ids.contains(id) { kept.append((at, change)) }
            case .levels(let levels): kept.append((at, .levels(levels.filter { !ids.contains($0.participant) })))
            case .pinned(let id): kept.append((at, .pinned(id.flatMap { ids.contains($0) ? nil : $0 })))
            }
        }
        changes = kept
    }

    /// Participants keep their places, but are neither seen nor heard.
    mutating func hide(_ ids: Set<String>) {
        guard !ids.isEmpty else { return }
        tracks.removeAll { ids.contains($0.participant) }
        var kept: [StageReplay.Change] = []
        for (at, change) in changes {
            switch change {
            case .joined(var participant, let rank):
                if ids.contains(participant.id) {
                    (participant.hasPicture, participant.isMuted, participant.isFrozen) = (false, true, true)
                    (participant.sharesScreen, participant.level) = (false, -127)
                }
                kept.append((at, .joined(participant, rank: rank)))
            case .edit(let id, let edit):
                switch edit {
                case .name, .role: kept.append((at, change))
                case .muted, .picture, .sharing, .frozen, .poorNetwork, .aspect:
                    if !ids.contains(id) { kept.append((at, change)) }
                }
            case .levels(let levels): kept.append((at, .levels(levels.filter { !ids.contains($0.participant) })))
            case .left, .pinned: kept.append((at, change))
            }
        }
        changes = kept
    }

    /// Puts changes in the order of their times; those of one time stay as they are.
    mutating func sortChanges() {
        let sorted = changes.enumerated().sorted { left, right in
            left.element.at == right.element.at ? left.offset < right.offset : left.element.at < right.element.at
        }
        changes = sorted.map(\.element)
    }
}

/// A short number that differs where what it was made from differs (FNV-1a, 64 bits).
struct Fingerprint: Hashable, Sendable {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    mutating func add(_ buffer: UnsafeRawBufferPointer) {
        var hash = value
        for byte in buffer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        value = hash
    }

    mutating func add(_ text: String) { add(text.utf8) }

    var text: String { String(value, radix: 16) }
}
