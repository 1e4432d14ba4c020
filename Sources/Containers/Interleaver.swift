import Media
import Timing

/// Brings the chunks of two streams into one order by decoding time.
///
/// A chunk waits until the other stream has come as far, but never longer than until its own stream, or the other, is
/// ``limit`` of media time ahead of it: then it goes out, however far behind the other stream is.
struct Interleaver {
    let limit: MediaTime
    private let tracks: Int
    private var queues: [Track: Queue] = [:]
    private var newest = -MediaTime.limit

    private struct Queue {
        var chunks: [EncodedChunk] = []
        var head = 0
        var first: EncodedChunk? { head < chunks.count ? chunks[head] : nil }
        mutating func pop() {
            head += 1
            if head == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 64, head * 2 > chunks.count {
                chunks.removeFirst(head)
                head = 0
            }
        }
    }

    init(tracks: [Track], limit: MediaTime) {
        self.limit = limit
        self.tracks = tracks.count
        for track in tracks { queues[track] = Queue() }
    }

    mutating func add(_ chunk: EncodedChunk, to track: Track) {
        queues[track]?.chunks.append(chunk)
        newest = max(newest, chunk.decodeTime)
    }

    /// The next chunk to be written, if one may go.
    mutating func next(draining: Bool = false) -> (track: Track, chunk: EncodedChunk)? {
        var best: (track: Track, chunk: EncodedChunk)?
        var waiting = 0
        for track in Track.allCases {
            guard let chunk = queues[track]?.first else { continue }
            waiting += 1
            if best.map({ chunk.decodeTime < $0.chunk.decodeTime }) ?? true { best = (track, chunk) }
        }
        guard let best, draining || waiting == tracks || newest - best.chunk.decodeTime > limit else { return nil }
        queues[best.track]?.pop()
        return best
    }

    /// Media time between the oldest chunk that waits and the newest.
    var waiting: MediaTime {
        var oldest: MediaTime?
        for queue in queues.values {
            if let time = queue.first?.decodeTime { oldest = min(oldest ?? time, time) }
        }
        return oldest.map { newest - $0 } ?? .zero
    }
}
