/// Cuts a TCP stream into datagrams and back (RFC 4571, as ICE-TCP uses it: RFC 6544): each is preceded by its length
/// in two bytes. It buffers at most one frame; the caller feeds what it reads, in pieces of any size.
public struct StreamFraming: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// The stream announces a frame that no datagram of ours fills: it is not ICE, or hostile.
        case frameTooLong(Int)
    }

    /// Longer frames end the connection.
    public static let frameLimit = 2048

    private var buffer: [UInt8] = []
    private var header: (first: UInt8?, needed: Int?) = (nil, nil)

    public init() {
        buffer.reserveCapacity(StreamFraming.frameLimit)
    }

    /// Takes bytes from the front of `input`, at most up to the end of one frame, and says how many; `isComplete` tells
    /// that ``frame`` is a whole datagram, which stays until the next call.
    public mutating func consume(_ input: Span<UInt8>) throws(Failure) -> (consumed: Int, isComplete: Bool) {
        if header.needed == buffer.count { reset() }
        var offset = 0
        while header.needed == nil, offset < input.count {
            let byte = input[offset]
            offset += 1
            guard let first = header.first else {
                header.first = byte
                continue
            }
            let length = Int(first) << 8 | Int(byte)
            guard length <= StreamFraming.frameLimit else { throw .frameTooLong(length) }
            header.needed = length
        }
        guard let needed = header.needed else { return (offset, false) }
        let end = min(input.count, offset + needed - buffer.count)
        while offset < end {
            buffer.append(input[offset])
            offset += 1
        }
        return (offset, buffer.count == needed)
    }

    private mutating func reset() {
        buffer.removeAll(keepingCapacity: true)
        header = (nil, nil)
    }

    /// The datagram that the last call of ``consume(_:)`` completed.
    public var frame: [UInt8] {
        get { buffer }
        _modify { yield &buffer }
    }

    /// The two bytes that precede a datagram of `length` bytes, 0 to 65,535.
    public static func header(length: Int) -> (UInt8, UInt8) {
        (UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length))
    }
}
