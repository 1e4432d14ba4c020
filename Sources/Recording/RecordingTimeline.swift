import Containers
import Media
import Timing

/// Places the chunks of a running room on the timelines of files: where a file begins, where it goes on after a pause, and
/// where the next one begins. Pure: chunks and wishes in, chunks with file times out.
///
/// - A file begins at a keyframe, which gets time zero; sound before it is left out.
/// - A pause leaves out what begins at or after it. Afterwards the recording goes on at the first keyframe, and sound and
///   picture are moved by one and the same offset: so that the sound goes on without a gap, to which the keyframe
///   then lies as it did in the room.
/// - A new file begins at a keyframe too; sound that begins before it goes to the old file. Every chunk is in one file.
///
/// At such places chunks are held back until sound and picture have both come there, at most ``holding``.
struct RecordingTimeline {
    enum Step {
        /// All that follows belongs to a new file.
        case nextFile
        case write(EncodedChunk, Track)
    }

    /// The most media time that is held back.
    static let holding = MediaTime.milliseconds(200)

    private enum State {
        /// For a keyframe at or after the time; the first file begins with it, or the recording goes on.
        case waiting(from: MediaTime, isResuming: Bool)
        /// From this keyframe on, for sound.
        case joining(keyframe: MediaTime, isResuming: Bool)
        case running
        /// For sound to come as far as the keyframe that begins the next file.
        case splitting(keyframe: MediaTime)
        /// What begins before the time is still written.
        case paused(at: MediaTime)
    }

    private let hasPictures: Bool
    private let hasSound: Bool
    /// Of the start of sound: chunks up to this early are of use at the beginning of a file.
    private let padding: MediaTime
    private var state: State
    private var held: [(chunk: EncodedChunk, track: Track)] = []
    /// Added to room times.
    private var shift = MediaTime.zero
    private var lastPicture = -MediaTime.limit
    private var pictureEnd = MediaTime.zero
    private var soundEnd: MediaTime
    private var newest = -MediaTime.limit
    private var splits = false
    /// Chunks that came so late that they have no place any more.
    private(set) var late = 0

    init(hasPictures: Bool, hasSound: Bool, padding: MediaTime) {
        self.hasPictures = hasPictures
        self.hasSound = hasSound
        self.padding = padding
        soundEnd = -padding
        state = .waiting(from: -.limit, isResuming: false)
    }

    /// Nothing can be written until a keyframe comes.
    var awaitsKeyframe: Bool {
        guard hasPictures else { return false }
        return if case .waiting = state { true } else { splits }
    }

    var isPaused: Bool { if case .paused = state { true } else { false } }

    /// Where in the present file something of the room's time is, or would be.
    func place(_ time: MediaTime) -> MediaTime {
        switch state {
        case .running, .splitting: max(time + shift, .zero)
        case .paused(let end): max(min(time, end) + shift, .zero)
        case .waiting, .joining: max(pictureEnd, soundEnd)
        }
    }

    // MARK: - Wishes

    mutating func pause(at time: MediaTime, into steps: inout [Step]) {
        switch state {
        case .running, .splitting, .joining:
            settle(into: &steps)
            state = .paused(at: time)
        case .waiting(_, let isResuming):
            // It had not begun, or not gone on yet.
            held.removeAll()
            state = isResuming ? .paused(at: -.limit) : .waiting(from: .limit, isResuming: false)
        case .paused: break
        }
        splits = false
    }

    mutating func resume(at time: MediaTime) {
        switch state {
        case .paused: state = .waiting(from: time, isResuming: true)
        case .waiting(_, let isResuming): state = .waiting(from: time, isResuming: isResuming)
        case .running, .splitting, .joining: break
        }
    }

    /// The next keyframe begins a new file.
    mutating func split() {
        if case .running = state { splits = true }
    }

    /// Gives out what is held back.
    mutating func finish(into steps: inout [Step]) { settle(into: &steps) }

    // MARK: - Chunks

    mutating func take(_ chunk: EncodedChunk, _ track: Track, into steps: inout [Step]) {
        newest = max(newest, chunk.time)
        switch state {
        case .running:
            let begins = track == .video ? chunk.isKeyframe : !hasPictures
            guard splits, begins else { return write(chunk, track, into: &steps) }
            splits = false
            held = [(chunk, track)]
            state = .splitting(keyframe: chunk.time)
            settleIfComplete(into: &steps)
        case .splitting(let keyframe):
            if track == .sound, chunk.time < keyframe { return write(chunk, track, into: &steps) }
            held.append((chunk, track))
            settleIfComplete(into: &steps)
        case .paused(let end):
            if chunk.time < end { write(chunk, track, into: &steps) }
        case .waiting(let from, let isResuming):
            if track == .sound { holdSound(chunk) }
            let begins = track == .video ? chunk.isKeyframe : !hasPictures
            guard begins, chunk.time >= from else { return }
            if track == .video { held.append((chunk, track)) }
            state = .joining(keyframe: chunk.time, isResuming: isResuming)
            settleIfComplete(into: &steps)
        case .joining:
            held.append((chunk, track))
            settleIfComplete(into: &steps)
        }
    }

    /// Sound may be ahead of the pictures that it belongs to.
    private mutating func holdSound(_ chunk: EncodedChunk) {
        held.append((chunk, .sound))
        if let first = held.first, chunk.time - first.chunk.time > MediaTime(seconds: 1) { held.removeFirst() }
    }

    private mutating func settleIfComplete(into steps: inout [Step]) {
        let keyframe: MediaTime
        switch state {
        case .joining(let time, _), .splitting(let time): keyframe = time
        case .running, .paused, .waiting: return
        }
        let soundIsThere = !hasSound || held.contains { $0.track == .sound && $0.chunk.time >= keyframe }
        if soundIsThere || newest - keyframe > RecordingTimeline.holding { settle(into: &steps) }
    }

    private mutating func settle(into steps: inout [Step]) {
        switch state {
        case .joining(let keyframe, let isResuming):
            let first: MediaTime
            if isResuming {
                first = join(at: keyframe)
            } else {
                begin(at: keyframe)
                first = hasPictures ? keyframe - padding : keyframe
            }
            held.removeAll { $0.track == .sound && $0.chunk.time < first }
        case .splitting(let keyframe):
            steps.append(.nextFile)
            begin(at: keyframe)
        case .running, .paused, .waiting: return
        }
        state = .running
        let ready = held.sorted { $0.chunk.decodeTime < $1.chunk.decodeTime }
        held.removeAll()
        for (chunk, track) in ready { write(chunk, track, into: &steps) }
    }

    private mutating func begin(at start: MediaTime) {
        (lastPicture, pictureEnd, soundEnd) = (-.limit, .zero, -padding)
        // Without pictures, what is heard first is at zero.
        shift = hasPictures ? -start : -padding - start
    }

    /// Chooses the offset after a pause, and returns from when on sound is of use.
    private mutating func join(at keyframe: MediaTime) -> MediaTime {
        let half = MediaTime.milliseconds(10)
        let sound = held.first { $0.track == .sound && $0.chunk.time >= keyframe - half }
        guard hasSound, let sound else {
            shift = max(pictureEnd, soundEnd) - keyframe
            return keyframe
        }
        shift = soundEnd - sound.chunk.time
        if hasPictures { shift = max(shift, lastPicture + .milliseconds(5) - keyframe) }
        return sound.chunk.time
    }

    private mutating func write(_ chunk: EncodedChunk, _ track: Track, into steps: inout [Step]) {
        var moved = chunk
        moved.time += shift
        moved.decodeTime += shift
        switch track {
        case .video:
            guard moved.time > lastPicture else {
                late += 1
                return
            }
            lastPicture = moved.time
            pictureEnd = max(pictureEnd, moved.time + max(chunk.duration, .zero))
        case .sound:
            // Half a packet of overlap is a clock's jitter; more would be heard twice.
            guard moved.time >= -padding, moved.time > soundEnd - .milliseconds(10) else {
                late += 1
                return
            }
            soundEnd = max(soundEnd, moved.time + (chunk.duration > .zero ? chunk.duration : .milliseconds(20)))
        }
        steps.append(.write(moved, track))
    }
}
