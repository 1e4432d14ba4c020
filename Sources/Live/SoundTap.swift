package import Media
package import Mixing
package import RTP
import Synchronization
package import Timing

/// The sound packets of one participant as they arrived, in order and with the times at which they are played, for who
/// records them. Copies within later packets fill the places of lost ones.
package final class SoundTap: Sendable {
    private struct Packet {
        var sequence: Int64
        var timestamp: RTPTimestamp
        var data: [UInt8]
    }

    private struct State {
        var clock = PictureClock(clockRate: OpusPacket.clockRate)
        var sink: (@Sendable (EncodedChunk) -> Void)?
        /// By sequence, of packets that one before them may yet come for.
        var waiting: [Packet] = []
        var next: Int64?
    }

    private let state = Mutex(State())
    /// Packets that wait for one that is missing: as long as the jitter buffer would at most.
    private static let patience = 10

    package init() {}

    /// Gives every chunk from now on to `sink`, on the network thread; nil ends that.
    package func setSink(_ sink: (@Sendable (EncodedChunk) -> Void)?) {
        state.withLock { state in
            state.sink = sink
            state.waiting.removeAll()
            state.next = nil
        }
    }

    package func receive(_ report: SenderReport) { state.withLock { $0.clock.receive(report) } }

    /// The stream began anew.
    package func restart() {
        state.withLock { state in
            state.clock = PictureClock(clockRate: OpusPacket.clockRate)
            state.waiting.removeAll()
            state.next = nil
        }
    }

    package func receive(
        _ payload: Span<UInt8>, timestamp: RTPTimestamp, sequence: Int64, isCopy: Bool, playout: SoundPlayout,
        now: MediaTime
    ) {
        state.withLock { state in
            if !isCopy { _ = state.clock.receive(timestamp, arrival: now) }
            guard let sink = state.sink else { return }
            guard sequence >= state.next ?? sequence, !payload.isEmpty,
                !state.waiting.contains(where: { $0.sequence == sequence })
            else { return }
            // A copy says nothing of where to begin.
            if isCopy, state.next == nil { return }
            let data = payload.withUnsafeBytes { Array($0) }
            let place = state.waiting.firstIndex { $0.sequence > sequence } ?? state.waiting.count
            state.waiting.insert(Packet(sequence: sequence, timestamp: timestamp, data: data), at: place)
            while let first = state.waiting.first,
                first.sequence == state.next ?? first.sequence || state.waiting.count > SoundTap.patience
            {
                state.waiting.removeFirst()
                state.next = first.sequence + 1
                let time = state.clock.playout(
                    of: first.timestamp, sound: playout.anchor, delay: playout.state.target, now: now)
                let samples = (try? OpusPacket(parsing: first.data.span))?.samples ?? 960
                sink(
                    EncodedChunk(
                        data: first.data, time: time ?? now,
                        duration: MediaTime(clamping: Int64(samples), per: OpusPacket.clockRate), isKeyframe: true))
            }
        }
    }
}
