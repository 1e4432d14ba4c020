import Foundation

/// A bounded queue from one thread to another. The giver waits while it is full, the taker while it is empty.
final class Handoff<Element: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [Element] = []
    private var isClosed = false
    private let capacity: Int

    init(capacity: Int) {
        precondition(capacity > 0, "a queue holds at least one")
        self.capacity = capacity
    }

    /// Blocks while the queue is full. False if it has been closed; the element is then let go.
    func give(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting.count >= capacity, !isClosed { condition.wait() }
        guard !isClosed else { return false }
        waiting.append(element)
        condition.signal()
        return true
    }

    /// Blocks while the queue is empty. Nil once it is closed and has been emptied.
    func take() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isClosed { condition.wait() }
        guard !waiting.isEmpty else { return nil }
        let element = waiting.removeFirst()
        condition.signal()
        return element
    }

    /// Nothing more will be given; what waits can still be taken.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}
