/// Memory for payloads that wait, in slots of one size. It grows by need up to a limit and is used again, so that a
/// stream that has run for a while allocates nothing.
struct PacketSlots: ~Copyable {
    /// The largest payload, in bytes.
    static let size = 1500

    private var bytes: [UInt8] = []
    private var free: [Int32] = []
    private let limit: Int
    private var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// How many slots hold something.
    var used: Int { count - free.count }

    /// Copies a payload; nil if it is too large, or all slots are taken.
    mutating func put(_ payload: Span<UInt8>) -> Int32? {
        guard payload.count <= PacketSlots.size else { return nil }
        if free.isEmpty {
            guard count < limit else { return nil }
            let growth = min(max(16, count), limit - count)
            bytes.append(contentsOf: repeatElement(0, count: growth * PacketSlots.size))
            for slot in (count..<count + growth).reversed() { free.append(Int32(slot)) }
            count += growth
        }
        guard let slot = free.popLast() else { return nil }
        let start = Int(slot) * PacketSlots.size
        payload.withUnsafeBufferPointer { from in
            guard let from = from.baseAddress else { return }
            bytes.withUnsafeMutableBufferPointer { to in
                guard let to = to.baseAddress else { return }
                (to + start).update(from: from, count: payload.count)
            }
        }
        return slot
    }

    mutating func release(_ slot: Int32) { free.append(slot) }

    /// The first `length` bytes of a slot.
    @_lifetime(borrow self)
    borrowing func payload(_ slot: Int32, length: Int32) -> Span<UInt8> {
        let start = Int(slot) * PacketSlots.size
        return bytes.span.clipped(to: start..<start + Int(length))
    }
}
