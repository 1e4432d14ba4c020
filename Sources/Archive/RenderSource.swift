import Containers
import Layout
import Media
import Mixing
import Recording
import Synchronization
import Timing

/// One input of a render on the composite's timeline: its file, and what has been decoded of it.
final class RenderSource: Sendable {
    let input: RenderJob.Input
    let file: MediaFile
    /// Nil for a file without pictures.
    let pictures: PictureTimeline?
    /// Nil for a file without sound.
    let sound: SoundTimeline?
    let lanes: [any DecodeLane]
    private let pictureLane: PictureLane?
    private let soundLane: SoundLane?

    /// `picturesAhead` is how many decoded pictures may wait.
    init(_ input: RenderJob.Input, file: MediaFile, picturesAhead: Int) {
        self.input = input
        self.file = file
        if file.info.video != nil {
            let timeline = PictureTimeline(span: .milliseconds(2000), limit: picturesAhead)
            pictures = timeline
            pictureLane = PictureLane(file: file, timeline: timeline, start: input.start)
        } else {
            pictures = nil
            pictureLane = nil
        }
        if let track = file.info.sound {
            let timeline = SoundTimeline(channels: track.parameters.channels == 1 ? 1 : 2)
            sound = timeline
            soundLane = SoundLane(file: file, timeline: timeline, start: input.start)
        } else {
            sound = nil
            soundLane = nil
        }
        lanes = [pictureLane as (any DecodeLane)?, soundLane].compactMap { $0 }
    }

    /// Names the source's sound in the mix: a camera and a screen of one participant have sounds of their own.
    var soundID: String { input.kind == .camera ? input.name : "screen of \(input.name)" }

    /// What the label says: the name given, else the file's own title, else the file's name.
    var displayName: String { input.hasGivenName ? input.name : file.info.title ?? input.name }

    /// Where the source ends on the composite's timeline; nil while that is not known, and for a still image.
    var end: MediaTime? {
        if file.info.isStillImage { return nil }
        var latest = input.start
        for lane in [pictureLane as (any EndingLane)?, soundLane].compactMap({ $0 }) {
            guard let end = lane.end else { return nil }
            latest = max(latest, end)
        }
        return latest
    }

    /// Whether nothing more can come to change what is shown at `time`.
    func isDecided(at time: MediaTime) -> Bool { pictures?.isDecided(at: time) ?? true }

    /// Where the pictures end; nil while that is not known, for a still image, and without pictures.
    var pictureEnd: MediaTime? { file.info.isStillImage ? nil : pictureLane?.end }
    /// Where the sound ends; nil while that is not known, and without sound.
    var soundEnd: MediaTime? { soundLane?.end }
}

/// A lane that knows at last where its stream ends.
private protocol EndingLane: AnyObject {
    /// On the composite's timeline; nil until the stream has been read to its end.
    var end: MediaTime? { get }
}

/// Decodes the pictures of a file ahead of the mix.
private final class PictureLane: DecodeLane, EndingLane {
    private let file: MediaFile
    private let timeline: PictureTimeline
    private let start: MediaTime
    private struct State {
        var filledTo: MediaTime
        var lastEnd: MediaTime
        var end: MediaTime?
    }
    private let state: Mutex<State>

    init(file: MediaFile, timeline: PictureTimeline, start: MediaTime) {
        self.file = file
        self.timeline = timeline
        self.start = start
        state = Mutex(State(filledTo: start, lastEnd: start))
    }

    var filledTo: MediaTime { state.withLock(\.filledTo) }
    var end: MediaTime? { state.withLock(\.end) }
    var wantsWork: Bool { end == nil && timeline.hasRoom }

    func step() {
        guard let decoded = file.nextPicture() else {
            state.withLock { $0.end = $0.lastEnd }
            timeline.end()
            return
        }
        let time = decoded.time + start
        timeline.offer(decoded.picture, at: time)
        state.withLock { state in
            state.filledTo = time
            state.lastEnd = max(state.lastEnd, time + decoded.duration)
        }
    }
}

/// Decodes the sound of a file ahead of the mix.
private final class SoundLane: DecodeLane, EndingLane {
    /// How far ahead of what the mix has read.
    private static let ahead = MediaTime.milliseconds(400)

    private let file: MediaFile
    private let timeline: SoundTimeline
    private let start: MediaTime
    private let ended = Mutex<MediaTime?>(nil)

    init(file: MediaFile, timeline: SoundTimeline, start: MediaTime) {
        self.file = file
        self.timeline = timeline
        self.start = start
    }

    var filledTo: MediaTime { timeline.endTime ?? start }
    var end: MediaTime? { ended.withLock { $0 } }
    var wantsWork: Bool { end == nil && timeline.waiting < SoundLane.ahead }

    func step() {
        // A batch at a time, so that threads are not woken for every 20 ms of every input.
        for _ in 0..<8 {
            guard var block = file.nextSound() else {
                let last = filledTo
                ended.withLock { $0 = last }
                timeline.end()
                return
            }
            block.time += start
            timeline.offer(block)
        }
    }
}
