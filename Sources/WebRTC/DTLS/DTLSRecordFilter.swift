/// Looks at the outside of DTLS records before the library does (RFC 6347 sections 4.1 and 4.2), so that a pending
/// handshake holds little memory whatever its peer announces.
///
///      record: type (1)  version (2)  epoch (2)  sequence (6)  length (2)
///      handshake fragment: type (1)  length (3)  message sequence (2)  fragment offset (3)  fragment length (3)
struct DTLSRecordFilter {
    /// What a peer may send in one handshake message; browsers' certificates have under 1,000 bytes.
    static let messageLimit: UInt32 = 6_000
    /// What all messages of one handshake may announce together: a hello of up to 2 KB, a certificate, and little else.
    static let handshakeLimit: UInt32 = 8_000
    static let messageCountLimit = 16

    static let changeCipherSpec: UInt8 = 20
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23

    /// What a datagram holds: clear records first, then encrypted ones.
    struct Datagram: Equatable {
        var clear: Range<Int>
        var encrypted: Range<Int>
        /// An encrypted handshake record: a Finished.
        var hasEncryptedHandshake = false
    }

    /// The announced length of each handshake message.
    private var announced = [UInt32](repeating: 0, count: messageCountLimit)

    /// Nil when anything in the datagram is not as an honest peer writes it; then nothing of it is used.
    mutating func check(_ datagram: Span<UInt8>) -> Datagram? {
        var offset = 0
        var result = Datagram(clear: 0..<0, encrypted: 0..<0)
        while offset < datagram.count {
            guard let type = datagram.byte(at: offset), (20...23).contains(type),
                let version = datagram.uint16(at: offset + 1), version == 0xFEFF || version == 0xFEFD,
                let epoch = datagram.uint16(at: offset + 3), epoch <= 1,
                let length = datagram.uint16(at: offset + 11), length > 0, length <= 16_384 + 256,
                offset + 13 + Int(length) <= datagram.count
            else { return nil }
            let body = offset + 13..<offset + 13 + Int(length)
            if epoch == 0 {
                guard result.encrypted.isEmpty, type != DTLSRecordFilter.applicationData else { return nil }
                if type == DTLSRecordFilter.handshake, !checkHandshake(datagram, body) { return nil }
                result.clear = 0..<body.upperBound
            } else {
                let start = result.encrypted.isEmpty ? offset : result.encrypted.lowerBound
                result.encrypted = start..<body.upperBound
                if type == DTLSRecordFilter.handshake { result.hasEncryptedHandshake = true }
            }
            offset = body.upperBound
        }
        return offset == 0 ? nil : result
    }

    private mutating func checkHandshake(_ datagram: Span<UInt8>, _ body: Range<Int>) -> Bool {
        var offset = body.lowerBound
        while offset < body.upperBound {
            guard offset + 12 <= body.upperBound, let length = datagram.uint24(at: offset + 1),
                let sequence = datagram.uint16(at: offset + 4), let start = datagram.uint24(at: offset + 6),
                let fragment = datagram.uint24(at: offset + 9)
            else { return false }
            guard length <= DTLSRecordFilter.messageLimit, Int(sequence) < DTLSRecordFilter.messageCountLimit,
                start + fragment <= length, fragment > 0 || length == 0,
                offset + 12 + Int(fragment) <= body.upperBound
            else { return false }
            // All fragments of a message announce the same length.
            let known = announced[Int(sequence)]
            if known == 0 {
                guard announced.reduce(0, +) + length <= DTLSRecordFilter.handshakeLimit else { return false }
                announced[Int(sequence)] = length
            } else if known != length {
                return false
            }
            offset += 12 + Int(fragment)
        }
        return true
    }
}
