import Codecs
import Containers
import Foundation
import Media
import Recording
import Timing

/// A file of a recorded session, looked through once without decoding: when its pictures are, and where it ends. All
/// times are on the session's timeline.
struct RecordedTrack: Sendable {
    var participant: String
    var isScreen: Bool
    var path: String
    /// Where the file's own zero lies.
    var start: MediaTime
    /// When each picture is to be shown, rising; empty without pictures.
    var pictures: [MediaTime] = []
    /// Which of them decoding can begin with.
    var keyframes: [Int] = []
    var picturesEnd = MediaTime.zero
    var isStillImage = false
    /// Width over height as displayed, from a time on.
    var aspects: [(from: MediaTime, aspect: Double)] = []
    /// By how much pictures are to be turned besides what the file says, from a time on.
    var turns: [(from: MediaTime, rotation: Rotation)] = []
    var hasSound = false
    var soundStart = MediaTime.zero
    var soundEnd = MediaTime.zero
    var warnings: [String] = []
    /// Of the file, so that one that changes while a job is under way is noticed.
    var bytes: Int64 = 0

    /// The end of everything in it; nil for a still image.
    var end: MediaTime? {
        isStillImage ? nil : max(pictures.isEmpty ? start : picturesEnd, hasSound ? soundEnd : start)
    }

    /// Looks through the file at `path`, whose container's zero lies at `start`.
    init(
        participant: String, isScreen: Bool, path: String, start: MediaTime, cancel: CancelFlag?
    ) throws(ArchiveError) {
        (self.participant, self.isScreen, self.path) = (participant, isScreen, path)
        let reader: FileReader
        do {
            reader = try FileReader(path: path, cancel: cancel)
        } catch {
            throw ArchiveError(error.code == .cancelled ? .cancelled : .unusable, error.description)
        }
        let info = reader.info
        self.start = start + RenderCast.ownStart(of: info)
        isStillImage = info.isStillImage
        bytes = info.bytes
        hasSound = info.sound != nil
        soundStart = self.start + (info.sound?.start ?? .zero)
        if let video = info.video {
            let shown = video.parameters.displaySize
            aspects = [(self.start, Double(shown.width) / Double(shown.height))]
        }
        do {
            try scan(reader, info)
        } catch {
            throw ArchiveError(.cancelled, error.description)
        }
        if !(pictures.allSatisfy { $0 >= .zero }) { pictures = pictures.map { max($0, .zero) } }
    }

    private mutating func scan(_ reader: FileReader, _ info: FileInfo) throws(ContainerError) {
        let interval = info.video?.parameters.frameRate?.interval ?? .milliseconds(33)
        var found: [(time: MediaTime, isKeyframe: Bool)] = []
        reading: while true {
            switch try reader.read() {
            case .end(let end):
                if let cause = end.truncated {
                    warnings.append("\(path): its end is missing (\(cause)); it is used as far as it goes")
                }
                break reading
            case .packet(let packet):
                let chunk = packet.chunk
                let time = chunk.time + start
                let duration = chunk.duration
                if packet.track == .sound {
                    let whole = duration > .zero ? duration : .milliseconds(20)
                    soundEnd = max(soundEnd, time + whole - packet.endPadding)
                    continue
                }
                found.append((time, chunk.isKeyframe))
                picturesEnd = max(picturesEnd, time + (duration > .zero ? duration : interval))
                if chunk.isKeyframe, let video = info.video?.parameters { note(chunk, at: time, video) }
            }
        }
        // Decoding order is not showing order where there are B-frames.
        if zip(found, found.dropFirst()).contains(where: { $0.time > $1.time }) {
            found.sort { $0.time < $1.time }
        }
        pictures = found.map(\.time)
        keyframes = found.indices.filter { found[$0].isKeyframe }
    }

    /// Keyframes of VP8 say their size (RFC 6386, 9.1); what others say is in the container, and in the manifest.
    private mutating func note(_ chunk: EncodedChunk, at time: MediaTime, _ video: VideoParameters) {
        let data = chunk.data
        guard video.codec == .vp8, data.count >= 10, data[3] == 0x9d, data[4] == 0x01, data[5] == 0x2a else { return }
        let width = (Int(data[7]) << 8 | Int(data[6])) & 0x3fff
        let height = (Int(data[9]) << 8 | Int(data[8])) & 0x3fff
        guard width > 0, height > 0 else { return }
        let shown = VideoParameters(
            codec: .vp8, size: PictureSize(width: width, height: height), rotation: video.rotation,
            pixelAspect: video.pixelAspect
        ).displaySize
        resized(to: shown, at: time)
    }

    /// The pictures have another size, as displayed, from `time` on.
    mutating func resized(to size: PictureSize, at time: MediaTime) {
        let aspect = Double(size.width) / Double(size.height)
        guard aspects.last?.aspect != aspect else { return }
        aspects.append((time, aspect))
    }

    /// How pictures at `time` are to be turned.
    func rotation(at time: MediaTime) -> Rotation { turns.last { $0.from <= time }?.rotation ?? .none }

    /// The newest picture at or before `time`.
    func index(at time: MediaTime) -> Int? {
        var (low, high) = (0, pictures.count)
        while low < high {
            let middle = (low + high) / 2
            if pictures[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// The last picture at or before number `index` that decoding can begin with.
    func keyframe(atOrBefore index: Int) -> Int? {
        var (low, high) = (0, keyframes.count)
        while low < high {
            let middle = (low + high) / 2
            if keyframes[middle] <= index { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : keyframes[low - 1]
    }
}
