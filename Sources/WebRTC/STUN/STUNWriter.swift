/// Writes one STUN message; attributes stand in the order in which they are added.
public struct STUNWriter: Sendable {
    private var bytes: [UInt8] = []
    private let transactionID: TransactionID

    public init(
        _ messageClass: STUNMessage.Class, method: UInt16 = STUNMessage.bindingMethod, transactionID: TransactionID
    ) {
        self.transactionID = transactionID
        bytes.reserveCapacity(128)
        let bits = UInt16(messageClass.rawValue)
        let type =
            (method & 0xF80) << 2 | (method & 0x70) << 1 | method & 0xF | (bits & 0b10) << 7 | (bits & 0b01) << 4
        bytes.append(bigEndian: type)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: STUNMessage.magicCookie)
        bytes.append(bigEndian: transactionID.high)
        bytes.append(bigEndian: transactionID.low)
    }

    /// Any attribute; `value` is at most 1,000 bytes and is padded.
    public mutating func add(type: UInt16, _ value: some Collection<UInt8>) {
        precondition(value.count <= 1000, "STUN attribute too long")
        bytes.append(bigEndian: type)
        bytes.append(bigEndian: UInt16(value.count))
        bytes.append(contentsOf: value)
        while bytes.count & 3 != 0 { bytes.append(0) }
        setLength(beyond: 0)
    }

    public mutating func add(username: String) { add(type: STUNMessage.Attribute.username, username.utf8) }

    public mutating func add(priority: UInt32) {
        var value: [UInt8] = []
        value.append(bigEndian: priority)
        add(type: STUNMessage.Attribute.priority, value)
    }

    public mutating func addUseCandidate() { add(type: STUNMessage.Attribute.useCandidate, []) }

    /// ICE-CONTROLLING or ICE-CONTROLLED with its tie-breaker.
    public mutating func add(controlling: Bool, tieBreaker: UInt64) {
        var value: [UInt8] = []
        value.append(bigEndian: tieBreaker)
        add(type: controlling ? STUNMessage.Attribute.controlling : STUNMessage.Attribute.controlled, value)
    }

    public mutating func add(xorMappedAddress address: TransportAddress) {
        var value: [UInt8] = [0, address.family == .ipv4 ? 1 : 2]
        value.append(bigEndian: address.port ^ UInt16(STUNMessage.magicCookie >> 16))
        switch address.family {
        case .ipv4:
            value.append(bigEndian: UInt32(truncatingIfNeeded: address.low) ^ STUNMessage.magicCookie)
        case .ipv6:
            value.append(
                bigEndian: address.high ^ (UInt64(STUNMessage.magicCookie) << 32 | UInt64(transactionID.high)))
            value.append(bigEndian: address.low ^ transactionID.low)
        }
        add(type: STUNMessage.Attribute.xorMappedAddress, value)
    }

    /// `code` is 300 to 699. The reason phrase is left empty: nobody reads it, and answers stay small.
    public mutating func add(errorCode code: Int) {
        add(type: STUNMessage.Attribute.errorCode, [0, 0, UInt8(code / 100), UInt8(code % 100)])
    }

    public mutating func add(unknownAttributes types: [UInt16]) {
        var value: [UInt8] = []
        for type in types { value.append(bigEndian: type) }
        add(type: STUNMessage.Attribute.unknownAttributes, value)
    }

    /// The message with MESSAGE-INTEGRITY by `key` and FINGERPRINT.
    public consuming func finish(key: [UInt8], authenticator: any MessageAuthenticator) -> [UInt8] {
        setLength(beyond: 24)
        let digest = authenticator.hmacSHA1(key: key, message: bytes.span)
        var value: [UInt8] = []
        for index in 0..<20 { value.append(digest[index]) }
        add(type: STUNMessage.Attribute.messageIntegrity, value)
        return finish()
    }

    /// The message with FINGERPRINT only.
    public consuming func finish() -> [UInt8] {
        setLength(beyond: 8)
        var check = CRC32()
        for byte in bytes { check.update(byte) }
        var value: [UInt8] = []
        value.append(bigEndian: check.value ^ STUNMessage.fingerprintMask)
        add(type: STUNMessage.Attribute.fingerprint, value)
        return bytes
    }

    private mutating func setLength(beyond more: Int) {
        let length = UInt16(bytes.count - STUNMessage.headerLength + more)
        bytes[2] = UInt8(length >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: length)
    }
}
