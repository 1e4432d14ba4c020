public import Timing

/// How loud the sound in a packet is (RFC 6464).
public struct AudioLevel: Hashable, Sendable {
    /// 0 (loudest) to 127 (silence), in -dBov.
    public var level: UInt8
    /// Whether the sender takes it for speech.
    public var voice: Bool

    public init(level: UInt8, voice: Bool) {
        self.level = level & 0x7f
        self.voice = voice
    }
}

/// How a picture is to be turned for display (3GPP TS 26.114, section 7.4.5).
public struct VideoOrientation: Hashable, Sendable {
    /// Quarter turns clockwise that undo the camera's turn, 0 to 3.
    public var quarterTurns: UInt8
    /// Mirrored left to right.
    public var flipped: Bool
    /// Taken by a camera at the back of the device.
    public var backCamera: Bool

    public init(quarterTurns: UInt8, flipped: Bool = false, backCamera: Bool = false) {
        self.quarterTurns = quarterTurns & 3
        self.flipped = flipped
        self.backCamera = backCamera
    }
}

/// The bounds that a sender sets to the delay between capture and display, each 0 to 40.95 s in steps of 10 ms.
public struct PlayoutDelay: Hashable, Sendable {
    /// In 10 ms, 0 to 4095.
    public var minimum: UInt16
    /// In 10 ms, 0 to 4095.
    public var maximum: UInt16

    public init(minimum: UInt16, maximum: UInt16) {
        self.minimum = Swift.min(minimum, 4095)
        self.maximum = Swift.min(maximum, 4095)
    }
}

/// When a packet was sent: 24 bits, in units of 2^-18 s, wrapping around every 64 s.
public struct AbsoluteSendTime: Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue & 0xff_ffff }

    /// Of any clock that goes at the right speed.
    public init(_ time: MediaTime) {
        rawValue = UInt32(truncatingIfNeeded: time.count(per: 1 << 18)) & 0xff_ffff
    }
}

/// When what a packet carries was captured, by the wall clock of who captured it.
public struct AbsoluteCaptureTime: Hashable, Sendable {
    public var captured: NTPTime
    /// What is to be added to come to the sender's wall clock, in units of 2^-32 s; nil if not told.
    public var clockOffset: Int64?

    public init(captured: NTPTime, clockOffset: Int64? = nil) {
        self.captured = captured
        self.clockOffset = clockOffset
    }
}

/// The values of the header extensions of one packet.
public struct HeaderExtensions: Hashable, Sendable {
    public var audioLevel: AudioLevel?
    /// 1 to 32 ASCII characters; text of up to 15 needs no allocation.
    public var mid: String?
    /// As ``mid``.
    public var streamID: String?
    /// As ``mid``.
    public var repairedStreamID: String?
    public var absoluteSendTime: AbsoluteSendTime?
    public var transportSequenceNumber: UInt16?
    public var videoOrientation: VideoOrientation?
    public var playoutDelay: PlayoutDelay?
    public var absoluteCaptureTime: AbsoluteCaptureTime?

    public init() {}

    /// Reads what `map` gives a meaning; other elements, and known ones of an impossible length, are passed over.
    /// Throws if an element reaches beyond the block.
    public init(parsing block: ExtensionBlock, in bytes: Span<UInt8>, map: HeaderExtensionMap) throws(WireError) {
        self.init()
        var reading = HeaderExtensions()
        try block.forEach(in: bytes) { (number, range) throws(WireError) in
            guard let meaning = map.meaning(of: number) else { return }
            try reading.read(meaning, from: bytes, in: range)
        }
        self = reading
    }

    private mutating func read(
        _ meaning: HeaderExtension, from bytes: Span<UInt8>, in range: Range<Int>
    ) throws(WireError) {
        var reader = ByteReader(bytes, in: range)
        switch meaning {
        case .audioLevel:
            // The two-byte form may carry a byte of padding.
            guard range.count == 1 || range.count == 2 else { return }
            let value = try reader.uint8()
            audioLevel = AudioLevel(level: value, voice: value & 0x80 != 0)
        case .mid: mid = HeaderExtensions.name(in: range, of: bytes)
        case .streamID: streamID = HeaderExtensions.name(in: range, of: bytes)
        case .repairedStreamID: repairedStreamID = HeaderExtensions.name(in: range, of: bytes)
        case .absoluteSendTime:
            guard range.count == 3 else { return }
            absoluteSendTime = AbsoluteSendTime(rawValue: try reader.uint24())
        case .transportSequenceNumber:
            guard range.count == 2 else { return }
            transportSequenceNumber = try reader.uint16()
        case .videoOrientation:
            // 0 0 0 0 C F R1 R0
            guard range.count == 1 else { return }
            let value = try reader.uint8()
            videoOrientation = VideoOrientation(
                quarterTurns: value, flipped: value & 0x04 != 0, backCamera: value & 0x08 != 0)
        case .playoutDelay:
            guard range.count == 3 else { return }
            let value = try reader.uint24()
            playoutDelay = PlayoutDelay(minimum: UInt16(value >> 12), maximum: UInt16(value & 0xfff))
        case .absoluteCaptureTime:
            guard range.count == 8 || range.count == 16 else { return }
            let captured = NTPTime(rawValue: try reader.uint64())
            let offset = reader.isAtEnd ? nil : Int64(bitPattern: try reader.uint64())
            absoluteCaptureTime = AbsoluteCaptureTime(captured: captured, clockOffset: offset)
        }
    }

    /// Names are of visible ASCII, so that they can be compared, logged and written back as they are.
    private static func name(in range: Range<Int>, of bytes: Span<UInt8>) -> String? {
        guard (1...32).contains(range.count) else { return nil }
        for index in range where !(0x21...0x7e).contains(bytes[index]) { return nil }
        return bytes.text(in: range)
    }

    /// Writes profile, length, the elements that `map` has numbers for, and padding to whole words; the one-byte form
    /// where it will do. False, and nothing written, if there are none.
    func write(into writer: inout ByteWriter, map: HeaderExtensionMap) throws(WireError) -> Bool {
        var any = false
        var oneByte = true
        for kind in HeaderExtension.allCases {
            guard let number = map[kind], let size = size(of: kind) else { continue }
            any = true
            if number > 14 || size > 16 { oneByte = false }
        }
        guard any else { return false }
        try writer.put(oneByte ? ExtensionBlock.oneByteProfile : ExtensionBlock.twoByteProfile)
        try writer.put(UInt16(0))
        let start = writer.count
        for kind in HeaderExtension.allCases {
            guard let number = map[kind], let size = size(of: kind) else { continue }
            if oneByte {
                try writer.put(number << 4 | UInt8(size - 1))
            } else {
                try writer.put(number)
                try writer.put(UInt8(size))
            }
            try write(kind, into: &writer)
        }
        try writer.put(zeros: (4 - (writer.count - start) % 4) % 4)
        writer.patch(UInt16((writer.count - start) / 4), at: start - 2)
        return true
    }

    /// Bytes of the value; nil if there is none, or none that can be written.
    private func size(of kind: HeaderExtension) -> Int? {
        switch kind {
        case .audioLevel: audioLevel == nil ? nil : 1
        case .mid: HeaderExtensions.size(of: mid)
        case .streamID: HeaderExtensions.size(of: streamID)
        case .repairedStreamID: HeaderExtensions.size(of: repairedStreamID)
        case .absoluteSendTime: absoluteSendTime == nil ? nil : 3
        case .transportSequenceNumber: transportSequenceNumber == nil ? nil : 2
        case .videoOrientation: videoOrientation == nil ? nil : 1
        case .playoutDelay: playoutDelay == nil ? nil : 3
        case .absoluteCaptureTime:
            absoluteCaptureTime.map { $0.clockOffset == nil ? 8 : 16 }
        }
    }

    private static func size(of name: String?) -> Int? {
        guard let name, (1...32).contains(name.utf8.count) else { return nil }
        return name.utf8.count
    }

    private func write(_ kind: HeaderExtension, into writer: inout ByteWriter) throws(WireError) {
        switch kind {
        case .audioLevel:
            if let audioLevel { try writer.put(audioLevel.level & 0x7f | (audioLevel.voice ? 0x80 : 0)) }
        case .mid: if let mid { try writer.put(mid) }
        case .streamID: if let streamID { try writer.put(streamID) }
        case .repairedStreamID: if let repairedStreamID { try writer.put(repairedStreamID) }
        case .absoluteSendTime: if let absoluteSendTime { try writer.put24(absoluteSendTime.rawValue) }
        case .transportSequenceNumber: if let transportSequenceNumber { try writer.put(transportSequenceNumber) }
        case .videoOrientation:
            if let turn = videoOrientation {
                let flags: UInt8 = (turn.flipped ? 0x04 : 0) | (turn.backCamera ? 0x08 : 0)
                try writer.put(turn.quarterTurns & 3 | flags)
            }
        case .playoutDelay:
            if let playoutDelay {
                try writer.put24(UInt32(playoutDelay.minimum & 0xfff) << 12 | UInt32(playoutDelay.maximum & 0xfff))
            }
        case .absoluteCaptureTime:
            if let absoluteCaptureTime {
                try writer.put(absoluteCaptureTime.captured.rawValue)
                if let offset = absoluteCaptureTime.clockOffset { try writer.put(UInt64(bitPattern: offset)) }
            }
        }
    }
}
