import Codecs
public import Containers
import Foundation
import Media
import Mixing
import RTP
import Room
import Synchronization
import Timing

/// A view of a room that goes out as H.264 and AAC: pushed to a server, or served as HLS. It takes the pictures of the
/// encode that viewers of H.264 receive, if there are any. A server that goes away is tried again.
public final class RoomOutput: RoomTap, @unchecked Sendable {
    public struct Options: Sendable {
        /// Unlike any other's; also the name of its mark in the room.
        public var id: String
        public var target: StreamWriter.Target
        /// The rung of the ladder, such as `360p30`; nil for the best.
        public var rendition: String?
        /// Nil for the room's own, whatever that is at the time.
        public var layout: String?
        /// Who started it, as shown to everybody; nil for the service itself.
        public var by: String?

        public init(id: String, target: StreamWriter.Target) { (self.id, self.target) = (id, target) }
    }

    public enum State: String, Sendable, Codable {
        /// Nothing has gone out yet.
        case connecting
        case running
        /// The server is tried again after a while.
        case waiting
        case ended
    }

    public struct Status: Sendable {
        public var state = State.connecting
        /// What went out, in all.
        public var bytes: Int64 = 0
        /// Connections that were lost or never came to be.
        public var failures = 0
        /// Why the last one was.
        public var failure: String?
        /// Chunks left out since the server took them too slowly.
        public var dropped = 0
    }

    private struct Item {
        var chunk: EncodedChunk
        var track: Track
    }

    /// What waits to go; of more than two seconds all is left out, up to the next keyframe.
    private static let queueLimit = 200
    private static let longestWait = 30.0

    public let options: Options
    let key: RenditionKey
    private let room: LiveRoom
    private let size: PictureSize
    private let onChange: @Sendable (Status) -> Void
    private let patience = StreamWriter.Patience()
    /// What renditions know it by; recordings count upwards.
    private let number = RoomOutput.numbers.subtract(1, ordering: .relaxed).oldValue
    private static let numbers = Atomic(-1)

    // Guarded by the condition.
    private let condition = NSCondition()
    private var queue: [Item] = []
    private var status_ = Status()
    private var isStopped = false
    private var awaitsKeyframe = true
    private var watched: LiveRendition?
    private var newest = -MediaTime.limit
    private var lastKeyframe = MediaTime.zero

    var id: String { options.id }
    public var status: Status { condition.withLock { status_ } }

    init(
        _ options: Options, key: RenditionKey, size: PictureSize, room: LiveRoom,
        onChange: @escaping @Sendable (Status) -> Void
    ) {
        (self.options, self.key, self.size, self.room, self.onChange) = (options, key, size, room, onChange)
    }

    func run() {
        _ = room.attach(self)
        let thread = Thread { [self] in work() }
        thread.name = "output"
        thread.stackSize = 2 << 20
        thread.start()
    }

    /// Ends it; the thread says goodbye on its own.
    public func stop() {
        end()
        room.detach(self)
        try? room.change { (room, now) throws(RoomError) in try room.recordingEnded(self.id, now: now) }
    }

    /// Takes nothing any more. It may be called under the room's lock.
    private func end() {
        let rendition = condition.withLock {
            isStopped = true
            condition.signal()
            defer { watched = nil }
            return watched
        }
        rendition?.record(number, nil)
    }

    // MARK: - From the room

    func follow(_ view: LiveView?) {
        guard let rendition = view?.rendition(key) else { return }
        let (isNew, before) = condition.withLock {
            guard !isStopped, rendition !== watched else { return (false, nil as LiveRendition?) }
            defer { watched = rendition }
            awaitsKeyframe = true
            return (true, watched)
        }
        guard isNew else { return }
        before?.record(number, nil)
        rendition.record(number) { [weak self, weak rendition] chunk in
            if let self, let rendition { take(chunk, of: rendition) }
        }
    }

    /// On the encoder's thread.
    private func take(_ chunk: EncodedChunk, of rendition: LiveRendition) {
        let wantsKeyframe = condition.withLock {
            guard rendition === watched, chunk.time > newest else { return rendition === watched && awaitsKeyframe }
            newest = chunk.time
            if chunk.isKeyframe {
                awaitsKeyframe = false
                lastKeyframe = chunk.time
            }
            guard !awaitsKeyframe else { return true }
            put(Item(chunk: chunk, track: .video))
            // Segments begin with keyframes.
            return chunk.time - lastKeyframe >= StreamWriter.segmentDuration - .milliseconds(20)
        }
        if wantsKeyframe { rendition.requestKeyframe() }
    }

    func take(sound chunk: EncodedChunk) {
        condition.withLock { put(Item(chunk: chunk, track: .sound)) }
    }

    /// Under the lock.
    private func put(_ item: Item) {
        guard !isStopped else { return }
        if queue.count >= RoomOutput.queueLimit {
            status_.dropped += queue.count
            queue.removeAll(keepingCapacity: true)
            awaitsKeyframe = true
            if item.track == .video, !item.chunk.isKeyframe { return }
        }
        queue.append(item)
        condition.signal()
    }

    func note(_ events: [RoomEvent], in room: Room, participants: [LiveParticipant]) {
        for event in events { if case .closed = event.kind { end() } }
    }

    // MARK: - The thread

    private func work() {
        var wait = 1.0
        while !condition.withLock({ isStopped }) {
            do {
                try send { wait = 1 }
            } catch {
                change {
                    $0.state = .waiting
                    $0.failures += 1
                    $0.failure = "\(error)"
                }
                rest(wait)
                wait = min(RoomOutput.longestWait, wait * 2)
            }
        }
        change { $0.state = .ended }
        room.detach(self)
    }

    /// One connection, until it is lost or the output ends.
    private func send(_ connected: () -> Void) throws {
        let setup = try VideoEncoders.make(
            LiveRendition.configuration(.h264, room.rung(named: key.rung)!, size: size)
        ).parameters.setup
        let decoder = try OpusDecoder(channels: room.soundParameters.channels)
        let encoder = try AACEncoder(
            SoundEncoderConfiguration(codec: .aac, channels: room.soundParameters.channels, bitrate: 128_000))
        let video = VideoParameters(codec: .h264, size: size, setup: setup, colour: .bt601Limited)
        // Nothing to be sent before there is something to be seen.
        guard next() != nil else { return }
        let writer = try StreamWriter(options.target, video: video, sound: encoder.parameters, patience: patience)
        var sent: Int64 = 0
        var blocks: [SoundBlock] = []
        var chunks: [EncodedChunk] = []
        // What came while the server was waited for is late by now.
        refresh()
        while let one = next() {
            switch one.track {
            case .video:
                try writer.write(one.chunk, to: .video)
                sent += Int64(one.chunk.data.count)
            case .sound:
                blocks.removeAll(keepingCapacity: true)
                chunks.removeAll(keepingCapacity: true)
                try decoder.decode(one.chunk, into: &blocks)
                for block in blocks {
                    try block.samples.withUnsafeBufferPointer { samples throws(CodecError) in
                        try encoder.encode(samples, time: block.time, into: &chunks)
                    }
                }
                for chunk in chunks {
                    try writer.write(chunk, to: .sound)
                    sent += Int64(chunk.data.count)
                }
            }
            if sent > 0 {
                connected()
                let bytes = sent
                sent = 0
                change(isTold: status.state != .running) {
                    $0.state = .running
                    $0.bytes += bytes
                }
            }
        }
        try writer.finish()
    }

    /// Leaves out what waits, and goes on with the next keyframe.
    private func refresh() {
        let rendition = condition.withLock {
            queue.removeAll(keepingCapacity: true)
            awaitsKeyframe = true
            return watched
        }
        rendition?.requestKeyframe()
    }

    /// Waits for the next; nil at the end.
    private func next() -> Item? {
        condition.withLock {
            while queue.isEmpty, !isStopped { condition.wait() }
            return isStopped ? nil : queue.removeFirst()
        }
    }

    private func rest(_ seconds: Double) {
        let end = Date().addingTimeInterval(seconds)
        condition.withLock {
            while !isStopped, Date() < end {
                queue.removeAll(keepingCapacity: true)
                _ = condition.wait(until: end)
            }
        }
        refresh()
    }

    private func change(isTold: Bool = true, _ body: (inout Status) -> Void) {
        let status = condition.withLock {
            body(&status_)
            return status_
        }
        if isTold { onChange(status) }
    }
}

extension LiveServer {
    /// Sends a view of a room out. Throws 404 for an unknown room, 409 if that takes a view too many, 422 for a rendition or
    /// layout that there is not. `onChange` is told of each change of state, on the output's thread.
    public func output(
        room name: String, _ options: RoomOutput.Options, onChange: @escaping @Sendable (RoomOutput.Status) -> Void
    ) throws(LiveError) -> RoomOutput {
        let room = try openRoom(name)
        if let layout = options.layout { _ = try catalogue.layout(named: layout) }
        let rung = try rung(recorded: options.rendition)
        let output = RoomOutput(
            options, key: RenditionKey(rung: rung.name, format: .h264), size: rung.size, room: room,
            onChange: onChange)
        try room.change { (room, now) throws(RoomError) in
            try room.sendOut(options.id, by: options.by, choice: ViewChoice(layout: options.layout), now: now)
        }
        output.run()
        return output
    }
}
