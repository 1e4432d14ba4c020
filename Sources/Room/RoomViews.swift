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
        let wanted = Set(participants.compactMap(content(for:)) + recorders.map { content(for: $0.choice) })
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
        for recorder in recorders { wanted.insert(content(for: recorder.choice)) }
        var idle = Set(views.keys.filter { !wanted.contains(views[$0]!) })
        var names: [ViewContent: ViewID] = [:]
        for (id, content) in views where !idle.contains(id) { names[content] = id }
        // In the order of joining, so that the same history gives the same views.
        for place in participants.indices {
            guard let content = content(for: participants[place]) else { continue }
            let id = view(showing: content, instead: participants[place].view, &names, &idle, &outcome)
            guard participants[place].view != id else { continue }
            participants[place].view = id
            outcome.actions.append(.watch(participant: participants[place].id, id))
            outcome.actions.append(.requestKeyframe(id))
        }
        for place in recorders.indices {
            let content = content(for: recorders[place].choice)
            recorders[place].view = view(showing: content, instead: recorders[place].view, &names, &idle, &outcome)
        }
        for id in idle.sorted() {
            guard let content = views.removeValue(forKey: id) else { continue }
            outcome.actions.append(.dropView(id, content))
        }
    }

    /// The view that shows `content` from now on, for whoever watched `own`.
    private mutating func view(
        showing content: ViewContent, instead own: ViewID?, _ names: inout [ViewContent: ViewID],
        _ idle: inout Set<ViewID>, _ outcome: inout RoomOutcome
    ) -> ViewID {
        if let id = names[content] { return id }
        let id: ViewID
        // A view that nobody else watches any more becomes the new one: its viewers need no new picture.
        if let own, idle.remove(own) != nil {
            id = own
            outcome.actions.append(.changeView(own, content))
        } else {
            id = ViewID(number: nextView)
            nextView += 1
            outcome.actions.append(.makeView(id, content))
        }
        names[content] = id
        views[id] = content
        return id
    }

    private func content(for choice: ViewChoice) -> ViewContent {
        ViewContent(layout: choice.layout ?? layout, pinned: choice.pinned)
    }
}
