import Containers
import Foundation
import Glibc
import Media
import Timing

/// Chunks whose content is right in its first bytes only: enough for containers, which look no further.
enum PlainMedia {
    static let video = VideoParameters(
        codec: .vp8, size: PictureSize(width: 320, height: 180), colour: .bt601Limited, frameRate: .fps30)
    static let sound = SoundParameters(
        codec: .opus, sampleRate: 48_000, channels: 2, startPadding: MediaTime(clamping: 312, per: 48_000))

    /// Frame `index` at 30 a second, a keyframe every two seconds (frame tag and start code of RFC 6386, 9.1).
    static func picture(_ index: Int64) -> EncodedChunk {
        let isKeyframe = index % 60 == 0
        var data: [UInt8] = [isKeyframe ? 0x10 : 0x11, 0x02, 0x00]
        if isKeyframe { data += [0x9D, 0x01, 0x2A, 64, 1, 180, 0] }
        data += (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(index)) }
        return EncodedChunk(
            data: data, time: FrameRate.fps30.time(ofFrame: index), duration: FrameRate.fps30.interval,
            isKeyframe: isKeyframe)
    }

    /// Packet `index` of 20 ms stereo (its first byte as in RFC 6716, 3.1).
    static func packet(_ index: Int64) -> EncodedChunk {
        EncodedChunk(
            data: [0xFC] + (0..<80).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ Int(index)) },
            time: .milliseconds(20 * index) - sound.startPadding, duration: .milliseconds(20), isKeyframe: true)
    }

    /// Both streams in the order of their times.
    static func both(seconds: Int64) -> [(track: Track, chunk: EncodedChunk)] {
        let chunks =
            (0..<seconds * 30).map { (track: Track.video, chunk: picture($0)) }
            + (0..<seconds * 50).map { (track: Track.sound, chunk: packet($0)) }
        return chunks.sorted { $0.chunk.time < $1.chunk.time }
    }
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

/// All that a file gives.
struct WholeFile {
    var video: [FilePacket] = []
    var sound: [FilePacket] = []
    var end = FileEnd()

    init(_ reader: FileReader) throws {
        reading: while true {
            switch try reader.read() {
            case .packet(let packet):
                if packet.track == .video { video.append(packet) } else { sound.append(packet) }
            case .end(let end):
                self.end = end
                break reading
            }
        }
    }

}
