import Foundation

/// Threads that decode the pictures of all participants. A feed is worked on by one of them at a time, its pictures in
/// order.
final class DecodePool: @unchecked Sendable {
    private let condition = NSCondition()
    private var ready: [PictureFeed] = []
    private var isStopping = false
    private var running = 0

    func start(threads: Int) {
        condition.withLock { running = threads }
        for index in 0..<threads {
            let thread = Thread { [self] in work() }
            thread.name = "decode-\(index)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// The feed has something to decode. Called once each time that becomes so.
    func schedule(_ feed: PictureFeed) {
        condition.lock()
        ready.append(feed)
        condition.signal()
        condition.unlock()
    }

    func stop() {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        condition.unlock()
    }

    private func work() {
        condition.lock()
        while true {
            while ready.isEmpty, !isStopping { condition.wait() }
            if isStopping { break }
            let feed = ready.removeFirst()
            condition.unlock()
            let hasMore = feed.decodeNext()
            condition.lock()
            // Behind the others, so that nobody's backlog holds anyone else up.
            if hasMore { ready.append(feed) }
        }
        running -= 1
        condition.broadcast()
        condition.unlock()
    }
}
