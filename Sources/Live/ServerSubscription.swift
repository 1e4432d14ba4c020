import Synchronization

/// What happens in all rooms, for somebody who follows the server from outside. As ``RoomSubscription``, events wait here to
/// be taken.
public final class ServerSubscription: Sendable {
    private let link: RoomSubscription.Link

    init(link: RoomSubscription.Link) { self.link = link }

    /// No more events come.
    deinit { link.cancel() }

    /// The events since the last call, those of one room in their order, and how many before them were lost because more
    /// than the limit waited. Never waits.
    public func take() -> (events: [LiveEvent], lost: Int) { link.take() }
}

extension LiveServer {
    /// Tells of all that happens in rooms that are opened from now on. `wake` is called when there is something to take,
    /// on whatever thread; it must be quick, and must not ask the server for anything. At most `limit` events wait.
    public func observeAll(limit: Int, wake: @escaping @Sendable () -> Void) -> ServerSubscription {
        let link = RoomSubscription.Link(limit: limit, wake: wake)
        followers.withLock { $0.append(link) }
        return ServerSubscription(link: link)
    }
}
