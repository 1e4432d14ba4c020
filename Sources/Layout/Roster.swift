/// The stage in the orders in which regions take from it.
struct Roster {
    /// In the order of joining, nobody twice.
    let participants: [Stage.Participant]
    /// Whether the tile of each is highlighted.
    let isSpeaking: [Bool]
    /// The pinned one, the active speaker, then whoever spoke last, then the rest in the order of joining.
    let speakers: [Int]
    /// The active speaker, then whoever spoke last, then the rest in the order of joining.
    let loudest: [Int]
    private let indices: [String: Int]

    init(_ stage: Stage, speech: SpeechTracker) {
        var seen: Set<String> = []
        var order: [Int] = []
        for index in stage.participants.indices where seen.insert(stage.participants[index].id).inserted {
            order.append(index)
        }
        // `sort` is not promised to be stable, so the place in the list settles ties.
        order.sort {
            let (left, right) = (stage.participants[$0].joined, stage.participants[$1].joined)
            return left == right ? $0 < $1 : left < right
        }
        participants = order.map { stage.participants[$0] }
        isSpeaking = order.map { speech.voices[$0].isSpeaking }
        var indices: [String: Int] = [:]
        for (index, participant) in participants.enumerated() { indices[participant.id] = index }
        self.indices = indices

        func ranked(_ first: [String?]) -> [Int] {
            var taken = [Bool](repeating: false, count: order.count)
            var result: [Int] = []
            for id in first {
                guard let id, let index = indices[id], !taken[index] else { continue }
                taken[index] = true
                result.append(index)
            }
            return result + order.indices.filter { !taken[$0] }
        }
        speakers = ranked([stage.pinned, speech.active] + speech.recent)
        loudest = ranked([speech.active] + speech.recent)
    }

    func inOrder(_ order: Order) -> [Int] {
        switch order {
        case .joining: Array(participants.indices)
        case .newest: participants.indices.reversed()
        case .loudness: loudest
        }
    }

    func index(of id: String) -> Int? { indices[id] }
}

/// A participant's camera or screen, as something that can be placed.
struct Exhibit: Hashable {
    var participant: Int
    var isScreen: Bool

    /// Identifies it among tiles, and from one step to the next.
    func key(_ roster: Roster) -> String {
        (isScreen ? "screen:" : "camera:") + roster.participants[participant].id
    }
}
