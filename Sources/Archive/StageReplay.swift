import Layout
import Timing

/// A change on the stage of a recorded session.
enum StageChange: Sendable {
    enum Edit: Sendable {
        case name(String)
        case role(String?)
        case muted(Bool)
        case picture(Bool)
        case sharing(Bool)
        case frozen(Bool)
        case poorNetwork(Bool)
        case aspect(Double?)
    }

    /// `rank` orders participants.
    case joined(Stage.Participant, rank: Int)
    case left(String)
    case edit(String, Edit)
    /// dBFS by participant, of those for whom it changed.
    case levels([(participant: String, level: Float)])
    case pinned(String?)
}

/// The stage of a recorded session as it was at one moment after the other. A copy goes on by itself.
struct StageReplay: Sendable {
    typealias Change = (at: MediaTime, change: StageChange)

    private let changes: [Change]
    private var next = 0
    private var ranks: [Int] = []
    private(set) var stage = Stage()

    /// `changes` are in the order of their times.
    init(_ changes: [Change]) {
        self.changes = changes
    }

    /// Takes in all that has happened up to `time`, which never goes back.
    mutating func advance(to time: MediaTime) {
        while next < changes.count, changes[next].at <= time {
            apply(changes[next].change)
            next += 1
        }
    }

    /// The loudness that was measured, in place of what the recording says.
    mutating func setLevels(_ level: (String) -> Float?) {
        for index in stage.participants.indices {
            if let loudness = level(stage.participants[index].id) { stage.participants[index].level = loudness }
        }
    }

    private func place(_ id: String) -> Int? { stage.participants.firstIndex { $0.id == id } }

    private mutating func apply(_ change: StageChange) {
        switch change {
        case .joined(let participant, let rank):
            if let old = place(participant.id) {
                stage.participants.remove(at: old)
                ranks.remove(at: old)
            }
            let place = ranks.firstIndex { $0 > rank } ?? ranks.count
            stage.participants.insert(participant, at: place)
            ranks.insert(rank, at: place)
        case .left(let id):
            guard let place = place(id) else { return }
            stage.participants.remove(at: place)
            ranks.remove(at: place)
        case .levels(let levels):
            for (id, level) in levels {
                if let place = place(id) { stage.participants[place].level = level }
            }
        case .pinned(let id): stage.pinned = id
        case .edit(let id, let edit):
            guard let place = place(id) else { return }
            StageReplay.apply(edit, to: &stage.participants[place])
        }
    }

    private static func apply(_ edit: StageChange.Edit, to participant: inout Stage.Participant) {
        switch edit {
        case .name(let name): participant.name = name
        case .role(let role): participant.role = role
        case .muted(let isOn): participant.isMuted = isOn
        case .picture(let isOn): participant.hasPicture = isOn
        case .sharing(let isOn): participant.sharesScreen = isOn
        case .frozen(let isOn): participant.isFrozen = isOn
        case .poorNetwork(let isOn): participant.hasPoorNetwork = isOn
        case .aspect(let aspect): participant.pictureAspect = aspect
        }
    }
}
