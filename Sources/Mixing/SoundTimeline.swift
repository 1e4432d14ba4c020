public import Media
import Synchronization
public import Timing

/// The decoded sound of one source on its way to the mixer, placed on the timeline to the sample.
///
/// Where nothing was offered there is silence, and the edges of such gaps are faded over 2 ms so that they do not
/// click. One thread offers blocks, another reads ticks in order.
public final class SoundTimeline: Sendable {
    /// 1 or 2; blocks with another number are converted as they come.
    public let channels: Int
    private let state = Mutex(State())

    private struct Piece {
        /// Index of the first frame from time zero, at 48 kHz.
        var start: Int64
        var samples: [Float]
    }

    private struct State {
        var pieces: [Piece] = []
        /// Index behind the last frame offered.
        var end: Int64?
        /// Index behind the last frame read.
        var position = Int64.min
        var hasEnded = false

        /// Lets the last sound that has not been read yet end softly.
        mutating func fadeOutEnd(channels: Int) {
            guard !pieces.isEmpty else { return }
            let last = pieces.count - 1
            let total = pieces[last].samples.count / channels
            // Frames that were read already cannot be faded any more.
            let unread = Int(min(Int64(total), pieces[last].start + Int64(total) - max(position, pieces[last].start)))
            let frames = min(SoundTimeline.fadeFrames, unread)
            for frame in 0..<max(0, frames) {
                for channel in 0..<channels {
                    pieces[last].samples[(total - 1 - frame) * channels + channel] *= Float(frame) / Float(frames)
                }
            }
        }
    }

    /// 2 ms.
    private static let fadeFrames = 96
    /// Blocks that begin within this many frames of where the last one ended follow it without a gap: containers
    /// round times to the millisecond.
    private static let slack: Int64 = 96

    public init(channels: Int) {
        precondition(channels == 1 || channels == 2, "sound is mono or stereo here")
        self.channels = channels
    }

    /// Adds a block. What overlaps sound that was offered or read before is left out.
    public func offer(_ block: SoundBlock) {
        guard block.frames > 0 else { return }
        var start = block.time.count(per: Int64(SoundBlock.sampleRate))
        var samples = block.channels == channels ? block.samples : SoundTimeline.converted(block, to: channels)
        let channels = channels
        state.withLock { state in
            let expected = state.end
            if let expected, abs(start - expected) <= SoundTimeline.slack { start = expected }
            let floor = max(expected ?? Int64.min, state.position)
            if start < floor {
                let overlap = Int(min(floor - start, Int64(samples.count / channels)))
                samples.removeFirst(overlap * channels)
                start += Int64(overlap)
                if samples.isEmpty { return }
            }
            if expected != start {
                SoundTimeline.fadeIn(&samples, channels: channels)
                state.fadeOutEnd(channels: channels)
            }
            state.end = start + Int64(samples.count / channels)
            state.pieces.append(Piece(start: start, samples: samples))
        }
    }

    /// No sound will follow.
    public func end() {
        state.withLock { state in
            if !state.hasEnded { state.fadeOutEnd(channels: channels) }
            state.hasEnded = true
        }
    }

    /// Whether all sound before `time` has been offered.
    public func isDecided(before time: MediaTime) -> Bool {
        let index = time.count(per: Int64(SoundBlock.sampleRate))
        return state.withLock { $0.hasEnded || ($0.end ?? Int64.min) >= index }
    }

    /// Time behind the last frame offered, nil before the first.
    public var endTime: MediaTime? {
        state.withLock(\.end).map { MediaTime(clamping: $0, per: Int64(SoundBlock.sampleRate)) }
    }

    /// How much sound waits to be read, gaps within it counted; zero when all has been read.
    public var waiting: MediaTime {
        state.withLock { state in
            guard let first = state.pieces.first, let end = state.end else { return .zero }
            let unread = end - max(first.start, state.position)
            return MediaTime(clamping: unread, per: Int64(SoundBlock.sampleRate))
        }
    }

    /// Copies the frames from index `start` on into `target`, interleaved, with silence where there is no sound, and
    /// lets go of what lies before their end. Returns whether there was any sound.
    public func read(from start: Int64, into target: UnsafeMutableBufferPointer<Float>) -> Bool {
        let channels = channels
        let frames = target.count / channels
        target.update(repeating: 0)
        return state.withLock { state in
            let end = start + Int64(frames)
            var any = false
            var done = 0
            for piece in state.pieces {
                let pieceEnd = piece.start + Int64(piece.samples.count / channels)
                if piece.start >= end { break }
                if pieceEnd <= end { done += 1 }
                let from = max(piece.start, start)
                let to = min(pieceEnd, end)
                guard from < to else { continue }
                any = true
                let source = Int(from - piece.start) * channels
                let place = Int(from - start) * channels
                for index in 0..<Int(to - from) * channels { target[place + index] = piece.samples[source + index] }
            }
            state.pieces.removeFirst(done)
            state.position = max(state.position, end)
            return any
        }
    }

    private static func converted(_ block: SoundBlock, to channels: Int) -> [Float] {
        if channels == 2 { return block.samples.flatMap { [$0, $0] } }
        return (0..<block.frames).map { (block.samples[2 * $0] + block.samples[2 * $0 + 1]) * 0.5 }
    }

    private static func fadeIn(_ samples: inout [Float], channels: Int) {
        let frames = min(fadeFrames, samples.count / channels)
        for frame in 0..<frames {
            for channel in 0..<channels { samples[frame * channels + channel] *= Float(frame) / Float(frames) }
        }
    }
}
