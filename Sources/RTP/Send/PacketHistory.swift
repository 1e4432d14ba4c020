public import Timing

/// What is known of a payload in a ``PacketHistory``.
public struct StoredPacket: Hashable, Sendable {
    /// The last of its picture; for sound, the first after silence.
    public var marker: Bool
    /// When what it carries is to be shown or heard, on the pipeline's timeline.
    public var mediaTime: MediaTime
    /// When it came into the history.
    public var storedAt: MediaTime
    /// Of the picture, not of this packet alone.
    public var isKeyframe: Bool
    public var startsPicture: Bool
    public var temporalLayer: UInt8
    /// Nil for sound.
    public var format: PictureFormat?
    public var numbers: PictureNumbers
    /// Bytes of payload.
    public var size: Int
    var offset: Int
}

/// The payloads of one encode, kept once for all who receive it: what was sent lately, to be sent again to who lost it.
///
/// Bounded in number, bytes and time: whatever is beyond one of them is forgotten, the oldest first. All memory is
/// taken at the start.
public struct PacketHistory: ~Copyable {
    /// How long a payload is kept.
    public let duration: MediaTime
    /// The largest payload, in bytes.
    public let maximumPayload: Int

    private var bytes: [UInt8]
    private var head = 0
    private var packets: [StoredPacket]
    private let mask: Int64
    /// Indices of the packets that are kept, in the order of their making, counted from 0.
    public private(set) var indices: Range<Int64> = 0..<0

    /// `packetLimit` is rounded up to a power of two.
    public init(
        packetLimit: Int = 1024, byteLimit: Int = 1 << 20, duration: MediaTime = .milliseconds(2000),
        maximumPayload: Int = 1200
    ) {
        precondition(packetLimit > 0 && byteLimit >= maximumPayload && maximumPayload > 0, "room for a packet")
        var capacity = 1
        while capacity < packetLimit { capacity *= 2 }
        self.duration = duration
        self.maximumPayload = maximumPayload
        mask = Int64(capacity - 1)
        bytes = [UInt8](repeating: 0, count: byteLimit)
        packets = [StoredPacket](
            repeating: StoredPacket(
                marker: false, mediaTime: .zero, storedAt: .zero, isKeyframe: false, startsPicture: false,
                temporalLayer: 0, format: nil, numbers: .zero, size: 0, offset: 0), count: capacity)
    }

    /// Cuts a picture into payloads and keeps them. Gives their indices; none for an empty picture.
    public mutating func append(
        picture: Span<UInt8>, _ description: PictureDescription, with packetizer: inout PicturePacketizer,
        mediaTime: MediaTime, now: MediaTime
    ) -> Range<Int64> {
        let first = indices.upperBound
        guard packetizer.begin(picture, description, maximumPayload: maximumPayload) else { return first..<first }
        var finished = false
        while !finished {
            let start = makeRoom(now: now)
            let room = start..<start + maximumPayload
            var writer = ByteWriter(bytes.mutableSpan, in: room)
            // There is room for the largest payload, so the packetizer cannot fail; it would be a broken invariant.
            guard let last = try? packetizer.writeNext(of: picture, into: &writer) else {
                preconditionFailure("payload larger than agreed upon")
            }
            let size = writer.count
            finished = last
            keep(
                StoredPacket(
                    marker: last, mediaTime: mediaTime, storedAt: now, isKeyframe: description.isKeyframe,
                    startsPicture: indices.upperBound == first, temporalLayer: description.temporalLayer,
                    format: packetizer.format, numbers: packetizer.numbers, size: size, offset: start))
        }
        return first..<indices.upperBound
    }

    /// Keeps a packet of sound. Nil if it is empty or larger than ``maximumPayload``.
    public mutating func append(
        sound: Span<UInt8>, startsTalk: Bool, mediaTime: MediaTime, now: MediaTime
    ) -> Int64? {
        guard !sound.isEmpty, sound.count <= maximumPayload else { return nil }
        let start = makeRoom(now: now)
        let room = start..<start + maximumPayload
        var writer = ByteWriter(bytes.mutableSpan, in: room)
        guard (try? writer.put(sound)) != nil else { return nil }
        keep(
            StoredPacket(
                marker: startsTalk, mediaTime: mediaTime, storedAt: now, isKeyframe: true, startsPicture: true,
                temporalLayer: 0, format: nil, numbers: .zero, size: sound.count, offset: start))
        return indices.upperBound - 1
    }

    /// Nil if it was never there, or is no longer.
    public subscript(index: Int64) -> StoredPacket? {
        indices.contains(index) ? packets[Int(index & mask)] : nil
    }

    /// Writes a payload; false, and nothing written, if it is no longer there.
    public func write(_ index: Int64, into writer: inout ByteWriter) throws(WireError) -> Bool {
        guard let packet = self[index] else { return false }
        try writer.put(bytes.span.clipped(to: packet.offset..<packet.offset + packet.size))
        return true
    }

    /// Forgets what is too old at `now`; appending does so as well.
    public mutating func forget(now: MediaTime) {
        while let oldest = self[indices.lowerBound], now - oldest.storedAt > duration { forgetOldest() }
    }

    private mutating func forgetOldest() {
        indices = indices.lowerBound + 1..<indices.upperBound
    }

    /// Where the largest payload can be written: behind the youngest, or at the start again.
    private mutating func makeRoom(now: MediaTime) -> Int {
        forget(now: now)
        if Int64(indices.count) > mask { forgetOldest() }
        if head + maximumPayload > bytes.count {
            // What lies behind the head is the oldest.
            while let oldest = self[indices.lowerBound], oldest.offset >= head { forgetOldest() }
            head = 0
        }
        while let oldest = self[indices.lowerBound], oldest.offset >= head, oldest.offset < head + maximumPayload {
            forgetOldest()
        }
        return head
    }

    private mutating func keep(_ packet: StoredPacket) {
        packets[Int(indices.upperBound & mask)] = packet
        indices = indices.lowerBound..<indices.upperBound + 1
        head += packet.size
    }
}
