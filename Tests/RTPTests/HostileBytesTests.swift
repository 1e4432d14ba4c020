import RTP
import Testing
import Timing

/// Everything that reads a peer's bytes, on arbitrary bytes: none may trap, whatever they throw.
func readEverything(_ bytes: Span<UInt8>) {
    _ = DatagramKind(bytes)
    let map = HeaderExtensionMap(HeaderExtension.allCases.map { (number: $0.rawValue + 1, extension: $0) })
    if let packet = try? RTPPacket(parsing: bytes) {
        if let block = packet.extensions { _ = try? HeaderExtensions(parsing: block, in: bytes, map: map) }
        _ = packet.contributor(packet.contributorCount - 1, in: bytes)
        for format in [PictureFormat.vp8, .vp9, .h264] {
            _ = try? PictureFragment(parsing: format, in: packet.payload, of: bytes)
        }
        _ = try? Retransmission.original(
            of: packet, in: bytes, ssrc: SSRC(1), payloadType: PayloadType(96))
        _ = try? OpusPacket(parsing: bytes.clipped(to: packet.payload))
        _ = try? RedundantSound.forEachBlock(in: packet.payload, of: bytes) { _ in }
    }
    var joined: [UInt8] = []
    for format in [PictureFormat.vp8, .vp9, .h264] {
        if let fragment = try? PictureFragment(parsing: format, in: 0..<bytes.count, of: bytes) {
            precondition(fragment.body.upperBound <= bytes.count && !fragment.body.isEmpty, "body within the bytes")
        }
    }
    _ = try? H264Payload.append(0..<bytes.count, of: bytes, to: &joined)
    _ = try? OpusPacket(parsing: bytes)
    _ = try? RedundantSound.forEachBlock(in: 0..<bytes.count, of: bytes) { block in
        precondition(block.data.upperBound <= bytes.count, "block within the bytes")
    }
    var reader = RTCPReader(bytes)
    while true {
        do {
            guard let packet = try reader.next() else { break }
            switch packet {
            case .nack(let nack): nack.forEach { _ in }
            case .transportFeedback(let feedback): feedback.forEach { _, _ in }
            case .senderReport(let report):
                for block in report.blocks { _ = block.roundTrip(now: report.ntp) }
            default: break
            }
            if case .unknown = packet { continue }
            _ = try? written(limit: 4096) { writer throws(WireError) in try packet.write(into: &writer) }
        } catch { continue }
    }
}

@Suite struct HostileBytesTests {
    /// A well-formed datagram of each class.
    static let seeds: [[UInt8]] = {
        var seeds: [[UInt8]] = [
            [0x81, 200, 0, 12] + [UInt8](repeating: 7, count: 48),
            [0x81, 201, 0, 7] + [UInt8](repeating: 0x80, count: 28),
            [0x81, 202, 0, 3, 0x10, 0, 0, 0, 1, 4, 0x61, 0x62, 0x63, 0x64, 0, 0],
            [0x82, 203, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 3, 0x46, 0x4f, 0x4f],
            [0x81, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0x80, 0x03, 0, 15, 0, 0, 0, 64, 0, 0],
            [0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4d, 0x42, 1, 0xff, 0xff, 0xff, 0, 0, 0, 1],
            [
                0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 0, 23, 0, 0, 2, 5, 0x00, 14, 0b1010_0000, 0b0010_0000, 4,
                8, 0, 2,
            ],
            [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0],
            [
                0x80, 207, 0, 8, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 5, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0,
                0,
                0, 4,
            ],
            [0x90, 0xf0, 0xff, 0xff, 0x01, 0x7f, 0x50, 1, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 9, 9, 9],
            [0xfe, 0x85, 0x01, 0x31, 0x03, 0x05, 0x06, 0x38, 0, 1, 0, 1, 0, 2, 0, 2, 2, 0, 0x4c, 1, 2, 3, 7, 7],
            [0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3, 0, 2, 0x65, 4],
            [
                0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10,
                0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
            ],
            [0x80 | 111, 0x1e, 0x00, 0x02, 0x80 | 111, 0x0f, 0x00, 0x01, 111, 0xaa, 0xab, 0xbb, 0xcc, 0xcd],
            [0x4b, 0x03, 0x80, 1, 2, 3],
        ]
        let payloads = seeds.suffix(6)
        for payload in payloads {
            seeds.append(
                [0xb2, 0x6f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 3]
                    + [0x10, 0x85, 0x40, 0x30, 0x22, 0x01, 0x02, 0x03, 0x31, 0x12, 0x34, 0x00] + payload + [0, 2])
            seeds.append(
                [0x90, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0, 0, 2, 4, 3, 0x61, 0x62, 0x63, 0, 1, 0] + payload)
        }
        seeds.append(seeds.prefix(9).flatMap { $0 })
        return seeds
    }()

    @Test func everyLengthOfEveryClass() {
        for seed in HostileBytesTests.seeds {
            for filler: UInt8 in [0x00, 0xff, 0x80] {
                let bytes = seed + [UInt8](repeating: filler, count: max(0, 1500 - seed.count))
                for length in 0...1500 { readEverything(bytes.span.clipped(to: 0..<length)) }
            }
        }
        for first in UInt8.min...UInt8.max {
            let bytes = [UInt8](repeating: first, count: 64)
            for length in 0...64 { readEverything(bytes.span.clipped(to: 0..<length)) }
        }
    }

    @Test func seededMutations() {
        var random = SeededGenerator(seed: 0x7e55)
        for seed in HostileBytesTests.seeds {
            for _ in 0..<3000 {
                var bytes = seed
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    case 2: bytes[index] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
                    default:
                        if bytes.count > 1 { bytes.removeSubrange(index..<min(bytes.count, index + 2)) }
                        if bytes.isEmpty { bytes = [0] }
                    }
                }
                readEverything(bytes.span)
            }
        }
    }
}
