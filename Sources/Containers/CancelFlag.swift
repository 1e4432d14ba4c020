import Synchronization

/// Stops reading from another thread: once set, the next read of the file that holds it throws `.cancelled`.
public final class CancelFlag: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public func set() { flag.store(true, ordering: .relaxed) }
    public var isSet: Bool { flag.load(ordering: .relaxed) }
}
