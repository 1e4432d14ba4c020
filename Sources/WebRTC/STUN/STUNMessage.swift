/// Why bytes are not a STUN message that can be answered.
public enum STUNError: Error, Hashable, Sendable {
    /// The header is cut short, has no magic cookie, or its length is not that of the datagram.
    case notSTUN
    /// An attribute runs past the end or has a length its type forbids; `offset` is where it starts.
    case malformedAttribute(type: UInt16, offset: Int)
    /// FINGERPRINT is there and wrong, or not the last attribute.
    case wrongFingerprint
    /// More attributes than any ICE agent sends.
    case tooManyAttributes
}

/// 96 bits that pair a STUN response with its request.
public struct TransactionID: Hashable, Sendable {
    public var high: UInt32
    public var low: UInt64

    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(using generator: inout some RandomNumberGenerator) {
        high = UInt32.random(in: .min ... .max, using: &generator)
        low = UInt64.random(in: .min ... .max, using: &generator)
    }
}

/// A STUN message as ICE uses it (RFC 8489, RFC 8445 section 16), read from a datagram without copying it: names and
/// integrity are kept as places in the datagram.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |0 0|     STUN Message Type     |         Message Length        |
///     |                         Magic Cookie                          |
///     |                     Transaction ID (96 bits)                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct STUNMessage: Sendable {
    public enum Class: UInt8, Hashable, Sendable {
        case request = 0b00
        case indication = 0b01
        case success = 0b10
        case failure = 0b11
    }

    public static let bindingMethod: UInt16 = 1
    static let headerLength = 20
    static let magicCookie: UInt32 = 0x2112_A442
    static let fingerprintMask: UInt32 = 0x5354_554E
    /// Chrome sends about ten.
    static let attributeLimit = 32

    public let messageClass: Class
    public let method: UInt16
    public let transactionID: TransactionID
    /// Where the USERNAME stands in the datagram.
    public private(set) var username: Range<Int>?
    public private(set) var priority: UInt32?
    public private(set) var useCandidate = false
    /// The tie-breaker of ICE-CONTROLLING.
    public private(set) var controlling: UInt64?
    /// The tie-breaker of ICE-CONTROLLED.
    public private(set) var controlled: UInt64?
    /// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS.
    public private(set) var mappedAddress: TransportAddress?
    /// 300 to 699.
    public private(set) var errorCode: Int?
    public private(set) var hasFingerprint = false
    /// Attributes that must be understood (RFC 8489 section 14: types below 0x8000) and are not; at most 8 are kept.
    public private(set) var unknownRequired: [UInt16] = []
    /// Where MESSAGE-INTEGRITY starts. Attributes after it, FINGERPRINT apart, are not read.
    private var integrity: Int?

    /// Whether the first byte and the length could be STUN's (RFC 7983).
    public static func isCandidate(_ datagram: Span<UInt8>) -> Bool {
        datagram.count >= headerLength && datagram[0] < 4
    }

    /// Reads a whole datagram. Nothing in it is trusted until ``isAuthentic(in:key:authenticator:)`` says so.
    public init(parsing datagram: Span<UInt8>) throws(STUNError) {
        guard let type = datagram.uint16(at: 0), type < 0x4000, let length = datagram.uint16(at: 2),
            datagram.uint32(at: 4) == STUNMessage.magicCookie, let high = datagram.uint32(at: 8),
            let low = datagram.uint64(at: 12), length & 3 == 0,
            Int(length) + STUNMessage.headerLength == datagram.count,
            let messageClass = Class(rawValue: UInt8(type >> 7 & 0b10 | type >> 4 & 0b01))
        else { throw .notSTUN }
        self.messageClass = messageClass
        method = type >> 2 & 0xF80 | type >> 1 & 0x70 | type & 0xF
        transactionID = TransactionID(high: high, low: low)

        var offset = STUNMessage.headerLength
        var attributes = 0
        while offset < datagram.count {
            attributes += 1
            guard attributes <= STUNMessage.attributeLimit else { throw .tooManyAttributes }
            guard let type = datagram.uint16(at: offset), let length = datagram.uint16(at: offset + 2),
                offset + 4 + Int(length) <= datagram.count
            else { throw .malformedAttribute(type: datagram.uint16(at: offset) ?? 0, offset: offset) }
            if hasFingerprint { throw .wrongFingerprint }
            try read(type, offset + 4..<offset + 4 + Int(length), in: datagram)
            offset += 4 + (Int(length) + 3) / 4 * 4
        }
        guard offset == datagram.count else { throw .malformedAttribute(type: 0, offset: datagram.count) }
    }

    private mutating func read(_ type: UInt16, _ value: Range<Int>, in datagram: Span<UInt8>) throws(STUNError) {
        let start = value.lowerBound - 4
        func require(_ condition: Bool) throws(STUNError) {
            guard condition else { throw .malformedAttribute(type: type, offset: start) }
        }
        if integrity != nil, type != Attribute.fingerprint { return }
        switch type {
        case Attribute.username:
            try require(value.count <= 513)
            username = username ?? value
        case Attribute.messageIntegrity:
            try require(value.count == 20)
            integrity = start
        case Attribute.fingerprint:
            try require(value.count == 4)
            var check = CRC32()
            for index in 0..<start { check.update(datagram[index]) }
            guard datagram.uint32(at: value.lowerBound) == check.value ^ STUNMessage.fingerprintMask else {
                throw .wrongFingerprint
            }
            hasFingerprint = true
        case Attribute.priority:
            try require(value.count == 4)
            priority = datagram.uint32(at: value.lowerBound)
        case Attribute.useCandidate:
            try require(value.isEmpty)
            useCandidate = true
        case Attribute.controlling:
            try require(value.count == 8)
            controlling = datagram.uint64(at: value.lowerBound)
        case Attribute.controlled:
            try require(value.count == 8)
            controlled = datagram.uint64(at: value.lowerBound)
        case Attribute.xorMappedAddress:
            mappedAddress = address(value, in: datagram, masked: true)
            try require(mappedAddress != nil)
        case Attribute.mappedAddress:
            let address = address(value, in: datagram, masked: false)
            try require(address != nil)
            mappedAddress = mappedAddress ?? address
        case Attribute.errorCode:
            guard let digits = datagram.uint16(at: value.lowerBound + 2), value.count >= 4 else {
                throw .malformedAttribute(type: type, offset: start)
            }
            let code = Int(digits >> 8 & 7) * 100 + Int(digits & 0xFF)
            try require((300...699).contains(code) && digits & 0xFF < 100)
            errorCode = code
        case Attribute.realm, Attribute.nonce, Attribute.unknownAttributes, Attribute.messageIntegritySHA256:
            break
        default:
            if type < 0x8000, unknownRequired.count < 8 { unknownRequired.append(type) }
        }
    }

    private func address(_ value: Range<Int>, in datagram: Span<UInt8>, masked: Bool) -> TransportAddress? {
        let start = value.lowerBound
        guard value.count >= 8, let port = datagram.uint16(at: start + 2) else { return nil }
        let cookie = masked ? STUNMessage.magicCookie : 0
        let plainPort = port ^ UInt16(cookie >> 16)
        switch (datagram.byte(at: start + 1), value.count) {
        case (1, 8):
            guard let ip = datagram.uint32(at: start + 4) else { return nil }
            return TransportAddress(ipv4: ip ^ cookie, port: plainPort)
        case (2, 20):
            guard let high = datagram.uint64(at: start + 4), let low = datagram.uint64(at: start + 12) else {
                return nil
            }
            let mask = masked ? UInt64(cookie) << 32 | UInt64(transactionID.high) : 0
            return TransportAddress(ipv6: high ^ mask, low ^ (masked ? transactionID.low : 0), port: plainPort)
        default:
            return nil
        }
    }

    public var hasIntegrity: Bool { integrity != nil }

    /// Whether MESSAGE-INTEGRITY is there and was made with `key`, which for ICE is the password of the one who
    /// receives a request, and of the one who sent the request for its response. The comparison takes constant time.
    public func isAuthentic(in datagram: Span<UInt8>, key: [UInt8], authenticator: any MessageAuthenticator) -> Bool {
        guard let integrity, integrity + 24 <= datagram.count else { return false }
        var covered = datagram.array(0..<integrity)
        // The length that is hashed ends with MESSAGE-INTEGRITY (RFC 8489 section 14.5).
        let length = UInt16(truncatingIfNeeded: integrity - STUNMessage.headerLength + 24)
        covered[2] = UInt8(length >> 8)
        covered[3] = UInt8(truncatingIfNeeded: length)
        let digest = authenticator.hmacSHA1(key: key, message: covered.span)
        var difference: UInt8 = 0
        for index in 0..<20 { difference |= digest[index] ^ datagram[integrity + 4 + index] }
        return difference == 0
    }

    enum Attribute {
        static let mappedAddress: UInt16 = 0x0001
        static let username: UInt16 = 0x0006
        static let messageIntegrity: UInt16 = 0x0008
        static let errorCode: UInt16 = 0x0009
        static let unknownAttributes: UInt16 = 0x000A
        static let realm: UInt16 = 0x0014
        static let nonce: UInt16 = 0x0015
        static let messageIntegritySHA256: UInt16 = 0x001C
        static let xorMappedAddress: UInt16 = 0x0020
        static let priority: UInt16 = 0x0024
        static let useCandidate: UInt16 = 0x0025
        static let fingerprint: UInt16 = 0x8028
        static let controlled: UInt16 = 0x8029
        static let controlling: UInt16 = 0x802A
    }
}
