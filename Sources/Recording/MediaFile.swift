import Codecs
public import Containers
public import Media
import Synchronization
public import Timing
import Foundation

public struct RecordingError: Error, CustomStringConvertible { public let description: String }

public struct TimedPicture { public let picture: Picture; public let time: MediaTime; public let duration: MediaTime }

/// stand-in
public final class MediaFile: @unchecked Sendable {
    public let info: FileInfo
    private let reader: FileReader
    private let lock = NSLock()
    private var videoQueue: [FilePacket] = []
    private var soundQueue: [FilePacket] = []
    private var ended = false
    private var vdec: (any VideoDecoder)?
    private var sdec: (any SoundDecoder)?
    private var pics: [DecodedPicture] = []
    private var blocks: [SoundBlock] = []
    private var vdone = false, sdone = false
    public var warnings: [String] { [] }
    public var corruptPackets = 0
    public init(path: String, cancel: CancelFlag? = nil) throws(RecordingError) {
        do { reader = try FileReader(path: path, cancel: cancel) } catch { throw RecordingError(description: error.description) }
        info = reader.info
        do {
            vdec = try info.video.map { try VideoDecoders.make(for: $0.parameters) }
            sdec = try info.sound.map { try SoundDecoders.make(for: $0.parameters) }
        } catch { throw RecordingError(description: "\(error)") }
    }
    private func packet(_ track: Track) -> FilePacket? {
        lock.withLock { () -> FilePacket? in
            while true {
                if track == .video, !videoQueue.isEmpty { return videoQueue.removeFirst() }
                if track == .sound, !soundQueue.isEmpty { return soundQueue.removeFirst() }
                if ended { return nil }
                switch try? reader.read() {
                case .packet(let p)?: if p.track == .video { videoQueue.append(p) } else { soundQueue.append(p) }
                default: ended = true
                }
            }
        }
    }
    public func nextPicture() -> TimedPicture? {
        while pics.isEmpty {
            if vdone { return nil }
            guard let vdec else { return nil }
            if let p = packet(.video) { try? vdec.decode(p.chunk, wantsPicture: true, into: &pics) }
            else { vdone = true; try? vdec.flush(into: &pics) }
        }
        let p = pics.removeFirst()
        return TimedPicture(picture: p.picture, time: p.time, duration: .milliseconds(33))
    }
    public func nextSound() -> SoundBlock? {
        while blocks.isEmpty {
            if sdone { return nil }
            guard let sdec else { return nil }
            if let p = packet(.sound) { try? sdec.decode(p.chunk, into: &blocks) }
            else { sdone = true; try? sdec.flush(into: &blocks) }
        }
        return blocks.removeFirst()
    }
}
public final class CompositeRecorder: @unchecked Sendable {
    public enum WhenFull { case wait }
    private let writer: FileWriter
    private let lock = NSLock()
    public init(path: String, video: VideoParameters?, sound: SoundParameters?, options: FileWriter.Options, whenFull: WhenFull) throws(ContainerError) {
        writer = try FileWriter(path: path, video: video, sound: sound, options: options)
    }
    public func write(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        lock.lock(); defer { lock.unlock() }
        try writer.write(chunk, to: track)
    }
    public func finish() throws(ContainerError) -> FileWriter.Finished { try writer.finish() }
}
