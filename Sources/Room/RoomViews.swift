/// Which views there are follows from what the viewers have chosen; here that is worked out anew after every change.
extension Room {
    /// What a viewer's choice comes to; nil for those who watch nothing.
    func content(for participant: Participant) -> ViewContent? {
        guard let choice = participant.choice else { return nil }
        return ViewContent(
            layout: choice.layout ?? layout, pinned: choice.pinned,
            // Who has no tile is left out by everybody's view.
            omitted: choice.withoutSelf && participant.attendance == .full ? participant.id : nil)
    }

    /// Sessions that watch a view, in the order of joining.
    public func viewers(of view: ViewID) -> [String] {
        participants.filter { $0.view == view }.map(\.id)
    }

    /// Follows the viewers' choices. Throws if more views than allowed come of it, and more than there were.
    mutating func arrangeViews(_ outcome: inout RoomOutcome) throws(RoomError) {
        let wanted = Set(participants.compactMap(content(for:)))
        let limit = max(1, settings.viewLimit)
        guard wanted.count <= max(limit, views.count) else {
            throw RoomError(
                code: .tooManyViews,
                description: "the room has \(views.count) views already, the most that are allowed; choose one of them")
        }
        rearrangeViews(&outcome)
    }

    mutating func rearrangeViews(_ outcome: inout RoomOutcome) {
        var wanted: Set<ViewContent> = []
        for participant in participants {
            if let content = content(for: participant) { wanted.insert(content) }
        }
        var idle = Set(views.keys.filter { !wanted.contains(views[$0]!) })
        var names: [ViewContent: ViewID] = [:]
        for (id, content) in views where !idle.contains(id) { names[content] = id }
        // In the order of joining, so that the same history gives the same views.
        for place in participants.indices {
            guard let content = content(for: participants[place]) else { continue }
            if names[content] == nil {
                // A view that nobody else watches any more becomes the new one: its viewers need no new picture.
                if let own = participants[place].view, idle.remove(own) != nil {
                    names[content] = own
                    outcome.actions.append(.changeView(own, content))
                } else {
                    let fresh = ViewID(number: nextView)
                    nextView += 1
                    names[content] = fresh
                    outcome.actions.append(.makeView(fresh, content))
                }
                views[names[content]!] = content
            }
            let id = names[content]!
            guard participants[place].view != id else { continue }
            participants[place].view = id
            outcome.actions.append(.watch(participant: participants[place].id, id))
            outcome.actions.append(.requestKeyframe(id))
        }
        for id in idle.sorted() {
            guard let content = views.removeValue(forKey: id) else { continue }
            outcome.actions.append(.dropView(id, content))
        }
    }
}
