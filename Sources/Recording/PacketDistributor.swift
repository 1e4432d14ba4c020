package import Containers
import Media
import Synchronization
import Timing

/// Hands out the packets of one file's two streams to two readers, each at its own pace.
///
/// What one side has not asked for yet waits, up to ``limit`` bytes. If a file is so badly interleaved, or one side so
/// far ahead, that more would have to wait, each stream gets a reader of its own from there on, and the file is read
/// twice: memory stays bounded and nothing is lost.
package final class PacketDistributor: Sendable {
    /// Bytes of packets that may wait for one side.
    package let limit: Int
    private let state: Mutex<State>
    private let path: String
    private let cancel: CancelFlag?

    private struct State {
        /// The file, or of a file that is read twice, the pictures.
        var reader: FileReader
        /// The sound, of a file that is read twice.
        var soundReader: FileReader?
        var waiting: [Track: Waiting] = [.video: Waiting(), .sound: Waiting()]
        /// Packets handed out so far.
        var delivered: [Track: Int] = [.video: 0, .sound: 0]
        var end: FileEnd?
        var error: ContainerError?
    }

    private struct Waiting {
        var packets: [FilePacket] = []
        var head = 0
        var bytes = 0

        mutating func add(_ packet: FilePacket) {
            packets.append(packet)
            bytes += packet.chunk.data.count
        }

        mutating func take() -> FilePacket? {
            guard head < packets.count else { return nil }
            let packet = packets[head]
            bytes -= packet.chunk.data.count
            head += 1
            if head == packets.count {
                packets.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 64, head * 2 >= packets.count {
                packets.removeFirst(head)
                head = 0
            }
            return packet
        }

        mutating func clear() { self = Waiting() }
    }

    /// - Parameter wanted: packets of other streams are dropped.
    package init(_ reader: sending FileReader, wanted: Set<Track>, cancel: CancelFlag?, limit: Int = 16 << 20) {
        self.limit = limit
        self.cancel = cancel
        path = reader.info.path
        self.wanted = wanted
        state = Mutex(State(reader: reader))
    }

    private let wanted: Set<Track>

    /// The next packet of a stream; nil at its end, and after a failure.
    package func next(_ track: Track) -> FilePacket? {
        state.withLock { state in
            if let packet = state.waiting[track]?.take() {
                state.delivered[track]! += 1
                return packet
            }
            while state.error == nil {
                do throws(ContainerError) {
                    let reader = track == .sound ? state.soundReader ?? state.reader : state.reader
                    switch try reader.read() {
                    case .end(let end):
                        state.end = state.end ?? end
                        return nil
                    case .packet(let packet):
                        if packet.track == track {
                            state.delivered[track]! += 1
                            return packet
                        }
                        guard wanted.contains(packet.track), state.soundReader == nil else { continue }
                        state.waiting[packet.track]!.add(packet)
                        if state.waiting[packet.track]!.bytes > limit { try separate(&state, behind: packet.track) }
                    }
                } catch {
                    state.error = error
                }
            }
            return nil
        }
    }

    /// Gives the stream that is behind a reader of its own, which skips what has been handed out.
    private func separate(_ state: inout State, behind track: Track) throws(ContainerError) {
        let other = try FileReader(path: path, cancel: cancel)
        var skipped = 0
        while skipped < state.delivered[track]!, case .packet(let packet) = try other.read() {
            if packet.track == track { skipped += 1 }
        }
        state.waiting[track]!.clear()
        if track == .sound {
            state.soundReader = other
        } else {
            state.soundReader = state.reader
            state.reader = other
        }
    }

    /// True if the file is read twice.
    package var isSeparated: Bool { state.withLock { $0.soundReader != nil } }
    /// How the file ended, once that is known.
    var end: FileEnd? { state.withLock { $0.end } }
    /// What stopped reading: it was cancelled.
    var error: ContainerError? { state.withLock { $0.error } }

    /// Both streams go on at the last keyframe at or before `time`. False if the file cannot be searched.
    func seek(to time: MediaTime) -> Bool {
        state.withLock { state in
            guard state.reader.seek(to: time) else { return false }
            // Which packets come after a jump cannot be counted, so both streams share one reader again.
            state.soundReader = nil
            state.waiting = [.video: Waiting(), .sound: Waiting()]
            state.end = nil
            return true
        }
    }
}
