import Archive
import Codecs
import Containers
import Foundation
import Media
import Recording
import Store
import Synchronization
import Testing
import Timing

/// A directory that is gone after the test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "tessera-archive-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// Records little sessions: everybody is a plain brightness and a tone of their own.
struct SessionMaker {
    static let size = PictureSize(width: 160, height: 96)
    static let rate = FrameRate(10)
    private static let zero = MediaTime(seconds: 500)
    let folder: String
    private let recorder: SessionRecorder
    /// What is to be recorded, by its time: manifests are in that order.
    private let script = Script()

    private final class Script {
        var actions: [(at: Double, act: () -> Void)] = []
    }

    init(_ folder: String) throws {
        self.folder = folder
        var configuration = SessionRecorder.Configuration(
            folder: folder, room: "demo", started: 1_795_239_886_000, start: SessionMaker.zero,
            monotonic: MediaTime(seconds: 81))
        configuration.leastFreeSpace = 0
        recorder = try SessionRecorder(configuration) { _ in }
    }

    func note(_ event: ManifestEvent, at seconds: Double) {
        script.actions.append(
            (
                seconds,
                { [recorder] in
                    recorder.note(event, at: SessionMaker.zero + MediaTime(seconds: seconds))
                }
            ))
    }

    private func write(_ chunk: EncodedChunk, by seconds: Double, track: Int) {
        var moved = chunk
        moved.time += SessionMaker.zero + MediaTime(seconds: seconds)
        moved.decodeTime += SessionMaker.zero + MediaTime(seconds: seconds)
        let late = moved
        script.actions.append(
            (chunk.time.seconds + seconds, { [recorder] in recorder.writeWaiting(late, track: track) }))
    }

    private func end(_ track: Int, at seconds: Double) {
        script.actions.append((seconds, { [recorder] in recorder.end(track: track) }))
    }

    /// Pictures of `luma` throughout `range`, and a tone if there is one.
    func media(
        _ id: String, _ range: Range<Double>, luma: UInt8, tone: Double?, kind: ManifestEvent.TrackKind = .camera
    ) throws {
        let pictures = recorder.add(.init(participant: id, name: id, kind: kind, codec: .vp8))
        var configuration = VideoEncoderConfiguration(
            codec: .vp8, size: SessionMaker.size, frameRate: SessionMaker.rate, bitrate: 100_000)
        configuration.keyframeInterval = 25
        let encoder = try VideoEncoders.make(configuration)
        let frames = Int64(((range.upperBound - range.lowerBound) * 10).rounded())
        for frame in 0..<frames {
            // A bar moves, so that no two pictures are the same.
            let picture = SessionMaker.picture(luma, bar: Int(frame) % 16)
            let time = SessionMaker.rate.time(ofFrame: frame)
            guard let chunk = try encoder.encode(picture, time: time, forceKeyframe: false, activeMap: nil) else {
                continue
            }
            write(chunk, by: range.lowerBound, track: pictures)
        }
        end(pictures, at: range.upperBound)
        guard let tone else { return }
        let sound = recorder.add(.init(participant: id, name: id, kind: .sound, codec: .opus, channels: 1))
        let voice = try SoundEncoders.make(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 32_000))
        var chunks: [EncodedChunk] = []
        for tick in 0..<Int64((range.upperBound - range.lowerBound) * 50) {
            var block = SoundBlock(time: .milliseconds(tick * 20), channels: 1, samples: [])
            for frame in 0..<SoundBlock.framesPerTick {
                let position = Double(Int(tick) * SoundBlock.framesPerTick + frame) / 48_000
                block.samples.append(Float(0.2 * sin(2 * .pi * tone * position)))
            }
            try voice.encode(block, into: &chunks)
        }
        try voice.flush(into: &chunks)
        for chunk in chunks { write(chunk, by: range.lowerBound, track: sound) }
        end(sound, at: range.upperBound)
    }

    func finish() throws {
        let sorted = script.actions.enumerated().sorted { left, right in
            (left.element.at, left.offset) < (right.element.at, right.offset)
        }
        for entry in sorted { entry.element.act() }
        _ = try recorder.finish()
    }

    private static func picture(_ luma: UInt8, bar: Int) -> Picture {
        let picture = WritablePicture(size: size)
        for row in 0..<size.height {
            for column in 0..<size.width {
                picture.luma.base[row * picture.luma.stride + column] = column / 2 == bar && row < 8 ? 235 : luma
            }
        }
        for plane in [picture.cb, picture.cr] {
            for row in 0..<plane.height {
                for column in 0..<plane.width { plane.base[row * plane.stride + column] = 90 }
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }
}

/// `a` at the left, `b` at the right, and nothing else.
let halves = """
    {"version": 1, "background": "#000000", "transition": {"duration": 0},
     "style": {"fit": "cover", "radius": 0, "background": "#000000", "label": false},
     "root": {"type": "layers", "children": [
       {"type": "tile", "x": 0, "y": 0, "width": 0.5, "height": 1, "show": {"participant": "a"}},
       {"type": "tile", "x": 0.5, "y": 0, "width": 0.5, "height": 1, "show": {"participant": "b"}}]}}
    """

/// A store, and what becomes of its jobs.
final class Yard {
    let scratch: Scratch
    let jobs: ArchiveJobs
    let session: String

    init() throws {
        scratch = try Scratch()
        session = scratch.file("session")
        jobs = ArchiveJobs(store: try SQLiteStore(path: scratch.file("catalogue.db")), folder: scratch.file("archive"))
    }

    func request(_ more: String = "", layout: String? = halves, output: String = "out.webm") throws -> ArchiveRequest {
        let text = """
            {"session": "session", "size": "320x180", "fps": 10, "output": "\(output)"\
            \(layout.map { ", \"layout\": \($0)" } ?? "")\(more.isEmpty ? "" : ", " + more)}
            """
        return try ArchiveRequest(parsing: text.utf8, places: .files(relativeTo: scratch.path))
    }

    func worker(
        _ lanes: Int = 1, owner: String = "w", now: Int64 = 0,
        onEvent: @escaping @Sendable (ArchiveWorker.Event) -> Void = { _ in }
    ) -> ArchiveWorker {
        ArchiveWorker(jobs, .init(owner: owner, lanes: lanes), now: { now }, onEvent: onEvent)
    }

    /// Does a request, and reads what came of it.
    @discardableResult
    func make(_ request: ArchiveRequest, lanes: Int = 1) throws -> Seen {
        let job = try jobs.submit(request, now: 0).job
        #expect(try worker(lanes).runNext())
        let done = try jobs.job(job.id)
        try #require(done.state == .finished, "\(done.error ?? "")")
        #expect(done.result?.output == done.output)
        return try Seen(done.output, done.result?.warnings ?? [])
    }
}

/// A finished file, decoded.
struct Seen {
    let warnings: [String]
    private var pictures: [(time: Double, picture: Picture)] = []
    private(set) var samples: [Float] = []
    let duration: Double

    init(_ path: String, _ warnings: [String]) throws {
        self.warnings = warnings
        let file = try MediaFile(path: path)
        duration = file.info.duration?.seconds ?? 0
        while let picture = file.nextPicture() { pictures.append((picture.time.seconds, picture.picture)) }
        while let block = file.nextSound() {
            let start = Int(block.time.count(per: 48_000)) * 2
            if start > samples.count { samples += [Float](repeating: 0, count: start - samples.count) }
            samples += block.samples
        }
    }

    /// Brightness at a place in fractions of the canvas.
    func luma(_ x: Double, _ y: Double, at seconds: Double) -> Int {
        guard let picture = pictures.last(where: { $0.time <= seconds + 0.01 })?.picture else { return -1 }
        let (column, row) = (Int(x * Double(picture.size.width)), Int(y * Double(picture.size.height)))
        return Int(picture.luma.base[row * picture.luma.stride + column])
    }

    /// How loud a tone is in a tenth of a second, 0 to 1.
    func tone(_ frequency: Double, at seconds: Double) -> Double {
        let start = Int(seconds * 48_000)
        guard (start + 4800) * 2 <= samples.count else { return -1 }
        var (real, imaginary) = (0.0, 0.0)
        for index in 0..<4800 {
            let phase = 2 * .pi * frequency * Double(index) / 48_000
            let sample = Double(samples[(start + index) * 2])
            real += sample * cos(phase)
            imaginary += sample * sin(phase)
        }
        return (real * real + imaginary * imaginary).squareRoot() / 2400
    }
}

/// The encoded streams of a file, as they are.
func streams(_ path: String) throws -> [String] {
    let reader = try FileReader(path: path)
    var lines: [String] = []
    while case .packet(let packet) = try reader.read() {
        var hash = UInt64(0xcbf2_9ce4_8422_2325)
        for byte in packet.chunk.data { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        lines.append("\(packet.track) \(packet.chunk.time) \(packet.chunk.isKeyframe) \(hash)")
    }
    return lines
}
