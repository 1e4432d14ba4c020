import Timing

/// Decides whether a decoded picture is fit to be shown: not before the first keyframe, and after damage not before
/// the next keyframe or until the wait has lasted too long.
struct KeyframeGate {
    private enum State {
        /// Nothing can be decoded yet.
        case beforeFirstKeyframe
        case open
        case damaged(since: MediaTime)
        /// The wait for a keyframe was given up.
        case tolerant
    }

    private var state = State.beforeFirstKeyframe
    let longestWait: MediaTime

    init(longestWait: MediaTime) {
        self.longestWait = longestWait
    }

    var needsKeyframe: Bool {
        switch state {
        case .open: false
        case .beforeFirstKeyframe, .damaged, .tolerant: true
        }
    }

    var isBeforeFirstKeyframe: Bool {
        switch state {
        case .beforeFirstKeyframe: true
        case .open, .damaged, .tolerant: false
        }
    }

    /// True while nothing damaged can be in the references.
    var isOpen: Bool { !needsKeyframe }

    /// A keyframe was decoded.
    mutating func keyframe() { state = .open }

    /// A chunk could not be decoded.
    mutating func damage(at time: MediaTime, inKeyframe: Bool) {
        switch state {
        case .beforeFirstKeyframe: if inKeyframe { state = .damaged(since: time) }
        case .damaged: break
        case .open, .tolerant: state = .damaged(since: time)
        }
    }

    mutating func reset() { state = .beforeFirstKeyframe }

    /// True if the picture of the chunk of this time may be shown.
    mutating func admits(_ time: MediaTime) -> Bool {
        switch state {
        case .beforeFirstKeyframe: return false
        case .open, .tolerant: return true
        case .damaged(let since):
            guard time - since >= longestWait else { return false }
            state = .tolerant
            return true
        }
    }
}
