import Codecs
import Foundation
import Media
import MediaTesting
import Testing
import Timing

/// The bare loops that the pipeline is measured against must do the same work as the encoders here.
@Suite struct FloorTests {
    @Test func theFloorEncodesTheSameBits() throws {
        let folder = try Workplace()
        let size = PictureSize(width: 320, height: 180)
        var raw = Data()
        let encoder = try VPXEncoder(.test(.vp8, 320, 180, bitrate: 300_000))
        var pictures = FNV()
        for frame in 0..<60 {
            let picture = TestPictures.make(size, frame: frame)
            for plane in [picture.luma, picture.cb, picture.cr] {
                for row in 0..<plane.height { raw.append(plane.base + row * plane.stride, count: plane.width) }
            }
            let time = FrameRate.fps30.time(ofFrame: Int64(frame))
            pictures.add(
                try encoder.encode(picture, time: time, forceKeyframe: false, activeMap: nil)?.data ?? [])
        }
        try raw.write(to: folder.url("pictures.i420"))

        let soundEncoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 2, bitrate: 48_000))
        let samples = ToneMeter.tone(440, amplitude: 0.4, count: 48_000).flatMap { [$0, -$0] }
        try samples.withUnsafeBytes { Data($0) }.write(to: folder.url("sound.f32"))
        var sound = FNV()
        var chunks: [EncodedChunk] = []
        try soundEncoder.encode(SoundBlock(time: .zero, channels: 2, samples: samples), into: &chunks)
        for chunk in chunks { sound.add(chunk.data) }

        let floor = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("floor")
        let output = try Workplace.run(
            floor.path,
            [
                "--composite", folder.url("pictures.i420").path, "--size", "320x180", "--bitrate", "300000",
                "--sound", folder.url("sound.f32").path,
            ])
        let report = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
        let encodedPictures = try #require(report["encode_video"] as? [String: Any])
        let encodedSound = try #require(report["encode_sound"] as? [String: Any])
        #expect(encodedPictures["frames"] as? Int == 60)
        #expect(encodedPictures["hash"] as? String == pictures.text)
        #expect(encodedSound["hash"] as? String == sound.text)
    }

    private struct FNV {
        private var value: UInt64 = 0xcbf2_9ce4_8422_2325
        mutating func add(_ bytes: [UInt8]) {
            for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        var text: String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }
}
