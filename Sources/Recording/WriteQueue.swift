import Foundation
import Media
import Timing

/// What is on its way to a thread that writes: chunks, and notes between them in their order.
///
/// Of each stream at most ``span`` of media time waits, what is being written included. Beyond that chunks are left out
/// and counted, and after a picture that was left out all up to the next keyframe, since they could not be decoded.
/// Notes are never left out. Offering never waits for the disk.
final class WriteQueue<Note: Sendable>: @unchecked Sendable {
    enum Entry {
        case chunk(EncodedChunk, stream: Int)
        case note(Note)
    }

    struct Statistics: Sendable, Hashable {
        var dropped = 0
        var longest = MediaTime.zero
    }

    static var span: MediaTime { .milliseconds(300) }
    /// More bytes than these do not wait, whatever their times say.
    private static var byteLimit: Int { 32 << 20 }

    private struct Stream {
        var isPicture: Bool
        var oldestWaiting: MediaTime?
        var oldestWriting: MediaTime?
        var newest = -MediaTime.limit
        var awaitsKeyframe = false
    }

    private let condition = NSCondition()
    // Guarded by the condition.
    private var entries: [Entry] = []
    private var streams: [Int: Stream] = [:]
    private var bytes = 0
    private var isClosed = false
    private var counts = Statistics()

    func add(stream: Int, isPicture: Bool) {
        locked { streams[stream] = Stream(isPicture: isPicture) }
    }

    /// False if the chunk is left out.
    ///
    /// - Parameter waits: for sources that have all the time: until there is room.
    func offer(_ chunk: EncodedChunk, stream: Int, waits: Bool = false) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waits, !isClosed, isFull(chunk, stream) { condition.wait() }
        guard !isClosed, var state = streams[stream] else { return false }
        let oldest = state.oldestWriting ?? state.oldestWaiting
        let waiting = oldest.map { chunk.decodeTime - $0 } ?? .zero
        let isFull = isFull(chunk, stream)
        if state.isPicture {
            if isFull {
                state.awaitsKeyframe = true
            } else if chunk.isKeyframe {
                state.awaitsKeyframe = false
            }
        }
        if isFull || state.awaitsKeyframe {
            counts.dropped += 1
            streams[stream] = state
            return false
        }
        if state.oldestWaiting == nil { state.oldestWaiting = chunk.decodeTime }
        state.newest = max(state.newest, chunk.decodeTime)
        streams[stream] = state
        counts.longest = max(counts.longest, waiting)
        bytes += chunk.data.count
        entries.append(.chunk(chunk, stream: stream))
        if entries.count == 1 { condition.broadcast() }
        return true
    }

    /// Under the lock.
    private func isFull(_ chunk: EncodedChunk, _ stream: Int) -> Bool {
        guard let state = streams[stream] else { return false }
        let waiting = (state.oldestWriting ?? state.oldestWaiting).map { chunk.decodeTime - $0 } ?? .zero
        return waiting > Self.span || bytes > Self.byteLimit
    }

    func post(_ note: Note) {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return }
        entries.append(.note(note))
        if entries.count == 1 { condition.broadcast() }
    }

    /// Nothing is taken any more; what waits is still given out.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Replaces `batch` with all that waits, and waits itself until there is something; false once it is closed and empty.
    /// What the last call gave is taken to be written.
    func next(_ batch: inout [Entry]) -> Bool {
        batch.removeAll(keepingCapacity: true)
        condition.lock()
        defer { condition.unlock() }
        for key in Array(streams.keys) { streams[key]?.oldestWriting = nil }
        condition.broadcast()
        while entries.isEmpty, !isClosed { condition.wait() }
        swap(&entries, &batch)
        bytes = 0
        streams = streams.mapValues { stream in
            var next = stream
            next.oldestWriting = stream.oldestWaiting
            next.oldestWaiting = nil
            return next
        }
        return !batch.isEmpty
    }

    /// Whether pictures of some stream are left out until a keyframe.
    var needsKeyframe: Bool { locked { streams.values.contains { $0.awaitsKeyframe } } }
    func needsKeyframe(stream: Int) -> Bool { locked { streams[stream]?.awaitsKeyframe ?? false } }

    var statistics: Statistics { locked { counts } }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
