import CWebSockets
import Synchronization

/// Wakes the server's thread from any other, once for however many calls.
final class Waker: Sendable {
    private let isRung = Atomic(false)
    /// The context's address; 0 while there is none.
    private let context = Mutex<UInt>(0)

    func bind(_ pointer: OpaquePointer?) { context.withLock { $0 = UInt(bitPattern: pointer) } }

    func ring() {
        guard !isRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        context.withLock { if let pointer = OpaquePointer(bitPattern: $0) { lws_cancel_service(pointer) } }
    }

    /// Whether it was rung since the last call.
    func take() -> Bool { isRung.exchange(false, ordering: .acquiringAndReleasing) }
}
