/// What an ICE agent asks its owner to do or to know; it is appended to, and emptied by the owner.
public struct ICEOutput: Sendable {
    public enum Change: Hashable, Sendable {
        /// An authenticated check arrived over this path for the first time: datagrams other than STUN may be taken
        /// from it from now on.
        case authenticated(NetworkPath)
        /// The path was given up: nothing is taken from it any more.
        case retired(NetworkPath)
        /// Everything we send goes this way from now on.
        case selected(NetworkPath)
        /// No path worked in time, or consent ended.
        case failed
    }

    public var datagrams: [OutgoingDatagram] = []
    public var changes: [Change] = []

    public init() {}
}

/// How many STUN messages came and what became of those that were refused.
public struct ICECounters: Hashable, Sendable {
    public var accepted = 0
    public var malformed = 0
    /// USERNAME missing, or of somebody else.
    public var wrongUser = 0
    public var wrongIntegrity = 0
    /// A response to nothing we asked, or from where we did not ask.
    public var unexpected = 0

    public init() {}
}
