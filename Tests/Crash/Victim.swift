import Codecs
import Containers
import Foundation
import Glibc
import Media
import Recording
import Store
import Timing

/// A process that records until it is killed, and says on standard output how far the media that it was given has come.
struct Victim {
    static let kinds = ["webm", "mkv", "mp4", "ogg", "tracks"]

    let kind: String
    let path: String
    /// Seconds of media in a second.
    let speed: Double

    private static let roundSeconds = 4

    func run() throws {
        let media = try LoopedMedia(kind: kind, seconds: Victim.roundSeconds)
        let folder = (path as NSString).deletingLastPathComponent
        let id = (folder as NSString).lastPathComponent
        let root = (folder as NSString).deletingLastPathComponent
        // The catalogue hears of a recording before the disk does.
        let store = try SQLiteStore(path: root + "/catalogue.db")
        var record = RecordingRecord(id: id, room: "crash", started: 1)
        let name = (path as NSString).lastPathComponent
        if kind != "tracks" { record.files = [.init(path: id + "/" + name)] }
        try store.insert(record)
        let write = try open(media, folder: folder)
        let start = MonotonicClock.now
        var said = MediaTime.zero
        for round in 0... {
            for (track, chunk) in media.chunks(round: round) {
                let wall = MediaTime(seconds: (chunk.time.seconds) / speed)
                while MonotonicClock.now - start < wall { usleep(2000) }
                write(track, chunk)
                if chunk.time - said >= .milliseconds(10) {
                    said = chunk.time
                    let line = "\(chunk.time.nanoseconds)\n"
                    _ = Glibc.write(STDOUT_FILENO, line, line.utf8.count)
                }
            }
        }
    }

    private func open(_ media: LoopedMedia, folder: String) throws -> (Track, EncodedChunk) -> Void {
        if kind == "tracks" {
            var configuration = SessionRecorder.Configuration(
                folder: folder, room: "crash", started: 0, start: .zero, monotonic: .zero)
            configuration.leastFreeSpace = 0
            let recorder = try SessionRecorder(configuration) { _ in }
            let camera = recorder.add(.init(participant: "a", name: "A", kind: .camera, codec: .vp8))
            let sound = recorder.add(.init(participant: "a", name: "A", kind: .sound, codec: .opus))
            return { track, chunk in recorder.write(chunk, track: track == .video ? camera : sound) }
        }
        var configuration = LiveRecorder.Configuration(path: path, video: media.video, sound: media.sound)
        configuration.room = "crash"
        configuration.leastFreeSpace = 0
        let recorder = try LiveRecorder(configuration) { _ in }
        return { track, chunk in recorder.write(chunk, to: track) }
    }
}

/// A few seconds of encoded media again and again.
struct LoopedMedia {
    var video: VideoParameters?
    var sound: SoundParameters
    private var round: [(track: Track, chunk: EncodedChunk)] = []
    private let seconds: Int

    init(kind: String, seconds: Int) throws {
        self.seconds = seconds
        let soundEncoder = try SoundEncoders.make(
            SoundEncoderConfiguration(codec: kind == "mp4" ? .aac : .opus, channels: 2, bitrate: 64_000))
        var packets: [EncodedChunk] = []
        for tick in 0..<Int64(seconds * 50) {
            var block = SoundBlock(time: .milliseconds(tick * 20), channels: 2, samples: [])
            for frame in 0..<SoundBlock.framesPerTick {
                let sample = 0.2 * sinf(Float(Int(tick) * SoundBlock.framesPerTick + frame) * 0.05)
                block.samples += [sample, sample]
            }
            try soundEncoder.encode(block, into: &packets)
        }
        sound = soundEncoder.parameters
        round = packets.map { (.sound, $0) }
        if kind != "ogg" {
            var configuration = VideoEncoderConfiguration(
                codec: kind == "mp4" ? .h264 : .vp8, size: PictureSize(width: 160, height: 96), frameRate: .fps30,
                bitrate: 300_000)
            configuration.keyframeInterval = seconds * 30
            let encoder = try VideoEncoders.make(configuration)
            for frame in 0..<Int64(seconds * 30) {
                let chunk = try encoder.encode(
                    LoopedMedia.picture(frame), time: FrameRate.fps30.time(ofFrame: frame), forceKeyframe: frame == 0,
                    activeMap: nil)
                if let chunk { round.append((.video, chunk)) }
            }
            round += try encoder.flush().map { (.video, $0) }
            video = encoder.parameters
        }
        round.sort { $0.chunk.decodeTime < $1.chunk.decodeTime }
    }

    func chunks(round number: Int) -> [(track: Track, chunk: EncodedChunk)] {
        let shift = MediaTime(seconds: Double(number * seconds))
        return round.map { track, chunk in
            var moved = chunk
            moved.time += shift
            moved.decodeTime += shift
            return (track, moved)
        }
    }

    private static func picture(_ frame: Int64) -> Picture {
        let picture = WritablePicture(size: PictureSize(width: 160, height: 96))
        for row in 0..<96 {
            for column in 0..<160 {
                picture.luma.base[row * picture.luma.stride + column] = UInt8(
                    40 + (row + column * 3 + Int(frame) * 5) % 160)
            }
        }
        for plane in [picture.cb, picture.cr] {
            for row in 0..<plane.height {
                for column in 0..<plane.width { plane.base[row * plane.stride + column] = 128 }
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }
}
