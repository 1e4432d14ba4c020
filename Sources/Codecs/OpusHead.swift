/// The identification header of Opus in files (RFC 7845, 5.1), of which WebM and MP4 carry the same fields.
///
///     "OpusHead", version 1, channels, pre-skip (16 bits), input rate (32), gain (16, Q7.8 dB), mapping family
///
/// Numbers are little-endian.
struct OpusHead: Equatable {
    var channels: UInt8
    /// Frames at 48 kHz.
    var preSkip: UInt16
    /// Hz, of the sound before it was encoded; only for information.
    var inputRate: UInt32
    /// 1/256 dB.
    var gain: Int16 = 0
    /// 0 for one or two channels.
    var mappingFamily: UInt8 = 0

    init(channels: UInt8, preSkip: UInt16, inputRate: UInt32) {
        self.channels = channels
        self.preSkip = preSkip
        self.inputRate = inputRate
    }

    /// Nil if the bytes are no such header.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 19, bytes.starts(with: Array("OpusHead".utf8)), bytes[8] & 0xf0 == 0 else { return nil }
        channels = bytes[9]
        preSkip = UInt16(bytes[10]) | UInt16(bytes[11]) << 8
        inputRate = (0..<4).reduce(0) { $0 | UInt32(bytes[12 + $1]) << (8 * UInt32($1)) }
        gain = Int16(bitPattern: UInt16(bytes[16]) | UInt16(bytes[17]) << 8)
        mappingFamily = bytes[18]
    }

    /// The header, of mapping family 0.
    var bytes: [UInt8] {
        var bytes = Array("OpusHead".utf8) + [1, channels]
        bytes += [UInt8(truncatingIfNeeded: preSkip), UInt8(preSkip >> 8)]
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: inputRate >> (8 * UInt32($0))) }
        let gain = UInt16(bitPattern: gain)
        return bytes + [UInt8(truncatingIfNeeded: gain), UInt8(gain >> 8), 0]
    }
}
