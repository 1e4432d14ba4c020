import Foundation
import Timing

/// A source of decoded pictures or sound that a crew keeps filled ahead of the mix. One worker at a time calls
/// ``step()``; the other members may be read from any thread.
protocol DecodeLane: AnyObject, Sendable {
    /// Up to when the lane is filled; the lane that is behind the others is worked on first.
    var filledTo: MediaTime { get }
    /// Whether it takes more now: not full, not at its end.
    var wantsWork: Bool { get }
    /// Reads and decodes a little.
    func step()
}

/// Threads that decode ahead of the mix, always where least is ready.
///
/// The mix asks for what it needs with ``wait(until:)`` and says with ``consumed()`` that there is room again.
final class DecodeCrew: @unchecked Sendable {
    private let lanes: [any DecodeLane]
    private let condition = NSCondition()
    private var claimed: [Bool]
    private var isStopping = false
    private var running = 0
    private var mixIsWaiting = false
    private var idle = 0

    init(lanes: [any DecodeLane]) {
        self.lanes = lanes
        claimed = [Bool](repeating: false, count: lanes.count)
    }

    /// Starts `threads` workers; 1 or more.
    func start(threads: Int) {
        condition.withLock { running = threads }
        for index in 0..<threads {
            let thread = Thread { [self] in work() }
            thread.name = "decode-\(index)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Blocks until `isReady` holds; it is asked again whenever a lane got further.
    func wait(until isReady: () -> Bool) {
        if isReady() { return }
        condition.lock()
        mixIsWaiting = true
        while !isReady() {
            // Asking may have made room in a lane that was full.
            if idle > 0 { condition.broadcast() }
            condition.wait()
        }
        mixIsWaiting = false
        condition.unlock()
    }

    /// The mix has taken something: lanes that were full may want work again.
    func consumed() {
        condition.lock()
        if idle > 0 { condition.broadcast() }
        condition.unlock()
    }

    /// Ends the workers and returns when the last has.
    func stop() {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        condition.unlock()
    }

    private func work() {
        condition.lock()
        while !isStopping {
            guard let index = mostUrgent() else {
                idle += 1
                condition.wait()
                idle -= 1
                continue
            }
            claimed[index] = true
            condition.unlock()
            lanes[index].step()
            condition.lock()
            claimed[index] = false
            if mixIsWaiting || idle > 0 { condition.broadcast() }
        }
        running -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func mostUrgent() -> Int? {
        var best: Int?
        var bestTime = MediaTime.zero
        for index in lanes.indices where !claimed[index] && lanes[index].wantsWork {
            let time = lanes[index].filledTo
            if best == nil || time < bestTime {
                best = index
                bestTime = time
            }
        }
        return best
    }
}
