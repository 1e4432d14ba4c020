import Codecs
import Containers
import Foundation
import Media
import Recording
import Testing
import Timing

/// A file of Samples/awkward.
func awkward(_ name: String) -> String {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.path + "/Samples/awkward/" + name
}

/// A directory that is gone after the test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/tessera-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ bytes: [UInt8], as name: String) -> String {
        _ = FileManager.default.createFile(atPath: file(name), contents: Data(bytes))
        return file(name)
    }
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

func bytes(of path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }

/// Encoded media in which a white frame and a tone begin together at every whole second from the first on.
struct EncodedMedia {
    var video: VideoParameters
    var sound: SoundParameters
    /// In the order of their times.
    var chunks: [(track: Track, chunk: EncodedChunk)] = []

    static let size = PictureSize(width: 160, height: 96)

    init(videoCodec: Codec = .vp8, soundCodec: Codec = .opus, seconds: Int) throws {
        var configuration = VideoEncoderConfiguration(
            codec: videoCodec, size: EncodedMedia.size, frameRate: .fps30, bitrate: 200_000)
        configuration.keyframeInterval = 60
        let videoEncoder = try VideoEncoders.make(configuration)
        let soundEncoder = try SoundEncoders.make(
            SoundEncoderConfiguration(codec: soundCodec, channels: 2, bitrate: 64_000))
        for frame in 0..<Int64(seconds * 30) {
            let picture = EncodedMedia.picture(frame, isFlash: frame >= 30 && frame % 30 == 0)
            let chunk = try videoEncoder.encode(
                picture, time: FrameRate.fps30.time(ofFrame: frame), forceKeyframe: false, activeMap: nil)
            if let chunk { chunks.append((.video, chunk)) }
        }
        chunks += try videoEncoder.flush().map { (.video, $0) }
        var packets: [EncodedChunk] = []
        for tick in 0..<Int64(seconds * 50) {
            var block = SoundBlock(time: .milliseconds(tick * 20), channels: 2, samples: [])
            for frame in 0..<Int64(SoundBlock.framesPerTick) {
                let position = Int(tick) * SoundBlock.framesPerTick + Int(frame)
                let isBeep = position >= 48_000 && position % 48_000 < 2880
                let sample = isBeep ? 0.5 * sinf(2 * .pi * 1000 * Float(position) / 48_000) : 0
                block.samples += [sample, sample]
            }
            try soundEncoder.encode(block, into: &packets)
        }
        try soundEncoder.flush(into: &packets)
        chunks += packets.map { (.sound, $0) }
        chunks.sort { $0.chunk.decodeTime < $1.chunk.decodeTime }
        video = videoEncoder.parameters
        sound = soundEncoder.parameters
    }

    private static func picture(_ frame: Int64, isFlash: Bool) -> Picture {
        let picture = WritablePicture(size: size)
        for row in 0..<size.height {
            for column in 0..<size.width {
                picture.luma.base[row * picture.luma.stride + column] =
                    isFlash ? 235 : UInt8(40 + (row + column + Int(frame)) % 48)
            }
        }
        for plane in [picture.cb, picture.cr] {
            for row in 0..<plane.height {
                for column in 0..<plane.width { plane.base[row * plane.stride + column] = 128 }
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }

    /// Writes all of it to a file.
    func record(to path: String) throws {
        let writer = try FileWriter(path: path, video: video, sound: sound)
        for (track, chunk) in chunks { try writer.write(chunk, to: track) }
        _ = try writer.finish()
    }
}

/// The containers and codecs that a render writes.
struct Written: CustomTestStringConvertible, Sendable {
    var kind: String
    var video: Codec
    var sound: Codec
    var testDescription: String { "\(kind) \(video) \(sound)" }

    static let all = [
        Written(kind: "webm", video: .vp8, sound: .opus), Written(kind: "webm", video: .vp9, sound: .opus),
        Written(kind: "mkv", video: .vp8, sound: .opus), Written(kind: "mkv", video: .h264, sound: .opus),
        Written(kind: "mp4", video: .h264, sound: .aac), Written(kind: "mp4", video: .h264, sound: .opus),
        Written(kind: "mp4", video: .vp9, sound: .opus),
    ]
}
