import Codecs
import Foundation
import Media
import MediaTesting
import Testing
import Timing

/// Memory must not depend on how long a stream is. Run one after the other, since they watch the whole process.
@Suite struct MemoryTests {
    /// Resident memory in kB.
    private static func resident() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    @Test(arguments: [Codec.vp8, .vp9, .h264]) func picturesLeaveNothingBehind(codec: Codec) throws {
        let encoder = try VideoEncoders.make(.test(codec, 320, 180))
        let decoder = try VideoDecoders.make(for: encoder.parameters)
        let pictures = (0..<10).map { TestPictures.make(encoder.configuration.size, frame: $0) }
        var decoded: [DecodedPicture] = []
        func run(_ range: Range<Int>) throws {
            for frame in range {
                let time = FrameRate.fps30.time(ofFrame: Int64(frame))
                let chunk = try encoder.encode(
                    pictures[frame % 10], time: time, forceKeyframe: false, activeMap: nil)
                if let chunk { try decoder.decode(chunk, wantsPicture: frame % 3 != 0, into: &decoded) }
                if decoded.count > 4 { decoded.removeAll(keepingCapacity: true) }
            }
        }
        try run(0..<300)
        let before = try Self.resident()
        try run(300..<2300)
        // A leak of one picture in ten would be 17 MB. Other tests that run meanwhile need some.
        let growth = try Self.resident() - before
        if growth > 17_000 {
            try run(2300..<6300)
            #expect(try Self.resident() - before < growth * 2)
        }
    }
}
