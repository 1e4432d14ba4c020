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

    /// Whether anybody sees the pictures from here on. Those that nobody sees are not decoded, if that can be; when
    /// they come into view, the pictures of the present tick are decoded before this returns.
    func setVisible(_ isVisible: Bool) {
        isVisible ? pictureLane?.show() : pictureLane?.hide()
    }

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
        var isHidden = false
    }
    private let state: Mutex<State>
    /// Held while the file's pictures are read: by the crew, or by the mix when they come into view.
    private let decoding = Mutex<Void>(())

    init(file: MediaFile, timeline: PictureTimeline, start: MediaTime) {
        self.file = file
        self.timeline = timeline
        self.start = start
        state = Mutex(State(filledTo: start, lastEnd: start))
    }

    var filledTo: MediaTime { state.withLock(\.filledTo) }
    var end: MediaTime? { state.withLock(\.end) }
    var wantsWork: Bool { end == nil && timeline.hasRoom }

    /// No pictures are decoded from the next step on.
    func hide() {
        guard file.canPassPictures else { return }
        state.withLock { $0.isHidden = true }
    }

    func show() {
        guard state.withLock(\.isHidden) else { return }
        decoding.withLock { _ in
            state.withLock { $0.isHidden = false }
            guard let first = timeline.firstUndecoded else { return }
            for decoded in file.picturesPassed(from: first - start) {
                timeline.fill(decoded.picture, at: decoded.time + start)
            }
            timeline.dropUnfilled()
        }
    }

    func step() {
        decoding.withLock { _ in
            if state.withLock(\.isHidden) { pass() } else { decode() }
        }
    }

    private func decode() {
        guard let decoded = file.nextPicture() else { return finish() }
        timeline.offer(decoded.picture, at: decoded.time + start)
        advance(decoded.time, decoded.duration)
    }

    private func pass() {
        // A batch at a time: each costs next to nothing.
        for _ in 0..<8 where timeline.hasRoom {
            guard let passed = file.passPicture() else { return finish() }
            timeline.offerUndecoded(at: passed.time + start)
            advance(passed.time, passed.duration)
        }
    }

    private func advance(_ fileTime: MediaTime, _ duration: MediaTime) {
        let time = fileTime + start
        state.withLock { state in
            state.filledTo = time
            state.lastEnd = max(state.lastEnd, time + duration)
        }
    }

    private func finish() {
        state.withLock { $0.end = $0.lastEnd }
        timeline.end()
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
